"""Attempts one by one: storing what a student has just answered, with the mastery that follows, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from psycopg.errors import ForeignKeyViolation, UniqueViolation
from sqlalchemy import insert, select

from edukit.actions.practice import is_offline, refresh_mastery
from edukit.actions.standing import Named, Standing, standing
from edukit.db.bulk import held
from edukit.errors import ActionError, NotFound
from edukit.models import QuestionAttempt
from edukit.queries.answers import ANSWERS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from numpy.typing import NDArray
    from sqlalchemy import Row
    from sqlalchemy.orm import Session

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_MOST_SMALL: Final = 2**15 - 1
_MOST_REAL: Final = float(np.finfo(np.float32).max)
_BOUNDS: Final = {
    "time_taken_seconds": (0, _MOST_REAL, "0 or more, and finite"),
    "confidence": (0, 1, "from 0 to 1"),
    "hint_count": (0, _MOST_SMALL, f"from 0 to {_MOST_SMALL:,}"),
    "selected_option": (0, _MOST_SMALL, f"from 0 to {_MOST_SMALL:,}"),
    "xp_earned": (0, _MOST_SMALL, f"from 0 to {_MOST_SMALL:,}"),
}
_SINGLE: Final = ("time_taken_seconds", "confidence")
_NOTHING: Final = "Nothing was recorded"


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One answer of a student, as columns of ``question_attempts``; None: unknown, or none.

    Attributes:
        id: made where it was answered, so that it is the same when it is sent once more.
        attempted_at: when, with a time zone.
    """

    id: UUID
    question_id: int
    is_correct: bool
    attempted_at: datetime
    class_id: int | None = None
    time_taken_seconds: float | None = None
    hint_count: int | None = None
    confidence: float | None = None
    answer: str | None = None
    selected_option: int | None = None
    xp_earned: int | None = None

    @property
    def sequence(self) -> int:
        """Its place among the student's: microseconds since 1970."""
        return (self.attempted_at - _EPOCH) // _MICROSECOND


_CONTENT: Final = tuple(field.name for field in fields(Attempt) if field.name != "id")


def record_attempts(
    session: Session, *, institution_id: int, student_id: int, attempts: Sequence[Attempt], now: datetime
) -> int:
    """Store what a student has answered, and the mastery that follows as of now; how many of them were new.

    An attempt that is there already is left alone, so that whoever got no answer may send it again. All is done or
    nothing; where a student has several writers they wait for each other. What is stored equals what
    :func:`edukit.actions.practice.refresh_mastery` makes of all attempts at that moment, also where one comes late.

    Args:
        session: of the application, or of a device's own store; the caller commits.
        institution_id: institution of the student.
        student_id: who has answered.
        attempts: one or a few, in any order.
        now: moment as of which mastery is told; no attempt is later.

    Raises:
        NotFound: the institution has no such student, question or class.
        ActionError: a value breaks its rule, or another attempt has the id.

    Example:
        >>> record_attempts(session, institution_id=1, student_id=7, attempts=[answered], now=now)  # doctest: +SKIP
        1
    """
    whose = {"institution_id": institution_id, "student_id": student_id}
    _expect_possible(attempts, now)
    given = _distinct(attempts)
    before = standing(session, **whose, named=_named(given))
    if before is None:
        message = (
            f"There is no student {student_id} at institution {institution_id}. {_NOTHING}: look for them in students."
        )
        raise NotFound(message)
    if new := _new(session, given, before, **whose):
        _expect_known(institution_id, new, before.there)
        _store(session, new, before, now, **whose)
    return len(new)


def _distinct(attempts: Sequence[Attempt]) -> list[Attempt]:
    """The attempts by their order, each once."""
    found: dict[UUID, Attempt] = {}
    for attempt in attempts:
        if differing := _differences(attempt, found.setdefault(attempt.id, attempt)):
            raise ActionError(_taken(attempt, differing))
    return sorted(found.values(), key=lambda attempt: (attempt.sequence, not attempt.is_correct, attempt.question_id))


def _expect_possible(attempts: Sequence[Attempt], now: datetime) -> None:
    """Refuse values that break a rule, all of an attempt at once."""
    for attempt in attempts:
        told = [
            f"{name} is {value!r} and must be {rule}"
            for name, (low, high, rule) in _BOUNDS.items()
            if (value := getattr(attempt, name)) is not None and not low <= value <= high
        ]
        if attempt.attempted_at.tzinfo is None:
            told.append(f"attempted_at is {attempt.attempted_at.isoformat()} and must have a time zone")
        elif attempt.attempted_at > now:
            told.append(f"attempted_at is {attempt.attempted_at.isoformat()} and must not be after {now.isoformat()}")
        if any(sign == "\0" or "\ud800" <= sign <= "\udfff" for sign in attempt.answer or ""):
            told.append("answer has a NUL or half of a character (a surrogate), which no text may have")
        if told:
            message = (
                f"The attempt {attempt.id} is impossible: {'; '.join(told)}. {_NOTHING}: mend it and send it again."
            )
            raise ActionError(message)


