"""Sessions of those who have signed in."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Sessions:
    """Which sessions are alive, in this process's memory."""

    def __init__(self) -> None:
        self.on_end: list[Callable[[str], None]] = []
        self._alive: set[str] = set()

    def is_alive(self, session: str) -> bool:
        """Whether a session has not ended."""
        return session in self._alive

    def touch(self, session: str) -> None:
        """Let a session live on from now."""

    def end(self, session: str) -> None:
        """End a session."""
        self._alive.discard(session)
        for call in self.on_end:
            call(session)
