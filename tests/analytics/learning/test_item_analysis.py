"""Item analysis: figures as defined, what looks wrong is found, and little evidence says so."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from edukit.analytics.item_analysis import item_analysis
from edukit.queries.frames import ITEM_ANALYSIS

QUESTIONS = pd.DataFrame(
    [(question, f"Q{question}", f"C{question % 2}", ["a", "b", "c"]) for question in range(1, 9)],
    columns=["question_id", "question", "concept", "options"],
)


def answers(right: np.ndarray, **more: object) -> pd.DataFrame:
    """Students by questions (from 1), right or not; NaN: not answered."""
    student, question = (~np.isnan(right)).nonzero()
    frame = pd.DataFrame(
        {
            "student_id": student + 1,
            "question_id": question + 1,
            "sequence": question,
            "is_correct": right[student, question].astype(bool),
            "time_taken_seconds": 20.0,
            "selected_option": pd.array([pd.NA] * len(student), dtype="Int64"),
            "answer": pd.Series([None] * len(student), dtype="str"),
        }
    )
    return frame.assign(**more)


def school(students: int = 60, questions: int = 8, seed: int = 3) -> np.ndarray:
    """Answers by a Rasch model, of students who differ."""
    rng = np.random.default_rng(seed)
    ability, difficulty = rng.normal(0, 1.5, (students, 1)), np.linspace(-1, 1, questions)
    return (rng.random((students, questions)) < 1 / (1 + np.exp(difficulty - ability))).astype(float)


def test_discrimination_is_the_corrected_item_total() -> None:
    """Where everybody answered everything, it is the correlation with the total of the others, question by question."""
    right = school()
    found = item_analysis(answers(right), QUESTIONS).set_index("question_id")
    for place in range(8):
        others = np.delete(right, place, axis=1).sum(axis=1)
        expected = np.corrcoef(right[:, place], others)[0, 1]
        assert found.loc[place + 1, "discrimination"] == pytest.approx(expected)
    assert (found["discrimination"] > 0).all()
    assert found["share_right"].sort_index().tolist() == pytest.approx(right.mean(axis=0).tolist())
    assert found["words"].str.startswith("nothing looks wrong").mean() > 0.5


def test_a_wrong_key_is_found() -> None:
    """A question whose key is turned stands first, and the answer that the strong choose is named."""
    right = school()
    turned = right.copy()
    turned[:, 2] = 1 - right[:, 2]
    frame = answers(turned)
    frame["selected_option"] = pd.array([1 if wrong else 0 for wrong in ~frame["is_correct"]], dtype="Int64")
    first = item_analysis(frame, QUESTIONS).iloc[0]
    assert first["question_id"] == 3
    assert first["discrimination_high"] < 0
    assert first["words"].startswith("who knows more gets it wrong more often: look at the key; who knows more rather")
    assert "“b” (" in first["words"]


def test_nobody_and_everybody() -> None:
    """None right and all right are said, without a discrimination; the rest is as it was."""
    right = school()
    right[:, 0], right[:, 1] = 0, 1
    found = item_analysis(answers(right), QUESTIONS).set_index("question_id")
    assert found.loc[1, "words"].startswith("nobody is right")
    assert found.loc[2, "words"].startswith("everybody is right")
    assert found.loc[[1, 2], "discrimination"].isna().all()
    assert found.loc[2, "words"].endswith("100% right (90% interval 96 to 100%, 60 students).")


def test_fast_answers_are_found() -> None:
    """Where a third answers in a second what takes twenty, it is said, and not where one does."""
    frame = answers(school())
    frame.loc[(frame["question_id"] == 4) & (frame["student_id"] % 3 == 0), "time_taken_seconds"] = 1.0
    frame.loc[(frame["question_id"] == 5) & (frame["student_id"] == 1), "time_taken_seconds"] = 1.0
    found = item_analysis(frame, QUESTIONS).set_index("question_id")
    assert "too fast to have been thought about" in found.loc[4, "words"]
    assert found.loc[[4, 5], "fast"].tolist() == [20, 1]
    assert "too fast" not in found.loc[5, "words"]


def test_the_first_answer_counts() -> None:
    """A second try changes the count of answers, and no other figure."""
    frame = answers(school())
    again = frame.assign(sequence=frame["sequence"] + 100, is_correct=True)
    once, twice = (item_analysis(each, QUESTIONS) for each in (frame, pd.concat([again, frame])))
    assert (twice["answers"] == 2 * once["answers"]).all()
    pd.testing.assert_frame_equal(once.drop(columns="answers"), twice.drop(columns="answers"))


@pytest.mark.parametrize("students", [0, 1, 2, 9])
def test_few_students_say_too_few(students: int) -> None:
    """Of nobody there is no row; of fewer than ten no question is suspected, and the words say why."""
    found = item_analysis(answers(school()[:students]), QUESTIONS)
    assert [*found] == [column.name for column in ITEM_ANALYSIS.columns]
    assert len(found) == (8 if students else 0)
    assert found["words"].str.startswith("too few answers: ").all()
    assert (found["suspicions"] == 0).all()


def test_alike_students_tell_nothing() -> None:
    """All right or all wrong at everything gives no correlation, no warning and no missing word."""
    for alike in (0.0, 1.0):
        found = item_analysis(answers(np.full((30, 8), alike)), QUESTIONS)
        assert found["discrimination"].isna().all()
        assert not found["words"].str.contains("nan").any()


def test_times_that_nobody_knows() -> None:
    """Without times nothing is fast; without other questions nothing is compared."""
    frame = answers(school()[:, :1], time_taken_seconds=np.nan)
    (row,) = item_analysis(frame, QUESTIONS).to_dict("records")
    assert (row["timed"], row["fast"], row["compared"]) == (0, 0, 0)
