"""The statement that writes some answers with all that follows from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from edukit.actions.outbox import TELL
from edukit.analytics.concept_evidence import MASTERY
from edukit.db.bulk import send
from edukit.models import ConceptMastery, MasteryHistory, MasteryState, QuestionAttempt

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from numpy.typing import NDArray
    from sqlalchemy.orm import Session

    from edukit.db.base import Base

_SINGLE: Final = ("avg_time_seconds", "avg_confidence")


def _columns(model: type[Base]) -> list[str]:
    """The columns of a table but for whose rows they are."""
    return [column.name for column in model.__table__.columns if column.name not in {"institution_id", "student_id"}]


def _set(model: type[Base], source: str) -> str:
    """What is changed of a row that is there; a key, even set to itself, would be locked against who points at it."""
    changing = (name for name in _columns(model) if not model.__table__.columns[name].primary_key)
    return ", ".join(f"{name} = {source}.{name}" for name in changing)


def _list(names: Iterable[str], source: str = "") -> str:
    return ", ".join(f"{source}{name}" for name in names)


_ATTEMPT, _STATE, _SCORED, _WEEK = map(_columns, (QuestionAttempt, MasteryState, ConceptMastery, MasteryHistory))
_NUMBERS: Final = {
    name: "real" if name in _SINGLE else {"i": "bigint", "f": "float8"}[MASTERY[name].kind]
    for name in MASTERY.names or ()
}
# All at once, for each statement of its own would take as long as what it does. Rows of mastery are nearly always
# there: MERGE changes them, where INSERT ... ON CONFLICT first locks each. Nobody else adds any meanwhile: they wait.
_WRITE: Final = f"""
    WITH answered AS (
        INSERT INTO question_attempts (institution_id, student_id, {_list(_ATTEMPT)})
        SELECT %(here)s, %(student)s, {_list(_ATTEMPT)}
        FROM jsonb_populate_recordset(NULL::question_attempts, %(attempts)s)
    ), kept AS (
        INSERT INTO mastery_states (institution_id, student_id, {_list(_STATE)})
        VALUES (%(here)s, %(student)s, {", ".join(f"%({name})s" for name in _STATE)})
        ON CONFLICT (institution_id, student_id) DO UPDATE SET {_set(MasteryState, "excluded")}
    ), told AS ({TELL}
    ), r AS (
        SELECT {_list(name for name in _NUMBERS if name in _WEEK)}, %(week)s::date AS week,
            %(model_id)s::bigint AS model_id, %(recorded_at)s::timestamptz AS computed_at,
            nullif(avg_time_seconds, 'NaN') AS avg_time_seconds, nullif(avg_confidence, 'NaN') AS avg_confidence,
            timestamptz 'epoch' + nullif(last_attempted_at, 'NaN') * interval '1 microsecond' AS last_attempted_at,
            nullif(p_known, 'NaN') AS p_known
        FROM unnest({", ".join(f"%({name})s::{kind}[]" for name, kind in _NUMBERS.items())}) r ({_list(_NUMBERS)})
    ), past AS (
        INSERT INTO mastery_history (institution_id, student_id, {_list(_WEEK)})
        SELECT %(here)s, %(student)s, {_list(_WEEK)} FROM r WHERE last_attempted_at >= %(began)s
        ON CONFLICT (institution_id, student_id, concept_id, week) DO UPDATE SET {_set(MasteryHistory, "excluded")}
    )
    MERGE INTO concept_mastery m USING r
        ON m.institution_id = %(here)s AND m.student_id = %(student)s AND m.concept_id = r.concept_id
    WHEN MATCHED THEN UPDATE SET {_set(ConceptMastery, "r")}
    WHEN NOT MATCHED THEN INSERT (institution_id, student_id, {_list(_SCORED)})
        VALUES (%(here)s, %(student)s, {_list(_SCORED, "r.")})""".encode()  # noqa: S608 - names of columns


def write_all(  # noqa: PLR0913 - whose, and all that is written
    session: Session,
    *,
    institution_id: int,
    student_id: int,
    rows: NDArray[Any],
    began: datetime,
    told: Mapping[str, Any],
    **columns: Any,
) -> None:
    """Write some attempts of a student, their mastery, its week and their state, and tell the outbox.

    Args:
        session: the caller commits, and keeps others from writing of the student meanwhile.
        institution_id: institution of the student.
        student_id: who has answered.
        rows: of dtype ``MASTERY``: that of the concepts that moved.
        began: when the week began; mastery of what was answered since is also told of the week.
        told: as :func:`edukit.actions.outbox.outbox_rows` has it.
        columns: of ``mastery_states``; the ``week``'s Monday; ``attempts``, the new ones as JSON.
    """
    # What is too small for single precision is rounded here: the server refuses to.
    numbers = {name: rows[name].astype("f4") if name in _SINGLE else rows[name] for name in _NUMBERS}
    send(session, _WRITE, {
        "here": institution_id, "student": student_id, "began": began, **columns, **numbers, **told
    })  # fmt: skip
