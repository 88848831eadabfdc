"""Where students stand between two answers: kept with the answer, gone on from at the next, and made anew if lost."""

from __future__ import annotations

from datetime import datetime, time
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import numpy as np
from psycopg.types.json import Jsonb

from edukit.actions.mastery_history import replay_history
from edukit.actions.mastery_scoring import follower
from edukit.actions.outbox import TELL, outbox_rows
from edukit.analytics.concept_evidence import MASTERY
from edukit.analytics.mastery_weeks import monday
from edukit.analytics.prediction.arrays import MICROSECONDS
from edukit.analytics.prediction.following import STATE_FORMAT, Follower, StudentState, packed_state, unpacked_state
from edukit.db.bulk import send, spelt
from edukit.models.mastery import MODEL_FORMAT
from edukit.queries.answers import answers as answers_of
from edukit.queries.answers import concepts_asked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from sqlalchemy.orm import Session

    from edukit.actions.standing import Standing

_BY_RULE = Follower()
# All at once, for each statement of its own would take as long as what it does. Of the numbers those that are too small
# for single precision are rounded before: the server refuses to.
_WRITE: Final = """
    WITH answered AS (
        INSERT INTO question_attempts (institution_id, id, student_id, question_id, class_id, sequence, attempted_at,
            is_correct, time_taken_seconds, hint_count, confidence, answer, selected_option, xp_earned)
        SELECT %(here)s, id, %(student)s, question_id, class_id, sequence, attempted_at,
            is_correct, time_taken_seconds, hint_count, confidence, answer, selected_option, xp_earned
        FROM jsonb_populate_recordset(NULL::question_attempts, %(attempts)s)
    ), kept AS (
        INSERT INTO mastery_states (institution_id, student_id, model_id, format, last_sequence, state, recorded_at)
        VALUES (%(here)s, %(student)s, %(model)s, %(format)s, %(last)s, %(state)s, %(now)s)
        ON CONFLICT (institution_id, student_id) DO UPDATE SET model_id = excluded.model_id, format = excluded.format,
            last_sequence = excluded.last_sequence, state = excluded.state, recorded_at = excluded.recorded_at
    ), told AS (%(tell)s
    ), r AS (
        SELECT * FROM unnest(%(concept_id)s::bigint[], %(mastery_score)s::float8[], %(mastery_low)s::float8[],
            %(mastery_high)s::float8[], %(total_attempts)s::int[], %(correct_attempts)s::int[],
            %(avg_time_seconds)s::float8[], %(avg_confidence)s::float8[], %(last_attempted_at)s::float8[],
            %(p_known)s::float8[]) r (concept_id, mastery_score, mastery_low, mastery_high, total_attempts,
            correct_attempts, avg_time_seconds, avg_confidence, last_attempted_at, p_known)
    ), past AS (
        INSERT INTO mastery_history (institution_id, student_id, concept_id, week, model_id, mastery_score, mastery_low,
            mastery_high, total_attempts, correct_attempts)
        SELECT %(here)s, %(student)s, concept_id, %(week)s, %(model)s, mastery_score, mastery_low, mastery_high,
            total_attempts, correct_attempts
        FROM r WHERE last_attempted_at >= %(began)s AND last_attempted_at <> 'NaN'
        ON CONFLICT (institution_id, student_id, concept_id, week) DO UPDATE SET model_id = excluded.model_id,
            mastery_score = excluded.mastery_score, mastery_low = excluded.mastery_low,
            mastery_high = excluded.mastery_high, total_attempts = excluded.total_attempts,
            correct_attempts = excluded.correct_attempts
    )
    INSERT INTO concept_mastery (institution_id, student_id, computed_at, concept_id, mastery_score, mastery_low,
        mastery_high, total_attempts, correct_attempts, avg_time_seconds, avg_confidence, last_attempted_at, p_known)
    SELECT %(here)s, %(student)s, %(now)s, concept_id, mastery_score, mastery_low, mastery_high, total_attempts,
        correct_attempts, nullif(avg_time_seconds, 'NaN'), nullif(avg_confidence, 'NaN'),
        timestamptz 'epoch' + nullif(last_attempted_at, 'NaN') * interval '1 microsecond', nullif(p_known, 'NaN')
    FROM r
    ON CONFLICT (institution_id, student_id, concept_id) DO UPDATE SET computed_at = excluded.computed_at,
        mastery_score = excluded.mastery_score, mastery_low = excluded.mastery_low,
        mastery_high = excluded.mastery_high, total_attempts = excluded.total_attempts,
        correct_attempts = excluded.correct_attempts, avg_time_seconds = excluded.avg_time_seconds,
        avg_confidence = excluded.avg_confidence, last_attempted_at = excluded.last_attempted_at,
        p_known = excluded.p_known""".replace("%(tell)s", TELL).encode()
