"""``/search``: students and classes by a part of their names, looked for as whoever has signed in."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

from tornado.web import Finish, HTTPError, authenticated

from edukit.errors import ActionError, SignedOut, StoreError
from edukit.queries.search import MOST, find
from edukit.serving.logins import Logins
from edukit.serving.plain import PlainPage, show
from edukit.serving.shell import LONGEST_SEARCH, kept_of
from edukit.ui import links

if TYPE_CHECKING:
    import pandas as pd

    from edukit.ops.stores import Stores
    from edukit.serving.door import Door
    from edukit.serving.identity import Visitor

AT_ONCE: Final = 2
"""Searches that wait for the database at once."""
GROUPS: Final = {"student": "Students", "class": "Classes"}


class Finder:
    """Looks for somebody, each time by a login of theirs that ends with the search.

    Args:
        stores: running and migrated.
    """

    def __init__(self, stores: Stores) -> None:
        self._logins = Logins(stores)
        self._threads = ThreadPoolExecutor(AT_ONCE, "edukit search")

    async def find(self, visitor: Visitor, text: str, class_id: int | None) -> pd.DataFrame:
        """What a visitor finds, one more of each kind than is shown: the frame ``found``.

        Raises:
            ActionError: the visitor has left, or was signed out since.
            SignedOut: they are just now.
            StoreError: the database does not answer.
        """
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._found, visitor, text, class_id)

    def _found(self, visitor: Visitor, text: str, class_id: int | None) -> pd.DataFrame:
        with self._logins.looking(visitor) as session:
            return find(session, text, class_id=class_id, most=MOST + 1)


class Search(PlainPage):
    """The page of what was found; the only one that is, is gone on to."""

    def initialize(self, finder: Finder) -> None:
        """Take who looks."""
        self._finder = finder

    @authenticated
    async def get(self) -> None:
        """Look, and show what there is."""
        visitor: Visitor = self.current_user
        text = self.get_query_argument("find", "")[:LONGEST_SEARCH]
        kept = kept_of(self)
        sees_classes = links.offers(visitor.role, "class_mastery")
        groups = self._groups(await self._found(visitor, text, kept.get("class", "")), kept, sees_classes=sees_classes)
        rows = [row for group in groups for row in group["rows"]]
        if len(rows) == 1:
            self.redirect(rows[0]["address"])
            return
        title = f"Found: {text}" if rows else "Nothing found" if text.split() else "Find a student or class"
        show(self, "search", title=title, found=text, groups=groups, words=text.split(), only_students=not sees_classes)

    async def _found(self, visitor: Visitor, text: str, class_id: str) -> pd.DataFrame:
        try:
            return await self._finder.find(visitor, text, int(class_id) if class_id.isdecimal() else None)
        except (ActionError, SignedOut):
            door: Door = self.settings["door"]
            await door.look(door.sessions.end, visitor.session)
            # Whoever is signed in no more is led to the door, and back.
            self.redirect(str(self.request.uri))
            raise Finish from None
        except StoreError as error:
            raise HTTPError(503) from error

    def _groups(self, found: pd.DataFrame, kept: dict[str, str], *, sees_classes: bool) -> list[dict[str, Any]]:
        """The rows of each kind, with their addresses, and whether there are more."""
        dates = {name: value for name, value in kept.items() if name != "class"}
        groups = []
        for kind, words in GROUPS.items():
            rows = found[found["kind"] == kind].astype({"class_id": object}).where(lambda row: row.notna(), None)
            if len(rows) and (kind == "student" or sees_classes):
                shown = [self._row(row, dates) for row in rows[:MOST].itertuples(index=False)]
                groups.append({"words": words, "rows": shown, "has_more": len(rows) > MOST})
        return groups

    def _row(self, row: Any, dates: dict[str, str]) -> dict[str, Any]:
        student = {"student": row.id} if row.kind == "student" else {}
        page = "student" if student else "class_mastery"
        address = links.address(page, **student, class_=row.class_id, **dates)
        return {"name": row.name, "about": row.about, "address": f"{self.base_url}voila/render/{address}"}
