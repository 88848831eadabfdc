"""What commands have in common: where they print, and the options that many take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

Home = Annotated[Path | None, typer.Option(help="Folder of the stores; else EDUKIT_HOME.", show_default=False)]
Port = Annotated[int, typer.Option(help="Port on 127.0.0.1.", min=0, max=65535)]
NoBrowser = Annotated[bool, typer.Option("--no-browser", help="Do not open a browser.")]


def say(text: object) -> None:
    """Print it as it stands: brackets in it are no markup."""
    out.print(escape(str(text)))