_SINGLE: Final = ("avg_time_seconds", "avg_confidence")


def write_answers(  # noqa: PLR0913 - whose, what, from where and when
    session: Session,
    *,
    institution_id: int,
    student_id: int,
    attempts: Sequence[Mapping[str, Any]],
    answers: NDArray[Any],
    before: Standing,
    now: datetime,
) -> None:
    """Write some attempts of a student, the mastery that follows, its week and their state, and tell the outbox.

    Args:
        session: the caller commits, and keeps others from writing of the student meanwhile.
        institution_id: institution of the student.
        student_id: who has answered.
        attempts: the new ones: columns of ``question_attempts``, as JSON has them.
        answers: the same in their order; columns of :data:`edukit.queries.answers.ANSWERS`.
        before: what was there before them.
        now: moment as of which mastery is told.
    """
    # One that another edukit has stored otherwise gives way to the rule, as in a refresh.
    model_id = before.model_id if before.model_format == MODEL_FORMAT else None
    followed = _BY_RULE if model_id is None else follower(session, institution_id=institution_id, model_id=model_id)
    state = _state(before, model_id, first=int(answers["sequence"][0]))
    zone = ZoneInfo(before.time_zone)
    week = monday(now.astimezone(zone).date())
    began = datetime.combine(week, time(), zone).timestamp() * MICROSECONDS
    # An earlier week is another past, and one that nobody has followed may not be there.
    is_past_told = state is not None and bool(answers["attempted_us"].min() >= began)
    asked = dict(before.asked)
    if state is None:
        earlier = answers_of(session, institution_id=institution_id, student_ids=[student_id])
        answers = np.concatenate([earlier, answers])
        # In the order of edukit.analytics.prediction.arrays, whatever came late.
        answers = answers[np.lexsort((answers["question_id"], ~answers["is_correct"], answers["sequence"]))]
        asked = concepts_asked(session, institution_id=institution_id, question_ids=np.unique(answers["question_id"]))
        state = StudentState()
    state = followed.follow(state, answers, asked)
    rows = followed.mastery(state, at=now.timestamp())
    if model_id is None:
        # By the rule what was not answered on stands where it stood.
        told = {concept for question_id in answers["question_id"].tolist() for concept in asked.get(question_id, ())}
        rows = rows[np.isin(rows["concept_id"], list(told))]
    values = {
        "here": institution_id,
        "student": student_id,
        "attempts": Jsonb(attempts),
        "model": model_id,
        "format": STATE_FORMAT,
        "last": int(answers["sequence"][-1]),
        "state": packed_state(state),
        "now": now,
        "week": week,
        "began": began,
    }
    values |= {name: spelt(rows[name].astype("f4") if name in _SINGLE else rows[name]) for name in MASTERY.names or ()}
    send(session, _WRITE, values | outbox_rows(class_ids=before.enrolled, student_ids=[student_id]))
    if not is_past_told:
        replay_history(session, institution_id=institution_id, now=now, student_ids=[student_id])


def _state(before: Standing, model_id: int | None, *, first: int) -> StudentState | None:
    """The state that answers, of which the first stands there, go on from; None: there is none that knows all before.

    What others wrote behind the latest answer is seen here; whoever writes anything else refreshes mastery, and that
    forgets the state.
    """
    if before.last_sequence is None:
        return StudentState()
    kept = before.kept
    is_it = (kept.model_id, kept.format, kept.last_sequence) == (model_id, STATE_FORMAT, before.last_sequence)
    if kept.state is None or not is_it or first <= before.last_sequence:
        return None
    return unpacked_state(kept.state)
