"""The next best question for a student: the one that tells most, or the one that helps most.

A student's chance at a question follows from their mastery of its concept, on the scale of logits, less what the
question is harder than the concept's others (G. Rasch, *Probabilistic models for some intelligence and attainment
tests*, 1960). What an answer tells is the Fisher information of that chance, ``p (1 - p)``, greatest at one half
(F. M. Lord, *Applications of item response theory to practical testing problems*, 1980). What helps is a question on a
weak concept that the student is ready for, which they get right three times of four: it costs little of the
information, and spares discouragement (T. J. H. M. Eggen and A. J. Verschoor, *Optimal testing with different
difficulties*, 2006). Of a question with several concepts the weakest decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from edukit.analytics.question_difficulty import question_difficulty
from edukit.analytics.readiness import direct_needs, ready
from edukit.analytics.wording import FEW, counted
from edukit.queries.frames import NEXT_QUESTIONS
from edukit.queries.help import FEW_ANSWERS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from edukit.analytics.knowledge import Knowledge

AIMS = ("useful", "informative")
TARGET, TARGET_FROM, TARGET_TO = 0.75, 0.70, 0.80
"""The chance (0-1) of a question that helps, and the ends of what is near it."""
JUST_NOW_ANSWERS, JUST_NOW_MINUTES = 10, 60
"""A question is not asked again that is among so many answered last, or was within so many minutes."""
CONCEPTS_AT_ONCE = 12
"""Concepts whose questions are looked at: more would be a bank read for one question."""
SURE = 99.0
"""A score is held within 1 and this: a logit of none or all has no end."""
UNANSWERED = (50.0, 5.0, 95.0)
"""Score and interval (0-100) of a concept that was never answered on."""


def candidate_concepts(known: Knowledge, needs: pd.DataFrame, *, aim: str) -> list[int]:
    """The concepts whose questions are worth looking at for one student, the best first, twelve at most.

    Args:
        known: of one student.
        needs: as :func:`~edukit.analytics.prerequisites.concept_needs` has it.
        aim: useful (weak or new, and ready for), or informative (of which least is known either way).
    """
    rows = _concepts(known, needs)
    rows = rows[rows["questions"] > 0]
    order = ["helps", "started", "concept_order"] if aim == "useful" else ["known_little", "concept_order"]
    ascending = [False, False, True] if aim == "useful" else [False, True]
    best = rows.sort_values(order, ascending=ascending)["concept_id"].head(CONCEPTS_AT_ONCE)
    return [int(concept_id) for concept_id in best]


def next_questions(  # noqa: PLR0913 - each is a part of what is known
    known: Knowledge,
    needs: pd.DataFrame,
    bank: pd.DataFrame,
    counts: pd.DataFrame,
    latest: pd.DataFrame,
    *,
    aim: str,
    now: datetime,
) -> pd.DataFrame:
    """The questions that one student might be asked next, the best first.

    Args:
        known: of the student, on the concepts of the questions; what they ask for besides is left out.
        needs: as :func:`~edukit.analytics.prerequisites.concept_needs` has it.
        bank: ``question_id``, ``concept_id``, ``question`` and ``difficulty``, once a question and concept.
        counts: ``question_id``, ``answers``, ``right``: of all whose answers tell how difficult a question is.
        latest: ``question_id`` and ``attempted_at`` (NaT: unknown) of the student's last answers, latest first.
        aim: useful or informative.
        now: the moment (UTC) that "just now" is before.

    Returns:
        Columns of ``frames.NEXT_QUESTIONS``; none when every question was answered just now.

    Raises:
        ValueError: another aim.
    """
    if aim not in AIMS:
        message = f"aim is {aim!r}: it is {' or '.join(AIMS)}"
        raise ValueError(message)
    # Also what is not asked again tells how difficult its concept usually is.
    questions = question_difficulty(bank, counts)
    fresh = questions[~questions["question_id"].isin(_just_now(latest, now))]
    rows = _chances(fresh, _concepts(known, needs))
    rows = rows.assign(information=rows["p_correct"] * (1 - rows["p_correct"]), off=(rows["p_correct"] - TARGET).abs())
    order = {"helps": False, "off": True} if aim == "useful" else {"information": False}
    order |= {"concept_order": True, "question_id": True}
    rows = rows.sort_values([*order], ascending=[*order.values()], ignore_index=True)
    reasons = [_reason(row, aim) for row in rows.to_dict("records")]
    return NEXT_QUESTIONS.typed(rows.assign(place=range(1, len(rows) + 1), reason=reasons))


def _just_now(latest: pd.DataFrame, now: datetime) -> set[int]:
    """The questions that the student has only just answered."""
    since = pd.Timestamp(now) - pd.Timedelta(minutes=JUST_NOW_MINUTES)
    lately = latest["attempted_at"].notna() & (latest["attempted_at"] >= since)
    return {*latest["question_id"].head(JUST_NOW_ANSWERS).tolist(), *latest.loc[lately, "question_id"].tolist()}


def _concepts(known: Knowledge, needs: pd.DataFrame) -> pd.DataFrame:
    """The student's concepts with score and interval (0-100), and whether a question on each would help."""
    answered, may = known.answered[0], ready(known, direct_needs(known, needs))[0]
    figures = zip((known.score[0], known.low[0], known.high[0]), UNANSWERED, strict=True)
    score, low, high = (np.where(answered, of, unknown) for of, unknown in figures)
    return known.concepts.assign(
        mastery_score=score,
        low=low,
        high=high,
        total_attempts=known.answers[0],
        helps=may.astype(np.int64),
        started=(may & answered).astype(np.int64),
        known_little=score * (100 - score),
    )


def _chances(questions: pd.DataFrame, concepts: pd.DataFrame) -> pd.DataFrame:
    """Each question once, on the concept at which its chance is lowest, with the chance and its interval (0-1)."""
    rows = questions.drop(columns="concept").merge(concepts, on="concept_id")
    middle, low, high = (logit(rows[name].clip(100 - SURE, SURE) / 100) for name in ("mastery_score", "low", "high"))
    at, error = middle - rows["harder"], rows["harder_error"]
    rows = rows.assign(
        p_correct=expit(at),
        p_low=expit(at - np.hypot(middle - low, error)),
        p_high=expit(at + np.hypot(high - middle, error)),
    )
    weakest = rows.sort_values(["p_correct", "concept_order"], kind="stable").drop_duplicates("question_id")
    return weakest.sort_values("question_id", ignore_index=True)


def _reason(row: Mapping[Any, Any], aim: str) -> str:
    chance = f"{100 * row['p_correct']:.0f}% (90% interval {100 * row['p_low']:.0f} to {100 * row['p_high']:.0f}%)"
    stands = (
        f"stands at {round(row['mastery_score'], 1):g} after {counted(row['total_attempts'], 'answer')}"
        if row["total_attempts"]
        else "has no answer yet"
    )
    rests = f"The question was answered {counted(row['answers'], 'time')}."
    few = f" {FEW}" if row["total_attempts"] < FEW_ANSWERS else ""
    if aim == "informative":
        return f"An answer tells most: the chance to be right is {chance}; {row['concept']} {stands}. {rests}{few}"
    near = TARGET_FROM <= row["p_correct"] <= TARGET_TO
    fits = "in reach" if near else "easy" if row["p_correct"] > TARGET else "hard"
    helps = "is ready to be learnt" if row["helps"] else "is known, or needs something first"
    return f"{row['concept']} {helps} and {stands}; the question is {fits}: {chance} to be right. {rests}{few}"
