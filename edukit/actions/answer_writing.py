"""The statements that write some answers, and all that follows from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from psycopg.types.json import Jsonb

from edukit.actions.outbox import TELL
from edukit.analytics.concept_evidence import MASTERY
from edukit.models import ConceptMastery, MasteryHistory, MasteryState, QuestionAttempt

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from edukit.db.base import Base
    from edukit.db.bulk import Send

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
# As soon as answers are known to be good: the server writes them while what follows from them is computed.
_RECORD: Final = f"""
    WITH answered AS (
        INSERT INTO question_attempts (institution_id, student_id, {_list(_ATTEMPT)})
        SELECT %(here)s, %(student)s, {_list(_ATTEMPT)}
        FROM jsonb_populate_recordset(NULL::question_attempts, %(attempts)s)
    ) {TELL}""".encode()  # noqa: S608 - names of columns
# All at once, for each statement of its own would take as long as what it does. Rows of mastery are nearly always
# there: MERGE changes them, where INSERT ... ON CONFLICT first locks each. Nobody else adds any meanwhile: they wait.
# Arrays are taken apart side by side: as functions in FROM each would be laid by as a table first.
_FOLLOW: Final = f"""
    WITH kept AS (
        INSERT INTO mastery_states (institution_id, student_id, {_list(_STATE)})
        VALUES (%(here)s, %(student)s, {", ".join(f"%({name})s" for name in _STATE)})
        ON CONFLICT (institution_id, student_id) DO UPDATE SET {_set(MasteryState, "excluded")}
    ), r AS (
        SELECT {_list(name for name in _NUMBERS if name in _WEEK)}, %(week)s::date AS week,
            %(model_id)s::bigint AS model_id, %(recorded_at)s::timestamptz AS computed_at,
            nullif(avg_time_seconds, 'NaN') AS avg_time_seconds, nullif(avg_confidence, 'NaN') AS avg_confidence,
            timestamptz 'epoch' + nullif(last_attempted_at, 'NaN') * interval '1 microsecond' AS last_attempted_at,
            nullif(p_known, 'NaN') AS p_known
        FROM (SELECT {", ".join(f"unnest(%({name})s::{kind}[]) AS {name}" for name, kind in _NUMBERS.items())}) r
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


def record_answers(
    send: Send,
    *,
    institution_id: int,
    student_id: int,
    attempts: Sequence[Mapping[str, Any]],
    told: Mapping[str, Any],
) -> None:
    """Let the server begin to write some attempts of a student, and to tell the outbox.

    Args:
        send: of :func:`edukit.db.bulk.in_one_wait`.
        institution_id: institution of the student.
        student_id: who has answered.
        attempts: columns of ``question_attempts``, as JSON has them.
        told: as :func:`edukit.actions.outbox.outbox_rows` has it.
    """
    send(_RECORD, {"here": institution_id, "student": student_id, "attempts": Jsonb(attempts), **told})


def record_mastery(
    send: Send, *, institution_id: int, student_id: int, rows: NDArray[Any], began: datetime, **columns: Any
) -> None:
    """Write a student's mastery, its week and their state.

    Args:
        send: of :func:`edukit.db.bulk.in_one_wait`; others are kept from writing of the student meanwhile.
        institution_id: institution of the student.
        student_id: who has answered.
        rows: of dtype ``MASTERY``: that of the concepts that moved.
        began: when the week began; mastery of what was answered since is also told of the week.
        columns: of ``mastery_states``; the ``week``'s Monday.
    """
    # What is too small for single precision is rounded here: the server refuses to.
    numbers = {name: rows[name].astype("f4") if name in _SINGLE else rows[name] for name in _NUMBERS}
    send(_FOLLOW, {"here": institution_id, "student": student_id, "began": began, **columns, **numbers})
