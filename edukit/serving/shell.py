"""The shell: what the server puts around every page, as HTML. It asks nothing of any store."""

from __future__ import annotations

import base64
import hashlib
import re
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jupyter_server.utils import url_path_join
from markupsafe import Markup

from edukit.models.people import THEMES
from edukit.serving.identity import visitor_of
from edukit.ui import links
from edukit.ui.theme import tokens

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jupyter_server.base.handlers import JupyterHandler

    from edukit.serving.identity import Visitor

NAME: Final = "edukit"
LONGEST_SEARCH: Final = 80
"""Characters that one may look for."""
KEPT: Final = ("class", "from", "to")
"""What links from one dashboard to another keep of the address."""
LOOKS_FOR: Final = {"teacher": "student or class", "admin": "student or class", "analyst": "student or class",
                    "mentor": "student"}  # fmt: skip
"""Whom the search is of use to: who stands by a few students finds them all on the first page."""
PAGES: Final = Path(__file__).with_name("pages")
MARK: Final = (PAGES / "mark.svg").read_text(encoding="utf-8").strip()
"""The product's mark, an SVG: also its favicon."""
STYLE: Final = tokens() + (PAGES / "shell.css").read_text(encoding="utf-8")
SCRIPT: Final = (PAGES / "shell.js").read_text(encoding="utf-8")
FOOT: Final = "</main>\n</body>\n</html>\n"
SKELETON: Final = (
    '<div class="edukit-skeleton" role="status"><span class="edukit-unseen">Loading…</span>'
    '<i aria-hidden="true"></i><i aria-hidden="true"></i><i aria-hidden="true"></i><i aria-hidden="true"></i>'
    "<noscript><p>This page works with JavaScript: allow it, and reload the page.</p></noscript></div>"
)


def allowed(text: str) -> str:
    """How a policy names an inline style or script."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


POLICY: Final = "; ".join(
    [
        "default-src 'none'",
        f"style-src {allowed(STYLE)}",
        f"script-src {allowed(SCRIPT)}",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'self'",
    ]
)
"""Of a page that is the shell and plain HTML: what is inline there, and nothing else."""
# Compiled once in a process: no page waits for it.
templates: Final = Environment(
    loader=FileSystemLoader(PAGES), autoescape=True, undefined=StrictUndefined, auto_reload=False
)
_shell: Final = templates.get_template("shell.html.j2")


class Shell:
    """What stands around one page.

    Args:
        handler: of the request; whoever asks need not be signed in.
        name: of the dashboard, as :data:`edukit.ui.links.PAGES` knows it; any other is no dashboard of the header.
        title: of the page, as the browser shows it; edukit's name comes after it.
        found: what the search field holds.
    """

    def __init__(self, handler: JupyterHandler, *, name: str, title: str, found: str = "") -> None:
        visitor = visitor_of(handler)
        kept = kept_of(handler)
        query = f"?{urlencode(kept)}" if kept else ""
        render = f"{handler.base_url}voila/render/"
        self._values: dict[str, Any] = {
            "title": title if title.endswith(NAME) else f"{title} · {NAME}",
            "base": handler.base_url,
            "home": f"{render}home.ipynb{query}",
            "visitor": visitor,
            "theme": visitor.theme if visitor else "system",
            "themes": THEMES,
            "mark": Markup(MARK.replace("<svg ", '<svg aria-hidden="true" ', 1)),  # noqa: S704 - it is our own
            "style": Markup(STYLE),  # noqa: S704
            "script": Markup(SCRIPT),  # noqa: S704
            **(_of_visitor(handler, visitor, name, kept, f"{render}{{}}.ipynb{query}", found) if visitor else {}),
        }

    def head(self, extra_head: str = "", body_data: Mapping[str, str] | None = None) -> str:
        """From the doctype to where the page's own content begins.

        Args:
            extra_head: HTML for the end of ``<head>``, as it is.
            body_data: data attributes of the body, without their ``data-``.
        """
        own = {"extra_head": Markup(extra_head), "body_data": body_data or {}}  # noqa: S704 - the server's own
        return _shell.render(self._values, **own)

    def foot(self) -> str:
        """The end of the page."""
        return FOOT

    def skeleton(self) -> str:
        """Shapes in the place of what is still to come; a script of the page's takes ``.edukit-skeleton`` away."""
        return SKELETON


def error_card(reference: str, words: str) -> str:
    """What went wrong, the next step, and the number under which the server's log has more.

    Args:
        reference: of :func:`edukit.errors.new_reference`.
        words: what went wrong and what to do next, as text.
    """
    return (
        f'<div class="edukit-fault" role="alert"><strong>This cannot be shown now.</strong> {escape(words)}'
        f"<p>If it comes back, tell your administrator this number: <code>{escape(reference)}</code></p></div>"
    )


def kept_of(handler: JupyterHandler) -> dict[str, str]:
    """What the links of a page keep: class and dates of its address."""
    asked = handler.request.query_arguments
    given = {name: asked[name][-1].decode("ascii", "replace") for name in KEPT if name in asked}
    return {name: value for name, value in given.items() if re.fullmatch(r"[0-9-]{1,16}", value)}


def _of_visitor(  # noqa: PLR0913, PLR0917 - each is a part of the header
    handler: JupyterHandler, visitor: Visitor, name: str, kept: dict[str, str], address: str, found: str
) -> dict[str, Any]:
    here = str(handler.request.uri) if handler.request.method == "GET" else handler.base_url
    return {
        "links": [
            {"address": address.format(page), "words": words, "is_here": page == name}
            for page, words in links.PAGES.items()
            if links.offers(visitor.role, page)
        ],
        "looks_for": LOOKS_FOR.get(visitor.role, ""),
        "longest": LONGEST_SEARCH,
        "found": found,
        "kept": kept,
        "here": here,
        "account": url_path_join(handler.base_url, "account") + "?" + urlencode({"next": here}),
        "xsrf": handler.xsrf_token.decode(),
    }
