"""Two teachers at once: each sees their own, and neither reaches what is the other's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

OPEN_MS = 60_000
WITH_CLASSES = ["class_mastery", "next_lesson", "student_risk", "leaderboard", "student"]
GRIEVANCES = """
    SELECT g.id::text, g.description FROM grievances g WHERE NOT EXISTS (SELECT FROM users u JOIN accounts a
        ON a.id = u.account_id WHERE a.email = %(account)s AND (g.assigned_to = u.id OR EXISTS (SELECT FROM
        grievance_events e WHERE e.grievance_id = g.id AND e.actor_id = u.id)))
    ORDER BY g.institution_id <> (SELECT u.institution_id FROM users u JOIN accounts a ON a.id = u.account_id
        WHERE a.email = %(account)s), g.id"""
SOCKET = """(address) => new Promise((told) => {
    const socket = new WebSocket(address.replace("http", "ws"));
    socket.onopen = () => { socket.close(); told("open"); };
    socket.onerror = () => told("refused");
})"""


def test_each_sees_their_own(somebody: Callable[..., Any], teachers: Any) -> None:
    """On home and in every picker of classes stand exactly those that SQL says they teach, also side by side."""
    both = [(somebody(), teacher) for teacher in teachers]
    for one, teacher in both:
        one.page.goto(one.address)
        one.sign_in(teacher.account)
    for one, teacher in both:
        one.sees_page()
        expect(one.page.get_by_role("heading", name=f"Hello, {teacher.name}")).to_be_visible()
        expect(one.page.locator("header.edukit-head")).to_contain_text(f"{teacher.name}, teacher")
        assert sorted(one.page.locator(".classes h3").all_inner_texts()) == sorted(teacher.classes.values())
    for notebook in WITH_CLASSES:
        for one, _ in both:
            one.asks_for(notebook)
        for one, teacher in both:
            assert sorted(offered(one.page)) == sorted(teacher.classes.values()), notebook
    for one, teacher in both:
        one.opens("grievances")
        assert sorted(offered(one.page)) == sorted(["Choose a class", *teacher.classes.values()])


def test_a_kernel_is_its_openers(somebody: Callable[..., Any], teachers: Any) -> None:
    """Another teacher can neither see, interrupt, end nor speak to it; to its opener it answers, before and after."""
    other, owner = somebody(), somebody()
    for one, teacher in zip((other, owner), teachers, strict=True):
        one.page.goto(f"{one.address}/login?next=/account")
        one.sign_in(teacher.account)
        one.page.wait_for_url(f"{one.address}/account")
    with owner.page.expect_websocket() as opened:
        owner.opens("class_mastery")
    kernel = opened.value.url.partition("/api/kernels/")[2].partition("/")[0]
    channels = f"{owner.address}/api/kernels/{kernel}/channels"
    assert owner.page.evaluate(SOCKET, channels) == "open"
    assert other.page.evaluate(SOCKET, channels) == "refused"
    token = {"X-XSRFToken": next(one["value"] for one in other.context.cookies() if one["name"] == "_xsrf")}
    for method, path in (
        ("GET", "/api/kernels"),
        ("GET", f"/api/kernels/{kernel}"),
        ("DELETE", f"/api/kernels/{kernel}"),
        ("POST", f"/api/kernels/{kernel}/interrupt"),
        ("POST", f"/api/kernels/{kernel}/restart"),
    ):
        assert asked(other, method, path, token) in {403, 404}, (method, path)
    assert asked(other, "POST", f"/voila/api/shutdown/{kernel}", token) == 403
    figure = owner.page.locator(".figures > div", has_text="Answers in this class").locator("b")
    before = figure.inner_text()
    owner.page.get_by_label("Class", exact=True).select_option(index=1)
    expect(figure).not_to_have_text(before, timeout=OPEN_MS)
    assert asked(owner, "GET", f"/api/kernels/{kernel}", {}) == 200


@pytest.mark.parametrize("notebook", WITH_CLASSES)
def test_a_link_to_a_class_of_somebody_else(somebody: Callable[..., Any], teachers: Any, notebook: str) -> None:
    """It opens with the words that it is not yours, no error, and nothing of that class or of who is in it."""
    one, (mine, theirs) = somebody(), teachers
    class_id = mine.knows_nobody_of(theirs)[0]
    student_id = min(theirs.students[class_id])
    one.asks_for(notebook, f"?class={class_id}&student={student_id}")
    one.sign_in(mine.account)
    says(one.page, f"The link asks for class {class_id}, not yours to see or not there any more")
    if notebook == "student":
        says(one.page, f"The link asks for the student {student_id}, not yours to see or not there any more")
    shown = one.page.content()
    hidden = {theirs.classes[class_id], *theirs.students[class_id].values()} - {*mine.all_students.values()}
    assert [name for name in hidden if name in shown] == []
    assert any(name in shown for name in mine.classes.values())


def test_a_link_to_a_grievance_of_somebody_else(somebody: Callable[..., Any], teachers: Any, school: Any) -> None:
    """It opens the list of one's own with the words that it is not yours, and nothing of what it is about."""
    grievance_id, description = school.asked(GRIEVANCES, account=teachers[0].account)[0]
    one = somebody()
    one.asks_for("grievances", f"?grievance={grievance_id}")
    one.sign_in(teachers[0].account)
    says(one.page, "The link asks for a grievance, not yours to see or not there any more")
    expect(one.page.get_by_role("heading", name="Inbox")).to_be_visible()
    assert description not in one.page.content()


def offered(page: Page) -> list[str]:
    """The classes that can be chosen."""
    choices = page.get_by_label("Class", exact=True).locator("option")
    choices.first.wait_for(state="attached")
    return [text.replace("\xa0", " ") for text in choices.all_inner_texts()]


def asked(one: Any, method: str, path: str, headers: dict[str, str]) -> int:
    """How the server answers somebody who asks without a page."""
    return int(one.context.request.fetch(one.address + path, method=method, headers=headers).status)


def says(page: Page, words: str) -> None:
    """The page says it, and nothing of an error."""
    expect(page.locator(".edukit .notice").filter(has_text=words)).to_be_visible(timeout=OPEN_MS)
    expect(page.locator(".edukit .card.error:visible")).to_have_count(0)
