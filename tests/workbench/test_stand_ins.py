"""What stands in for a Workbench, where pages are tried and rehearsed, answers as the Workbench does."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import edukit
from edukit.workbench import Workbench

TESTS = Path(__file__).parents[1]


def stand_ins() -> dict[str, ast.ClassDef]:
    """Classes that say how far a database has come, as all must that a page is shown of: by where they are."""
    files = [*TESTS.rglob("*.py"), *(Path(edukit.__file__).parent / "serving").glob("*.py")]
    texts = {file: text for file in files if "def horizon(self)" in (text := file.read_text(encoding="utf-8"))}
    return {
        f"{file.parent.name}/{file.name} {class_.name}": class_
        for file, text in texts.items()
        for class_ in ast.walk(ast.parse(text))
        if isinstance(class_, ast.ClassDef) and any(method.name == "horizon" for method in methods(class_))
    }


def methods(class_: ast.ClassDef) -> list[ast.FunctionDef]:
    """The public ones."""
    return [node for node in class_.body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")]


def values(class_: ast.ClassDef) -> set[str]:
    """Names of what it has that is no method."""
    assigned = (target for node in class_.body if isinstance(node, ast.Assign) for target in node.targets)
    return {name.id for target in assigned for name in ast.walk(target) if isinstance(name, ast.Name)}


def fits(method: ast.FunctionDef) -> bool:
    """Whether the Workbench has the method, takes by name what this one takes, and gives what this one gives."""
    theirs = getattr(Workbench, method.name, None)
    if not inspect.isfunction(theirs) or method.returns is None:
        return False
    signature = inspect.signature(theirs)
    taken = {given.arg for given in method.args.args + method.args.kwonlyargs}
    return taken <= signature.parameters.keys() and ast.unparse(method.returns) == signature.return_annotation


def test_stand_ins_are_as_the_workbench() -> None:
    """Their methods have the same names, arguments and results, and what else they have the Workbench has, too."""
    found = stand_ins()
    assert {"serving/rehearsal.py MadeUp", "ui/conftest.py School"} < found.keys()
    others = {
        where: wrong
        for where, class_ in found.items()
        if (
            wrong := [one.name for one in methods(class_) if not fits(one)] + sorted(values(class_) - {*dir(Workbench)})
        )
    }
    assert not others
