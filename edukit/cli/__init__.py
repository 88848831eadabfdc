"""The command line: ``edukit``."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.markup import escape

from edukit.cli import data, models, people, serving, stores, users
from edukit.cli.options import err, out
from edukit.errors import EdukitError

app = typer.Typer(
    name="edukit",
    help="A teacher's notebook workbench: dashboards over one PostgreSQL and one Redis store.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (serving.up, serving.lab, stores.shell, data.export, stores.doctor, data.seed):
    app.command()(command)
app.add_typer(data.load, name="load")
app.add_typer(models.models, name="models")
app.add_typer(people.grievances, name="grievances")
app.add_typer(people.leaderboard, name="leaderboard")
app.add_typer(stores.migrate, name="migrate")
app.add_typer(users.users, name="users")


def main() -> None:
    """Run a command; a failure is one sentence, and a traceback only with ``--debug``."""
    debug = "--debug" in sys.argv
    sys.argv = [argument for argument in sys.argv if argument != "--debug"]
    try:
        app()
    except EdukitError as error:
        if debug:
            raise
        err.print(f"[bold red]edukit:[/] {escape(str(error))}")
        sys.exit(1)
    except Exception as error:
        if debug:
            raise
        kind = type(error).__name__
        err.print(f"[bold red]edukit:[/] unexpected {kind}: {escape(str(error))} (run it with --debug for more)")
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
