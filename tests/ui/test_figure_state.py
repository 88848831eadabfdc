"""A figure is put into state that JSON and bytes can hold, and comes back as it was."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from edukit.settings import shipped
from edukit.ui.figure_state import DRAWN, pieces, portable


def unpacked(packed: dict[str, object]) -> np.ndarray:
    """What plotly.js reads."""
    shape = [int(length) for length in packed["shape"].split(",")]
    return np.frombuffer(packed["bdata"], packed["dtype"]).reshape(shape)


NUMBERS = st.one_of(hnp.integer_dtypes(), hnp.unsigned_integer_dtypes(), hnp.floating_dtypes(sizes=(32, 64)))


@given(hnp.arrays(NUMBERS, hnp.array_shapes(max_dims=3)))
def test_numbers_come_back(array: np.ndarray) -> None:
    """Any numbers of up to three dimensions, whatever their bytes' order, are read as they were, gaps included."""
    packed = portable(array)
    if isinstance(packed, dict):
        assert packed["dtype"] in {"i1", "u1", "i2", "u2", "i4", "u4", "f4", "f8"}
        np.testing.assert_array_equal(unpacked(packed), array.astype(unpacked(packed).dtype))
        np.testing.assert_allclose(unpacked(packed), array, rtol=1e-15)
    else:
        # Whole numbers that need eight bytes.
        assert packed == array.tolist()
        assert int(abs(array).max()) >= 2**31


def test_numbers_take_no_more_bytes_than_they_need() -> None:
    """Ids and counts, eight bytes each in a frame, go in what holds them."""
    assert len(portable(np.arange(200))["bdata"]) == 200
    assert len(portable(np.array([-1, 40_000]))["bdata"]) == 8


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (np.array(["a", None], dtype=object), ["a", None]),
        (np.array([True, False]), [True, False]),
        (np.array([]), []),
        (np.zeros((1, 1, 1, 1)), [[[[0.0]]]]),
        (np.array(["2026-06-01"], dtype="M8[D]"), ["2026-06-01"]),
        ([1.5, float("nan"), float("inf")], [1.5, None, None]),
        (np.float64("nan"), None),
        (np.int64(7), 7),
        (Decimal("0.5"), 0.5),
        (date(2026, 6, 1), "2026-06-01"),
        (pd.Timestamp("2026-06-01T10:00Z"), "2026-06-01T10:00:00+00:00"),
        (pd.NaT, None),
        (({"a": (1, "b")},), [{"a": [1, "b"]}]),
    ],
)
def test_everything_else_is_json(value: object, wanted: object) -> None:
    """What is no array of numbers is a plain value, and what is missing is null."""
    assert json.loads(json.dumps(portable(value), allow_nan=False)) == wanted


def test_a_range_stays_a_list() -> None:
    """Where plotly.js takes no bytes there are none."""
    assert pieces(go.Figure(layout={"xaxis": {"range": np.array([0, 1])}}))["layout.xaxis"]["range"] == [0, 1]


def test_a_trace_that_cannot_be_drawn_is_refused() -> None:
    """The sentence says what charts draw, what this is, and what to do."""
    with pytest.raises(TypeError, match=r"bar, heatmap, scatter, .* a pie: show the figure by itself"):
        pieces(go.Figure(go.Pie(values=[1])))


def test_the_page_draws_what_is_let_through() -> None:
    """The traces that are let through are those that plotly is built with; scatter is in its core."""
    source = (shipped("edukit") / "frontend" / "src" / "plotly.js").read_text()
    assert {name for name in DRAWN if f'"plotly.js/lib/{name}"' in source} == {*DRAWN} - {"scatter"}
