"""The Workbench on classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edukit.queries import classroom
from edukit.workbench.desk import Desk

if TYPE_CHECKING:
    import pandas as pd


class ClassroomDesk(Desk):
    """Classes, and what they are set."""

    def classes(self) -> pd.DataFrame:
        """The classes that the viewer may see, by institution and name: the frame ``classes``."""
        with self._reading() as session:
            return classroom.classes(session)
