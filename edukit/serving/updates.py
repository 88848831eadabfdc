"""``/updates``: an open page hears which of its classes have changed, as server-sent events, or that grievances have.

Which classes a visitor may see is asked of the database, as them, when they come and every quarter of an hour; and
of grievances, which change seldom, each time. An open page starts no kernel and does not keep its visitor signed in.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final, LiteralString

import psycopg
from tornado.iostream import StreamClosedError
from tornado.web import HTTPError, RequestHandler

from edukit.cache import grievances_key, updates_key
from edukit.db.session import CONNECT_SECONDS
from edukit.errors import ActionError, StoreError
from edukit.serving.following import Updates
from edukit.serving.identity import whose, word_of
from edukit.serving.logins import Logins
from edukit.serving.renewal import Span
from edukit.serving.sessions import name_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from edukit.ops.stores import Stores
    from edukit.serving.door import Door
    from edukit.serving.following import Follower
    from edukit.serving.identity import Visitor

AT_ONCE: Final = 2
"""Visitors at once for whom the database is asked what they may see."""
MOST_CLASSES: Final = 100
MOST_STREAMS: Final = 20
"""Of a session; a page that nobody looks at has none."""
KEEP_ALIVE_SECONDS: Final = 15.0
ASKED_AGAIN_SECONDS: Final = 900.0
RETRY_MS: Final = 3_000
_ID: Final = re.compile(r"\d{1,18}")
_SEEN_CLASSES: Final = "SELECT id FROM classes WHERE institution_id = %s AND id = ANY (%s)"
_SEEN_GRIEVANCES: Final = "SELECT id::text FROM grievances WHERE institution_id = %s AND id = ANY (%s::uuid[])"


class Streams:
    """The streams of all pages that are open.

    Args:
        stores: running and migrated.
    """

    def __init__(self, stores: Stores) -> None:
        self.updates = Updates(stores.redis_url)
        self.of_session: Counter[str] = Counter()
        self._logins = Logins(stores)
        self._threads = ThreadPoolExecutor(AT_ONCE, "edukit updates")

    async def classes(self, visitor: Visitor, ids: Collection[int]) -> list[int]:
        """Those among some classes that a visitor may see.

        Raises:
            ActionError: they have left, or were signed out since.
            StoreError: PostgreSQL does not answer.
        """
        return await self._look(visitor, _SEEN_CLASSES, ids)

    async def grievances(self, visitor: Visitor, ids: Collection[str]) -> list[str]:
        """Those among some grievances that a visitor may see.

        Raises:
            ActionError: they have left, or were signed out since.
            StoreError: PostgreSQL does not answer.
        """
        return await self._look(visitor, _SEEN_GRIEVANCES, ids)

    async def close(self) -> None:
        """Say nothing more."""
        await self.updates.close()
        self._threads.shutdown()

    async def _look(self, visitor: Visitor, query: LiteralString, ids: Collection[Any]) -> list[Any]:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._seen, visitor, query, list(ids))

    def _seen(self, visitor: Visitor, query: LiteralString, ids: list[Any]) -> list[Any]:
        if not ids:
            return []
        login = self._logins.mint(visitor).login
        try:
            with psycopg.connect(login.database_url, connect_timeout=CONNECT_SECONDS) as connection:
                rows = connection.execute(query, [visitor.institution_id, ids]).fetchall()
        except psycopg.OperationalError as error:
            message = "PostgreSQL does not answer."
            raise StoreError(message) from error
        finally:
            self._logins.revoke(login.name)
        return [row[0] for row in rows]


class UpdatesStream(RequestHandler):
    """One page's stream, for as long as the page is open and its session lives."""

    _follower: Follower | None = None

    def initialize(self, streams: Streams) -> None:
        """Take what all pages share."""
        self._streams = streams

    async def get(self) -> None:
        """Say what changes of the classes asked for that the visitor may see, and of grievances that they may.

        As ``?class=7&class=8&grievances=yes``.

        Raises:
            HTTPError: 400 for what are no ids, 403 where nobody is signed in or may see none of them, 429 for too many
                streams, 503 where a store does not answer.
        """
        visitor = await self._visitor()
        if self._streams.of_session[visitor.session] >= MOST_STREAMS:
            raise HTTPError(429)
        self._streams.of_session[visitor.session] += 1
        try:
            await self._follow(visitor, await self._keys(visitor))
        finally:
            self._streams.of_session[visitor.session] -= 1
            self._streams.of_session += Counter()

    def on_connection_close(self) -> None:
        """Wait for nothing more: nobody listens."""
        if self._follower:
            self._follower.leave()

    async def _visitor(self) -> Visitor:
        """Who has signed in; to look does not let their session last on."""
        door: Door = self.settings["door"]
        name = name_of(word_of(self))
        try:
            visitor = whose(name, await door.look(door.sessions.get, name))
        except StoreError as error:
            raise HTTPError(503) from error
        if visitor is None:
            raise HTTPError(403)
        return visitor

    async def _keys(self, visitor: Visitor) -> dict[str, int]:
        """The classes that the visitor may see among those asked for, by the keys of their streams."""
        asked = self.get_query_arguments("class")
        if not (asked or self._wants_grievances) or len(asked) > MOST_CLASSES or not all(map(_ID.fullmatch, asked)):
            raise HTTPError(400)
        try:
            seen = await self._streams.classes(visitor, [int(class_id) for class_id in asked])
        except StoreError as error:
            raise HTTPError(503) from error
        except ActionError as error:
            raise HTTPError(403) from error
        if not (seen or self._wants_grievances):
            raise HTTPError(403)
        return {updates_key(visitor.institution_id, class_id): class_id for class_id in seen}

    @property
    def _wants_grievances(self) -> bool:
        return self.get_query_argument("grievances", "") == "yes"

    async def _follow(self, visitor: Visitor, classes: dict[str, int]) -> None:
        self.set_header("Content-Type", "text/event-stream")
        self.set_header("Cache-Control", "no-store")
        # nginx would gather what is said.
        self.set_header("X-Accel-Buffering", "no")
        keys = classes.keys() | ({grievances_key(visitor.institution_id)} if self._wants_grievances else set())
        last = self.request.headers.get("Last-Event-ID") or self.get_query_argument("last", "")
        run, untold, said_at = "", dict[str, Span](), 0.0
        until = time.monotonic() + ASKED_AGAIN_SECONDS
        with self._streams.updates.following(frozenset(keys), last) as self._follower:
            said = f"retry: {RETRY_MS}\n\n"
            while await self._say(visitor, said) and time.monotonic() < until:
                # What is not theirs puts off nothing either: that it was there is not theirs to know.
                said_at = time.monotonic() if said else said_at
                news = await self._follower.news(max(0.0, said_at + KEEP_ALIVE_SECONDS - time.monotonic()))
                changed = news.transactions if news else {}
                told = {classes[key]: span for (key, grievance), span in changed.items() if not grievance}
                untold |= {one: span for (_, one), span in changed.items() if one}
                theirs = await self._of_grievances(visitor, untold)
                is_other = news is not None and (news.is_lost or news.run != run)
                run = news.run if news else run
                if told or theirs or is_other:
                    said = event(run, told, theirs, is_lost=news is not None and news.is_lost)
                else:
                    said = "" if news else ": still here\n\n"

    async def _of_grievances(self, visitor: Visitor, untold: dict[str, Span]) -> list[Span]:
        """The transactions that changed each grievance which the visitor may see.

        What cannot be asked for now stays untold.
        """
        if not untold:
            return []
        try:
            seen = await self._streams.grievances(visitor, untold)
        except (StoreError, ActionError):
            return []
        # Not as one span: what ran while a page read may lie between two that it knows.
        theirs = [untold[grievance] for grievance in seen]
        untold.clear()
        return theirs

    async def _say(self, visitor: Visitor, said: str) -> bool:
        """Say something, if there is something to say; False: the page is gone, or its session has ended."""
        door: Door = self.settings["door"]
        if not await door.look(door.sessions.is_alive, visitor.session):
            return False
        try:
            if said:
                self.write(said)
                await self.flush()
        except StreamClosedError:
            return False
        return True


def event(run: str, classes: dict[int, Span], grievances: list[Span], *, is_lost: bool) -> str:
    """News as an event: the run of Redis as its id, and the first and last of the transactions.

    Args:
        run: the run of Redis that says it.
        classes: the transactions that changed each class.
        grievances: those that changed each grievance; it is not said which.
        is_lost: whether what happened before is unknown.
    """
    told = {"lost": is_lost, "classes": classes, "grievances": grievances}
    return f"id: {run}\ndata: {json.dumps(told)}\n\n"
