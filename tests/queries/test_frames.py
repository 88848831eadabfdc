"""Frames: declared once, typed the same when empty."""

from __future__ import annotations

import pytest

import edukit
from edukit.queries.frames import FRAMES, Frame


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
def test_an_empty_frame_is_typed(frame: Frame) -> None:
    """No rows, the same columns and dtypes as declared."""
    empty = frame.of([])
    assert {name: str(dtype) for name, dtype in empty.dtypes.items()} == {
        column.name: column.dtype for column in frame.columns
    }


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
