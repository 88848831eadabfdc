"""Commands that serve: each parses and calls."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edukit.cli.options import Home, NoBrowser
from edukit.settings import Settings

Port = Annotated[int, typer.Option(help="Port on 127.0.0.1.", min=0, max=65535)]


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


def lab(
    home: Home = None,
    port: Port = 8888,
    no_browser: NoBrowser = False,  # noqa: FBT002
    institution: Annotated[
        str | None, typer.Option(help="Name of the institution, where there are several.", show_default=False)
    ] = None,
) -> None:
    """Open JupyterLab on your own copy of the notebooks, as an analyst."""
    from edukit.serving import lab as serving

    serving.lab(Settings.from_environment(home=home, institution=institution), port, browser=not no_browser)
