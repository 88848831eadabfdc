"""A frame and its columns: name, type, meaning with unit, nullable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MOMENT = "datetime64[us, UTC]"


@dataclass(frozen=True)
class Column:
    """One column: its pandas dtype, and what it means, with its unit."""

    name: str
    dtype: str
    meaning: str
    nullable: bool = False


def inferred(rows: Sequence[Sequence[Any]], columns: Sequence[str]) -> pd.DataFrame:
    """The rows as a frame whose dtypes follow from their values; pandas takes columns far faster than rows."""
    each = [*zip(*rows, strict=True)] or [()] * len(columns)
    return pd.DataFrame(dict(zip(columns, each, strict=True)))


@dataclass(frozen=True)
class Frame:
    """A named frame and its columns."""

    name: str
    columns: tuple[Column, ...]

    def of(self, rows: Iterable[Sequence[Any]]) -> pd.DataFrame:
        """The rows as a frame with exactly these columns and types, the same when there are none."""
        each = [*zip(*rows, strict=True)] or [()] * len(self.columns)
        typed = zip(self.columns, each, strict=True)
        return pd.DataFrame({column.name: pd.Series(values, dtype=column.dtype) for column, values in typed})

    def typed(self, frame: pd.DataFrame) -> pd.DataFrame:
        """A frame that has the columns, in any order and type: in the declared ones."""
        return frame[[column.name for column in self.columns]].astype(
            {column.name: column.dtype for column in self.columns}
        )

    def describe(self) -> pd.DataFrame:
        """The documentation of the columns, as a frame."""
        return pd.DataFrame(
            [(column.name, column.dtype, column.nullable, column.meaning) for column in self.columns],
            columns=["column", "dtype", "nullable", "meaning"],
        )
