"""One teacher's round through all dashboards, and what it leaves in the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from edukit.db.session import session_for
from edukit.ops.seed import DEMO_TEACHER
from edukit.ui.risk_cards import KINDS

if TYPE_CHECKING:
    from conftest import House
    from playwright.sync_api import Browser, Page

OPEN_MS = 60_000
NOTE = "Spoke after class: comes to the homework club on Tuesdays."
COMPLAINT = "The second task was marked wrong although the working is right."
ANSWER = "Marked anew together: the working counts, the mark is corrected."
GRADES_COME_TO_ME = """
    UPDATE grievance_routing_rules r SET authority_id = u.id FROM users u JOIN accounts a ON a.id = u.account_id
    WHERE u.institution_id = r.institution_id AND a.email = :email AND category = 'grade' AND valid_until IS NULL"""
# The whole of what a round changes; a table that is not here is as it was.
ADDED = {
    "interventions": 1,
    "grievances": 1,
    "grievance_events": 4,
    "grievance_event_details": 3,  # filed by a teacher for a student, by which rule it went to whom, the answer
    "audit_events": 1,
}


@pytest.fixture(scope="module", autouse=True)
def rules(school: Any) -> None:
    """Grievances about grades come to the teacher."""
    with session_for(school.database.app) as session:
        session.execute(text(GRADES_COME_TO_ME), {"email": DEMO_TEACHER})


def counts(school: Any) -> dict[str, int]:
    """Rows of every table, but for the outbox, which the worker empties, and logins, one a page."""
    tables = school.asked(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN ('outbox', 'viewers')"
    )
    return {table: school.asked(f"SELECT count(*) FROM {table}")[0][0] for (table,) in tables}


@pytest.mark.parametrize("width", [1280, 390], ids=["wide", "phone"])
def test_a_round_does_what_it_says(house: House, browser: Browser, school: Any, width: int) -> None:
    """From home to the leaderboard by clicks alone; then exactly what was done is in the database."""
    context = browser.new_context(viewport={"width": width, "height": 844}, has_touch=width < 500)
    context.add_cookies(house.signed_in(school.address))
    page = context.new_page()
    page.set_default_timeout(OPEN_MS)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    before = counts(school)

    page.goto(school.address + "/")
    card = page.locator(".edukit .classes > li").filter(has=page.get_by_text("need help on a concept")).first
    class_name = card.locator("h3").inner_text()
    card.locator("h3 a").click()
    student, student_id = weak(page, school)
    class_id = int(page.url.partition("class=")[2].partition("&")[0])
    page.locator("table th a", has_text=student).first.click()

    expect(page.get_by_role("heading", name=student, exact=True)).to_be_visible(timeout=OPEN_MS)
    fits(page)
    page.get_by_role("link", name="Open the risk page").click()
    intervene(page, school, student_id)

    navigate(page, "Grievances")
    complain(page, class_name, student)
    answer(page)

    navigate(page, "Leaderboard")
    page.get_by_label("Names").select_option(label="With all names (for you)")
    board = page.locator("table.board")
    row = board.locator("tr", has=page.get_by_role("link", name=student, exact=True))
    expect(row).to_contain_text(student, timeout=OPEN_MS)
    points = school.asked(
        "SELECT coalesce(sum(points_awarded), 0) FROM gamification_events WHERE class_id = %(class_)s"
        " AND student_id = %(student)s",
        class_=class_id, student=student_id,
    )[0][0]  # fmt: skip
    place = board.locator("thead th").all_inner_texts().index("Points")
    assert row.locator("th, td").nth(place).inner_text().replace(",", "") == str(points)
    fits(page)
    context.close()
    assert not faults, faults

    after = counts(school)
    assert {table: after[table] - before[table] for table in after if after[table] != before[table]} == ADDED
    expect_done(school, student_id)


def weak(page: Page, school: Any) -> tuple[str, int]:
    """The first student of the class's table, which begins with who needs help most, who has reasons to look at."""
    page.locator("summary", has_text="Show as a table").last.click(timeout=OPEN_MS)
    names = page.locator("table th a")
    names.first.wait_for(timeout=OPEN_MS)
    fits(page)
    for link in names.all():
        student_id = int(str(link.get_attribute("href")).partition("student=")[2].partition("&")[0])
        if reasons(school, student_id):
            return link.inner_text(), student_id
    pytest.fail("nobody in the class has reasons")


