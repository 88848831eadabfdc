"""A frame and its columns: name, type, meaning with unit, nullable."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

MOMENT = "datetime64[us, UTC]"


@dataclass(frozen=True)
class Column:
    """One column: its pandas dtype, and what it means, with its unit."""

    name: str
    dtype: str
    meaning: str
    nullable: bool = False


def inferred(rows: Sequence[Sequence[Any]], columns: Sequence[str]) -> pd.DataFrame:
    """The rows as a frame whose dtypes follow from their values; objects where there are none."""
    named = dict(zip(columns, by_column(rows, len(columns)), strict=True))
    return pd.DataFrame(named, dtype=None if rows else object)


def by_column(rows: Iterable[Sequence[Any]], count: int) -> list[tuple[Any, ...]]:
    """The values of so many columns, of rows or of none: pandas takes them far faster than rows."""
    return [*zip(*rows, strict=True)] or [()] * count


@dataclass(frozen=True)
class Frame:
    """A named frame and its columns."""

    name: str
    columns: tuple[Column, ...]

    def of(self, rows: Iterable[Sequence[Any]]) -> pd.DataFrame:
        """The rows as a frame with exactly these columns and types, the same when there are none."""
        typed = zip(self.columns, by_column(rows, len(self.columns)), strict=True)
        return pd.DataFrame({column.name: pd.Series(values, dtype=column.dtype) for column, values in typed})

    @cached_property
    def _dtypes(self) -> dict[str, Any]:
        """The dtypes themselves: to read one from its name takes longer than to turn a column into it."""
        return {column.name: pd.api.types.pandas_dtype(column.dtype) for column in self.columns}

    def typed(self, columns: pd.DataFrame | Mapping[str, Any]) -> pd.DataFrame:
        """A frame or arrays by name, with the columns in any order and type: in the declared ones."""
        # Most are of their type as they come, and astype of the whole looks at each several times.
        named = {name: _in_type(columns[name], dtype) for name, dtype in self._dtypes.items()}
        return pd.DataFrame(named, index=columns.index if isinstance(columns, pd.DataFrame) else None)

    def describe(self) -> pd.DataFrame:
        """The documentation of the columns, as a frame."""
        return pd.DataFrame(
            [(column.name, column.dtype, column.nullable, column.meaning) for column in self.columns],
            columns=["column", "dtype", "nullable", "meaning"],
        )


def _in_type(values: Any, dtype: Any) -> Any:
    """An array in a dtype: what has it, as it is."""
    same = values if values.dtype == dtype else pd.Series(values).astype(dtype)
    return same.array if isinstance(same, pd.Series) else same
