"""Trying the mastery model on files: what it would have predicted of students that it has not seen."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any

import pandas as pd

from edukit.analytics.prediction.attempts import NO_CONCEPT, coded
from edukit.analytics.prediction.backtest import BASELINES, FOLDS, Backtest, backtest, by_student
from edukit.errors import LoadError
from edukit.importers.answers import GROUP, read_answers, with_q_matrix

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from edukit.analytics.prediction.attempts import Attempts

SHOWN = 20
_READING = 0.05  # of the whole work
_NAMES = {"concept_mean": "concept mean", "recency_mean": "recency mean", "bkt": "Bayesian knowledge tracing"}


@dataclass(frozen=True)
class MasteryBacktest:
    """A backtest with the parts that its attempts fall into.

    Attributes:
        found: the backtest.
        by_concept: measures by skill, the most attempted first.
        by_group: measures by group; None: the file has no groups.
    """

    found: Backtest
    by_concept: pd.DataFrame
    by_group: pd.DataFrame | None

    def as_json(self) -> dict[str, Any]:
        """Sizes and measures; then the reliability curve, and the measures by concept and by group."""
        parts = {"reliability": self.found.reliability(), "by_concept": self.by_concept, "by_group": self.by_group}
        return {
            **self.found.summary(),
            **{
                name: part.astype(object).where(part.notna(), None).to_dict("records")
                for name, part in parts.items()
                if part is not None
            },
        }

    def __str__(self) -> str:
        summary = self.found.summary()
        model = summary["model"]
        measured = {f"model ({model['name']})": model, **{_NAMES.get(k, k): v for k, v in summary["baselines"].items()}}
        columns = ["auc", "rmse", "ece"]
        blocks = [
            (
                f"{summary['n_test']:,} attempts predicted, by models fitted to {summary['n_train']:,} of other "
                f"students in {model['fit_seconds']:.1f} s."
            ),
            _table(pd.DataFrame({name: [row[one] for one in columns] for name, row in measured.items()}, columns).T),
            "Reliability: predicted and seen\n" + _table(self.found.reliability().set_index("p_from"), index=True),
            _part("concept", self.by_concept),
        ]
        if self.by_group is not None:
            blocks.append(_part("group", self.by_group))
        return "\n\n".join(blocks)


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
    found = backtest(
        splits,
        baselines=BASELINES,
        seed=seed,
        seconds=perf_counter,
        progress=lambda stage, share: progress(stage, _READING + (1.0 - _READING) * share),
        total=total,
    )
    return MasteryBacktest(found, _by_concept(found, attempts), _by_group(found, frame))


def _by_concept(found: Backtest, attempts: Attempts) -> pd.DataFrame:
    names = pd.Series(
        [" + ".join(map(str, skill)) if skill != (NO_CONCEPT,) else "none" for skill in attempts.skills], dtype=object
    )
    return found.by(names.iloc[found.predictions["skill"]].rename("concept"))


def _by_group(found: Backtest, frame: pd.DataFrame) -> pd.DataFrame | None:
    if GROUP not in frame:
        return None
    return found.by(frame[GROUP].iloc[found.predictions["row"]].fillna("unknown").rename("group"))


def _part(name: str, part: pd.DataFrame) -> str:
    more = f" (the {SHOWN} most attempted of {len(part):,})" if len(part) > SHOWN else ""
    return f"By {name}{more}\n" + _table(part.head(SHOWN).set_index(name), index=True)


def _table(frame: pd.DataFrame, *, index: bool = False) -> str:
    named = frame.reset_index() if index else frame
    return named.to_string(index=not index, float_format="{:.4f}".format, na_rep="-")
