"""The commands: each parses, calls, prints."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from edukit.errors import EdukitError
from edukit.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from edukit.importers.report import LoadReport

app = typer.Typer(
    name="edukit",
    help="A teacher's notebook workbench: dashboards over one PostgreSQL and one Redis store.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
migrations = typer.Typer(help="Bring the schema up or down.", no_args_is_help=True)
load = typer.Typer(help="Load data from files: all of a file or nothing.", no_args_is_help=True)
app.add_typer(migrations, name="migrate")
app.add_typer(load, name="load")

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

Home = Annotated[Path | None, typer.Option(help="Folder of the stores; else EDUKIT_HOME.", show_default=False)]
Port = Annotated[int, typer.Option(help="Port on 127.0.0.1.", min=0, max=65535)]
NoBrowser = Annotated[bool, typer.Option("--no-browser", help="Do not open a browser.")]
MaxUnpackedBytes = Annotated[int, typer.Option(help="Refuse a file that unpacks to more.", min=1)]
SkipBadRows = Annotated[bool, typer.Option("--skip-bad-rows", help="Load the good rows, list the bad ones.")]


class ShellRole(StrEnum):
    """Who ``edukit shell`` is in the database."""

    viewer = "viewer"
    app = "app"
    owner = "owner"


def main() -> None:
    """Run a command; a failure is one sentence, and a traceback only with ``--debug``."""
    debug = "--debug" in sys.argv
    sys.argv = [argument for argument in sys.argv if argument != "--debug"]
    try:
        app()
    except EdukitError as error:
        if debug:
            raise
        err.print(f"[bold red]edukit:[/] {_escaped(str(error))}")
        sys.exit(1)
    except Exception as error:
        if debug:
            raise
        kind = type(error).__name__
        err.print(f"[bold red]edukit:[/] unexpected {kind}: {_escaped(str(error))} (run it with --debug for more)")
        sys.exit(70)


@app.callback(invoke_without_command=True)
def _options(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,  # noqa: FBT002
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of a failure.")] = False,  # noqa: ARG001, FBT002 - main() reads it
) -> None:
    if version:
        from importlib.metadata import version as installed

        out.print(f"edukit {installed('edukit')}")
    elif context.invoked_subcommand is None:
        out.print(context.get_help())


@app.command()
def up(
    home: Home = None,
    port: Port = 8866,
    no_browser: NoBrowser = False,  # noqa: FBT002
    no_demo: Annotated[bool, typer.Option("--no-demo", help="Leave an empty database empty.")] = False,  # noqa: FBT002
    notebooks: Annotated[
        Path | None, typer.Option(help="Serve this folder, not the packaged notebooks.", show_default=False)
    ] = None,
) -> None:
    """Start the stores and serve the dashboards until Ctrl-C."""
    from edukit.serving import up as serving

    serving.up(Settings.from_environment(home=home), port, demo=not no_demo, browser=not no_browser, folder=notebooks)


@app.command()
def lab(home: Home = None, port: Port = 8888, no_browser: NoBrowser = False) -> None:  # noqa: FBT002
    """Open JupyterLab on your own copy of the notebooks."""
    from edukit.serving import lab as serving

    serving.lab(Settings.from_environment(home=home), port, browser=not no_browser)


@app.command()
def shell(
    home: Home = None,
    role: Annotated[
        ShellRole, typer.Option(help="viewer reads, app writes rows, owner changes tables.")
    ] = ShellRole.viewer,
    command: Annotated[
        str | None, typer.Option("--command", "-c", help="Run this SQL and leave.", show_default=False)
    ] = None,
) -> None:
    """Open psql on the store."""
    from edukit.ops.shell import psql

    raise typer.Exit(psql(Settings.from_environment(home=home), role.value, command))


@app.command()
def doctor(
    home: Home = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,  # noqa: FBT002
) -> None:
    """Examine the stores; exits 0 when healthy, 1 when not."""
    from edukit.ops.health import examine
    from edukit.ops.stores import open_stores

    try:
        with open_stores(Settings.from_environment(home=home)) as stores:
            found = examine(stores.database_url, stores.redis_url)
    except EdukitError as error:
        if as_json:
            sys.stdout.write(json.dumps({"healthy": False, "error": str(error)}, indent=2) + "\n")
        raise
    if as_json:
        sys.stdout.write(json.dumps(found.as_dict(), indent=2) + "\n")
    else:
        out.print(_escaped(str(found)))
    raise typer.Exit(0 if found.healthy else 1)


@app.command()
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
        report = seed_into(stores, seed=seed, students=students, as_of=moment, progress=progress)
    out.print(str(report))


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


@migrations.command("upgrade")
def migrate_upgrade(revision: Annotated[str, typer.Argument()] = "head", home: Home = None) -> None:
    """Bring the schema up to a revision, or to the newest."""
    from edukit.ops import migrate
    from edukit.ops.stores import open_stores

    with open_stores(Settings.from_environment(home=home)) as stores:
        migrate.upgrade(stores.database_url, revision)
        out.print(f"The schema is at {migrate.current(stores.database_url)}.")


@migrations.command("downgrade")
def migrate_downgrade(revision: str, home: Home = None) -> None:
    """Bring the schema down to a revision; base is the empty database. Rows of dropped tables are lost."""
    from edukit.ops import migrate
    from edukit.ops.stores import open_stores

    with open_stores(Settings.from_environment(home=home)) as stores:
        migrate.downgrade(stores.database_url, revision)
        out.print(f"The schema is at {migrate.current(stores.database_url) or 'base'}.")


@migrations.command("current")
def migrate_current(home: Home = None) -> None:
    """Print the revision that the schema is at."""
    from edukit.ops import migrate
    from edukit.ops.stores import open_stores

    with open_stores(Settings.from_environment(home=home)) as stores:
        at = migrate.current(stores.database_url) or "base"
    out.print(at if at == migrate.newest() else f"{at} (newest: {migrate.newest()})")


@migrations.command("history")
def migrate_history() -> None:
    """List the revisions, newest first."""
    from edukit.ops import migrate

    out.print(_escaped(migrate.history()))


@migrations.command("autogenerate")
def migrate_autogenerate(message: str, home: Home = None) -> None:
    """Write the migration from the database to the models (for edukit's developers)."""
    from edukit.ops import migrate
    from edukit.ops.stores import open_stores

    with open_stores(Settings.from_environment(home=home)) as stores:
        for path in migrate.autogenerate(stores.database_url, message):
            out.print(path)


def _load(home: Path | None, file: Path, read: Callable[..., LoadReport]) -> None:
    from edukit.ops.prepare import load_into, prepared
    from edukit.progress import showing

    settings = Settings.from_environment(home=home)
    with prepared(settings) as stores, showing(file.name) as show:
        report = load_into(
            stores, read, now=settings.now, progress=lambda done, total: show("", done / total if total else 1.0)
        )
    out.print(_escaped(str(report)))


def _escaped(text: str) -> str:
    from rich.markup import escape

    return escape(text)


if __name__ == "__main__":
    main()
