"""Models of mastery: storing one that was fitted, noting how it was validated, and letting it serve."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import insert, select, update

from edukit.actions.audit import record_event
from edukit.actions.concept_tracing import replace_tracing
from edukit.actions.mastery_scoring import score_counted, traced
from edukit.actions.practice import hold_mastery, tell_of_practice
from edukit.errors import ActionError
from edukit.models import StoredMasteryModel
from edukit.queries.answers import attempts_by_student
from edukit.queries.mastery_models import model_in_use

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

# Nobody asks a model that is out of use, and its parameters are megabytes of counts of people's answers.
_RETIRED: Final = {"status": "retired", "parameters": {}}


@dataclass(frozen=True)
class FittedTo:
    """The attempts that a model was fitted to, and when: columns of ``mastery_models``."""

    first_attempted_at: datetime | None
    last_attempted_at: datetime | None
    attempts: int
    students: int
    fitted_at: datetime


def store_candidate(
    session: Session, *, institution_id: int, model_id: int, parameters: Mapping[str, Any], fitted: FittedTo
) -> None:
    """Store a model that was fitted, as the institution's one candidate.

    Args:
        session: the caller commits.
        institution_id: institution whose attempts it was fitted to.
        model_id: a new id.
        parameters: as :func:`edukit.analytics.prediction.storage.as_json` gives them.
        fitted: to what, and when.
    """
    retire_model(session, institution_id=institution_id, status="candidate")
    row = {"institution_id": institution_id, "id": model_id, "status": "candidate", "format": parameters["format"]}
    session.connection().execute(insert(StoredMasteryModel).values(**row, parameters=dict(parameters), **vars(fitted)))


def record_validation(
    session: Session, *, institution_id: int, metrics: Mapping[str, Any], holds: bool, now: datetime
) -> None:
    """Note how well the candidate predicts; one that is not good enough is retired.

    Args:
        session: the caller commits.
        institution_id: institution of the candidate.
        metrics: what was measured, by name.
        holds: whether it may serve.
        now: moment of it.
    """
    noted = {"metrics": dict(metrics), "validated_at": now} | ({} if holds else _RETIRED)
    _change(session, institution_id, "candidate", **noted)


def serve_model(  # noqa: PLR0913 - which, when, who approves it, and who is told
    session: Session,
    *,
    institution_id: int,
    model_id: int,
    now: datetime,
    by: int | None = None,
    reading: Session | None = None,
    progress: Callable[[float], None],
) -> int:
    """Let the validated candidate score mastery from now on, and score everybody by it; how many rows.

    Until the caller commits everybody reads what the model before it said, and who writes mastery waits.

    Args:
        session: the caller commits.
        institution_id: institution of the candidate.
        model_id: the candidate.
        now: moment of it.
        by: user who approves it; None: the command that validated it.
        reading: another session of the same login, to read attempts by while mastery is written; None: there is none.
        progress: called with the share done (0-1).

    Raises:
        ActionError: it is not the candidate, or was not validated.
    """
    hold_mastery(session, institution_id, alone=True)
    candidate = model_in_use(session, institution_id=institution_id, status="candidate")
    if candidate is None or candidate.id != model_id or candidate.validated_at is None:
        message = (
            f"The mastery model {model_id} cannot serve: only the candidate can, once it is validated. "
            "Run `edukit models refit mastery` to get one."
        )
        raise ActionError(message)
    retire_model(session, institution_id=institution_id, status="serving")
    _change(session, institution_id, "candidate", status="serving", approved_by=by)
    replace_tracing(
        session,
        institution_id=institution_id,
        parameters=traced(session, institution_id=institution_id, model_id=model_id),
        fitted_at=candidate.fitted_at,
    )
    counts = attempts_by_student(session, institution_id=institution_id)
    written = score_counted(
        session,
        counts,
        institution_id=institution_id,
        model_id=model_id,
        now=now,
        reading=reading,
        progress=progress,
    )
    tell_of_practice(session, institution_id=institution_id, student_ids=counts["student_id"].tolist())
    resource = f"mastery_models/{model_id}"
    record_event(session, institution_id=institution_id, action="serve", resource=resource, now=now, by=by)
    return written


def retire_model(session: Session, *, institution_id: int, status: str) -> None:
    """Take the ``candidate`` or the ``serving`` model, if there is one, out of use; the caller commits.

    What it was fitted to, how it predicted and who approved it stays; its parameters do not.
    """
    _change(session, institution_id, status, **_RETIRED)


def _change(session: Session, institution_id: int, status_before: str, **changes: Any) -> None:
    model = StoredMasteryModel
    # One at most is of a status, but for retired ones; the lock makes a second writer see what the first has done.
    those = select(model.id).where(model.institution_id == institution_id, model.status == status_before)
    found = session.scalars(those.with_for_update()).one_or_none()
    if found is not None:
        here = (model.institution_id == institution_id, model.id == found)
        session.connection().execute(update(model).where(*here).values(**changes))
