"""Frames: declared once, typed the same when empty."""

from __future__ import annotations

import pandas as pd
import pytest

import edukit
from edukit.queries.frames import FRAMES, Column, Frame
from edukit.queries.frames.frame import MOMENT


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
def test_an_empty_frame_is_typed(frame: Frame) -> None:
    """No rows, the same columns and dtypes as declared."""
    empty = frame.of([])
    assert {name: str(dtype) for name, dtype in empty.dtypes.items()} == {
        column.name: column.dtype for column in frame.columns
    }


def test_typed() -> None:
    """Rows keep their index and what has its type its values; arrays by name are numbered; neither is changed."""
    frame = Frame("f", (Column("id", "int64", "which"), Column("at", MOMENT, "when"), Column("name", "str", "whose")))
    moments = pd.to_datetime(["2026-03-01", None], utc=True).astype("datetime64[s, UTC]")
    rows = pd.DataFrame({"name": ["a", None], "more": 0, "id": [1.0, 2.0], "at": moments}, index=[7, 7])
    found = frame.typed(rows)
    assert {name: str(dtype) for name, dtype in found.dtypes.items()} == {"id": "int64", "at": MOMENT, "name": "str"}
    assert (found.index.tolist(), found["id"].tolist(), rows["id"].tolist()) == ([7, 7], [1, 2], [1.0, 2.0])
    named = frame.typed({name: rows[name].array for name in rows})
    pd.testing.assert_frame_equal(named, found.reset_index(drop=True))
    found["id"] = 0
    assert frame.typed(named)["id"].tolist() == [1, 2]


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
def test_every_column_is_explained(frame: Frame) -> None:
    """Each column has a meaning, and a score or duration tells its unit."""
    for column in frame.columns:
        assert len(column.meaning) > 5
        if column.name.startswith("mastery_"):
            assert "0-100" in column.meaning


def test_describe_knows_its_frames() -> None:
    """describe() documents a frame and says which there are when it does not know one."""
    assert "mastery_score" in set(edukit.describe("class_mastery")["column"])
    with pytest.raises(edukit.NotFound, match="class_mastery"):
        edukit.describe("nothing")
