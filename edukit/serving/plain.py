"""Pages of the server's own, in the shell: plain HTML, without a kernel. One that cannot be shown says why in it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.base.handlers import JupyterHandler
from tornado.web import HTTPError

from edukit.errors import new_reference
from edukit.serving.identity import visitor_of
from edukit.serving.shell import POLICY, Shell, templates

if TYPE_CHECKING:
    from types import TracebackType

    from tornado.web import RequestHandler

REFUSED: Final = 400
SERVER_FAULT: Final = 500
AWAY: Final = 503
RETRY_SECONDS: Final = 5
SAID: Final = {
    400: ("This address cannot be read", "A part of it is not what edukit expects, and nothing was done."),
    403: (
        "This is not open to you",
        "It is not yours to see, or your browser did not prove that this comes from our own page. Reload the page.",
    ),
    404: (
        "There is no such page here",
        "The address may be mistyped, or it is of a page that is not there any more.",
    ),
    SERVER_FAULT: ("This is a fault of edukit", "It is not of your data, and not of what you did. Try again."),
    AWAY: ("Not now", "The database does not answer just now. Nothing is lost."),
}
ANY: Final = ("This cannot be done here", "Nothing was done. Go back, and try again.")
_log = logging.getLogger(__name__)


def log_request(handler: RequestHandler) -> None:
    """Log what was answered, of the address only what names nobody: a search's words stay out of the log.

    Args:
        handler: that has answered; 500 and above is an error, 400 and above a warning, the rest for debugging.
    """
    status, request = handler.get_status(), handler.request
    level = logging.ERROR if status >= SERVER_FAULT else logging.WARNING if status >= REFUSED else logging.DEBUG
    milliseconds = 1000 * request.request_time()
    _log.log(level, "%d %s %s (%s) %.0f ms", status, request.method, request.path, request.remote_ip, milliseconds)


class FaultPages:
    """Lets a handler of Jupyter's say in the shell why it gives no page, and log what went wrong under a number."""

    reference = ""

    def log_exception(
        self: Any, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """A fault goes to the log once, under the number that its page shows; of an address, what names nobody."""
        if isinstance(error, HTTPError) and error.status_code != SERVER_FAULT:
            super().log_exception(kind, error, trace)  # type: ignore[misc]
            return
        self.reference = new_reference()
        asked = (self.reference, self.request.method, self.request.path)
        _log.error("%s: %s %s failed.", *asked, exc_info=(kind, error, trace))  # type: ignore[arg-type]

    def _request_summary(self: Any) -> str:
        """What tornado's own lines of the log call a request."""
        return f"{self.request.method} {self.request.path} ({self.request.remote_ip})"

    def write_error(self: Any, status_code: int, **_: Any) -> None:
        """Say what to do next."""
        heading, words = SAID.get(status_code, ANY)
        if status_code == AWAY:
            self.set_header("Retry-After", RETRY_SECONDS)
        again = self.request.uri if self.request.method == "GET" and status_code >= SERVER_FAULT else ""
        goes_on = status_code == AWAY and bool(again)
        # Who asks cannot be told either; a new session does not wait for that.
        sign_in = f"{self.get_login_url()}?{urlencode({'next': again})}" if goes_on and not visitor_of(self) else ""
        told = {"words": words, "again": again, "goes_on": goes_on, "sign_in": sign_in, "reference": self.reference}
        show(self, "fault", title=heading, **told)


class PlainPage(FaultPages, JupyterHandler):
    """A page without a kernel."""


class Missing(PlainPage):
    """Whatever address is nobody's."""

    @allow_unauthenticated
    def get(self) -> None:
        """It is not there, for whoever asks."""
        raise HTTPError(404)

    post = put = patch = delete = options = get


def show(handler: JupyterHandler, page: str, *, title: str, name: str = "", found: str = "", **values: Any) -> None:
    """Answer with a page of ours.

    Args:
        handler: of the request.
        page: name of its template.
        title: of the page; its heading, too.
        name: as :class:`~edukit.serving.shell.Shell` takes it.
        found: what the search field holds.
        values: what else its template takes.
    """
    shell = Shell(handler, name=name, title=title, found=found)
    body = templates.get_template(f"{page}.html.j2").render(title=title, base=handler.base_url, **values)
    handler.set_header("Content-Type", "text/html; charset=utf-8")
    handler.set_header("Cache-Control", "no-store")
    handler.set_header("Content-Security-Policy", POLICY)
    handler.finish(shell.head() + body + shell.foot())
