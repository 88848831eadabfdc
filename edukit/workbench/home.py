"""The Workbench on the first page: who is looking, and how their classes are doing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edukit.queries import home, practice, search
from edukit.workbench.desk import Desk

if TYPE_CHECKING:
    import pandas as pd


class HomeDesk(Desk):
    """A teacher's day at a glance."""

    def me(self) -> pd.DataFrame:
        """Who looks, in one row, with the grievances that wait for them: the frame ``me``.

        Empty for whoever keeps the machine and looks as an analyst (``EDUKIT_USER`` is not told).
        """
        with self._reading() as session:
            return home.me(session, user_id=self._looking.user_id)

    def home(self) -> pd.DataFrame:
        """The classes that the viewer teaches, by name, with the few figures that matter: the frame ``home``.

        Where they teach none (an analyst, or an admin), the first 60 of the classes that the viewer may see;
        the column ``taught`` tells. Classes that were put away are left out.
        """
        with self._reading() as session:
            classes = home.classes_of(session, user_id=self._looking.user_id)
            return home.home(
                session,
                classes,
                thresholds=self._thresholds(session),
                now=self.now,
                # Of sixty classes it takes longest to tell what they have practised.
                practised=lambda keys: self._kept_each(
                    session,
                    "practised_concepts",
                    keys,
                    lambda missing: practice.practised_concepts(session, classes=missing),
                    of_json=_concepts_of,
                ),
            )

    def find(self, text: str, *, most: int = search.MOST) -> pd.DataFrame:
        """Students and classes that the viewer may see whose name has every word of a text: the frame ``found``.

        Args:
            text: words in any order and in any case, each a part of the name.
            most: how many of each kind.
        """
        with self._reading() as session:
            return search.find(session, text, most=most)


def _concepts_of(kept: list[Any]) -> list[int]:
    return [int(concept_id) for concept_id in kept]
