"""The Workbench on classes."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from edukit.queries import classroom
from edukit.workbench.desk import Desk

if TYPE_CHECKING:
    import pandas as pd

    from edukit.queries.classroom import Answers


class ClassroomDesk(Desk):
    """Classes, and what they are set."""

    def class_names(self) -> pd.DataFrame:
        """The classes that the viewer may see, by institution and name, at once: the frame ``class_names``."""
        with self._reading() as session:
            return classroom.class_names(session)

    def classes(self, class_: int | str | None = None) -> pd.DataFrame:
        """The classes that the viewer may see, by institution and name, with their figures: the frame ``classes``.

        Args:
            class_: only this one (id, or name where only one class has it); None: all.

        Raises:
            NotFound: no such class, or several of that name.
        """
        with self._reading() as session:
            only = None if class_ is None else classroom.find_class(session, class_)
            # The answers take longest to count.
            return classroom.classes(
                session,
                only=only,
                answers=lambda classes: self._kept_each(
                    session,
                    "progress_summary",
                    classes,
                    lambda missing: classroom.answers_given(session, classes=missing),
                    to_json=_json_of,
                    of_json=_answers_of,
                ),
            )


def _json_of(answers: Answers) -> list[object]:
    return [*answers[:2], answers[2] and answers[2].isoformat()]


def _answers_of(kept: list[Any]) -> Answers:
    attempts, correct, latest = kept
    return int(attempts), int(correct), latest and datetime.fromisoformat(latest)
