"""Commands for people's accounts: each parses, calls, prints. A password is never an argument."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from edukit.cli.options import Home, out, say
from edukit.settings import Settings

if TYPE_CHECKING:
    from edukit.queries.accounts import Person
    from edukit.serving.revoking import SignIn

users = typer.Typer(help="Say who has an account, and as what.", no_args_is_help=True)

Account = Annotated[str, typer.Argument(help="E-mail address or username.")]
Institution = Annotated[
    str | None, typer.Option(help="Name of the institution, where there are several.", show_default=False)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
ROLES = "student, teacher, mentor, parent, admin or analyst"
# Longer than any that may be chosen: what comes by mistake, such as a whole file, is not read to its end.
MOST_BYTES = 10_000
HEADINGS = ("institution", "name", "role", "account", "password", "state")
SIGN_IN_HEADINGS = ("account", "as", "signed in (UTC)", "last seen (UTC)", "from")
MOMENTS = ("signed_in_at", "seen_at")


@users.command("add")
def add(
    account: Account,
    role: Annotated[str, typer.Option(help=f"{ROLES.capitalize()}.", show_default=False)],
    name: Annotated[
        str | None, typer.Option(help="Name as shown; else as the account's other users.", show_default=False)
    ] = None,
    institution: Institution = None,
    home: Home = None,
) -> None:
    """Make an account, a new one where there is none, a user of an institution with a role."""
    from edukit.ops.accounts import add_user
    from edukit.ops.prepare import prepared

    settings = Settings.from_environment(home=home)
    who = {"role": role, "name": name, "institution": institution}
    with prepared(settings) as stores:
        told = add_user(stores, account, **who, acting=settings.user, now=settings.now)  # type: ignore[arg-type]
    say(told)


@users.command("list")
def list_(
    institution: Annotated[str | None, typer.Option(help="Only of this institution.", show_default=False)] = None,
    role: Annotated[str | None, typer.Option(help=f"Only one: {ROLES}.", show_default=False)] = None,
    as_json: AsJson = False,  # noqa: FBT002
    home: Home = None,
) -> None:
    """List everybody, also who has left, with the account by which they sign in."""
    from edukit.ops.accounts import listed
    from edukit.ops.prepare import prepared

    with prepared(Settings.from_environment(home=home)) as stores:
        people = listed(stores, institution=institution, role=role)
    if as_json:
        sys.stdout.write(json.dumps([asdict(person) for person in people], indent=2) + "\n")
    else:
        _print(_table(people))


@users.command("disable")
def disable(account: Account, home: Home = None) -> None:
    """Let nobody sign in by an account; what its users did stays."""
    from edukit.ops.accounts import disable_account
    from edukit.ops.prepare import prepared
    from edukit.serving.revoking import end_sign_ins

    settings = Settings.from_environment(home=home)
    with prepared(settings) as stores:
        told = disable_account(stores, account, acting=settings.user, now=settings.now)
        end_sign_ins(stores, settings, account)
    say(told)


@users.command("enable")
def enable(account: Account, home: Home = None) -> None:
    """Let people sign in by a disabled account again."""
    from edukit.ops.accounts import enable_account
    from edukit.ops.prepare import prepared

    settings = Settings.from_environment(home=home)
    with prepared(settings) as stores:
        told = enable_account(stores, account, acting=settings.user, now=settings.now)
    say(told)


@users.command("set-password")
def set_password(account: Account, home: Home = None) -> None:
    """Ask for a new password, twice; where there is no terminal, take it from a line of standard input."""
    from edukit.ops import accounts
    from edukit.ops.prepare import prepared
    from edukit.serving.revoking import end_sign_ins

    settings = Settings.from_environment(home=home)
    password = _password()
    with prepared(settings) as stores:
        told = accounts.set_password(stores, account, password=password, acting=settings.user, now=settings.now)
        end_sign_ins(stores, settings, account)
    say(told)


@users.command("set-role")
def set_role(  # noqa: PLR0913, PLR0917 - one for each option of the command
    account: Account,
    role: Annotated[str, typer.Argument(help=f"The new one: {ROLES}.")],
    from_: Annotated[
        str | None, typer.Option("--from", help="The old one, where the account has several.", show_default=False)
    ] = None,
    institution: Institution = None,
    names: Annotated[
        bool | None,
        typer.Option(help="Whether an analyst reads names and words about people, not pseudonyms.", show_default=False),
    ] = None,
    home: Home = None,
) -> None:
    """Give somebody another role in the place of theirs; they sign in once more."""
    from edukit.ops import accounts
    from edukit.ops.prepare import prepared
    from edukit.serving.revoking import end_sign_ins

    settings = Settings.from_environment(home=home)
    with prepared(settings) as stores:
        which = {"instead_of": from_, "institution": institution}
        told = accounts.set_role(stores, account, role, **which, names=names, acting=settings.user, now=settings.now)
        end_sign_ins(stores, settings, account)
    say(told)


@users.command("sessions")
def sessions(
    account: Annotated[str | None, typer.Argument(help="E-mail address or username; else all.")] = None,
    as_json: AsJson = False,  # noqa: FBT002
    home: Home = None,
) -> None:
    """List who is signed in: as whom, since when, last seen when, and from where."""
    from edukit.ops.prepare import prepared
    from edukit.serving.revoking import sign_ins

    settings = Settings.from_environment(home=home)
    with prepared(settings) as stores:
        found = sign_ins(stores, settings, account)
    if as_json:
        rows = [{**asdict(one), **{at: getattr(one, at).isoformat() for at in MOMENTS}} for one in found]
        sys.stdout.write(json.dumps(rows, indent=2) + "\n")
    else:
        _print(_sign_ins(found))


@users.command("revoke")
def revoke(account: Account, home: Home = None) -> None:
    """Sign an account out everywhere; the password stays as it is."""
    from edukit.ops.prepare import prepared
    from edukit.serving import revoking

    settings = Settings.from_environment(home=home)
    with prepared(settings) as stores:
        told = revoking.revoke(stores, settings, account)
    say(told)


def _password() -> str:
    """A password that is typed twice without being shown, or a line of standard input."""
    if sys.stdin.isatty():
        return str(typer.prompt("New password", hide_input=True, confirmation_prompt="Once more"))
    # What is no text is refused as such, and is in no error of the decoder's.
    return sys.stdin.buffer.readline(MOST_BYTES).decode(errors="surrogateescape").rstrip("\r\n")


def _print(table: Table) -> None:
    # Where it is no terminal a line may be as long as it needs.
    Console(highlight=False, width=None if out.is_terminal else 10_000).print(table)


def _sign_ins(found: list[SignIn]) -> Table:
    """A row a sign-in."""
    table = Table(*(Column(heading, overflow="fold") for heading in SIGN_IN_HEADINGS))
    for one in found:
        chosen = f"{one.name}, {one.role} of {one.institution}" if one.name else "not chosen yet"
        moments = (f"{at:%Y-%m-%d %H:%M}" for at in (one.signed_in_at, one.seen_at))
        table.add_row(*(Text(cell) for cell in (one.account, chosen, *moments, one.address)))
    return table


def _table(people: list[Person]) -> Table:
    """A row a person; what is not said is empty."""
    table = Table(*(Column(heading, overflow="fold") for heading in HEADINGS))
    for person in people:
        account = " / ".join(name for name in (person.email, person.username) if name)
        password = "" if not account else "set" if person.has_password else "none"
        state = "departed" if person.has_departed else "disabled" if person.is_disabled else ""
        cells = (person.institution, person.name, person.role, account, password, state)
        table.add_row(*(Text(cell) for cell in cells))
    return table
