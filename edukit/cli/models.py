"""Commands that run models: each parses, calls, prints."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from edukit.cli.options import Home, say
from edukit.settings import Settings

models = typer.Typer(help="Run the models that predict.", no_args_is_help=True)
score = typer.Typer(help="Write what a model says of every student.", no_args_is_help=True)
models.add_typer(score, name="score")
backtest = typer.Typer(help="Try a model on students that it has not seen.", no_args_is_help=True)
models.add_typer(backtest, name="backtest")
refit = typer.Typer(help="Fit a model anew, and let it serve where it holds.", no_args_is_help=True)
models.add_typer(refit, name="refit")


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


@backtest.command("mastery")
def mastery(  # noqa: PLR0913, PLR0917 - its options
    data: Annotated[Path | None, typer.Option(help="Tidy file, predicted in five folds by student.")] = None,
    train: Annotated[Path | None, typer.Option(help="Tidy file to fit the model to, with --test.")] = None,
    test: Annotated[Path | None, typer.Option(help="Tidy file to predict.")] = None,
    skill_separator: Annotated[
        str | None, typer.Option(help="What parts several skills of one attempt in skill_id.", show_default=False)
    ] = None,
    q_matrix: Annotated[
        Path | None, typer.Option(help="SciPy sparse matrix (.npz) of items by concepts, in place of skill_id.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same number makes the same folds and models.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,  # noqa: FBT002
    home: Home = None,
) -> None:
    """Predict every answer from the student's earlier ones, and say how well, beside simple baselines.

    Without files these are the answers of the institution that you look into, in five folds by student. Files are tidy:
    user_id item_id timestamp correct skill_id, and group if there are any; tabs or commas.
    """
    import edukit
    from edukit.ops.backtesting import backtest_mastery_files
    from edukit.progress import showing

    if not (data or train or test):
        with edukit.connect(Settings.from_environment(home=home)) as edu, showing("Backtest") as progress:
            own = edu.backtest_mastery(seed=seed, progress=progress)
        return say(json.dumps(own.as_json(), allow_nan=False) if as_json else own)
    with showing("Backtest") as progress:
        found = backtest_mastery_files(
            data=data,
            train=train,
            test=test,
            skill_separator=skill_separator,
            q_matrix=q_matrix,
            seed=seed,
            progress=progress,
        )
    return say(json.dumps(found.as_json(), allow_nan=False) if as_json else found)


@refit.command("mastery")
def refit_mastery(
    home: Home = None,
    institution: Annotated[
        str | None, typer.Option(help="Name of the one institution; else all.", show_default=False)
    ] = None,
) -> None:
    """Fit the model of mastery anew, try it on students it has not seen, and score everybody by it if it holds.

    What serves goes on serving until then. A run that was broken off is gone on from by the next one.
    """
    from edukit.ops.prepare import prepared
    from edukit.ops.refitting import refit_mastery as refit_everywhere
    from edukit.progress import showing

    settings = Settings.from_environment(home=home)
    with prepared(settings) as stores, showing("Refit") as progress:
        told = refit_everywhere(stores, institution=institution, now=settings.now, progress=progress)
    say("\n".join(told))
