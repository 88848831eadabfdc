"""Commands for who keeps the stores: each parses, calls, prints."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from typing import Annotated

import typer

from edukit.cli.options import Home, out, say
from edukit.errors import EdukitError
from edukit.settings import Settings

migrate = typer.Typer(help="Bring the schema up or down.", no_args_is_help=True)


class ShellRole(StrEnum):
    """Who ``edukit shell`` is in the database."""

    viewer = "viewer"
    app = "app"
    owner = "owner"


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
        say(str(found))
    raise typer.Exit(0 if found.healthy else 1)


@migrate.command("upgrade")
def upgrade(revision: Annotated[str, typer.Argument()] = "head", home: Home = None) -> None:
    """Bring the schema up to a revision, or to the newest."""
    from edukit.ops import migrate as migrations
    from edukit.ops.stores import open_stores

    with open_stores(Settings.from_environment(home=home)) as stores:
        migrations.upgrade(stores.database_url, revision)
        out.print(f"The schema is at {migrations.current(stores.database_url)}.")


@migrate.command("downgrade")
def downgrade(revision: str, home: Home = None) -> None:
    """Bring the schema down to a revision; base is the empty database. Rows of dropped tables are lost."""
    from edukit.ops import migrate as migrations
    from edukit.ops.stores import open_stores

    with open_stores(Settings.from_environment(home=home)) as stores:
        migrations.downgrade(stores.database_url, revision)
        out.print(f"The schema is at {migrations.current(stores.database_url) or 'base'}.")


@migrate.command("current")
def current(home: Home = None) -> None:
    """Print the revision that the schema is at."""
    from edukit.ops import migrate as migrations
    from edukit.ops.stores import open_stores

    with open_stores(Settings.from_environment(home=home)) as stores:
        at = migrations.current(stores.database_url) or "base"
    out.print(at if at == migrations.newest() else f"{at} (newest: {migrations.newest()})")


@migrate.command("history")
def history() -> None:
    """List the revisions, newest first."""
    from edukit.ops import migrate as migrations

    say(migrations.history())


@migrate.command("autogenerate")
def autogenerate(message: str, home: Home = None) -> None:
    """Write the migration from the database to the models (for edukit's developers)."""
    from edukit.ops import migrate as migrations
    from edukit.ops.stores import open_stores

    with open_stores(Settings.from_environment(home=home)) as stores:
        for path in migrations.autogenerate(stores.database_url, message):
            out.print(path)
