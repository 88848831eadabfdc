"""The headers of security, which every answer of the server's has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tornado.web import OutputTransform

if TYPE_CHECKING:
    from tornado.httputil import HTTPHeaders

HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": "frame-ancestors 'self'",
}
"""What every answer says, unless it says something stricter."""


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
