"""The line at the head of each page of the dashboards: who has signed in, and the way out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from jupyter_server.utils import url_path_join
from tornado.web import OutputTransform

from edukit.ui.theme import tokens

if TYPE_CHECKING:
    from jupyter_server.base.handlers import JupyterHandler
    from tornado.httputil import HTTPHeaders

    from edukit.serving.identity import Visitor

STYLE: Final = tokens() + Path(__file__).with_name("pages").joinpath("heading.css").read_text(encoding="utf-8")
HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": "frame-ancestors 'self'",
}
"""What every answer says, unless it says something stricter."""


def tell_visitor(handler: JupyterHandler, notebook: Any, **_: object) -> None:
    """Give the page's template what its head says; Voilà calls it before a page is begun."""
    visitor: Visitor = handler.current_user
    notebook.metadata["edukit"] = {
        "name": visitor.name,
        "role": visitor.role,
        "institution": visitor.institution,
        "account": url_path_join(handler.base_url, "account") + "?" + urlencode({"next": handler.request.uri}),
        "has_choice": visitor.has_choice,
        "logout": url_path_join(handler.base_url, "logout"),
        "xsrf": handler.xsrf_token.decode(),
        "style": STYLE,
    }


class SafeHeaders(OutputTransform):
    """Gives every answer the headers of security, whoever makes it."""

    def transform_first_chunk(
        self,
        status_code: int,
        headers: HTTPHeaders,
        chunk: bytes,
        finishing: bool,  # noqa: ARG002, FBT001 - as tornado calls it
    ) -> tuple[int, HTTPHeaders, bytes]:
        """Add those that are not there."""
        for name, value in HEADERS.items():
            if name not in headers:
                headers[name] = value
        return status_code, headers, chunk
