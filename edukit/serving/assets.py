"""What pages load: built files under addresses that change with their content, so that they are kept for good."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from tornado.web import HTTPError, RequestHandler

FILES: Final = Path(__file__).parent.parent / "frontend" / "static"
TYPES: Final = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
FOR_GOOD: Final = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class Asset:
    """A file as it is sent."""

    digest: str
    kind: str
    plain: bytes
    packed: bytes
    """The same, gzipped."""


@cache
def assets() -> dict[str, Asset]:
    """All there are, by name; packed once, in a fraction of a second."""
    found = {path.name: path.read_bytes() for path in sorted(FILES.iterdir()) if path.suffix in TYPES}
    return {
        name: Asset(hashlib.sha256(plain).hexdigest()[:16], TYPES[Path(name).suffix], plain, gzip.compress(plain, 9))
        for name, plain in found.items()
    }


def asset_url(base_url: str, name: str) -> str:
    """The address of a file in its present content."""
    return f"{base_url}assets/{assets()[name].digest}/{name}"


class Assets(RequestHandler):
    """Hands out the files, which tell nothing of anybody: no sign-in is asked for."""

    def get(self, digest: str, name: str) -> None:
        """Send a file, packed where the browser can unpack it."""
        asset = assets().get(name)
        # A page of an older edukit must not get what does not fit it.
        if asset is None or asset.digest != digest:
            raise HTTPError(404)
        self.set_header("Content-Type", asset.kind)
        self.set_header("Cache-Control", FOR_GOOD)
        self.set_header("Vary", "Accept-Encoding")
        if "gzip" in self.request.headers.get("Accept-Encoding", ""):
            self.set_header("Content-Encoding", "gzip")
            self.finish(asset.packed)
        else:
            self.finish(asset.plain)
