"""Backtests on files: what is asked for is compared, by concept and by group."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from edukit.errors import LoadError
from edukit.ops.backtesting import backtest_mastery_files

if TYPE_CHECKING:
    from pathlib import Path


def file(path: Path, *, students: int, seed: int) -> Path:
    """Answers that hang on the student, of two groups."""
    rng = np.random.default_rng(seed)
    student = np.repeat(np.arange(students), 20)
    strong = rng.random(students) < 0.5
    frame = pd.DataFrame(
        {
            "user_id": student,
            "item_id": rng.integers(15, size=len(student)),
            "timestamp": 0,
            "correct": (rng.random(len(student)) < np.where(strong, 0.9, 0.3)[student]).astype(int),
            "skill_id": rng.choice(["1", "2", "1~2"], len(student)),
            "group": np.where(student % 2, "odd", "even"),
        }
    )
    frame.to_csv(path, index=False)
    return path


def said(stage: str, share: float) -> None:
    assert stage
    assert 0.0 <= share < 1.0


def test_one_file_is_predicted_in_folds(tmp_path: Path) -> None:
    """All of its attempts; by concept and by group; JSON and text tell the same."""
    data = file(tmp_path / "a.csv", students=40, seed=1)
    found = backtest_mastery_files(data=data, skill_separator="~", progress=said)
    told = json.loads(json.dumps(found.as_json(), allow_nan=False))
    assert (told["n_train"], told["n_test"]) == (640, 800)
    assert told["model"]["auc"] > told["baselines"]["concept_mean"]["auc"] + 0.1
    assert {row["concept"] for row in told["by_concept"]} == {"1", "2", "1 + 2"}
    assert {row["group"]: row["attempts"] for row in told["by_group"]} == {"odd": 400, "even": 400}
    assert "800 attempts predicted" in str(found)
    assert "1 + 2" in str(found)
    assert "By group" in str(found)


def test_a_second_file_is_predicted_by_the_first(tmp_path: Path) -> None:
    """Students of one name in both are two; nothing of the second file is learned from."""
    train, test = file(tmp_path / "a.csv", students=30, seed=1), file(tmp_path / "b.csv", students=10, seed=2)
    found = backtest_mastery_files(train=train, test=test, progress=said).as_json()
    assert (found["n_train"], found["n_test"]) == (600, 200)


@pytest.mark.parametrize("given", [{}, {"train": "a"}, {"data": "a", "test": "a"}])
def test_files_that_do_not_go_together_are_refused(tmp_path: Path, given: dict[str, str]) -> None:
    """One file for folds, or two."""
    path = file(tmp_path / "a.csv", students=2, seed=1)
    with pytest.raises(LoadError, match="give --data with one, or --train and --test with two"):
        backtest_mastery_files(**dict.fromkeys(given, path), progress=said)
