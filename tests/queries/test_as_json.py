"""Frames survive being kept: JSON and back is the same frame."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edukit.queries.frames import FRAMES, Column, Frame
from edukit.queries.frames.as_json import columns_of, frame_of

BIG = 2**53
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "str": st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.sampled_from(["", "nan", "None", "李"]),
    "int64": st.integers(-BIG, BIG),
    "Int64": st.integers(-BIG, BIG),
    "float64": st.floats(allow_nan=False) | st.sampled_from([0.1 + 0.2, 100.0, -0.0]),
    "bool": st.booleans(),
    "boolean": st.booleans(),
    "datetime64[s]": st.dates().map(pd.Timestamp),
    "datetime64[us]": st.datetimes().map(pd.Timestamp),
    "datetime64[us, UTC]": st.integers(-(10**15), 4 * 10**15).map(lambda us: pd.Timestamp(us, unit="us", tz="UTC")),
}


def column_of(column: Column) -> st.SearchStrategy[Any]:
    return st.none() | VALUES[column.dtype] if column.nullable else VALUES[column.dtype]


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
def test_every_declared_frame_comes_back_equal(frame: Frame) -> None:
    """Through JSON and back, each value, null, moment and dtype is the one that was kept; so is no row at all."""

    @given(rows=st.lists(st.tuples(*map(column_of, frame.columns)), max_size=5))
    @settings(max_examples=20, database=None, suppress_health_check=list(HealthCheck))
    def check(rows: list[tuple[Any, ...]]) -> None:
        loaded = frame.of(rows)
        kept = frame_of(json.loads(json.dumps(columns_of(loaded, frame))), frame)
        pd.testing.assert_frame_equal(kept, loaded, check_exact=True)

    check()


def test_a_dtype_without_a_way_back_is_refused() -> None:
    """A frame with a column that would not come back the same cannot be kept, rather than come back otherwise."""
    frame = Frame("odd", (Column("span", "timedelta64[us]", "how long"),))
    with pytest.raises(TypeError, match="timedelta64"):
        columns_of(frame.of([(pd.Timedelta(1, "s"),)]), frame)
