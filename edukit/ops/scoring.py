"""Running the models on every institution of the stores, each in a transaction of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import select

from edukit.actions.risk_scoring import score_risk
from edukit.db.session import session_for
from edukit.errors import ActionError
from edukit.models import Institution
from edukit.ops.prepare import application

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

    from edukit.actions.risk_scoring import Scored
    from edukit.ops.stores import Stores

NO_INSTITUTIONS = "There is no institution yet: `edukit seed` makes a demo school, `edukit load` reads your own data."


def score_risk_everywhere(
    stores: Stores, *, on: date | None, now: datetime, progress: Callable[[str, float], None]
) -> list[str]:
    """Predict risk at every institution that is here; a sentence on each.

    Where it fails the others are scored all the same.

    Args:
        stores: running and migrated.
        on: day as of which it is predicted; None: today, where each institution is.
        now: moment of it.
        progress: called with the institution's name and the share of them done (0-1).

    Raises:
        ActionError: at some institution it failed, such as for a day that is yet to come: it names each and says why.
    """
    here = select(Institution.id, Institution.name, Institution.time_zone).where(Institution.closed_at.is_(None))
    with session_for(application(stores)) as session:
        institutions = session.execute(here.order_by(Institution.name)).all()
    told, failed = [], []
    for place, (institution_id, name, time_zone) in enumerate(institutions):
        progress(name, place / len(institutions))
        try:
            day = on or now.astimezone(ZoneInfo(time_zone)).date()
            with session_for(application(stores)) as session:
                scored = score_risk(session, institution_id=institution_id, on=day, now=now)
        except Exception as error:  # noqa: BLE001 - whatever is wrong at one institution is not the others' fault
            failed.append(f"{name} was not scored: {error}")
        else:
            told.append(_told(name, day, scored))
    if failed:
        raise ActionError("\n".join([*told, *failed]))
    return told or [NO_INSTITUTIONS]


def _told(name: str, day: date, scored: Scored) -> str:
    levels = ", ".join(f"{count:,} {level}" for level, count in reversed(scored.levels.items()))
    unknown = scored.students - sum(scored.levels.values())
    if unknown:
        levels += f", too little known of {unknown:,}"
    return f"{name}, {day}: {scored.students:,} students ({levels}), {scored.written:,} predictions new or changed."
