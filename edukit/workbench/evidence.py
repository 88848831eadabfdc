"""The Workbench on what answers say of concepts and questions: how far they can be trusted, and what time does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edukit.analytics.concept_explanations import concept_explanations
from edukit.analytics.forgetting import forgetting
from edukit.analytics.item_analysis import item_analysis
from edukit.queries import classroom, curriculum, learning, mastery_models, practice
from edukit.workbench.desk import Desk

if TYPE_CHECKING:
    import pandas as pd


class EvidenceDesk(Desk):
    """What the answers behind mastery are worth."""

    def item_analysis(self, class_: int | str) -> pd.DataFrame:
        """The questions that a class has answered, those that look wrong first: the frame ``item_analysis``.

        Args:
            class_: id of the class, or its name where only one class has it.

        Raises:
            NotFound: no such class, or several of that name.
        """
        with self._reading() as session:
            institution_id, class_id = classroom.find_class(session, class_)
            answers = learning.class_answers(session, institution_id=institution_id, class_id=class_id)
            asked = answers["question_id"].unique().tolist()
            questions = learning.question_bank(session, institution_id=institution_id, question_ids=asked)
        return item_analysis(answers, questions)

    def concept_explanations(self, class_: int | str) -> pd.DataFrame:
        """How far the answers on each concept of a class can be trusted, in words: ``concept_explanations``.

        It follows from the answers of all students of the institution, and is fitted with the model of mastery.

        Args:
            class_: id of the class, or its name where only one class has it.

        Raises:
            NotFound: no such class, or several of that name.
        """
        with self._reading() as session:
            key = classroom.find_class(session, class_)
            practised = practice.practised_concepts(session, classes=[key])[key]
            concepts = curriculum.concepts(session, institution_id=key[0])
            tracing = mastery_models.concept_tracing(session, institution_id=key[0])
        own = concepts[concepts["concept_id"].isin(practised)].reset_index(drop=True)
        return concept_explanations(own, tracing)

    def forgetting(self, class_: int | str | None = None, student_id: int | None = None) -> pd.DataFrame:
        """The share of right answers by the time since the last on the same concept: the frame ``forgetting``.

        Args:
            class_: of everybody enrolled in this class (id or name), all of their answers. Give a class or a student.
            student_id: of this student alone.

        Raises:
            NotFound: no such class or student, or several classes of that name.
            TypeError: neither a class nor a student was given.
        """
        with self._reading() as session:
            institution_id, class_id = self._of_those(session, "forgetting", class_, student_id)
            meant = learning.learners(session, institution_id=institution_id, class_id=class_id, student_id=student_id)
            attempts = practice.mastery_evidence(
                session, institution_id=institution_id, student_ids=meant["student_id"].tolist()
            )
        return forgetting(attempts)
