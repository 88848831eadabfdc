"""Commands for data, in and out: each parses, calls, prints."""

from __future__ import annotations

from datetime import UTC, datetime, time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from edukit.cli.options import Home, err, say
from edukit.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from edukit.importers.report import LoadReport

load = typer.Typer(help="Load data from files: all of a file or nothing.", no_args_is_help=True)

MaxUnpackedBytes = Annotated[int, typer.Option(help="Refuse a file that unpacks to more.", min=1)]
SkipBadRows = Annotated[bool, typer.Option("--skip-bad-rows", help="Load the good rows, list the bad ones.")]


class FileFormat(StrEnum):
    """What ``edukit export`` writes."""

    csv = "csv"
    xlsx = "xlsx"
    parquet = "parquet"


def seed(
    home: Home = None,
    seed: Annotated[int, typer.Option(help="The same number makes the same school.")] = 1,
    students: Annotated[int, typer.Option(help="How many students.", min=1, max=1_000_000)] = 600,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            help="Last day of the data, in September the year before's; else today.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Fill the stores with a demo school."""
    from edukit.ops.prepare import prepared, seed_into
    from edukit.progress import showing

    settings = Settings.from_environment(home=home)
    moment = datetime.combine(as_of, time(23, 59, 59), UTC) if as_of else settings.now
    with prepared(settings) as stores, showing("Demo school") as progress:
        report, opened = seed_into(stores, seed=seed, students=students, as_of=moment, progress=progress)
    say(report)
    if opened:
        say(opened.told())


@load.command("assistments")
def load_assistments(
    file: Path,
    home: Home = None,
    skip_bad_rows: SkipBadRows = False,  # noqa: FBT002
    max_unpacked_bytes: MaxUnpackedBytes = 4 * 2**30,
) -> None:
    """Load a file in the layout of the ASSISTments 2009-10 release (CSV, gzip or plain)."""
    from edukit.importers.assistments import load_assistments as read

    limits: dict[str, Any] = {"skip_bad_rows": skip_bad_rows, "max_unpacked_bytes": max_unpacked_bytes}
    _load(home, file, lambda session, **given: read(session, file, **limits, **given))


@load.command("attempts")
def load_attempts(
    file: Path,
    institution: Annotated[str, typer.Option(help="Name of the institution, made when there is none.")],
    home: Home = None,
    skip_bad_rows: SkipBadRows = False,  # noqa: FBT002
    max_unpacked_bytes: MaxUnpackedBytes = 4 * 2**30,
) -> None:
    """Load tidy attempts: user_id item_id timestamp correct skill_id (tabs or commas, gzip or plain)."""
    from edukit.importers.attempts import load_attempts as read

    limits: dict[str, Any] = {"skip_bad_rows": skip_bad_rows, "max_unpacked_bytes": max_unpacked_bytes}
    _load(home, file, lambda session, **given: read(session, file, institution=institution, **limits, **given))


def export(  # noqa: PLR0913, PLR0917 - its options
    frame: Annotated[str, typer.Argument(help="Name of a frame of the Workbench, such as class_mastery.")],
    format_: Annotated[
        FileFormat | None, typer.Option("--format", help="Else as --out ends, or csv.", show_default=False)
    ] = None,
    class_: Annotated[str | None, typer.Option("--class", help="Name or id of a class.", show_default=False)] = None,
    student: Annotated[str | None, typer.Option(help="Id of a student.", show_default=False)] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(help="Anything else that the frame is asked by, as NAME=VALUE.", show_default=False),
    ] = None,
    out_: Annotated[
        Path | None,
        typer.Option("--out", help="File, or - for standard output; else named after the frame.", show_default=False),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,  # noqa: FBT002
    home: Home = None,
) -> None:
    """Write a frame as CSV, a workbook of Excel or Parquet, for you alone to read."""
    import edukit
    from edukit.ops import export as exporting
    from edukit.progress import showing

    asked = exporting.asked(class_=class_, student_id=student, where=where or [])
    with edukit.connect(Settings.from_environment(home=home)) as edu, showing(frame) as progress:
        told = exporting.export(edu, frame, asked, out=out_, format_=format_, force=force, progress=progress)
    err.print(escape(told))


def _load(home: Path | None, file: Path, read: Callable[..., LoadReport]) -> None:
    from edukit.ops.prepare import load_into, prepared
    from edukit.progress import showing

    settings = Settings.from_environment(home=home)
    with prepared(settings) as stores, showing(file.name) as show:
        report = load_into(
            stores, read, now=settings.now, progress=lambda done, total: show("", done / total if total else 1.0)
        )
    say(report)
