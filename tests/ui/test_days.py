"""Days in a link are read carefully, and told in words."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edukit.analytics.days import ALL_DAYS, Days
from edukit.ui.date_range import DateRange
from edukit.ui.days import EARLIEST, LATEST, asked_days, in_words, parameters

TODAY = date(2026, 6, 30)
ENDS = st.none() | st.dates(EARLIEST, LATEST)


@given(ENDS, ENDS)
def test_what_is_kept_is_read_again(first: date | None, last: date | None) -> None:
    """The parameters of days read as these days, unless they end before they begin."""
    faults: list[str] = []
    found = asked_days(parameters(Days(first, last)), faults)
    backwards = first is not None and last is not None and first > last
    assert found == (ALL_DAYS if backwards else Days(first, last))
    assert len(faults) == backwards


@given(st.text(), st.text())
def test_any_text_is_read(first: str, last: str) -> None:
    """No text raises, here or where the days become moments."""
    days = asked_days({"from": first, "to": last}, [])
    assert Days(days.first, days.last, "Pacific/Kiritimati").since or days.first is None
    assert Days(days.first, days.last, "America/Los_Angeles").until or days.last is None


@pytest.mark.parametrize(
    "text", ["x", "2026-13-01", "2026-02-30", "20260601", "2026-W01-1", "0001-01-01", "9999-12-31", "\u0662026-06-01"]
)
def test_what_is_no_day_is_told(text: str) -> None:
    """Only days as a browser writes them are taken; the sentence says the value and what a day looks like."""
    faults: list[str] = []
    assert asked_days({"from": text}, faults) == ALL_DAYS
    assert len(faults) == 1
    assert "not a day such as 2026-06-01" in faults[0]
    assert asked_days({"from": ""}, faults) == ALL_DAYS
    assert len(faults) == 1


def test_days_in_words() -> None:
    """As people say them."""
    june, july = date(2026, 6, 1), date(2026, 7, 31)
    said = {in_words(Days(*ends)) for ends in ((june, july), (june, None), (None, july), (june, june), (None, None))}
    assert said == {"from 1 Jun 2026 to 31 Jul 2026", "since 1 Jun 2026", "up to 31 Jul 2026", "on 1 Jun 2026", ""}


def test_the_range_follows_the_page() -> None:
    """Both days change together, in the zone of the institution; what a page sends that is no day is none."""
    told: list[Days] = []
    picker = DateRange(Days(None, TODAY, "Asia/Kathmandu"), today=TODAY)
    picker.on_change(lambda: told.append(picker.days))
    assert picker.chosen == {"from": "", "to": "2026-06-30"}
    picker.chosen = {"from": "2026-06-01", "to": "2026-06-02"}
    picker.chosen = {"from": "tomorrow", "to": "2026-06-02"}
    picker.chosen = {}
    zone = "Asia/Kathmandu"
    assert told == [
        Days(date(2026, 6, 1), date(2026, 6, 2), zone),
        Days(None, date(2026, 6, 2), zone),
        Days(None, None, zone),
    ]
