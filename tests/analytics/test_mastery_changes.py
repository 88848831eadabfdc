"""What has changed is what has left the interval that it had: seldom by chance, and with the answers behind it."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from edukit.analytics.mastery import concept_mastery, with_levels
from edukit.analytics.mastery_changes import mastery_changes
from edukit.queries.frames import CLASS_MASTERY, MASTERY_CHANGES

SINCE = date(2026, 6, 22)
THRESHOLDS = (50.0, 80.0, 95.0)
FIGURES = st.lists(st.floats(0, 100), min_size=3, max_size=3).map(sorted)


def now(*rows: tuple[int, float, float, float, int, int]) -> pd.DataFrame:
    """Rows of class_mastery: the concept, score, interval, answers and right ones among them, of one student."""
    frame = pd.DataFrame(
        [
            {
                "student_id": 1, "student": "Ada", "concept_id": concept, "topic": "T", "concept": f"C{concept}",
                "concept_order": concept, "mastery_score": score, "mastery_low": low, "mastery_high": high,
                "total_attempts": answers, "correct_attempts": right, "class_attempts": 0, "class_correct": 0,
                "last_attempted_at": pd.Timestamp("2026-06-25", tz="UTC"), "level": None,
            }
            for concept, score, low, high, answers, right in rows
        ]
    )  # fmt: skip
    return CLASS_MASTERY.typed(with_levels(frame, THRESHOLDS))


def then(*rows: tuple[int, float, float, float, int, int]) -> pd.DataFrame:
    """What mastery_then gives, of the same."""
    names = ["concept_id", "score_then", "low_then", "high_then", "attempts_then", "correct_then"]
    return pd.DataFrame(rows, columns=names).assign(student_id=1)


def test_what_left_its_interval_is_told() -> None:
    """Who fell stands first, each with points, levels and answers since; what is still inside is not told."""
    frame = now((1, 71, 50, 85, 16, 11), (2, 30, 20, 45, 12, 4), (3, 60, 40, 80, 9, 5))
    before = then((1, 42, 30, 55, 10, 6), (2, 60, 41, 77, 8, 4), (3, 50, 30, 70, 8, 4))
    found = mastery_changes(frame, before, since=SINCE, thresholds=THRESHOLDS)
    assert found["concept_id"].tolist() == [2, 1]
    assert found["direction"].tolist() == ["fell", "rose"]
    assert found["change"].tolist() == [-30, 29]
    assert found["level_then"].tolist() == ["developing", "beginning"]
    assert found["reason"].iloc[1] == "from 42 (90% interval 30 to 55) to 71: 6 answers since, 5 right"
    assert (found["since"] == pd.Timestamp(SINCE)).all()


def test_without_answers_nothing_has_changed() -> None:
    """A score that moved by itself, or whose answers were taken away, is no change."""
    before = then((1, 42, 30, 55, 16, 6))
    for answers in (16, 10):
        frame = now((1, 71, 50, 85, answers, 6))
        assert mastery_changes(frame, before, since=SINCE, thresholds=THRESHOLDS).empty


@given(st.lists(st.tuples(FIGURES, FIGURES, st.integers(0, 9), st.integers(0, 9)), max_size=6))
def test_any_figures(rows: list[tuple[list[float], list[float], int, int]]) -> None:
    """Whatever stands there, the frame is as declared, its changes are outside of the interval, and have answers."""
    here = [(place, s, low, high, answers, answers) for place, ((low, s, high), _, answers, _) in enumerate(rows)]
    earlier = [(place, s, low, high, answers, answers) for place, (_, (low, s, high), _, answers) in enumerate(rows)]
    frame = now(*here) if here else CLASS_MASTERY.of([])
    found = mastery_changes(frame, then(*earlier), since=SINCE, thresholds=THRESHOLDS)
    assert found.dtypes.astype("str").to_dict() == {one.name: one.dtype for one in MASTERY_CHANGES.columns}
    assert ((found["mastery_score"] < found["low_then"]) | (found["mastery_score"] > found["high_then"])).all()
    assert (found["answers_since"] > 0).all()
    assert ((found["change"] > 0) == (found["direction"] == "rose")).all()


def test_chance_is_seldom_told() -> None:
    """Of students whose chance of a right answer stays as it is, fewer than one in ten has "changed"."""
    rng = np.random.default_rng(5)
    students, early, late = 2_000, 12, 8
    ability = rng.beta(2, 2, students)
    right = rng.random((students, early + late)) < ability[:, None]

    def scored(answers: int) -> pd.DataFrame:
        student, place = np.divmod(np.arange(students * answers), answers)
        return concept_mastery(
            pd.DataFrame(
                {
                    "student_id": student, "concept_id": 1, "sequence": place, "is_correct": right[student, place],
                    "time_taken_seconds": np.nan, "confidence": np.nan,
                    "attempted_at": pd.Timestamp("2026-06-25", tz="UTC"),
                }
            )
        )  # fmt: skip

    before, after = scored(early), scored(early + late)
    names = {"mastery_score": "score_then", "mastery_low": "low_then", "mastery_high": "high_then"}
    earlier = before.rename(columns={**names, "total_attempts": "attempts_then", "correct_attempts": "correct_then"})
    frame = after.assign(student="S", topic="T", concept="C", concept_order=0, level="developing")
    found = mastery_changes(
        frame,
        earlier[["student_id", "concept_id", *names.values(), "attempts_then", "correct_then"]],
        since=SINCE,
        thresholds=THRESHOLDS,
    )
    assert 0 < len(found) < students / 10
