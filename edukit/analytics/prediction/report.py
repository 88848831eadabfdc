"""A backtest of the mastery model beside its baselines, as tables and in words: in all, by concept and by group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from edukit.analytics.prediction.attempts import GROUP, NO_CONCEPT
from edukit.analytics.prediction.backtest import BASELINES, Backtest, backtest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from edukit.analytics.prediction.attempts import Attempts

SHOWN = 20
NAMES = {
    "concept_mean": "the concept's mean",
    "recency_mean": "the student's recent mean",
    "bkt": "knowledge tracing",
}
"""What the baselines are called."""


@dataclass(frozen=True)
class MasteryBacktest:
    """A backtest with the parts that its attempts fall into.

    Attributes:
        found: the backtest.
        by_concept: measures by skill, the most attempted first.
        by_group: measures by group; None: there are no groups.
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
        measured = {f"model ({model['name']})": model, **{NAMES.get(k, k): v for k, v in summary["baselines"].items()}}
        columns = ["auc", "rmse", "ece"]
        blocks = [
            (
                f"{summary['n_test']:,} attempts predicted, by models fitted to {summary['n_train']:,} of other "
                f"students in {model['fit_seconds']:.1f} s."
            ),
            _table(pd.DataFrame({name: [row[one] for one in columns] for name, row in measured.items()}, columns).T),
            "Reliability: predicted and seen, and how far these lie apart by chance alone\n"
            + _table(self.found.reliability().set_index("p_from"), index=True),
            _part("concept", self.by_concept),
        ]
        if self.by_group is not None:
            blocks.append(_part("group", self.by_group))
        return "\n\n".join(blocks)


def backtest_beside_baselines(  # noqa: PLR0913 - what differs from one backtest to another
    groups: pd.Series[Any] | None,
    attempts: Attempts,
    splits: Iterable[tuple[Attempts, Attempts]],
    *,
    total: int,
    seed: int,
    seconds: Callable[[], float],
    progress: Callable[[str, float], None],
) -> MasteryBacktest:
    """Backtest the model beside all baselines.

    Args:
        groups: name of the group that each row belongs to, of the table that the attempts were coded from; None: there
            are none.
        attempts: all of them.
        splits: of these attempts.
        total: how many splits there are.
        seed: of each fit.
        seconds: a clock to measure fits by.
        progress: called with what is being done and the share done (0-1).
    """
    found = backtest(splits, baselines=BASELINES, seed=seed, seconds=seconds, progress=progress, total=total)
    return MasteryBacktest(found, _by_concept(found, attempts), _by_group(found, groups))


def _by_concept(found: Backtest, attempts: Attempts) -> pd.DataFrame:
    names = pd.Series(
        [" + ".join(map(str, skill)) if skill != (NO_CONCEPT,) else "none" for skill in attempts.skills], dtype=object
    )
    return found.by(names.iloc[found.predictions["skill"]].rename("concept"))


def _by_group(found: Backtest, groups: pd.Series[Any] | None) -> pd.DataFrame | None:
    if groups is None:
        return None
    return found.by(groups.iloc[found.predictions["row"]].fillna("unknown").rename(GROUP))


def _part(name: str, part: pd.DataFrame) -> str:
    more = f" (the {SHOWN} most attempted of {len(part):,})" if len(part) > SHOWN else ""
    return f"By {name}{more}\n" + _table(part.head(SHOWN).set_index(name), index=True)


def _table(frame: pd.DataFrame, *, index: bool = False) -> str:
    named = frame.reset_index() if index else frame
    return named.to_string(index=not index, float_format="{:.4f}".format, na_rep="-")
