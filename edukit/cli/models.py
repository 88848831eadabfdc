"""Commands that run models: each parses, calls, prints."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from edukit.cli.options import Home, say
from edukit.settings import Settings

models = typer.Typer(help="Run the models that predict.", no_args_is_help=True)
score = typer.Typer(help="Write what a model says of every student.", no_args_is_help=True)
models.add_typer(score, name="score")


@score.command("risk")
def risk(
    home: Home = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Day at whose beginning it is said; else today.", show_default=False),
    ] = None,
) -> None:
    """Predict who may fall behind; doing it again on the same day changes only what has changed."""
    from edukit.ops.prepare import prepared
    from edukit.ops.scoring import score_risk_everywhere
    from edukit.progress import showing

    settings, day = Settings.from_environment(home=home), as_of.date() if as_of else None
    with prepared(settings) as stores, showing("Risk") as progress:
        told = score_risk_everywhere(stores, on=day, now=settings.now, progress=progress)
    say("\n".join(told))
