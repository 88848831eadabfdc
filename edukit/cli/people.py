"""Commands for what a school has decided about its people: each parses, calls, prints."""

from __future__ import annotations

from typing import Annotated

import typer

from edukit.cli.options import Home, say
from edukit.settings import Settings

grievances = typer.Typer(help="Say who answers grievances.", no_args_is_help=True)
leaderboard = typer.Typer(help="Say who is named on leaderboards.", no_args_is_help=True)


@grievances.command("route")
def route(
    category: Annotated[str, typer.Argument(help="grade, feedback, fairness or other.")],
    minimum_severity: Annotated[
        str, typer.Option(help="From which severity on: low, medium, high or critical.", show_default=False)
    ],
    to: Annotated[str, typer.Option(help="E-mail address or username of who answers.", show_default=False)],
    institution: Annotated[
        str | None, typer.Option(help="Its name, where the account is at several.", show_default=False)
    ] = None,
    home: Home = None,
) -> None:
    """Say who answers grievances of a category from a severity on; those filed before stay with whom they are."""
    from edukit.ops.prepare import prepared
    from edukit.ops.school_rules import route_grievances

    settings = Settings.from_environment(home=home)
    with prepared(settings) as stores:
        told = route_grievances(
            stores,
            category=category,
            minimum_severity=minimum_severity,
            to=to,
            institution=institution,
            account=settings.user,
            now=settings.now,
        )
    say(told)


@leaderboard.command("name")
def name(
    student_id: Annotated[int, typer.Argument(help="Id of the student.")],
    hide: Annotated[bool, typer.Option("--hide", help="They do not agree, or no longer.")] = False,  # noqa: FBT002
    home: Home = None,
) -> None:
    """Name a student to classmates on leaderboards, who has agreed to it."""
    from edukit.ops.prepare import prepared
    from edukit.ops.school_rules import name_student

    settings = Settings.from_environment(home=home)
    with prepared(settings) as stores:
        told = name_student(stores, student_id=student_id, agreed=not hide, account=settings.user, now=settings.now)
    say(told)
