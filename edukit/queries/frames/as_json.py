"""Frames as JSON and back: what is kept of a frame gives the same frame again, in every value and dtype."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pandas as pd

from edukit.queries.frames.frame import MOMENT

if TYPE_CHECKING:
    from edukit.queries.frames.frame import Frame

# Each is held as whole units since 1970, in UTC or in no zone at all.
_MOMENTS = {MOMENT: "datetime64[us]", **{dtype: dtype for dtype in ("datetime64[us]", "datetime64[s]")}}
_PLAIN = {"str", "int64", "Int64", "float64", "Float64", "bool", "boolean"}


def columns_of(frame: pd.DataFrame, declared: Frame) -> list[Any]:
    """The columns of a frame, in their declared order, as JSON can hold them.

    Raises:
        TypeError: there is no way yet to write one of its dtypes.
    """
    return [_json_of(frame[column.name], column.dtype) for column in declared.columns]


def frame_of(columns: list[Any], declared: Frame) -> pd.DataFrame:
    """The frame whose columns :func:`columns_of` gave.

    Raises:
        ValueError, TypeError, IndexError, OverflowError: they are no such columns.
    """
    named = zip(declared.columns, columns, strict=True)
    return declared.typed(pd.DataFrame({column.name: _series_of(values, column.dtype) for column, values in named}))


def _json_of(series: pd.Series[Any], dtype: str) -> Any:
    if dtype in _MOMENTS:
        since_1970 = series.dt.tz_localize(None).astype("int64").astype(object)
        return since_1970.where(series.notna(), None).tolist()
    if dtype == "str":
        # Names repeat in every row of a grid: each is held once.
        places, values = pd.factorize(series)
        return [list(values), places.tolist()]
    if dtype not in _PLAIN:
        message = f"A column of dtype {dtype} cannot be kept: give {__name__} a way to write it as JSON and back."
        raise TypeError(message)
    return series.astype(object).where(series.notna(), None).tolist() if series.hasnans else series.tolist()


def _series_of(values: Any, dtype: str) -> pd.Series[Any]:
    if dtype in _MOMENTS:
        moments = pd.Series(values, dtype="Int64").astype(cast("Any", _MOMENTS[dtype]))
        return moments.dt.tz_localize("UTC") if dtype == MOMENT else moments
    if dtype == "str":
        known, places = values
        # What is missing stands at place -1: the last.
        return pd.Series([*known, None], dtype="str").take(places).reset_index(drop=True)
    return pd.Series(values, dtype=object).astype(cast("Any", dtype))
