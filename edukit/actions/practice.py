"""Practice: keeping mastery in step with attempts, and telling of it; attempts are recorded beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select

from edukit.actions.mastery_history import replay_history, write_weeks
from edukit.actions.outbox import tell_outbox
from edukit.analytics.mastery import concept_mastery
from edukit.db.copy import copy_rows
from edukit.models import ConceptMastery, Enrolment, MasteryState, QuestionAttempt, Student
from edukit.queries.mastery_models import model_in_use
from edukit.queries.practice import mastery_evidence

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

# Evidence is read whole for some students at a time: an institution's may not fit into memory.
_STUDENTS_AT_ONCE = 500
_TOLD_AT_ONCE = 5_000


def refresh_mastery(
    session: Session, *, institution_id: int, now: datetime, student_ids: Sequence[int] | None = None
) -> int:
    """Compute the mastery of the students (None: of all) from their attempts and store it; how many rows.

    It is the model's that serves the institution; where none does, or one that another edukit has stored otherwise,
    it is the rule's of :mod:`edukit.analytics.mastery`.
    Where people may have seen the old one, the caller also tells of the practice (:func:`tell_of_practice`).
    """
    hold_mastery(session, institution_id, alone=student_ids is None)
    if not is_offline(session):
        _begin_anew(session, institution_id, student_ids)
    model = None if is_offline(session) else model_in_use(session, institution_id=institution_id, status="serving")
    if model is not None:
        # Compiled code is loaded only where a model serves.
        from edukit.actions.mastery_scoring import is_readable, score_mastery

        if is_readable(model):
            written = score_mastery(
                session, institution_id=institution_id, model_id=model.id, now=now, student_ids=student_ids
            )
            replay_history(session, institution_id=institution_id, now=now, student_ids=student_ids)
            return written
    if student_ids is None:
        attempt = QuestionAttempt
        everybody = select(attempt.student_id).where(attempt.institution_id == institution_id).distinct()
        student_ids = sorted(session.scalars(everybody))
    return sum(
        _refresh(session, institution_id, now, student_ids[start : start + _STUDENTS_AT_ONCE])
        for start in range(0, len(student_ids), _STUDENTS_AT_ONCE)
    )


def hold_mastery(session: Session, institution_id: int, *, alone: bool = False) -> None:
    """Keep the model that serves an institution from changing, until the transaction ends; or others from asking.

    A refresh between the model's taking over and its scoring everybody would otherwise be overwritten, or overwrite.

    Args:
        session: the caller commits.
        institution_id: institution whose mastery is written.
        alone: wait until nobody else writes it, and let everybody wait who wants to.
    """
    if is_offline(session):
        return
    lock = func.pg_advisory_xact_lock if alone else func.pg_advisory_xact_lock_shared
    session.execute(select(lock(func.hashtextextended(mastery_lock(institution_id), 0))))


def hold_students(session: Session, institution_id: int, student_ids: Sequence[int]) -> None:
    """Wait for whoever writes mastery of these students, and let others wait, until the transaction ends."""
    here = (Student.institution_id == institution_id, Student.id == func.any(list(student_ids)))
    session.execute(select(Student.id).where(*here).order_by(Student.id).with_for_update(key_share=True))


def mastery_lock(institution_id: int) -> str:
    """What the lock of :func:`hold_mastery` is called, for a statement that takes more at once."""
    return f"edukit mastery {institution_id}"


def tell_of_practice(session: Session, *, institution_id: int, student_ids: Sequence[int]) -> None:
    """Tell the outbox of students whose practice has changed, and of each class that they are or were in.

    Args:
        session: the caller commits.
        institution_id: institution of the students.
        student_ids: students whose attempts, mastery or enrolments have changed.
    """
    theirs = select(Enrolment.class_id).where(
        Enrolment.institution_id == institution_id, Enrolment.student_id == func.any(list(student_ids))
    )
    tell_outbox(session, institution_id=institution_id, class_ids=session.scalars(theirs.distinct()))
    for start in range(0, len(student_ids), _TOLD_AT_ONCE):
        told = student_ids[start : start + _TOLD_AT_ONCE]
        tell_outbox(session, institution_id=institution_id, student_ids=told)


def _begin_anew(session: Session, institution_id: int, student_ids: Sequence[int] | None) -> None:
    """Wait for whoever records an attempt of the students (None: of anybody), and forget where they stand.

    Their states do not know what makes the caller refresh mastery.
    """
    state = MasteryState
    forgotten = delete(state).where(state.institution_id == institution_id)
    if student_ids is not None:
        hold_students(session, institution_id, student_ids)
        forgotten = forgotten.where(state.student_id == func.any(list(student_ids)))
    session.connection().execute(forgotten)


def is_offline(session: Session) -> bool:
    """Whether it is a device's own store: one writes at a time, and no model is there, whose counts tell of others."""
    return session.get_bind().dialect.name == "sqlite"


def _refresh(session: Session, institution_id: int, now: datetime, student_ids: Sequence[int]) -> int:
    evidence = mastery_evidence(session, institution_id=institution_id, student_ids=student_ids)
    rows = concept_mastery(evidence)
    rows.insert(0, "institution_id", institution_id)
    # What a model has said before of P(known) is not the rule's to keep.
    rows = rows.assign(computed_at=now, p_known=float("nan"))
    written = copy_rows(session, ConceptMastery, rows, on_conflict="update")
    if not is_offline(session):
        write_weeks(session, institution_id=institution_id, evidence=evidence, student_ids=student_ids, now=now)
    return written
