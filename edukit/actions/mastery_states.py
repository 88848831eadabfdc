"""Where students stand between two answers: kept with the answer, gone on from at the next, and made anew if lost."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import numpy as np

from edukit.actions.answer_writing import record_answers, record_mastery
from edukit.actions.mastery_history import replay_history
from edukit.actions.mastery_scoring import follower
from edukit.actions.outbox import outbox_rows
from edukit.analytics.mastery_weeks import monday
from edukit.analytics.prediction.arrays import MICROSECONDS
from edukit.analytics.prediction.following import STATE_FORMAT, Follower, StudentState, packed_state, unpacked_state
from edukit.db.bulk import in_one_wait
from edukit.queries.answers import answers as answers_of
from edukit.queries.answers import concepts_asked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from sqlalchemy.orm import Session

    from edukit.actions.standing import Standing

_BY_RULE: Final = Follower()


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
    whose, model_id = {"institution_id": institution_id, "student_id": student_id}, before.model_id
    week, began = _week(now, before.time_zone)
    state = _state(before, first=int(answers["sequence"][0]))
    # An earlier week is another past, and one that nobody has followed may not be there.
    is_past_told = state is not None and bool(answers["attempted_us"].min() >= began.timestamp() * MICROSECONDS)
    answers, asked = (answers, before.asked) if state else _all_answers(session, answers, **whose)
    followed = _BY_RULE if model_id is None else follower(session, institution_id=institution_id, model_id=model_id)
    with in_one_wait(session) as send:
        told = outbox_rows(class_ids=before.enrolled, student_ids=[student_id])
        record_answers(send, **whose, attempts=attempts, told=told)
        state = followed.follow(state or StudentState(), answers, asked)
        rows = followed.mastery(state, at=now.timestamp())
        record_mastery(
            send, **whose, week=week, began=began, model_id=model_id, format=STATE_FORMAT,
            rows=_moved(rows, answers, asked) if model_id is None else rows,
            last_sequence=int(answers["sequence"][-1]), state=packed_state(state), recorded_at=now,
        )  # fmt: skip
    if not is_past_told:
        replay_history(session, institution_id=institution_id, now=now, student_ids=[student_id])


def _week(now: datetime, time_zone: str) -> tuple[date, datetime]:
    """The Monday of the week, and when it began."""
    zone = ZoneInfo(time_zone)
    week = monday(now.astimezone(zone).date())
    return week, datetime.combine(week, time(), zone)


def _all_answers(
    session: Session, new: NDArray[Any], *, institution_id: int, student_id: int
) -> tuple[NDArray[Any], Mapping[int, tuple[int, ...]]]:
    """The student's answers with the new ones, and the concepts that each question asks for."""
    earlier = answers_of(session, institution_id=institution_id, student_ids=[student_id])
    answers = np.concatenate([earlier, new])
    # In the order of edukit.analytics.prediction.arrays, whatever came late.
    answers = answers[np.lexsort((answers["question_id"], ~answers["is_correct"], answers["sequence"]))]
    questions = np.unique(answers["question_id"])
    return answers, concepts_asked(session, institution_id=institution_id, question_ids=questions)


def _moved(rows: NDArray[Any], answers: NDArray[Any], asked: Mapping[int, tuple[int, ...]]) -> NDArray[Any]:
    """The rows of what was answered on: by the rule all else stands where it stood."""
    moved = {concept for question_id in answers["question_id"].tolist() for concept in asked.get(question_id, ())}
    return rows[np.isin(rows["concept_id"], list(moved))]


def _state(before: Standing, *, first: int) -> StudentState | None:
    """The state that answers, of which the first stands there, go on from; None: there is none that knows all before.

    What others wrote behind the latest answer is seen here; whoever writes anything else refreshes mastery, and that
    forgets the state.
    """
    if before.last_sequence is None:
        return StudentState()
    kept = before.kept
    is_it = (kept.model_id, kept.format, kept.last_sequence) == (before.model_id, STATE_FORMAT, before.last_sequence)
    if kept.state is None or not is_it or first <= before.last_sequence:
        return None
    return unpacked_state(kept.state)
