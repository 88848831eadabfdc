"""Knowledge: known, weak, or neither, and what is not asked of is left out."""

from __future__ import annotations

import pandas as pd

from edukit.analytics.knowledge import Knowledge, knowledge

NAMES = [
    "student_id", "concept_id", "mastery_score", "mastery_low", "mastery_high", "total_attempts", "correct_attempts",
]  # fmt: skip
CONCEPTS = pd.DataFrame(
    {"concept_id": [5, 4], "topic_id": 1, "topic": "T", "concept": ["B", "A"], "concept_order": [1, 0], "questions": 1}
)
STUDENTS = pd.DataFrame({"student_id": [2, 1], "student": ["Bo", "Al"]})


def of(*rows: tuple[float, ...]) -> Knowledge:
    return knowledge(STUDENTS, CONCEPTS, pd.DataFrame(rows, columns=NAMES), known_at=80)


def test_one_right_answer_is_no_weakness() -> None:
    """A score below the bar is weak after a wrong answer only; the bar itself is known; no answer is neither."""
    found = of((1, 4, 75, 23, 100, 1, 1), (1, 5, 75, 60, 90, 8, 6), (2, 4, 80, 70, 90, 9, 8))
    assert found.weak.tolist() == [[False, True], [False, False]]
    assert found.known.tolist() == [[False, False], [True, False]]
    assert found.answered.tolist() == [[True, True], [True, False]]
    assert found.told(0, 1) == "75 (90% interval 60 to 90, from 8 answers)"


def test_sure_is_of_the_whole_interval() -> None:
    """Weak or known for sure only where no end of the interval crosses the bar."""
    found = of((1, 4, 60, 40, 79, 9, 5), (1, 5, 60, 40, 85, 9, 5), (2, 4, 90, 80, 95, 9, 9), (2, 5, 90, 79, 95, 9, 8))
    assert found.surely_weak.tolist() == [[True, False], [False, False]]
    assert found.perhaps_weak.tolist() == [[True, True], [False, True]]
    assert found.surely_known.tolist() == [[False, False], [True, False]]


def test_others_are_left_out() -> None:
    """Rows of other students and concepts, and without a score or an answer, say nothing; nobody is an empty class."""
    nothing = of(
        (3, 4, 10, 5, 15, 9, 1), (1, 9, 10, 5, 15, 9, 1), (1, 4, float("nan"), 0, 0, 9, 1), (2, 5, 0, 0, 0, 0, 0)
    )
    assert not nothing.answered.any()
    assert knowledge(STUDENTS.iloc[:0], CONCEPTS, pd.DataFrame(columns=NAMES), known_at=80).score.shape == (0, 2)
