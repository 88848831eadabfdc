"""Risk: one transparent rule over four factors, each relative to the class or to the student's own past.

Each factor becomes a share of all the worry there can be (0-1): work that is missing, less practice than
classmates, falling marks, comments that are not practised on. The score is their weighted mean over the factors
that are known; where little is known, what is not counts as no worry, so that one factor alone is never critical. The
confidence says how much is known, and not how bad it is: who is known for a day has none.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from edukit.models.risk import RISK_LEVELS
from edukit.queries.frames.risk import ANSWER_DAYS, CHANGE_DAYS, COMMENT_DAYS, PRACTICE_DAYS, WORK_DAYS

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    Figures = dict[str, float]

NAME, VERSION = "four factors", 1
"""Of the rule, as it stands in ``risk_models``: whoever changes what follows gives it the next version."""
FACTORS = ("missing_work", "less_practice", "falling_marks", "comments_left")
WEIGHTS = np.array([0.40, 0.30, 0.15, 0.15])
LEAST_KNOWN = 0.70
"""The weight that a score is divided by at least."""
THRESHOLDS = (30.0, 50.0, 70.0)
"""Least scores of the levels medium, high and critical."""
WORRYING_FALL, EASY_HOURS, WORRYING_HOURS = 20.0, 168.0, 336.0
"""A fall of the mean mark that is all the worry there can be; hours from comments to practice that are none, or all."""
USUAL, HALF = 50.0, 100.0
"""Engagement of who does what is usual in the class, and the most that anybody's approaches."""
SETTLED_DAYS = 70
"""Whoever is known for so many days is known as well as anybody."""
TRENDS, TREND_POINTS = ("rising", "steady", "falling", "new"), 10.0
"""Where a score may go, and the least change that is a direction."""
MOST_REASONS, LEAST_REASON = 3, 0.03
"""Reasons given at most, and the least part of the whole worry that is one."""


def rule_parameters() -> dict[str, Any]:
    """The rule's weights and thresholds, for ``risk_models.parameters``."""
    return {
        "weights": dict(zip(FACTORS, WEIGHTS.tolist(), strict=True)),
        "least_known": LEAST_KNOWN,
        "levels": dict(zip(RISK_LEVELS[1:], THRESHOLDS, strict=True)),
        "worrying_fall": WORRYING_FALL,
        "easy_hours": EASY_HOURS,
        "worrying_hours": WORRYING_HOURS,
        "settled_days": SETTLED_DAYS,
    }


def assess(factors: pd.DataFrame) -> pd.DataFrame:
    """A prediction for each row of factors, in their order.

    Args:
        factors: columns of ``frames.RISK_FACTORS``; rows may be of several students and days.

    Returns:
        ``student_id``, ``predicted_on`` (dates) and the columns of ``risk_predictions`` that follow from the factors:
        ``risk_score`` (0-100), ``risk_level``, ``submission_frequency``, ``code_quality_trend``,
        ``engagement_score``, ``feedback_response_hours`` (NaN: unknown), ``confidence`` (0-1) and ``reasons``: at
        most three, the weightiest first, each an object of ``factor``, ``sentence``, ``figures``, ``from`` and
        ``until`` (days, both included).
    """
    worry = worries(factors)
    known = WEIGHTS * ~np.isnan(worry)
    whole = np.maximum(known.sum(axis=1), LEAST_KNOWN)
    score = np.round(100 * np.nansum(WEIGHTS * worry, axis=1) / whole, 1)
    known_days = factors["known_days"].fillna(0).to_numpy(dtype=np.float64)
    frequency = (factors["work_handed_in"] / (WORK_DAYS / 7)).where(factors["work_due"] > 0)
    days = pd.DatetimeIndex(factors["predicted_on"]).to_numpy().astype("datetime64[D]").astype(object)
    return pd.DataFrame(
        {
            "student_id": factors["student_id"].to_numpy(),
            "predicted_on": pd.Series(days, dtype=object),
            "risk_score": score,
            "risk_level": risk_level(score),
            "submission_frequency": np.round(frequency.to_numpy(), 2),
            "code_quality_trend": np.round(factors["mark_change"].to_numpy(), 1),
            "engagement_score": np.round(_engagement(factors), 1),
            "feedback_response_hours": np.round(factors["response_hours"].to_numpy(), 1),
            "confidence": np.round(known.sum(axis=1) * np.clip(known_days / SETTLED_DAYS, 0, 1), 2),
            "reasons": pd.Series(_reasons(factors, WEIGHTS * worry, days), dtype=object),
        }
    )


