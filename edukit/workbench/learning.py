"""The Workbench on what follows from mastery: what blocks, who is ready for what, who sits together, what to ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edukit.analytics.bottlenecks import bottlenecks
from edukit.analytics.held_back import held_back
from edukit.analytics.knowledge import Standing, knowledge
from edukit.analytics.mastery import LEVELS
from edukit.analytics.next_lesson import NextLesson, next_lesson
from edukit.analytics.next_question import AIMS, candidate_concepts, next_questions
from edukit.analytics.prerequisites import concept_needs, of_subjects
from edukit.analytics.readiness import class_readiness, ready_to_learn
from edukit.analytics.study_groups import LEAST_SIZE, study_groups
from edukit.errors import ActionError, NotFound
from edukit.queries import curriculum, learning, people, practice
from edukit.workbench.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from sqlalchemy.orm import Session

LATEST_ANSWERS = 100
"""Answers looked at for what was asked just now: nobody answers more within the hour."""


class LearningDesk(Desk):
    """What comes next, and what keeps it from coming."""

    def class_knowledge(self, class_: int | str, level: str = "proficient") -> Standing:
        """Who in a class knows what, and what each concept needs first: read once, for several questions about it.

        What :mod:`edukit.analytics` makes of it is what the methods below give: ``bottlenecks(*standing)``.

        Args:
            class_: id of the class, or its name where only one class has it.
            level: from which level on a concept counts as known: developing, proficient or mastered.

        Raises:
            NotFound: no such class, or several of that name.
            ActionError: another level.
        """
        with self._reading() as session:
            return self._standing(session, "class_knowledge", class_, None, level)

    def next_lesson(self, class_: int | str, level: str = "proficient") -> NextLesson:
        """What to teach a class next, and why: one sentence, and what it rests on.

        Args:
            class_: id of the class, or its name where only one class has it.
            level: from which level on a concept counts as known: developing, proficient or mastered.

        Raises:
            NotFound: no such class, or several of that name.
            ActionError: another level.
        """
        standing = self.class_knowledge(class_, level)
        return next_lesson(standing.known, bottlenecks(*standing), class_readiness(*standing))

    def bottlenecks(
        self, class_: int | str | None = None, student_id: int | None = None, level: str = "proficient"
    ) -> pd.DataFrame:
        """The weak concepts that keep the most of what comes next waiting, the worst first: ``bottlenecks``.

        Args:
            class_: of everybody enrolled in this class (id or name). Give a class, a student or both.
            student_id: of this student alone; with a class, in its subject.
            level: from which level on a concept counts as known: developing, proficient or mastered.

        Raises:
            NotFound: no such class or student, or several classes of that name.
            ActionError: another level.
            TypeError: neither a class nor a student was given.
        """
        with self._reading() as session:
            standing = self._standing(session, "bottlenecks", class_, student_id, level)
        return bottlenecks(*standing)

    def ready_to_learn(
        self, class_: int | str | None = None, student_id: int | None = None, level: str = "proficient"
    ) -> pd.DataFrame:
        """What each student may learn next, as they know all that it needs, by student: ``ready_to_learn``.

        Args:
            class_: of everybody enrolled in this class (id or name). Give a class, a student or both.
            student_id: of this student alone; with a class, in its subject.
            level: from which level on a concept counts as known: developing, proficient or mastered.

        Raises:
            NotFound: no such class or student, or several classes of that name.
            ActionError: another level.
            TypeError: neither a class nor a student was given.
        """
        with self._reading() as session:
            standing = self._standing(session, "ready_to_learn", class_, student_id, level)
        return ready_to_learn(*standing)

    def class_readiness(self, class_: int | str, level: str = "proficient") -> pd.DataFrame:
        """What a class may learn next: who knows each concept, is ready for it, or waits: ``class_readiness``.

        Args:
            class_: id of the class, or its name where only one class has it.
            level: from which level on a concept counts as known: developing, proficient or mastered.

        Raises:
            NotFound: no such class, or several of that name.
            ActionError: another level.
        """
        return class_readiness(*self.class_knowledge(class_, level))

    def held_back(self, class_: int | str, concept_id: int, level: str = "proficient") -> pd.DataFrame:
        """Whom a weak concept holds back in a class, and on what evidence: the frame ``held_back``.

        Args:
            class_: id of the class, or its name where only one class has it.
            concept_id: of the concept; one of another subject holds nobody back.
            level: from which level on a concept counts as known: developing, proficient or mastered.

        Raises:
            NotFound: no such class, or several of that name.
            ActionError: another level.
        """
        return held_back(*self.class_knowledge(class_, level), concept_id=concept_id)

    def study_groups(
        self, class_: int | str, size: int = 4, level: str = "proficient", keep: pd.DataFrame | None = None
    ) -> pd.DataFrame:
        """Who sits together today, as they have the same gap, and on what: the frame ``study_groups``.

        Args:
            class_: id of the class, or its name where only one class has it.
            size: most students in a group, 2 or more.
            level: below which level a concept is a gap: developing, proficient or mastered.
            keep: the groups of another day; who still has the gap of theirs rather stays with it.

        Raises:
            NotFound: no such class, or several of that name.
            ActionError: another level, or a group of fewer than two.
        """
        if size < LEAST_SIZE:
            message = f"size is {size}: a group has {LEAST_SIZE} students or more."
            raise ActionError(message)
        with self._reading() as session:
            standing = self._standing(session, "study_groups", class_, None, level)
        return study_groups(standing.known, size=size, keep=keep)

    def next_questions(
        self, student_id: int, aim: str = "useful", level: str = "proficient", class_: int | str | None = None
    ) -> pd.DataFrame:
        """What a student might be asked next, the best question first: the frame ``next_questions``.

        Nothing that they answered just now (among their last ten answers, or within the hour).

        Args:
            student_id: whom to ask.
            aim: useful (a weak or new concept that they are ready for, right three times of four) or informative
                (whose answer tells most of what they know).
            level: from which level on a concept counts as known: developing, proficient or mastered.
            class_: only in the subject of this class (id or name), in which they are; None: in all that they learn.

        Raises:
            NotFound: no such student or class, or several classes of that name.
            ActionError: another aim or level.
        """
        if aim not in AIMS:
            message = f"aim is {aim!r}: it is {' or '.join(AIMS)}."
            raise ActionError(message)
        with self._reading() as session:
            standing = self._standing(session, "next_questions", class_, student_id, level)
            if standing.known.students.empty:
                message = (
                    f"The student {student_id} is not in the class {class_} now; students({class_!r}) lists who is."
                )
                raise NotFound(message)
            meant = people.institution_of(session, student_id)
            concepts = candidate_concepts(*standing, aim=aim)
            bank = learning.question_bank(session, institution_id=meant, concept_ids=concepts)
            counts = learning.question_counts(session, institution_id=meant, student_id=student_id)
            latest = learning.latest_answers(session, institution_id=meant, student_id=student_id, most=LATEST_ANSWERS)
        return next_questions(*standing, bank, counts, latest, aim=aim, now=self.now)

    def _standing(
        self, session: Session, method: str, class_: int | str | None, student_id: int | None, level: str
    ) -> Standing:
        """What those meant know of the subjects in which they or their class practise."""
        bar, subject_id = self._bar(session, level), None
        institution_id, class_id = self._of_those(session, method, class_, student_id)
        mastery = learning.stored_mastery(
            session, institution_id=institution_id, class_id=class_id, student_id=student_id
        )
        students = learning.learners(session, institution_id=institution_id, class_id=class_id, student_id=student_id)
        if class_id is not None:
            subject_id = learning.subject_of_class(session, institution_id=institution_id, class_id=class_id)
            key = (institution_id, class_id)
            practised = practice.practised_concepts(session, classes=[key])[key]
        else:
            practised = mastery["concept_id"].tolist()
        concepts, needs = self._curriculum(session, institution_id, practised, subject_id)
        return Standing(knowledge(students, concepts, mastery, known_at=bar), needs)

    def _curriculum(
        self, session: Session, institution_id: int, practised: Sequence[int], subject_id: int | None
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        """The concepts of the subjects that are practised with all that these need, and what each needs."""
        topics = curriculum.topics(session, institution_id=institution_id)
        questions = curriculum.concept_questions(session, institution_id=institution_id)
        concepts = curriculum.concepts(session, institution_id=institution_id).merge(questions, "left", "concept_id")
        concepts = concepts.assign(questions=concepts["questions"].fillna(0).astype("int64"))
        edges = curriculum.topic_prerequisites(session, institution_id=institution_id)
        needs = concept_needs(concepts, topics, edges)
        own = of_subjects(concepts, topics, practised, subject_id)["concept_id"]
        needed = needs.loc[needs["concept_id"].isin(own), "prerequisite_id"]
        return concepts[concepts["concept_id"].isin({*own, *needed})].reset_index(drop=True), needs

    def _bar(self, session: Session, level: str) -> float:
        """The score (0-100) at which a level begins."""
        if level not in LEVELS[1:]:
            message = f"level is {level!r}: it is one of {', '.join(LEVELS[1:])}; leave it out for proficient."
            raise ActionError(message)
        return self._thresholds(session)[LEVELS.index(level) - 1]
