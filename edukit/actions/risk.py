"""Risk: what people say and do upon a prediction. Nothing of it happens by itself."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select, update

from edukit.actions.audit import record_event
from edukit.actions.outbox import tell_outbox
from edukit.actions.words import spoken
from edukit.db.ids import new_uuids
from edukit.errors import ActionError, NotFound
from edukit.models import Intervention, RiskPrediction, RiskResponse, User
from edukit.models.risk import INTERVENTION_KINDS, OUTCOMES, RESPONSES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

_TICK = timedelta(microseconds=1)


def respond(  # noqa: PLR0913 - each is a part of the answer
    session: Session,
    *,
    institution_id: int,
    prediction_id: UUID,
    action: str,
    reason: str | None = None,
    now: datetime,
    by: int,
) -> UUID:
    """Acknowledge a prediction, or dismiss it and say why; of several answers the latest counts.

    Args:
        session: the caller commits.
        institution_id: institution of the prediction.
        prediction_id: what is answered.
        action: acknowledged or dismissed.
        reason: why it is dismissed; a dismissal needs it and nothing else has it.
        now: when.
        by: user who answers.

    Returns:
        The id of the answer.

    Raises:
        NotFound: the institution has no such prediction.
        ActionError: another action, a dismissal without a reason, or an acknowledgement with one.
    """
    _expect("An answer to a prediction", action, RESPONSES)
    why = spoken("The reason", reason) or None
    if action == "dismissed" and why is None:
        raise ActionError("A dismissal needs a reason, and nothing was done: say what you know better.")
    if action != "dismissed" and why is not None:
        raise ActionError("Only a dismissal has a reason, and nothing was done: dismiss it, or leave the reason out.")
    student_id = _whose(session, institution_id, prediction_id)
    latest = session.scalar(
        select(func.max(RiskResponse.responded_at)).where(
            RiskResponse.institution_id == institution_id, RiskResponse.prediction_id == prediction_id
        )
    )
    # Two answers of one moment would have no latest.
    at = now if latest is None else max(now, latest + _TICK)
    (response_id,) = new_uuids(at)
    answer = insert(RiskResponse).values(
        institution_id=institution_id,
        id=response_id,
        prediction_id=prediction_id,
        user_id=by,
        action=action,
        reason=why,
        responded_at=at,
    )
    session.connection().execute(answer)
    verb = {"acknowledged": "acknowledge", "dismissed": "dismiss"}[action]
    _account_for(session, institution_id, student_id, verb, f"risk_predictions/{prediction_id}", now, by)
    return response_id


def log_intervention(  # noqa: PLR0913 - each is a part of what was done
    session: Session,
    *,
    institution_id: int,
    student_id: int,
    kind: str,
    note: str | None = None,
    prediction_id: UUID | None = None,
    now: datetime,
    by: int,
) -> UUID:
    """Write down what was done for a student.

    Args:
        session: the caller commits.
        institution_id: institution of the student.
        student_id: for whom.
        kind: conversation, message_home, tutoring, study_plan, referral or other.
        note: what was said or agreed; what is of another kind needs it.
        prediction_id: prediction of the student that it answers; None: none.
        now: when it was done.
        by: user who did it.

    Returns:
        The id of the intervention.

    Raises:
        NotFound: the institution has no such student or prediction.
        ActionError: another kind, nothing said of what is of another kind, another student's prediction, or the
            student has left.
    """
    _expect("An intervention", kind, INTERVENTION_KINDS)
    words = spoken("The note", note) or None
    if kind == "other" and words is None:
        raise ActionError("An intervention of another kind needs a note, and nothing was done: say what it was.")
    _expect_present(session, institution_id, student_id)
    if prediction_id is not None and _whose(session, institution_id, prediction_id) != student_id:
        message = f"Prediction {prediction_id} is about another student, and nothing was done: choose one of theirs."
        raise ActionError(message)
    (intervention_id,) = new_uuids(now)
    done = insert(Intervention).values(
        institution_id=institution_id,
        id=intervention_id,
        student_id=student_id,
        made_by=by,
        prediction_id=prediction_id,
        kind=kind,
        note=words,
        happened_at=now,
    )
    session.connection().execute(done)
    _account_for(session, institution_id, student_id, "log", f"interventions/{intervention_id}", now, by)
    return intervention_id


def record_outcome(  # noqa: PLR0913 - each is a part of what is noted
    session: Session, *, institution_id: int, intervention_id: UUID, outcome: str, now: datetime, by: int
) -> None:
    """Write down what came of an intervention, in place of what was written before.

    Args:
        session: the caller commits.
        institution_id: institution of the intervention.
        intervention_id: what was done.
        outcome: improved, unchanged or worsened.
        now: when it is noted.
        by: user who notes it.

    Raises:
        NotFound: the institution has no such intervention.
        ActionError: another outcome.
    """
    _expect("An outcome", outcome, OUTCOMES)
    changed = (
        update(Intervention)
        .where(Intervention.institution_id == institution_id, Intervention.id == intervention_id)
        .values(outcome=outcome, outcome_at=now)
        .returning(Intervention.student_id)
    )
    student_id = session.connection().scalar(changed)
    if student_id is None:
        message = f"There is no intervention {intervention_id} among those you may see: nothing was done."
        raise NotFound(message)
    _account_for(session, institution_id, student_id, "record_outcome", f"interventions/{intervention_id}", now, by)


def _whose(session: Session, institution_id: int, prediction_id: UUID) -> int:
    """The student whom a prediction is about."""
    said = RiskPrediction
    found = session.scalar(
        select(said.student_id).where(said.institution_id == institution_id, said.id == prediction_id)
    )
    if found is None:
        message = f"There is no prediction {prediction_id} among those you may see: nothing was done. See risk_history."
        raise NotFound(message)
    return found


def _expect_present(session: Session, institution_id: int, student_id: int) -> None:
    """Refuse who is no student of the institution, or has left it."""
    one = select(User.departed_at).where(
        User.institution_id == institution_id, User.id == student_id, User.role == "student"
    )
    found = session.execute(one).one_or_none()
    if found is None:
        message = f"There is no student {student_id} among those you may see: nothing was done."
        raise NotFound(message)
    if found.departed_at is not None:
        message = f"This student left on {found.departed_at:%Y-%m-%d}, and nothing was done: nothing can be logged now."
        raise ActionError(message)


def _expect(what: str, value: str, allowed: Sequence[str]) -> None:
    """Refuse a word that is not one of those."""
    if value not in allowed:
        message = f"{what} is {', '.join(allowed[:-1])} or {allowed[-1]}, not {value!r}: nothing was done."
        raise ActionError(message)


def _account_for(  # noqa: PLR0913, PLR0917 - all that is to be known of it
    session: Session, institution_id: int, student_id: int, action: str, resource: str, now: datetime, by: int
) -> None:
    """Record who did it, and leave word of the student."""
    record_event(session, institution_id=institution_id, action=action, resource=resource, now=now, by=by)
    tell_outbox(session, institution_id=institution_id, student_ids=[student_id])
