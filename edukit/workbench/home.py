"""The Workbench on the first page: who is looking, and how their classes are doing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edukit.queries import home, practice
from edukit.workbench.desk import Desk

if TYPE_CHECKING:
    import pandas as pd


class HomeDesk(Desk):
    """A teacher's day at a glance."""

    def me(self) -> pd.DataFrame:
        """The account in whose name one acts, by institution, with the grievances that wait for it: ``me``.

        Empty where nobody is told (``EDUKIT_USER``) or the account has no part in any institution.
        """
        with self._reading() as session:
            return home.me(session, account=self._viewer.account)

    def home(self) -> pd.DataFrame:
        """The classes that the account teaches, by name, with the few figures that matter: the frame ``home``.

        Where it teaches none (nobody is told, or an admin), the first 60 of the classes that the viewer may see;
        the column ``taught`` tells. Classes that were put away are left out.
        """
        with self._reading() as session:
            classes = home.classes_of(session, account=self._viewer.account)
            return home.home(
                session,
                classes,
                thresholds=self._settings.mastery_thresholds,
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


def _concepts_of(kept: list[Any]) -> list[int]:
    return [int(concept_id) for concept_id in kept]
