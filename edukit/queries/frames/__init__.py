"""The columns of every frame that edukit gives out, declared once, by domain."""

from __future__ import annotations

from edukit.queries.frames.catalog import COLUMNS, SOURCES, TABLES
from edukit.queries.frames.classroom import CLASSES
from edukit.queries.frames.frame import Column, Frame
from edukit.queries.frames.practice import ATTEMPTS, CLASS_MASTERY

__all__ = [
    "ATTEMPTS",
    "CLASSES",
    "CLASS_MASTERY",
    "COLUMNS",
    "FRAMES",
    "SOURCES",
    "TABLES",
    "Column",
    "Frame",
]

FRAMES = {frame.name: frame for frame in (CLASSES, CLASS_MASTERY, ATTEMPTS, TABLES, COLUMNS, SOURCES)}
"""Every frame by its name."""