def _named(attempts: Sequence[Attempt]) -> Named:
    return Named(
        [attempt.id for attempt in attempts],
        sorted({attempt.question_id for attempt in attempts}),
        sorted({attempt.class_id for attempt in attempts if attempt.class_id is not None}),
    )


def _new(
    session: Session, attempts: Sequence[Attempt], before: Standing, *, institution_id: int, student_id: int
) -> list[Attempt]:
    """Those that are not there yet; the others must be what is there."""
    if not before.there.attempts:
        return [*attempts]
    stored = QuestionAttempt
    columns = (stored.id, stored.student_id, *(getattr(stored, name) for name in _CONTENT))
    there = (stored.institution_id == institution_id, stored.id.in_(before.there.attempts))
    found = {row.id: row for row in session.execute(select(*columns).where(*there))}
    for attempt in attempts:
        if (row := found.get(attempt.id)) is not None:
            differing = _differences(attempt, row)
            if row.student_id != student_id:
                differing.insert(0, f"student_id is {student_id} and was {row.student_id}")
            if differing:
                raise ActionError(_taken(attempt, differing))
    return [attempt for attempt in attempts if attempt.id not in found]


def _differences(attempt: Attempt, other: Attempt | Row[Any]) -> list[str]:
    """What two attempts of one id differ in, in words."""
    return [
        f"{name} is {getattr(attempt, name)!s} and was {getattr(other, name)!s}"
        for name in _CONTENT
        if _kept(attempt, name) != _kept(other, name)
    ]


def _taken(attempt: Attempt, differing: Sequence[str]) -> str:
    return (
        f"The attempt {attempt.id} is there already, and is another: {'; '.join(differing)}. "
        f"{_NOTHING}: give what is new an id of its own."
    )


def _expect_known(institution_id: int, attempts: Sequence[Attempt], there: Named) -> None:
    """Refuse questions and classes that the institution does not have."""
    named = _named(attempts)
    for what, ids, found in (
        ("question", named.questions, there.questions),
        ("class", named.classes, there.classes),
    ):
        if missing := {*ids} - {*found}:
            told = ", ".join(map(str, sorted(missing)))
            message = f"There is no {what} {told} at institution {institution_id}. {_NOTHING}: send an id that it has."
            raise NotFound(message)


def _store(  # noqa: PLR0913 - what, from where, when and whose
    session: Session, new: Sequence[Attempt], before: Standing, now: datetime, *, institution_id: int, student_id: int
) -> None:
    """Write attempts and the mastery that follows."""
    whose = {"institution_id": institution_id, "student_id": student_id}
    rows: list[dict[str, Any]] = [
        {"id": one.id, "sequence": one.sequence} | {name: _kept(one, name) for name in _CONTENT} for one in new
    ]
    if is_offline(session):
        session.connection().execute(insert(QuestionAttempt), [whose | row for row in rows])
        refresh_mastery(session, institution_id=institution_id, now=now, student_ids=[student_id])
        return
    # Compiled code is loaded only where somebody answers.
    from edukit.actions.mastery_states import write_answers

    told = [row | {"id": str(row["id"]), "attempted_at": row["attempted_at"].isoformat()} for row in rows]
    try:
        write_answers(session, **whose, attempts=told, answers=_as_answers(student_id, new), before=before, now=now)
    except (ForeignKeyViolation, UniqueViolation) as error:
        # Somebody has deleted a question, or taken the id for another student, since it was looked for.
        message = (
            f"What the attempts name has changed in this moment ({error.diag.message_primary}). {_NOTHING}: send them "
            "again, to be told what it is."
        )
        raise ActionError(message) from error


def _as_answers(student_id: int, attempts: Sequence[Attempt]) -> NDArray[Any]:
    """The attempts as :func:`edukit.queries.answers.answers` would read them."""
    rows = np.empty(len(attempts), dtype=held(ANSWERS))
    for row, attempt in zip(rows, attempts, strict=True):
        row["student_id"], row["question_id"] = student_id, attempt.question_id
        row["sequence"] = row["attempted_us"] = attempt.sequence
        row["is_correct"] = attempt.is_correct
        for name in _SINGLE:
            row[name] = np.nan if (value := _kept(attempt, name)) is None else value
    return rows


def _kept(attempt: Attempt | Row[Any], name: str) -> Any:
    """What is kept of a value: a number too small for single precision is 0, which the database would refuse to say."""
    value = getattr(attempt, name)
    return float(np.float32(value)) if name in _SINGLE and value is not None else value
