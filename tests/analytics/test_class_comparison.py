"""Classes side by side: their levels by topic, with intervals; nothing depends on whom a small group is made of."""

from __future__ import annotations

from typing import Any

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from edukit.analytics.class_comparison import TOGETHER, class_comparison
from edukit.queries.frames import CLASS_COMPARISON

THRESHOLDS = (50.0, 80.0, 95.0)
CLASSES = pd.DataFrame({"class_id": [7, 3, 5], "class_name": ["7A", "7B", "7C"]})
TOPICS = pd.DataFrame({"topic_id": [20, 10], "topic": ["Sets", "Sums"]})


def compared(groups: dict[tuple[int, int], list[float]]) -> pd.DataFrame:
    """By class and topic the scores of its students."""
    rows = [
        (class_id, 100 * class_id + place, topic_id, score)
        for (class_id, topic_id), scores in groups.items()
        for place, score in enumerate(scores)
    ]
    names = ["class_id", "student_id", "topic_id", "mastery_score"]
    scores = pd.DataFrame(rows, columns=names).astype({"mastery_score": "float64"} | dict.fromkeys(names[:3], "int64"))
    return class_comparison(scores, CLASSES, TOPICS, thresholds=THRESHOLDS)


def test_by_hand() -> None:
    """Levels are counted, the share has Wilson's interval, and topics and classes keep their order."""
    found = compared({(7, 10): [10, 60, 80, 95, 100], (3, 10): [90] * 6, (7, 20): [10] * 5})
    assert found["topic"].tolist() == ["Sets"] * 3 + ["Sums"] * 4
    assert found["class_name"].tolist() == ["7A", "7B", "7C", "7A", "7B", "7C", TOGETHER]
    first = found.loc[3]
    assert first[["beginning", "developing", "proficient", "mastered"]].tolist() == [1, 1, 1, 2]
    assert (first["students_answered"], first["share_proficient"]) == (5, 0.6)
    assert 0.2 < first["share_low"] < 0.6 < first["share_high"] < 0.9
    together = found.loc[6]
    assert pd.isna(together["class_id"])
    assert together[["students_answered", "beginning", "developing", "proficient", "mastered"]].tolist() == [
        11, 1, 1, 7, 2,
    ]  # fmt: skip
    assert found.loc[5, "students_answered"] == 0
    assert pd.isna(found.loc[5, "share_proficient"])


def test_a_small_group_is_not_told() -> None:
    """Four students: no figure at all, and no sum in which they are."""
    found = compared({(7, 10): [90] * 5, (3, 10): [10] * 4})
    assert found["suppressed"].tolist() == [False, True, False]
    assert TOGETHER not in found["class_name"].tolist()
    assert found.loc[1, "students_answered":].isna().all()


def test_classes_that_share_a_student_are_not_summed_up() -> None:
    """Together would count the student twice, and tell of whoever is in one alone; other topics keep their sum."""
    rows = [
        (class_id, student, topic_id, 90.0)
        for topic_id in (10, 20)
        for class_id, first in ((7, 0), (3, 4 if topic_id == 10 else 10))
        for student in range(first, first + 5)
    ]
    scores = pd.DataFrame(rows, columns=["class_id", "student_id", "topic_id", "mastery_score"])
    found = class_comparison(scores, CLASSES, TOPICS, thresholds=THRESHOLDS)
    assert found.loc[found["class_name"] == TOGETHER, "topic"].tolist() == ["Sets"]


def test_no_scores() -> None:
    """An empty frame with its columns."""
    found = compared({})
    assert found.empty
    assert {name: str(dtype) for name, dtype in found.dtypes.items()} == {
        column.name: column.dtype for column in CLASS_COMPARISON.columns
    }


SCORES = st.lists(st.integers(0, 100), max_size=8)
GROUPS = st.fixed_dictionaries({(class_id, topic_id): SCORES for class_id in (7, 3, 5) for topic_id in (10, 20)})
SMALL = st.lists(st.integers(0, 100), min_size=1, max_size=4)


@given(groups=GROUPS, data=st.data())
def test_nothing_depends_on_a_small_group(groups: dict[tuple[int, int], list[float]], data: Any) -> None:
    """Were the small groups of any other students, of one to four, the answer would be the same to the last figure."""
    other = {key: data.draw(SMALL) if 0 < len(scores) < 5 else scores for key, scores in groups.items()}
    pd.testing.assert_frame_equal(compared(groups), compared(other))
