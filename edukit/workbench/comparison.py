"""The Workbench on classes side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edukit.analytics.class_comparison import class_comparison
from edukit.analytics.prerequisites import of_subjects
from edukit.errors import NotFound
from edukit.queries import classroom, curriculum, learning, practice
from edukit.workbench.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

MOST_COMPARED = 8
"""Classes side by side at most: more cannot be told apart at a glance."""


class ComparisonDesk(Desk):
    """How classes that are taught the same do."""

    def classes_alike(self, class_: int | str) -> dict[int, str]:
        """The classes that the viewer may see and that are taught the same, the class among them: names by id.

        Args:
            class_: id of the class, or its name where only one class has it.

        Raises:
            NotFound: no such class, or several of that name.
        """
        with self._reading() as session:
            institution_id, class_id = classroom.find_class(session, class_)
            subject_id = learning.subject_of_class(session, institution_id=institution_id, class_id=class_id)
            alike = learning.classes_of_subject(session, institution_id=institution_id, subject_id=subject_id)
        return dict(zip(alike["class_id"].tolist(), alike["class_name"], strict=True))

    def compare_classes(self, class_: int | str, others: Sequence[int] | None = None) -> pd.DataFrame:
        """How a class and others of its subject are spread over the levels, by topic: the frame ``compare_classes``.

        Groups of fewer than five students with answers are not told, nor, where no student is in two of the classes,
        anything that they could be computed from.

        Args:
            class_: id of the class, or its name where only one class has it.
            others: ids of others of the same subject (:meth:`classes_alike`); None: the first of them by name. There
                are eight classes at most.

        Raises:
            NotFound: no such class, or several of that name; or one of the others is not among those.
        """
        with self._reading() as session:
            institution_id, class_id = classroom.find_class(session, class_)
            subject_id = learning.subject_of_class(session, institution_id=institution_id, class_id=class_id)
            alike = learning.classes_of_subject(session, institution_id=institution_id, subject_id=subject_id)
            classes = _chosen(alike, class_id, others)
            key = (institution_id, class_id)
            practised = [] if subject_id else practice.practised_concepts(session, classes=[key])[key]
            topics = curriculum.topics(session, institution_id=institution_id)
            taught = of_subjects(
                curriculum.concepts(session, institution_id=institution_id), topics, practised, subject_id
            )
            scores = learning.topic_scores(
                session, institution_id=institution_id, class_ids=classes["class_id"].tolist()
            )
            thresholds = self._thresholds(session)
        of_subject = taught[["topic_id", "topic"]].drop_duplicates(ignore_index=True)
        own = scores[scores["topic_id"].isin(of_subject["topic_id"])]
        return class_comparison(own, classes, of_subject, thresholds=thresholds)


def _chosen(alike: pd.DataFrame, class_id: int, others: Sequence[int] | None) -> pd.DataFrame:
    """The class first, and then the others in their order."""
    wanted = alike["class_id"].tolist() if others is None else [*dict.fromkeys(int(other) for other in others)]
    if missing := sorted({*wanted} - {*alike["class_id"]}):
        message = (
            f"class {missing[0]} is not among those of the subject that you may see; leave others out to compare with "
            "all of them."
        )
        raise NotFound(message)
    rest = [other for other in wanted if other != class_id][: MOST_COMPARED - 1]
    return alike.set_index("class_id").loc[[class_id, *rest]].reset_index()
