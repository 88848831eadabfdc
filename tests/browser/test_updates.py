"""A page that is open offers what has changed meanwhile, or shows it by itself, and asks nothing of anybody else."""

from __future__ import annotations

import json
import re
import shutil
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from edukit.actions.grievances import assign, comment, file_grievance
from edukit.db.session import session_for
from edukit.ops.seed import DEMO_TEACHER, seed_demo
from edukit.settings import shipped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Database, House
    from playwright.sync_api import Browser, Page

OFFER = re.compile("New data is here")
VIEW = """
import edukit, ipywidgets as w
from edukit.ui.page import page
from edukit.ui.updates import Updates
edu = edukit.connect()
classes = edu.class_names()
picker = w.Dropdown(options=list(zip(classes["class_name"], classes["class_id"])), description="Class")
points, words, own = w.HTML(), w.Text(description="Words"), w.Button(description="Award three points")
def show(*_):
    updates.follow([picker.value])
    points.value = f"<p class='points'>{int(edu.leaderboard(picker.value)['points'].sum())} points</p>"
def award(_):
    edu.award_points(picker.value, int(edu.leaderboard(picker.value)["student_id"].iloc[0]), 3)
    show()
updates = Updates(edu, on_wanted=show)
picker.observe(show, "value")
own.on_click(award)
show()
page([picker, updates, points, words, own])
"""
TEACHES_ALL = """
    INSERT INTO class_teachers (institution_id, class_id, teacher_id) SELECT c.institution_id, c.id, u.id
    FROM accounts a JOIN users u ON u.account_id = a.id JOIN classes c ON c.institution_id = u.institution_id
    WHERE a.email = %s ON CONFLICT DO NOTHING"""
KERNEL = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}


def notebook(code: str) -> dict[str, Any]:
    """A notebook of one cell."""
    cell = {"cell_type": "code", "id": "view", "execution_count": None, "metadata": {}, "outputs": [], "source": code}
    return {"cells": [cell], "metadata": KERNEL, "nbformat": 4, "nbformat_minor": 5}


@pytest.fixture(scope="module")
def lively(house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Database]]:
    """A server of one page that shows the points of a class, and its school's database."""
    folder = tmp_path_factory.mktemp("lively")
    (folder / "home.ipynb").write_text(json.dumps(notebook(VIEW)))
    shutil.copy(shipped("notebooks") / "grievances.ipynb", folder)
    with house.database() as database:
        with session_for(database.app) as session:
            seed_demo(session, students=30, as_of=house.settings.now)
        with psycopg.connect(database.admin_url) as admin:
            admin.execute(TEACHES_ALL, [DEMO_TEACHER])
        stores = {"DATABASE_URL": database.admin_url, "REDIS_URL": f"{house.stores.redis_url}&db=7"}
        with house.serving(folder, "--notebooks", str(folder), **stores) as address:
            yield address, database


@pytest.fixture
def page(house: House, browser: Browser, lively: tuple[str, Database]) -> Iterator[Page]:
    """The page before the demo's teacher, with no offer yet; a fault of its own fails the test."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    context.add_cookies(house.signed_in(lively[0]))
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    opened(page, lively[0])
    yield page
    page.goto("about:blank")
    context.close()
    assert not faults, faults


def opened(page: Page, address: str) -> None:
    with page.expect_response(re.compile("/updates")) as stream:
        page.goto(f"{address}/voila/render/home.ipynb")
    assert stream.value.status == 200
    page.locator(".points").wait_for(timeout=60_000)


AWARD = """
import sys
import time
from sqlalchemy import text
from edukit.actions.outbox import tell_outbox
from edukit.db.session import Viewer, session_for
_, url, times, *ids = sys.argv
institution_id, class_id, student_id = map(int, ids)
for _ in range(int(times)):
    with session_for(Viewer(url)) as session:
        session.execute(text(
            "INSERT INTO gamification_events (id, institution_id, student_id, class_id, event_type, points_awarded,"
            " occurred_at) VALUES (gen_random_uuid(), :i, :s, :c, 'practice', 5, now())"
        ), {"i": institution_id, "s": student_id, "c": class_id})
        tell_outbox(session, institution_id=institution_id, class_ids=[class_id])
