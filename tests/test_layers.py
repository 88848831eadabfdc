"""Imports point one way: from what a person sees down to the database."""

from __future__ import annotations

import ast
from pathlib import Path

import edukit

PACKAGE = Path(edukit.__file__).parent
LAYERS = [
    {"errors"},
    {"settings", "passwords"},
    {"db"},
    {"models"},
    {"queries"},
    {"analytics"},
    {"actions"},
    {"offline"},
    {"importers"},
    {"cache"},
    {"workbench", "progress"},
    {"ui"},
    {"ops"},
    {"serving"},
    {"cli"},
]
RANK = {name: rank for rank, layer in enumerate(LAYERS) for name in layer}
FRONT_DOOR = "__init__"


def test_imports_point_down() -> None:
    """No module imports one of a layer above it; the front door alone may reach down to all."""
    backwards = [
        f"{file.relative_to(PACKAGE)} imports edukit.{wanted}"
        for file in PACKAGE.rglob("*.py")
        if (own := part(file)) != FRONT_DOOR
        for wanted in imported(file)
        if RANK[wanted] > RANK[own]
    ]
    assert backwards == []


def test_every_part_has_a_layer() -> None:
    """A new module of the package must be given its place."""
    parts = {part(file) for file in PACKAGE.rglob("*.py")} - {FRONT_DOOR}
    assert parts <= set(RANK)


def test_pure_layers_know_no_store() -> None:
    """Analytics reads no clock, environment or store."""
    forbidden = {"os", "sqlalchemy", "psycopg", "redis", "edukit.db", "edukit.settings", "time"}
    files = [*(PACKAGE / "analytics").rglob("*.py")]
    assert files
    for file in files:
        assert not forbidden & modules(file), file


def part(file: Path) -> str:
    relative = file.relative_to(PACKAGE)
    return relative.parts[0].removesuffix(".py")


def imported(file: Path) -> set[str]:
    return {name.split(".")[1] for name in modules(file) if name.startswith("edukit.")}


def modules(file: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= (
                {f"{node.module}.{alias.name}" for alias in node.names} if node.module == "edukit" else {node.module}
            )
    return found