def reasons(school: Any, student_id: int) -> list[str]:
    """What the latest prediction of a student rests on."""
    query = (
        "SELECT reason ->> 'sentence' FROM (SELECT reasons FROM risk_predictions WHERE student_id = %(student)s"
        " ORDER BY predicted_on DESC, predicted_at DESC, id DESC LIMIT 1) latest, jsonb_array_elements(reasons) reason"
    )
    return [sentence for (sentence,) in school.asked(query, student=student_id)]


def intervene(page: Page, school: Any, student_id: int) -> None:
    """Read the reasons, log what was done, and see it there."""
    case = page.locator(".edukit")
    what = page.get_by_label("What was done")
    what.wait_for(timeout=OPEN_MS)
    for sentence in reasons(school, student_id):
        expect(case.get_by_text(sentence).filter(visible=True).first).to_be_visible()
    fits(page)
    what.select_option(label=KINDS["conversation"])
    page.get_by_label("What was said or agreed").fill(NOTE)
    page.get_by_role("button", name="Log the intervention").click()
    expect(page.get_by_text("The intervention is logged.")).to_be_visible(timeout=OPEN_MS)
    expect(page.get_by_text(NOTE).filter(visible=True).first).to_be_visible()


def complain(page: Page, class_name: str, student: str) -> None:
    """File a grievance about a grade; its page opens."""
    page.get_by_label("Its category").wait_for(timeout=OPEN_MS)
    fits(page)
    expect(page.get_by_label("Class", exact=True).locator("option:checked")).to_contain_text(class_name)
    page.get_by_label("Student", exact=True).select_option(label=student)
    page.get_by_label("Its category").select_option(label="grade")
    page.get_by_label("Its severity").select_option(label="high")
    page.get_by_label("What it is about").fill(COMPLAINT)
    page.get_by_role("button", name="File the grievance").click()
    expect(page.get_by_text(COMPLAINT).first).to_be_visible(timeout=OPEN_MS)


def answer(page: Page) -> None:
    """Take the grievance up and resolve it."""
    page.wait_for_timeout(1_100)
    page.get_by_role("button", name="Take up").click()
    expect(page.get_by_text("It is in progress now.")).to_be_visible(timeout=OPEN_MS)
    page.get_by_label("Your words").fill(ANSWER)
    page.wait_for_timeout(1_100)
    page.get_by_role("button", name="Resolve").click()
    expect(page.get_by_text("It is resolved now, in your words.")).to_be_visible(timeout=OPEN_MS)
    expect(page.get_by_text(ANSWER).first).to_be_visible()
    fits(page)


def navigate(page: Page, name: str) -> None:
    """Go on by the line at the head of each page."""
    page.get_by_role("navigation", name="Dashboards").get_by_role("link", name=name, exact=True).click()


def fits(page: Page) -> None:
    """No page scrolls sideways."""
    inside, outside = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert inside <= outside, page.url


def expect_done(school: Any, student_id: int) -> None:
    """The latest of each is what the round did, by the teacher, about the student."""
    by = {"email": DEMO_TEACHER, "student": student_id}
    me = "(SELECT u.id FROM users u JOIN accounts a ON a.id = u.account_id WHERE a.email = %(email)s)"
    assert school.asked(
        f"SELECT i.kind, i.note, i.made_by = {me}, p.student_id, i.outcome FROM interventions i"
        " JOIN risk_predictions p ON p.id = i.prediction_id WHERE i.student_id = %(student)s"
        " ORDER BY i.happened_at DESC, i.id DESC LIMIT 1",
        **by,
    ) == [("conversation", NOTE, True, student_id, None)]
    ((grievance, *facts),) = school.asked(
        f"SELECT id, category, severity, status, description, resolution, assigned_to = {me} FROM grievances"
        " WHERE student_id = %(student)s ORDER BY filed_at DESC, id DESC LIMIT 1",
        **by,
    )
    assert facts == ["grade", "high", "resolved", COMPLAINT, ANSWER, True]
    steps = school.asked(
        f"SELECT action, to_status, actor_id = {me} FROM grievance_events WHERE grievance_id = %(id)s"
        " ORDER BY sequence",
        id=grievance, **by,
    )  # fmt: skip
    assert [action for action, _, _ in steps] == ["filed", "routed", "status_changed", "status_changed"]
    assert [status for _, status, _ in steps] == ["open", None, "in_progress", "resolved"]
    assert [mine for _, _, mine in steps] == [True, None, True, True]
