"""The inbox of the grievances view, driven without a browser on a database of its own."""

from __future__ import annotations

from datetime import UTC, datetime
from html import unescape
from typing import TYPE_CHECKING

import ipywidgets as w
import pytest
from sqlalchemy import event

from edukit.db.session import engine_for
from edukit.errors import StoreError
from edukit.settings import Settings
from edukit.workbench import Workbench

if TYPE_CHECKING:
    from conftest import Database, School


NOW = datetime(2026, 6, 30, 20, tzinfo=UTC)
DEMO_ADMIN = "admin@demo.example"


@pytest.fixture
def account() -> str:
    """An admin, who sees every grievance of the school."""
    return DEMO_ADMIN


def test_the_inbox_is_what_waits(school: School) -> None:
    """At first what is open or in progress, in the order of the frame; the file has exactly these rows."""
    view = school.open("")
    frame = school.edu.grievances()
    waiting = frame[frame["status"].isin(["open", "in_progress"])]
    assert view.ids == waiting["grievance_id"].tolist()
    assert [row["grievance_id"] for row in view.file] == waiting["grievance_id"].tolist()
    assert f"<b>{len(waiting)}</b><span>open or in progress" in view.html
    assert view.kept == {}


@pytest.mark.parametrize("status", ["open", "in_progress", "resolved", "closed", "all"])
@pytest.mark.parametrize("category", ["all", "grade", "other"])
@pytest.mark.parametrize("whose", ["all", "mine", "nobody"])
def test_filters_are_kept_and_lead_back(school: School, status: str, category: str, whose: str) -> None:
    """Whatever is chosen, the list is that part of the frame, and the address opens the same list."""
    view = school.open("")
    for name, value in (("Status", status), ("Category", category), ("Whose", whose)):
        view.named(w.Dropdown, name).value = value
    frame = school.edu.grievances()
    for column, value in (("status", status), ("category", category)):
        frame = frame[frame[column] == value] if value != "all" else frame
    frame = (
        frame[frame["mine"]] if whose == "mine" else frame[frame["assigned_to"].isna()] if whose == "nobody" else frame
    )
    assert view.ids == frame["grievance_id"].tolist()
    assert ("None of the" in view.html) == frame.empty
    again = school.open(view.query)
    assert again.kept == view.kept
    assert again.ids == view.ids


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("grievance=5", "the grievance '5', which is not an id"),
        (
            "grievance=019f04db-69b2-76f1-a3ae-000000000000",
            "a grievance, not yours to see or not there any more",
        ),
        ("status=gone", "the status 'gone', which there is not"),
        ("category=<script>&whose=me", "the whose 'me'"),
        ("class=99", "class 99, not yours to see"),
        ("class=x", "which is not an id"),
    ],
)
def test_a_wrong_link_falls_back_visibly(school: School, query: str, sentence: str) -> None:
    """A link that asks for what is not there opens the inbox and says so."""
    view = school.open(query)
    assert sentence in unescape(view.html)
    assert "<script" not in view.html
    assert view.ids


def test_a_long_inbox_is_paged(school: School) -> None:
    """Sixty that wait are two pages, and each has the file of what it shows."""
    _, student_id, _ = school.a_student()
    for place in range(60 - len(school.edu.grievances("open")) - len(school.edu.grievances("in_progress"))):
        school.edu.file_grievance(student_id, "other", "low", f"The {place}th")
    view = school.open("")
    assert len(view.ids) == len(view.file) == 50
    first = view.ids
    view.press("Next")
    assert len(view.ids) == len(view.file) == 10
    assert not {*first} & {*view.ids}
    assert "51 to 60 of 60 grievances" in [one.value for one in view.walk() if isinstance(one, w.Label)]


def test_an_empty_institution_says_what_is_so(school: School, empty: Database) -> None:
    """Without a school there is no chart and no form, and each is a sentence."""
    html = school.open("", Workbench(empty.teacher, Settings(frozen_now=NOW))).html
    for sentence in (
        "There is no grievance yet that is yours to see",
        "nobody to file a grievance for",
        "chart appears with the first",
    ):
        assert sentence in html
    assert "<table" not in html


def test_no_page_tells_who_complains(school: School) -> None:
    """Of every grievance, the page and the file hold neither id nor name of whoever complains."""
    view = school.open("status=all")
    html, content = view.html, str(view.file)
    for grievance_id, student_id, name in school.rows(
        "SELECT g.id::text, u.id::text, u.name FROM grievances g JOIN users u ON u.id = g.student_id"
    ):
        page = html + content + school.open(f"grievance={grievance_id}").html
        assert student_id not in page
        assert name not in unescape(page)


def test_opening_writes_nothing(school: School) -> None:
    """The inbox, a grievance, its steps and a class's students are read, in so many statements at most."""
    wanted, (class_id, *_) = school.edu.grievances()["grievance_id"].iloc[0], school.a_student()
    sent: list[str] = []
    engine = engine_for(school.edu._viewer.database_url)
    event.listen(engine, "before_cursor_execute", record := lambda _c, _k, query, *_: sent.append(query))
    school.open(f"grievance={wanted}&class={class_id}")
    event.remove(engine, "before_cursor_execute", record)
    assert all(query.lstrip().startswith("SELECT") and "FOR UPDATE" not in query for query in sent)
    assert len(sent) <= 15


def test_a_store_that_is_away_is_a_card(school: School) -> None:
    """What cannot be shown is said in a card with a way to try again, which shows what was asked for."""
    wanted = school.edu.grievances()["grievance_id"].iloc[0]
    school.edu.away = True
    view = school.open(f"grievance={wanted}")
    assert "PostgreSQL does not answer." in view.html
    assert not view.ids
    view.press("Try again")
    assert "PostgreSQL does not answer." in view.html
    school.edu.away = False
    view.press("Try again")
    assert "PostgreSQL does not answer." not in view.html
    assert view.kept == {"grievance": wanted}
    assert "What has happened" in view.html
    assert not [one for one in view.walk() if getattr(one, "description", "") == "Try again"]


def test_classes_that_cannot_be_read_are_a_card(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    """When even the classes cannot be read, the page says why."""

    def fails() -> None:
        message = "PostgreSQL does not answer."
        raise StoreError(message)

    monkeypatch.setattr(school.edu, "class_names", fails)
    assert "PostgreSQL does not answer." in school.open("class=7").html


def test_days_say_when_what_is_shown_was_filed(school: School) -> None:
    """The inbox, its figures, its file and the weeks are of the days; the address keeps them."""
    frame = school.edu.grievances()
    day = frame["filed_at"].min().tz_convert(school.edu.time_zone).date()
    filed = frame["filed_at"].dt.tz_convert(school.edu.time_zone).dt.date
    view = school.open(f"status=all&to={day}")
    assert set(view.ids) == set(frame.loc[filed <= day, "grievance_id"])
    assert len(view.file) == len(view.ids) < len(frame)
    assert view.kept == {"status": "all", "to": str(day)}
    assert "filed up to" in view.html
    none = school.open("status=all&to=2001-01-01")
    assert "was filed up to 1 Jan 2001" in none.html
    assert "There was no grievance in these weeks" in none.html
