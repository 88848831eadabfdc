"""The Workbench on classes."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from edukit.queries import classroom
from edukit.queries.audit import moment_of
from edukit.workbench.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from sqlalchemy.orm import Session

    from edukit.queries.classroom import Answers, Key


class ClassroomDesk(Desk):
    """Classes, and what they are set."""

    def class_names(self) -> pd.DataFrame:
        """The classes that the viewer may see, by institution and name, at once: the frame ``class_names``."""
        with self._reading() as session:
            return classroom.class_names(session)

    def classes(
        self,
        class_: int | str | None = None,
        since: datetime | str | None = None,
        until: datetime | str | None = None,
    ) -> pd.DataFrame:
        """The classes that the viewer may see, by institution and name, with their figures: the frame ``classes``.

        Args:
            class_: only this one (id, or name where only one class has it); None: all.
            since: only answers from this moment on are counted, such as ``"2026-06-01"``, in UTC without a time zone.
            until: only answers before this moment are.

        Raises:
            ActionError: since or until is no moment.
            NotFound: no such class, or several of that name.
        """
        first, last = moment_of("since", since), moment_of("until", until)
        with self._reading() as session:
            only = None if class_ is None else classroom.find_class(session, class_)
            return classroom.classes(session, only=only, answers=partial(self._answers, session, first, last))

    def _answers(
        self, session: Session, since: datetime | None, until: datetime | None, classes: list[Key]
    ) -> Mapping[Key, Answers]:
        """The answers of the classes: all of them are kept, as they take longest to count."""
        if since or until:
            return classroom.answers_given(session, classes=classes, since=since, until=until)
        return self._kept_each(
            session,
            "progress_summary",
            classes,
            lambda missing: classroom.answers_given(session, classes=missing),
            to_json=_json_of,
            of_json=_answers_of,
        )


def _json_of(answers: Answers) -> list[object]:
    return [*answers[:2], answers[2] and answers[2].isoformat()]


def _answers_of(kept: list[Any]) -> Answers:
    attempts, correct, latest = kept
    return int(attempts), int(correct), latest and datetime.fromisoformat(latest)
