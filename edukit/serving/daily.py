"""What the server does by itself once a day, on each institution's own calendar: it scores risk, and looks back."""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Self
from zoneinfo import ZoneInfo

from sqlalchemy import select

from edukit.actions.mastery_history import forget_old_weeks
from edukit.actions.risk_scoring import score_risk
from edukit.db.session import session_for
from edukit.models import Institution
from edukit.queries.mastery_history import is_behind

if TYPE_CHECKING:
    from datetime import date
    from types import TracebackType

    from edukit.db.session import Viewer

LOOK_SECONDS: Final = 60.0
STOP_SECONDS: Final = 5.0
_log = logging.getLogger(__name__)


class Daily(threading.Thread):
    """Looks every minute whether somewhere a new day has begun, until stopped.

    Args:
        viewer: the application's login.
    """

    def __init__(self, viewer: Viewer) -> None:
        super().__init__(name="edukit daily", daemon=True)
        self._viewer = viewer
        self._scored: dict[int, date] = {}
        self._stopped = threading.Event()

    def run(self) -> None:
        """Look, a minute after the start for the first time: a page that is opened then comes first."""
        while not self._stopped.wait(LOOK_SECONDS):
            try:
                score_new_days(self._viewer, self._scored, now=datetime.now(UTC))
            except Exception as error:  # noqa: BLE001 - a thread that ends would never score again, and nobody see it
                _log.warning("Risk is not scored yet, and will be tried again: %s", _first_line(error))

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self.join(STOP_SECONDS)


def score_new_days(viewer: Viewer, scored: dict[int, date], *, now: datetime) -> list[int]:
    """Score risk wherever a day has begun that is not scored; the institutions where it was.

    Where it fails it is logged, and tried again the next time; the others are scored.

    Args:
        viewer: the application's login.
        scored: by institution the last day that was scored; kept up here.
        now: the moment.
    """
    with session_for(viewer) as session:
        here = session.execute(select(Institution.id, Institution.time_zone).where(Institution.closed_at.is_(None)))
        zones = {row.id: row.time_zone for row in here}
    done = []
    for institution_id, time_zone in zones.items():
        try:
            today = now.astimezone(ZoneInfo(time_zone)).date()
            if scored.get(institution_id) == today:
                continue
            with session_for(viewer) as session:
                score_risk(session, institution_id=institution_id, on=today, now=now)
        except Exception as error:  # noqa: BLE001 - whatever is wrong at one institution, the others have their own day
            _log.warning("Risk is not scored at the institution %s: %s", institution_id, _first_line(error))
            continue
        scored[institution_id] = today
        done.append(institution_id)
        try:
            _look_back(viewer, institution_id, now)
        except Exception as error:  # noqa: BLE001 - likewise; and risk is scored all the same
            told = "The history of mastery is not filled at the institution %s, and will be tried again tomorrow: %s"
            _log.warning(told, institution_id, _first_line(error))
    return done


def _look_back(viewer: Viewer, institution_id: int, now: datetime) -> None:
    """Let go of the history of mastery that is too old, and fill it where it is missing, as after an upgrade."""
    with session_for(viewer) as session:
        since = forget_old_weeks(session, institution_id=institution_id, now=now)
        behind = is_behind(session, institution_id=institution_id, since=since)
    if behind:
        # What is compiled is loaded on the one day in a server's life when it is needed.
        from edukit.ops.looking_back import keep_past

        keep_past(viewer, institution_id, now=now)


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
