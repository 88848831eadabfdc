"""The Workbench on the database itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edukit.importers.sources import located
from edukit.queries import catalog
from edukit.workbench.desk import Desk

if TYPE_CHECKING:
    import pandas as pd


class CatalogDesk(Desk):
    """Tables, columns, sources."""

    def tables(self) -> pd.DataFrame:
        """Every table and view of the database, by domain: the frame ``tables``."""
        with self._reading() as session:
            return catalog.tables(session)

    def columns(self, table: str | None = None) -> pd.DataFrame:
        """The columns of a table or view, or of all, in their order: the frame ``columns``.

        Raises:
            NotFound: there is no such table.
        """
        with self._reading() as session:
            return catalog.columns(session, table=table)

    def sources(self) -> pd.DataFrame:
        """Where each field of the four source systems lives now, from the database's catalog: ``sources``.

        Raises:
            MigrationError: a column in which a field lives is not there.
        """
        with self._reading() as session:
            return located(catalog.columns(session))