def worries(factors: pd.DataFrame) -> NDArray[np.float64]:
    """Each factor's share of all the worry there can be (0-1), a row each and a column a factor; NaN: not known."""
    due, handed_in = factors["work_due"].to_numpy(), factors["work_handed_in"].to_numpy()
    missing = np.where(due > 0, 1 - np.minimum(handed_in / np.maximum(due, 1), 1), np.nan)
    less = np.clip(1 - _engagement(factors) / USUAL, 0, 1)
    falling = np.clip(-factors["mark_change"].to_numpy() / WORRYING_FALL, 0, 1)
    slow = np.clip((factors["response_hours"].to_numpy() - EASY_HOURS) / (WORRYING_HOURS - EASY_HOURS), 0, 1)
    return np.column_stack([missing, less, falling, slow]).astype(np.float64)


def risk_level(score: NDArray[np.float64]) -> NDArray[np.object_]:
    """The level of each score (0-100)."""
    return np.array(RISK_LEVELS, dtype=object)[np.searchsorted(THRESHOLDS, score, side="right")]


def says_something(level: str | float, confidence: float) -> bool:
    """Whether a prediction rests on anything: of whom nothing is known the score is 0, and means nothing.

    Args:
        level: its level; NaN: nothing was predicted.
        confidence: 0-1; NaN: nothing was predicted.
    """
    return confidence > 0 or level in RISK_LEVELS[1:]


def risk_trend(change: ArrayLike) -> NDArray[np.object_]:
    """Whether each score rises, falls or is steady, from its change in points; NaN: it is new."""
    points = np.asarray(change, dtype=np.float64)
    moved = [np.isnan(points), points >= TREND_POINTS, points <= -TREND_POINTS]
    return np.select(moved, ["new", "rising", "falling"], "steady").astype(object)


def answer_holds(level: pd.Series[str], answered_level: pd.Series[str]) -> NDArray[np.bool_]:
    """Whether what a person made of a prediction still holds for the latest one, a row each.

    Every day brings a prediction: who has looked at a student need not say so again, until the student looks worse.

    Args:
        level: of the latest prediction.
        answered_level: of the prediction that was answered last, of those of the last ``CHANGE_DAYS`` days before the
            latest, itself included; missing: none was.
    """
    places = {name: place for place, name in enumerate(RISK_LEVELS)}
    now, then = (levels.map(places).to_numpy(dtype=np.float64) for levels in (level, answered_level))
    return now <= then


def latest_answer(history: pd.DataFrame) -> pd.Series[Any] | None:
    """The prediction whose answer holds for the latest one; None: the student is to be looked at anew.

    Args:
        history: columns of ``frames.RISK_HISTORY`` of one student, the earliest first.

    Returns:
        A row of ``history``, with who made what of it in its ``response`` columns.
    """
    since = history["predicted_on"].max() - timedelta(days=CHANGE_DAYS)
    answered = history[history["response"].notna() & (history["predicted_on"] >= since)]
    # Of answers of one moment that to the later prediction counts.
    last = answered.sort_values("responded_at", kind="stable").tail(1)
    if last.empty or not answer_holds(history["risk_level"].tail(1), last["risk_level"]).all():
        return None
    row: pd.Series[Any] = last.iloc[0]
    return row


