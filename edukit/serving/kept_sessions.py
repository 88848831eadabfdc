"""What Redis holds of sessions, under the keys that :mod:`edukit.cache` lists."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    import redis


@dataclass(frozen=True)
class Session:
    """Who has signed in, when and from where; nobody yet, where an account of several users has not chosen."""

    account_id: int
    signed_in_at: datetime
    address: str
    institution_id: int | None = None
    user_id: int | None = None
    role: str = ""
    name: str = ""
    institution: str = ""
    has_choice: bool = False
    theme: str = "system"


@dataclass(frozen=True)
class Seen:
    """A session that is open, and when something was last asked in it."""

    session: Session
    seen_at: datetime


def open_sessions(client: redis.Redis, account_id: int | None) -> list[Seen]:
    """The open sessions of an account, or of all; those seen last come first."""
    wanted = (
        [index_of(account_id)] if account_id is not None else list(client.scan_iter(match="sessions:*", count=1000))
    )
    found = []
    for index in wanted:
        for name, seen_at, session in _indexed(client, str(index)):
            if session is None:
                client.zrem(index, name)
            else:
                found.append(Seen(session, datetime.fromtimestamp(seen_at, UTC)))
    return sorted(found, key=lambda one: one.seen_at, reverse=True)


def end_until(client: redis.Redis, account_id: int, until: datetime) -> None:
    """End the sessions of an account that were signed in until a moment."""
    for name, _, session in _indexed(client, index_of(account_id)):
        if session is None or session.signed_in_at <= until:
            client.delete(key_of(name))
            client.zrem(index_of(account_id), name)


def show_in(theme: str, client: redis.Redis, account_id: int, user: tuple[int, int]) -> None:
    """Show the open sessions of a user, by the ids of their institution and their own, in a theme."""
    for name, _, session in _indexed(client, index_of(account_id)):
        if session is not None and (session.institution_id, session.user_id) == user:
            # One that has ended meanwhile stays ended, and none lasts longer by it.
            client.set(key_of(name), text_of(replace(session, theme=theme)), xx=True, keepttl=True)


def _indexed(client: redis.Redis, index: str) -> list[tuple[str, float, Session | None]]:
    """Each session of an index with when it was last seen; None: it has ended by itself."""
    seen = cast("list[tuple[str, float]]", client.zrange(index, 0, -1, withscores=True))
    texts = client.mget([key_of(name) for name, _ in seen]) if seen else []
    return [(name, moment, session_of(text)) for (name, moment), text in zip(seen, texts, strict=True)]


def key_of(name: str) -> str:
    """Where a session stands."""
    return f"session:{{{name}}}"


def index_of(account_id: int) -> str:
    """Where the sessions of an account are listed."""
    return f"sessions:{{account:{account_id}}}"


def text_of(session: Session) -> str:
    """A session as it is kept."""
    return json.dumps({**asdict(session), "signed_in_at": session.signed_in_at.isoformat()})


def session_of(text: object) -> Session | None:
    """And back; None: there is none that can be read."""
    # Another edukit may have written it otherwise: whoever cannot be read signs in again.
    with suppress(ValueError, TypeError, KeyError):
        told: dict[str, Any] = json.loads(cast("str", text))
        return Session(**{**told, "signed_in_at": datetime.fromisoformat(told["signed_in_at"])})
    return None
