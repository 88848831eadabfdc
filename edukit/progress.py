"""One progress bar for every long job."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def showing(title: str) -> Iterator[Callable[[str, float], None]]:
    """A bar on standard error; call what it gives with what is being done and the share done (0-1)."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=1.0)

        def show(stage: str, share: float) -> None:
            bar.update(task, description=f"{title}: {stage}" if stage else title, completed=share)

        yield show
