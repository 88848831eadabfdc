"""Trying the mastery model on files: what it would have predicted of students that it has not seen."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

import pandas as pd

from edukit.analytics.prediction.attempts import GROUP, coded
from edukit.analytics.prediction.backtest import FOLDS, by_student
from edukit.analytics.prediction.report import backtest_beside_baselines
from edukit.errors import LoadError
from edukit.importers.answers import read_answers, with_q_matrix

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from edukit.analytics.prediction.report import MasteryBacktest

_READING = 0.05  # of the whole work


def backtest_mastery_files(  # noqa: PLR0913 - each option is a keyword that a command passes on
    *,
    data: Path | None = None,
    train: Path | None = None,
    test: Path | None = None,
    skill_separator: str | None = None,
    q_matrix: Path | None = None,
    seed: int = 1,
    progress: Callable[[str, float], None],
) -> MasteryBacktest:
    """Backtest the mastery model on tidy files.

    Args:
        data: one file, of which each student's attempts are predicted by a model of others, in five folds.
        train: or two files: what the model is fitted to,
        test: and what it predicts.
        skill_separator: what parts several skills in ``skill_id``.
        q_matrix: which item has which concepts, in place of ``skill_id``.
        seed: of the folds and the fits.
        progress: called with what is being done and the share done (0-1).

    Raises:
        LoadError: a file cannot be read, or not the right ones were given.
    """
    paths = [data] if data else [path for path in (train, test) if path]
    if bool(data) == bool(train or test) or (not data and len(paths) != 2):  # noqa: PLR2004
        message = "A backtest needs files: give --data with one, or --train and --test with two."
        raise LoadError(message)
    frames = []
    for path in paths:
        progress(f"reading {path.name}", 0.0)
        frame = read_answers(path, skill_separator=skill_separator)
        frames.append(with_q_matrix(frame, q_matrix) if q_matrix else frame)
    if data:
        frame = frames[0]
        attempts = coded(frame)
        splits, total = by_student(attempts, seed=seed), FOLDS
    else:
        # A student of one file is another than one of the same name in the other one.
        frame = pd.concat(
            [one.assign(student_id=str(place) + one["student_id"].astype(str)) for place, one in enumerate(frames)],
            ignore_index=True,
        )
        attempts = coded(frame)
        is_test = pd.Series(attempts.students).str.startswith("1").to_numpy(dtype=bool)
        splits, total = [(attempts.of_students(~is_test), attempts.of_students(is_test))], 1
    return backtest_beside_baselines(
        frame.get(GROUP),
        attempts,
        splits,
        total=total,
        seed=seed,
        seconds=perf_counter,
        progress=lambda stage, share: progress(stage, _READING + (1.0 - _READING) * share),
    )