def _engagement(factors: pd.DataFrame) -> NDArray[np.float64]:
    """0 to 100: answers against the usual number, which is 50; unknown when nobody practises."""
    answers, usual = factors["answers"].to_numpy(), factors["usual_answers"].to_numpy()
    return np.where(usual > 0, HALF * answers / np.maximum(answers + usual, 1), np.nan)


def _reasons(
    factors: pd.DataFrame, weight: NDArray[np.float64], days: NDArray[np.object_]
) -> list[list[dict[str, Any]]]:
    """Of each row the reasons that weigh something, the weightiest first."""
    weighed = np.nan_to_num(weight)
    order = np.argsort(-weighed, axis=1, kind="stable")[:, :MOST_REASONS]
    weights = np.take_along_axis(weighed, order, axis=1)
    columns: list[Figures] = factors[list(_FIGURES)].to_dict("records")  # type: ignore[assignment]
    return [
        [
            _reason(FACTORS[place], figures, day)
            for place, counts in zip(places, least, strict=True)
            if counts > LEAST_REASON
        ]
        for figures, day, places, least in zip(columns, days, order.tolist(), weights.tolist(), strict=True)
    ]


def _reason(factor: str, known: Figures, day: date) -> dict[str, Any]:
    looks_back, names, sentence = _SAID[factor]
    first, last = day - timedelta(days=looks_back), day - timedelta(days=1)
    return {
        "factor": factor,
        "sentence": f"From {_told(first)} to {_told(last)}, {sentence(known)}",
        "figures": {_FIGURES[name]: round(known[name], 1) for name in names},
        "from": first.isoformat(),
        "until": last.isoformat(),
    }


def _told(day: date) -> str:
    return f"{day.day} {day:%B}"


def _missing_work(known: Figures) -> str:
    due, handed_in = known["work_due"], known["work_handed_in"]
    was_due = "1 piece of work was due" if due == 1 else f"{due:.0f} pieces of work were due"
    came = "none was" if handed_in == 0 else f"{handed_in:.0f} {'was' if handed_in == 1 else 'were'}"
    return f"{was_due} and {came} handed in."


def _less_practice(known: Figures) -> str:
    answers, usual = known["answers"], np.ceil(known["usual_answers"])
    given = "no question" if answers == 0 else f"{answers:.0f} {'question' if answers == 1 else 'questions'}"
    if known["classes"] == 1:
        return f"the student answered {given}; half of the class answered {usual:.0f} or more."
    return f"the student answered {given}; in their {known['classes']:.0f} classes together {usual:.0f} are usual."


def _falling_marks(known: Figures) -> str:
    return f"marks were {-known['mark_change']:.0f} points lower on average than before."


def _comments_left(known: Figures) -> str:
    days = round(known["response_hours"], 1) // 24
    if days >= ANSWER_DAYS:
        return f"{ANSWER_DAYS} days or more passed without practice after each comment."
    return f"{days:.0f} days or more passed on average from a comment to the next practice."


_FIGURES = {
    "work_due": "due",
    "work_handed_in": "handed_in",
    "answers": "answers",
    "usual_answers": "usual_answers",
    "classes": "classes",
    "mark_change": "mark_change",
    "response_hours": "response_hours",
}
"""What each figure is called in a reason."""
_SAID: dict[str, tuple[int, tuple[str, ...], Callable[[Figures], str]]] = {
    "missing_work": (WORK_DAYS, ("work_due", "work_handed_in"), _missing_work),
    "less_practice": (PRACTICE_DAYS, ("answers", "usual_answers", "classes"), _less_practice),
    "falling_marks": (WORK_DAYS, ("mark_change",), _falling_marks),
    "comments_left": (COMMENT_DAYS, ("response_hours",), _comments_left),
}
"""Of each factor: how far it looks back, its figures, and how it is said after "From 1 May to 28 May,"."""
