"""A frame of the Workbench as a file: asked for by its name, written as a whole or not at all."""

from __future__ import annotations

import inspect
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edukit.errors import ActionError, NotFound
from edukit.ops.formats import FORMATS
from edukit.queries.frames import FRAMES
from edukit.ui.export import file_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import pandas as pd

    from edukit.workbench import Workbench

STDOUT = Path("-")
OPTIONS = {"class_": "--class NAME_OR_ID", "student_id": "--student ID"}
"""What the command calls a parameter of the Workbench; any other is given by --where."""


def export(  # noqa: PLR0913 - one for each option of the command
    edu: Workbench,
    name: str,
    given: Mapping[str, str],
    *,
    out: Path | None = None,
    format_: str | None = None,
    force: bool = False,
    progress: Callable[[str, float], None],
) -> str:
    """Write a frame to a file that only its owner can read; what was written, in a sentence.

    Args:
        edu: whose frame.
        name: of the frame.
        given: parameters of the Workbench's method of that name, as text: ``{"class_": "7B"}``.
        out: where to; ``-`` is standard output; None: a file in the current folder, named after frame and parameters.
        format_: csv, xlsx or parquet; None: as the name of ``out`` ends, or csv.
        force: replace a file that is there.
        progress: told what is being done and the share done (0-1).

    Raises:
        NotFound: no such frame, class or student.
        ActionError: the frame cannot be asked for like this, the file not written, or that not recorded; there is no
            new file.
    """
    format_ = format_ or (out.suffix[1:] if out and out.suffix[1:] in FORMATS else "csv")
    method, arguments = _method(edu, name), _arguments(edu, name, given)
    out = out or Path(file_name(name, *given.values(), suffix=f".{format_}"))
    _check_destination(out, format_, force=force)
    progress("reading", 0.0)
    frame = _frame(method, arguments)
    part = _written(frame, name, format_, out, lambda share: progress("writing", share))
    try:
        about = {each: arguments[each] for each in OPTIONS if each in arguments}
        edu.record_export(name, rows=len(frame), format_=format_, **about)
    except BaseException:
        part.unlink()
        raise
    if out == STDOUT:
        _send(part)
        return f"{len(frame):,} rows of {name} are written."
    part.replace(out)
    return f"{len(frame):,} rows of {name} are in {out}."


def asked(*, class_: str | None, student_id: str | None, where: Sequence[str]) -> dict[str, str]:
    """The parameters that the command's options name.

    Raises:
        ActionError: one of ``where`` is not NAME=VALUE.
    """
    found = {"class_": class_, "student_id": student_id}
    for each in where:
        name, sign, value = each.partition("=")
        if not sign:
            raise ActionError(f"--where takes NAME=VALUE, not {each!r}.")
        found[name] = value
    return {name: value for name, value in found.items() if value is not None}


def exportable(edu: Workbench) -> list[str]:
    """The names of the frames that the Workbench gives by a method of the same name."""
    return [name for name in FRAMES if callable(getattr(edu, name, None))]


def _method(edu: Workbench, name: str) -> Callable[..., pd.DataFrame]:
    names = exportable(edu)
    if name not in names:
        raise NotFound(f"There is no frame {name!r} to export; there are {', '.join(names)}.")
    found: Callable[..., pd.DataFrame] = getattr(edu, name)
    return found


def _arguments(edu: Workbench, name: str, given: Mapping[str, str]) -> dict[str, Any]:
    """What the frame's method takes, from what the command was given."""
    takes = inspect.signature(_method(edu, name)).parameters
    for each in given:
        if each not in takes:
            raise ActionError(f"The frame {name} knows no {_option(each)}: {_taken(takes)}.")
    for each, parameter in takes.items():
        if parameter.default is parameter.empty and each not in given:
            raise ActionError(f"The frame {name} needs {_option(each)}: {_taken(takes)}.")
    return {each: _typed(each, value, str(takes[each].annotation)) for each, value in given.items()}


def _taken(takes: Iterable[str]) -> str:
    return f"what it takes is {', '.join(map(_option, takes))}" if [*takes] else "leave it out"


def _option(parameter: str) -> str:
    return OPTIONS.get(parameter, f"--where {parameter}=VALUE")


def _typed(parameter: str, value: str, annotation: str) -> int | str:
    """The value as the method's annotation has it."""
    kinds = annotation.split(" | ")
    if "str" in kinds:
        return value
    if "int" in kinds and value.isdecimal():
        return int(value)
    if "int" in kinds:
        raise ActionError(f"{_option(parameter)} takes a number, not {value!r}: the frames list {parameter}.")
    raise ActionError(f"{_option(parameter)} takes {annotation}, which cannot be told in a command: use edu in Python.")


def _frame(method: Callable[..., pd.DataFrame], arguments: Mapping[str, Any]) -> pd.DataFrame:
    try:
        return method(**arguments)
    except TypeError as error:
        # A method that needs one of several says so; any other TypeError is a defect.
        if not str(error).startswith(f"{method.__name__}() needs"):
            raise
        takes = inspect.signature(method).parameters
        raise ActionError(f"{error}; {_taken(takes)}.") from error


def _check_destination(out: Path, format_: str, *, force: bool) -> None:
    if out == STDOUT:
        if format_ != "csv" and sys.stdout.isatty():
            raise ActionError(f"A terminal cannot show {format_}: send it to a file or a pipe, or name one with --out.")
    elif not out.parent.is_dir():
        raise ActionError(f"There is no folder {out.parent} for {out.name}: make it, or choose another --out.")
    elif out.is_dir() or (out.exists() and not force):
        raise ActionError(f"{out} is there already, and stays as it is: choose another --out, or add --force.")


def _written(frame: pd.DataFrame, name: str, format_: str, out: Path, progress: Callable[[float], object]) -> Path:
    """A temporary file beside the destination that holds all of the frame."""
    folder = None if out == STDOUT else out.parent
    try:
        number, path = tempfile.mkstemp(dir=folder, prefix=f".{name}-", suffix=".part")
    except OSError as error:
        raise ActionError(f"{out} cannot be written: {error.strerror}. Choose another --out.") from error
    part = Path(path)
    try:
        with os.fdopen(number, "wb") as file:
            FORMATS[format_](frame, FRAMES[name], file, progress)
    except OSError as error:
        part.unlink()
        raise ActionError(f"{out} cannot be written: {error.strerror}. Choose another --out.") from error
    except BaseException:
        part.unlink()
        raise
    return part


def _send(part: Path) -> None:
    """Give a temporary file to whoever reads standard output, and remove it."""
    try:
        with part.open("rb") as file:
            shutil.copyfileobj(file, sys.stdout.buffer)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        # They have read enough; what is left would be flushed, and fail again, when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    finally:
        part.unlink()
