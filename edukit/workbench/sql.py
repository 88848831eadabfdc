"""The Workbench on whatever an analyst asks the database itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edukit.queries.sql import ask
from edukit.workbench.desk import Desk

if TYPE_CHECKING:
    import pandas as pd


class SqlDesk(Desk):
    """SQL."""

    def sql(self, query: str, /, **parameters: Any) -> pd.DataFrame:
        """The rows of one SQL statement, as a frame with the columns that it names.

        It only reads, whoever asks, and may take 60 s. A value goes in by its name::

            edu.sql("SELECT id, name FROM classes WHERE id = :class_id", class_id=7)
            edu.sql("SELECT * FROM submissions WHERE student_id = ANY(:ids) LIMIT 10", ids=frame["student_id"])

        Dtypes: integers are ``int64`` (``Int64`` where one is missing), booleans ``bool`` (``boolean``), floating
        point and ``numeric`` ``float64`` (which keeps 15 digits; cast to text for more), ``timestamptz``
        ``datetime64[us, UTC]``, ``timestamp`` ``datetime64[us]``, ``interval`` ``timedelta64[us]`` (a month is 30
        days); dates, times, bytes, JSON and arrays (as lists) are objects; anything else is its text, ``str``. Days
        begin and end in UTC.

        Args:
            query: one statement that gives rows; ``:name`` is a parameter, except in a literal or comment.
            parameters: the value of each; a list or a series is an array.

        Raises:
            QueryError: PostgreSQL cannot answer the statement, or two of its columns have one name.
        """
        with self._reading() as session:
            try:
                return ask(session, query, parameters)
            finally:
                # The connection goes, and with it whatever the statement set, locked or left half read.
                session.invalidate()
