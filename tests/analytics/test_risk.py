"""The rule of risk: figures made by hand, and what must hold of any figures."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edukit.analytics.risk import FACTORS, LEAST_KNOWN, THRESHOLDS, WEIGHTS, assess, rule_parameters
from edukit.models.risk import RISK_LEVELS
from edukit.queries.frames.risk import RISK_FACTORS

ON = date(2026, 6, 22)
CALM: dict[str, Any] = {
    "student_id": 1,
    "predicted_on": ON,
    "known_days": 200,
    "work_due": 4,
    "work_handed_in": 4,
    "answers": 20,
    "usual_answers": 20,
    "classes": 1,
    "mark_change": 0,
    "response_hours": 24,
}
UNKNOWN = {
    "missing_work": {"work_due": 0},
    "less_practice": {"answers": 0, "usual_answers": 0},
    "falling_marks": {"mark_change": np.nan},
    "comments_left": {"response_hours": np.nan},
}
"""What of a row makes each factor unknown."""
counts = st.integers(0, 60)
students = st.fixed_dictionaries(
    {
        "student_id": st.just(1),
        "predicted_on": st.just(ON),
        "known_days": st.one_of(st.just(np.nan), st.integers(0, 400)),
        "work_due": counts,
        "work_handed_in": counts,
        "answers": counts,
        "usual_answers": st.floats(0, 60),
        "classes": st.integers(0, 5),
        "mark_change": st.one_of(st.just(np.nan), st.floats(-100, 100)),
        "response_hours": st.one_of(st.just(np.nan), st.floats(0, 336)),
    }
)


def said_of(*rows: dict[str, Any]) -> pd.DataFrame:
    return assess(RISK_FACTORS.typed(pd.DataFrame(list(rows))))


def one(**other: Any) -> Any:
    """What is said of a student who is calm but for some factors."""
    return said_of(CALM | other).iloc[0]


def test_scores_made_by_hand() -> None:
    """Nothing, everything, each factor alone, and half of two of them, are what the weights say."""
    said = said_of(
        CALM,
        CALM | {"work_handed_in": 0, "answers": 0, "mark_change": -25, "response_hours": 336},
        CALM | {"work_handed_in": 0},
        CALM | {"answers": 0},
        CALM | {"mark_change": -20},
        CALM | {"response_hours": 336},
        CALM | {"work_handed_in": 2, "mark_change": -10},
    )
    assert said["risk_score"].tolist() == [0, 100, 40, 30, 15, 15, 27.5]
    assert said["risk_level"].tolist() == ["low", "critical", "medium", "medium", "low", "low", "low"]
    assert said["confidence"].tolist() == [1.0] * 7


def test_what_is_unknown_is_left_out() -> None:
    """The score is the mean of what is known; where little is, the rest counts as no worry, and nothing as none."""
    known = one(work_handed_in=0, answers=10, usual_answers=30, **UNKNOWN["comments_left"])
    assert (known["risk_score"], known["confidence"]) == (64.7, 0.85)  # (0.4 + 0.3 / 2) / 0.85
    lonely = {**UNKNOWN["less_practice"], **UNKNOWN["falling_marks"], **UNKNOWN["comments_left"]}
    alone = one(work_handed_in=1, **lonely)
    assert (alone["risk_score"], alone["confidence"]) == (42.9, 0.4)  # 0.4 * 3 / 4 / 0.7
    nothing = one(**lonely, **UNKNOWN["missing_work"])
    assert (nothing["risk_score"], nothing["risk_level"], nothing["confidence"]) == (0.0, "low", 0.0)
    assert nothing["reasons"] == []


@pytest.mark.parametrize("factor", FACTORS)
def test_one_factor_alone_is_never_critical(factor: str) -> None:
    """In holidays nothing is due and nobody practises: the comments of June, or whatever else is left, do not alarm."""
    worst: dict[str, Any] = {"work_handed_in": 0, "answers": 0, "mark_change": -50, "response_hours": 336}
    for other in set(FACTORS) - {factor}:
        worst |= UNKNOWN[other]
    said = one(**worst)
    weight = dict(zip(FACTORS, WEIGHTS, strict=True))[factor]
    assert said["risk_score"] == pytest.approx(100 * weight / LEAST_KNOWN, abs=0.05)
    assert said["risk_level"] != "critical"
    assert (said["risk_level"] == "low") == (factor in {"falling_marks", "comments_left"})


def test_the_stored_factors() -> None:
    """Submissions are a week's, engagement is 50 for what is usual, and what is unknown stays unknown."""
    said = one(work_handed_in=6, answers=5, usual_answers=15, mark_change=-3.14159)
    assert said["submission_frequency"] == 1.5
    assert said["engagement_score"] == 25.0
    assert said["code_quality_trend"] == -3.1
    assert said["feedback_response_hours"] == 24.0
    assert np.isnan(one(work_due=0)["submission_frequency"])