"""
TAUGHT = """
    SELECT c.name, e.institution_id, e.class_id, e.student_id FROM accounts a JOIN users u ON u.account_id = a.id
    JOIN class_teachers t ON (t.institution_id, t.teacher_id) = (u.institution_id, u.id)
    JOIN classes c ON (c.institution_id, c.id) = (t.institution_id, t.class_id)
    JOIN enrolments e ON (e.institution_id, e.class_id) = (c.institution_id, c.id) AND e.left_at IS NULL
    WHERE a.email = %s"""


@pytest.fixture
def awards(house: House, lively: tuple[str, Database]) -> Callable[..., None]:
    """Awards five points each so many times in a class, by its name, as another process."""
    _, database = lively
    with psycopg.connect(database.admin_url) as admin:
        somebody = {name: ids for name, *ids in admin.execute(TAUGHT, [DEMO_TEACHER])}

    def award(class_name: str, times: int = 1) -> None:
        done = house.python("-c", AWARD, database.app.database_url, str(times), *map(str, somebody[class_name]))
        assert done.returncode == 0, done.stderr

    return award


def points(page: Page) -> int:
    return int(page.locator(".points").inner_text().split()[0])


def chosen(page: Page) -> str:
    return page.get_by_label("Class", exact=True).locator("option:checked").inner_text().replace("\xa0", " ")


def offer(page: Page) -> Any:
    return page.get_by_role("button", name=OFFER)


def test_new_data_is_offered_and_shown_when_it_is_wanted(page: Page, awards: Callable[..., None]) -> None:
    """What somebody else commits is offered once, shown at a key, and the reader stays where they were."""
    before = points(page)
    awards(chosen(page), 3)
    expect(offer(page)).to_be_visible()
    assert points(page) == before
    assert offer(page).bounding_box()["height"] >= 44
    found = Axe().run(page, context=".edukit-updates").response["violations"]
    assert not found, found
    offer(page).focus()
    page.keyboard.press("Enter")
    expect(page.locator(".points")).to_have_text(f"{before + 15} points")
    expect(offer(page)).to_have_count(0)
    expect(page.get_by_role("status").filter(has_text="Showing the newest data")).to_be_focused()
    time.sleep(1.5)
    expect(offer(page)).to_have_count(0)


def test_what_the_reader_did_is_not_offered_to_them(page: Page) -> None:
    """Points that the reader awards are shown, and never offered as news."""
    before = points(page)
    for more in (3, 6):
        page.get_by_role("button", name="Award three points").click()
        expect(page.locator(".points")).to_have_text(f"{before + more} points")
    page.evaluate("""() => { window.offers = 0; new MutationObserver(() => {
        window.offers += document.querySelector('[role=status] button') ? 1 : 0;
    }).observe(document.body, { childList: true, subtree: true }); }""")
    time.sleep(2.5)
    assert page.evaluate("window.offers") == 0


def test_it_is_shown_by_itself_where_the_reader_chose_so(
    page: Page, lively: tuple[str, Database], awards: Callable[..., None]
) -> None:
    """The choice is kept for the next page; what comes while somebody types waits until they are done."""
    page.get_by_label("Refresh by itself").check()
    before = points(page)
    awards(chosen(page))
    expect(page.locator(".points")).to_have_text(f"{before + 5} points")
    opened(page, lively[0])
    expect(page.get_by_label("Refresh by itself")).to_be_checked()
    words = page.get_by_label("Words")
    words.fill("half a sentence")
    awards(chosen(page))
    time.sleep(4)
    assert points(page) == before + 5
    expect(offer(page)).to_have_count(0)
    words.fill("")
    words.blur()
    expect(page.locator(".points")).to_have_text(f"{before + 10} points", timeout=15_000)


def test_what_is_seen_is_not_offered_again_while_others_write(
    page: Page, lively: tuple[str, Database], awards: Callable[..., None]
) -> None:
    """While a load is under way, what was shown since it began is not offered again, and what it wrote is, once."""
    _, database = lively
    with psycopg.connect(database.admin_url) as load:
        of_class = {name: ids for name, *ids in load.execute(TAUGHT, [DEMO_TEACHER])}
        institution_id, class_id, _ = of_class[chosen(page)]
        told = "INSERT INTO outbox (institution_id, id, class_id) VALUES (%s, gen_random_uuid(), %s)"
        load.execute(told, [institution_id, class_id])
        awards(chosen(page))
        offer(page).click()
        page.get_by_role("button", name="Award three points").click()
        time.sleep(2)
        expect(offer(page)).to_have_count(0)
    offer(page).click()
    time.sleep(2)
    expect(offer(page)).to_have_count(0)


def test_another_class_is_followed_when_it_is_chosen(page: Page, awards: Callable[..., None]) -> None:
    """What happens in the class that was left is not offered, and in the one that is shown it is."""
    left = chosen(page)
    picker = page.get_by_label("Class", exact=True)
    other = next(name for name in picker.locator("option").all_inner_texts() if name.replace("\xa0", " ") != left)
    with page.expect_response(re.compile("/updates")):
        picker.select_option(other)
    awards(left)
    time.sleep(2)
    expect(offer(page)).to_have_count(0)
    awards(chosen(page))
    expect(offer(page)).to_be_visible()


def test_a_page_out_of_sight_has_no_stream_and_catches_up(
    page: Page, lively: tuple[str, Database], awards: Callable[..., None]
) -> None:
    """Many tabs do not use up the browser's connections: one that comes to sight again offers what it has missed."""
    page.evaluate("""() => {
        Object.defineProperty(document, 'hidden', { get: () => window.away, configurable: true });
        window.away = true;
        document.dispatchEvent(new Event('visibilitychange'));
    }""")
    awards(chosen(page))
    time.sleep(2)
    expect(offer(page)).to_have_count(0)
    page.evaluate("() => { window.away = false; document.dispatchEvent(new Event('visibilitychange')); }")
    expect(offer(page)).to_be_visible()


