"""What the server does once a day is done once, on each institution's own day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from edukit.db.session import session_for
from edukit.errors import ActionError
from edukit.ops.scoring import score_risk_everywhere
from edukit.serving import daily
from edukit.serving.daily import score_new_days

if TYPE_CHECKING:
    from conftest import Database, House

    from edukit.ops.stores import Stores

DAYS = """
    SELECT institution_id, predicted_on, count(DISTINCT student_id) FROM risk_predictions
    WHERE predicted_at >= :since GROUP BY 1, 2 ORDER BY 1, 2"""


def test_each_day_is_scored_once_where_it_has_begun(house: House, school: Database) -> None:
    """Looked at every hour of two days, each institution is scored when its own midnight has passed, and only then."""
    start = house.settings.now
    scored: dict[int, date] = {}
    with session_for(school.app) as session:
        zones = {row[0]: row[1] for row in session.execute(text("SELECT id, time_zone FROM institutions"))}
    before: dict[int, date] = {}
    for hour in range(49):
        now = start + timedelta(hours=hour)
        today = {institution: now.astimezone(ZoneInfo(zone)).date() for institution, zone in zones.items()}
        assert sorted(score_new_days(school.app, scored, now=now)) == sorted(
            institution for institution in zones if before.get(institution) != today[institution]
        )
        before = today
    with session_for(school.app) as session:
        rows = session.execute(text(DAYS), {"since": start}).all()
    first = {institution: start.astimezone(ZoneInfo(zone)).date() for institution, zone in zones.items()}
    assert {row[:2] for row in rows} >= {
        (institution, day + timedelta(days=more)) for institution, day in first.items() for more in range(2)
    }


def test_a_server_that_starts_again_scores_the_same(house: House, school: Database) -> None:
    """Forgotten which days were scored, they are looked at again, and no prediction changes."""
    query = text("SELECT md5(string_agg(p::text, '' ORDER BY id)) FROM risk_predictions p")
    told = []
    for _ in range(2):
        assert score_new_days(school.app, {}, now=house.settings.now)
        with session_for(school.app) as session:
            told.append(session.scalar(query))
    assert told[0] == told[1]


def test_a_history_that_cannot_be_filled_stops_no_risk(
    house: House, school: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is told as what it is, and risk is not scored anew each minute for it."""

    def fails(*_args: object, **_options: object) -> None:
        message = "no room"
        raise MemoryError(message)

    monkeypatch.setattr(daily, "_look_back", fails)
    scored: dict[int, date] = {}
    done = score_new_days(school.app, scored, now=house.settings.now)
    assert sorted(scored) == sorted(done) != []
    assert all("history of mastery is not filled" in record.message for record in caplog.records)
    assert len(caplog.records) == len(done)
    assert score_new_days(school.app, scored, now=house.settings.now) == []


@pytest.mark.parametrize("zone", ["Mars/Olympus Mons", "../etc", ""])
def test_one_bad_institution_stops_no_other(
    house: House, school: Database, stores: Stores, caplog: pytest.LogCaptureFixture, zone: str
) -> None:
    """A time zone that is none is logged, or told by the command, with its institution; the others are scored."""
    with session_for(school.app) as session:
        ids = [row[0] for row in session.execute(text("SELECT id FROM institutions ORDER BY name"))]
        bad, good = ids[0], ids[1:]
        before = session.scalar(text("SELECT time_zone FROM institutions WHERE id = :id"), {"id": bad})
        change = text("UPDATE institutions SET time_zone = :zone WHERE id = :id")
        session.execute(change, {"zone": zone, "id": bad})
    scored: dict[int, date] = {}
    try:
        assert sorted(score_new_days(school.app, scored, now=house.settings.now)) == sorted(good)
        assert [str(bad) in record.message for record in caplog.records] == [True]
        assert score_new_days(school.app, scored, now=house.settings.now) == []
        with pytest.raises(ActionError) as refused:
            score_risk_everywhere(stores, on=None, now=house.settings.now, progress=lambda _name, _share: None)
        assert str(refused.value).count("was not scored") == 1
        assert str(refused.value).count("predictions new or changed") == len(good) > 0
    finally:
        with session_for(school.app) as session:
            session.execute(change, {"zone": before, "id": bad})
    assert score_new_days(school.app, scored, now=house.settings.now) == [bad]
