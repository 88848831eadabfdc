"""What a cell gives, as HTML: texts, tables and pictures as they are, widgets as places that the page's script fills.

A kind that is not known here is left to Voilà's own front end, as the JSON that it reads.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Final

from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbconvert.filters.ansi import ansi2html
from nbconvert.filters.markdown_mistune import markdown2html_mistune

from edukit.errors import new_reference
from edukit.serving.shell import error_card

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nbformat import NotebookNode
    from voila.execute import VoilaExecutor

VIEW: Final = "application/vnd.jupyter.widget-view+json"
VOILAS: Final = "application/vnd.voila.cell-output+json"
MATH: Final = ("$", "\\(", "\\[", "\\begin{")
FAILED: Final = "A part of this page failed. Reload the page."
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Ran:
    """What a cell gave, and whether the page ends with it."""

    html: str
    failed: bool = False


async def ran(executor: VoilaExecutor, cell: NotebookNode, index: int) -> Ran:
    """Run a cell. What it fails by is for the log, under a number that the page shows."""
    if cell.cell_type != "code":
        return Ran(markdown(cell.source) if cell.cell_type == "markdown" else "")
    cell.outputs = []
    try:
        await executor.async_execute_cell(cell, index, store_history=False)
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        reference = new_reference()
        _log.error("%s: cell %s failed: %s", reference, cell.get("id", index), error)
        shown = [output for output in cell.outputs if output.output_type != "error"]
        return Ran(_outputs(shown) + error_card(reference, FAILED), failed=True)
    return Ran(_outputs(cell.outputs))


def markdown(source: str) -> str:
    """A text of the notebook's."""
    kind = " jp-MarkdownOutput" if any(sign in source for sign in MATH) else ""
    return f'<div class="edukit-text jp-RenderedHTMLCommon{kind}">{markdown2html_mistune(source)}</div>'


def _outputs(outputs: list[NotebookNode]) -> str:
    # What is said on stderr is for who keeps the server, as in Voilà.
    return "".join(_output(output) for output in outputs if output.get("name") != "stderr")


def _output(output: NotebookNode) -> str:
    if output.output_type == "stream":
        return f"<pre>{ansi2html(output.text)}</pre>"  # type: ignore[no-untyped-call]
    data: Mapping[str, Any] = output.data
    if VIEW in data:
        return f'<div class="edukit-view" data-model="{escape(data[VIEW]["model_id"])}"></div>'
    for kind, html in SHOWN.items():
        if kind in data and not _has_math(kind, data[kind]):
            return html(data[kind])
    if list(data) == ["text/plain"]:
        return f"<pre>{escape(data['text/plain'])}</pre>"
    return f'<div class="edukit-other"><script type="{VOILAS}">{_json(output)}</script></div>'


def _has_math(kind: str, text: str) -> bool:
    return kind == "text/markdown" and any(sign in text for sign in MATH)


def _json(output: NotebookNode) -> str:
    return json.dumps(output).replace("</", "<\\/").replace("<!--", "<\\!--")


def _picture(kind: str) -> Callable[[str], str]:
    return lambda data: f'<img alt="" src="data:{kind};base64,{escape("".join(data.split()))}">'


# In the order of Jupyter's own preference; what needs more than HTML is not among them.
SHOWN: Final[Mapping[str, Callable[[str], str]]] = {
    "text/html": lambda html: f'<div class="edukit-html jp-RenderedHTMLCommon">{html}</div>',
    "text/markdown": markdown,
    "image/svg+xml": lambda svg: f"<div>{svg}</div>",
    "image/png": _picture("image/png"),
    "image/jpeg": _picture("image/jpeg"),
    "image/gif": _picture("image/gif"),
}
