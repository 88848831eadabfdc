"""The Workbench on classes."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from edukit.cache import Scope
from edukit.queries import classroom
from edukit.queries.outbox import pending_classes
from edukit.workbench.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from sqlalchemy.orm import Session

    from edukit.queries.classroom import Answers, Key


class ClassroomDesk(Desk):
    """Classes, and what they are set."""

    def classes(self) -> pd.DataFrame:
        """The classes that the viewer may see, by institution and name: the frame ``classes``."""
        with self._reading() as session:
            return classroom.classes(session, answers=lambda classes: self._answers(session, classes))

    def _answers(self, session: Session, classes: Sequence[Key]) -> dict[Key, Answers]:
        """The answers given for the classes: they take longest to count, and are kept for each class."""
        told = pending_classes(session)
        scopes = [Scope("class", *key) for key in classes if key not in told]
        kept = self._cache.get_or_load_each(
            "progress_summary",
            scopes,
            lambda missing: {
                Scope("class", *key): answers
                for key, answers in classroom.answers_given(session, classes=[_key(scope) for scope in missing]).items()
            },
            to_json=_json_of,
            of_json=_answers_of,
        )
        changed = [key for key in classes if key in told]
        fresh = classroom.answers_given(session, classes=changed) if changed else {}
        return {**{_key(scope): answers for scope, answers in kept.items()}, **fresh}


def _key(scope: Scope) -> Key:
    return scope.institution_id, scope.id


def _json_of(answers: Answers) -> list[object]:
    return [*answers[:2], answers[2] and answers[2].isoformat()]


def _answers_of(kept: list[Any]) -> Answers:
    attempts, correct, latest = kept
    return int(attempts), int(correct), latest and datetime.fromisoformat(latest)