def test_a_step_in_the_readers_grievance_is_offered(page: Page, lively: tuple[str, Database]) -> None:
    """Where a grievance waits for the reader, what is said in it meanwhile is offered, and what they say is not."""
    address, database = lively
    with psycopg.connect(database.admin_url) as admin:
        _, institution_id, _, student_id = admin.execute(TAUGHT, [DEMO_TEACHER]).fetchone() or ()
        wanted = "SELECT u.id FROM users u JOIN accounts a ON a.id = u.account_id WHERE a.email = %s"
        (teacher_id,) = admin.execute(wanted, [DEMO_TEACHER]).fetchone() or ()
    here: dict[str, Any] = {"institution_id": institution_id, "now": datetime.now(UTC), "by": student_id}
    what = {"category": "other", "severity": "low", "description": "The lamp flickers."}
    with session_for(database.app) as session:
        id_ = file_grievance(session, **here, **what, student_id=student_id)
        assign(session, **here, grievance_id=id_, user_id=teacher_id)
    with page.expect_response(re.compile("/updates")):
        page.goto(f"{address}/voila/render/grievances.ipynb?grievance={id_}")
    page.get_by_text("The lamp flickers.").wait_for(timeout=60_000)
    page.get_by_label("Your words").fill("I shall look.")
    page.get_by_role("button", name="Comment").click()
    page.get_by_text("I shall look.").wait_for()
    time.sleep(2)
    expect(offer(page)).to_have_count(0)
    with session_for(database.app) as session:
        comment(session, **here, grievance_id=id_, words="It still does.")
    offer(page).click()
    page.get_by_text("It still does.").wait_for()
