"""The Workbench on the audit trail: who did what, and that a file was taken out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from edukit.actions.audit import record_event
from edukit.db.session import session_for
from edukit.errors import ActionError
from edukit.queries import audit, classroom
from edukit.workbench.desk import Desk

if TYPE_CHECKING:
    from datetime import datetime

    import pandas as pd

UNRECORDED = (
    "Every file that is taken out is recorded, this could not be, and so there is no file: try again; if it comes "
    "back, tell your administrator."
)


class AuditDesk(Desk):
    """Acts that must be accounted for."""

    def audit(
        self,
        since: datetime | str | None = None,
        until: datetime | str | None = None,
        action: str | None = None,
        user_id: int | None = None,
        limit: int = 1000,
    ) -> pd.DataFrame:
        """Who did what to what, when and from where, the latest first: the frame ``audit``.

        An admin sees the institution's acts, everybody else their own.

        Args:
            since: only from this moment on, such as ``"2026-06-01"``; without a time zone it is UTC.
            until: only before this moment.
            action: only these, such as sign_in, sign_in_failed, export, reveal or change_role.
            user_id: only what this user did.
            limit: so many at most.

        Raises:
            ActionError: since or until is no moment.
        """
        from_, to = audit.moment_of("since", since), audit.moment_of("until", until)
        with self._reading() as session:
            return audit.audit(session, since=from_, until=to, action=action, user_id=user_id, limit=limit)

    def record_export(
        self,
        frame: str,
        *,
        rows: int,
        format_: str = "csv",
        class_: int | str | None = None,
        student_id: int | None = None,
    ) -> None:
        """Record that a file is taken out. Whoever hands it out does so only when this has returned.

        Args:
            frame: name of the frame.
            rows: how many.
            format_: csv, xlsx or parquet.
            class_: of which class alone (id or name).
            student_id: of which student alone.

        Raises:
            ActionError: it could not be recorded.
            NotFound: no such class.
        """
        try:
            with session_for(self._viewer) as session:
                of = None if class_ is None else f"classes/{classroom.find_class(session, class_)[1]}"
                record_event(
                    session,
                    institution_id=audit.viewing_institution(session),
                    action="export",
                    resource=of if student_id is None else f"students/{student_id}",
                    now=self.now,
                    by=self._looking.user_id,
                    details={"frame": frame, "format": format_, "rows": rows},
                )
        except DBAPIError as error:
            raise ActionError(UNRECORDED) from error
