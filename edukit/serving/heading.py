"""The shell's header at the head of a page of Voilà's own template."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from edukit.serving.shell import Shell

if TYPE_CHECKING:
    from jupyter_server.base.handlers import JupyterHandler


def tell_visitor(handler: JupyterHandler, notebook: Any, **_: object) -> None:
    """Give the page's template its header; Voilà calls it before a page is begun."""
    shell = Shell(handler, name=PurePosixPath(handler.request.path).stem, title="")
    notebook.metadata["edukit"] = {"header": shell.header(), "theme": handler.current_user.theme}