def test_reasons_are_a_teachers_words() -> None:
    """The weightiest three come first, each with its figures and days, ready for JSON."""
    said = one(work_handed_in=1, answers=3, usual_answers=19.5, mark_change=-12, response_hours=336)
    assert [reason["factor"] for reason in said["reasons"]] == ["missing_work", "less_practice", "comments_left"]
    assert said["reasons"][0] == {
        "factor": "missing_work",
        "sentence": "From 25 May to 21 June, 4 pieces of work were due and 1 was handed in.",
        "figures": {"due": 4.0, "handed_in": 1.0},
        "from": "2026-05-25",
        "until": "2026-06-21",
    }
    assert [reason["sentence"] for reason in said["reasons"][1:]] == [
        "From 8 June to 21 June, the student answered 3 questions; half of the class answered 20 or more.",
        "From 11 May to 21 June, 14 days or more passed without practice after each comment.",
    ]
    assert json.loads(json.dumps(said["reasons"])) == said["reasons"]


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        ({"work_due": 1, "work_handed_in": 0}, "1 piece of work was due and none was handed in."),
        ({"work_handed_in": 2}, "4 pieces of work were due and 2 were handed in."),
        ({"answers": 0}, "the student answered no question; half of the class answered 20 or more."),
        ({"answers": 1}, "the student answered 1 question; half of the class answered 20 or more."),
        ({"answers": 0, "classes": 3}, "answered no question; in their 3 classes together 20 are usual."),
        ({"response_hours": 321.4}, "13 days or more passed on average from a comment to the next practice."),
        ({"mark_change": -12.4}, "marks were 12 points lower on average than before."),
    ],
)
def test_sentences(other: dict[str, float], sentence: str) -> None:
    """None, one and several read as people say them."""
    assert one(**other)["reasons"][0]["sentence"].endswith(sentence)


def test_no_students_is_no_rows() -> None:
    """An empty frame gives an empty frame with the same columns."""
    assert list(assess(RISK_FACTORS.of([])).columns) == list(said_of(CALM).columns)


def test_parameters_are_the_rule() -> None:
    """What is stored of the rule are its weights and thresholds, ready for JSON."""
    parameters = json.loads(json.dumps(rule_parameters()))
    assert parameters["weights"] == dict(zip(FACTORS, WEIGHTS, strict=True))
    assert sum(parameters["weights"].values()) == pytest.approx(1)
    assert parameters["least_known"] == LEAST_KNOWN == 0.7
    assert parameters["levels"] == dict(zip(RISK_LEVELS[1:], THRESHOLDS, strict=True))


@given(students, st.integers(1, 60))
def test_more_missing_work_never_lowers_the_score(row: dict[str, Any], more: int) -> None:
    """Less handed in of what was due, or more due of which nothing came, never looks better."""
    less = row | {"work_handed_in": max(row["work_handed_in"] - more, 0)}
    due = row | {"work_due": row["work_due"] + more, "work_handed_in": min(row["work_handed_in"], row["work_due"])}
    kept = row | {"work_handed_in": due["work_handed_in"]}
    before, after, of_kept, of_due = said_of(row, less, kept, due)["risk_score"]
    assert after >= before
    assert of_due >= of_kept


@given(students, st.sets(st.sampled_from(FACTORS)))
def test_the_unknown_never_raises_confidence(row: dict[str, Any], unknown: set[str]) -> None:
    """Knowing less of a student, or for fewer days, is never more certain."""
    less = dict(row)
    for factor in unknown:
        less |= UNKNOWN[factor]
    known, unsure, just_come = said_of(row, less, row | {"known_days": np.nan})["confidence"]
    assert unsure <= known
    assert just_come == 0


@given(students, students)
def test_confidence_is_not_from_how_extreme(row: dict[str, Any], other: dict[str, Any]) -> None:
    """Two students of whom the same is known are told with the same confidence, however they do."""
    same = row | {
        "work_handed_in": other["work_handed_in"],
        "answers": other["answers"],
        "mark_change": row["mark_change"] * 0.1,
        "response_hours": row["response_hours"] * 0.1,
    }
    first, second = said_of(row, same)["confidence"]
    assert first == second


@given(st.lists(students, min_size=1, max_size=5))
def test_everything_is_in_bounds(rows: list[dict[str, Any]]) -> None:
    """Scores and confidence stay in their ranges, levels follow the thresholds, reasons are three at most."""
    said = said_of(*rows)
    assert said["risk_score"].between(0, 100).all()
    assert said["confidence"].between(0, 1).all()
    assert (said["engagement_score"].isna() | said["engagement_score"].between(0, 100)).all()
    reached = (said["risk_score"].to_numpy()[:, None] >= np.array(THRESHOLDS)).sum(axis=1)
    assert said["risk_level"].tolist() == [RISK_LEVELS[level] for level in reached]
    assert said["reasons"].map(len).max() <= 3
    # Of several students each is said what would be said of them alone.
    assert said["risk_score"].tolist() == [said_of(row)["risk_score"].iloc[0] for row in rows]
