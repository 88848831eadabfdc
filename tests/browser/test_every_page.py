"""What holds on every page: no barrier, no fault, no host but ours, keys suffice, and a chart says what it shows."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import expect

from edukit.analytics.activity import days_of_weeks
from edukit.ui.student_cards import WEEKS
from edukit.workbench import Workbench

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import House
    from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Request

OPEN_MS = 60_000
WIDE, PHONE = 1280, 390
NOWHERE = "nowhere"
PLACES = {
    "sign_in": "/login",
    "account": "/account",
    "search": "/search?find=a",
    NOWHERE: "/nothing",
    "home": "/voila/render/home.ipynb",
    "class_mastery": "/voila/render/class_mastery.ipynb?class={class_id}&student={student_id}",
    "next_lesson": "/voila/render/next_lesson.ipynb?class={class_id}&student={student_id}"
    "&view=ready,ask,compare,questions",
    "student_risk": "/voila/render/student_risk.ipynb?class={class_id}&student={student_id}",
    "grievances": "/voila/render/grievances.ipynb?class={class_id}",
    "grievance": "/voila/render/grievances.ipynb?grievance={grievance_id}",
    "leaderboard": "/voila/render/leaderboard.ipynb?class={class_id}&student={student_id}",
    "student": "/voila/render/student.ipynb?class={class_id}&student={student_id}&concept={concept_id}",
}
"""Every page, where it shows the most."""
OURS = re.compile(r"(https?|wss?)://(?P<host>[^/]+)")

DRAWN = "[...document.querySelectorAll('.edukit-chart')].every((one) => !one.clientWidth || one.dataset.drawn)"
UNFOLD = "(which) => document.querySelectorAll(which).forEach((one) => (one.open = true))"
FOLD = "(which) => document.querySelectorAll(which).forEach((one) => (one.open = false))"
TABLES, MENUS = "details.behind, .edukit-thresholds details", ".edukit-export details, .edukit-menu"
GROUNDS = "[...document.querySelectorAll('[data-ground]')].map((one) => one.dataset.ground)"
REDRAWN = """(before) => [...document.querySelectorAll("[data-ground]")].every(
    (one, place) => !one.clientWidth || one.dataset.ground !== before[place])"""
OF_COLOURS = ("color-contrast", "link-in-text-block")
"""All that axe asks of colours; its tag of that kind would ask more than is asked of the first theme."""
BUT_COLOURS = {rule: {"enabled": False} for rule in OF_COLOURS}
AXE = "async ([where, options]) => (await axe.run(where ?? document, options)).violations"
ALIKE = "data-alike"
# Marks the cells of a table that are coloured as one before them, with their row and all that is in them.
MARK_ALIKE = """(mark) => document.querySelectorAll("table").forEach((table) => {
    const known = new Set();
    const look = (one) => {
        const { color, backgroundColor, backgroundImage, fontSize, fontWeight, opacity } = getComputedStyle(one);
        return [one.tagName, color, backgroundColor, backgroundImage, fontSize, fontWeight, opacity];
    };
    for (const cell of table.querySelectorAll("td")) {
        const looks = JSON.stringify([cell.parentElement, cell, ...cell.querySelectorAll("*")].map(look));
        cell.toggleAttribute(mark, known.has(looks));
        known.add(looks);
    }
})"""
# A chart's label, and the sentence nearest to it on the page.
CHARTS = """() => [...document.querySelectorAll(".edukit-chart[data-drawn]")].map((chart) => {
    let box = chart;
    while (!box.querySelector("p.lead")) box = box.parentElement;
    return [chart.role, chart.ariaLabel, chart.tabIndex, box.querySelector("p.lead").innerText];
})"""
WATCH = """() => {
    window.walked = [];
    window.unmarked = [];
    addEventListener("focusin", ({ target }) => {
        window.walked.push(target);
        const { outlineStyle, outlineWidth } = getComputedStyle(target);
        if (outlineStyle === "none" || outlineWidth === "0px") window.unmarked.push(target.outerHTML.slice(0, 200));
    });
}"""
ROUND = "() => window.walked.indexOf(window.walked[0], 1) > 0"
# What can be used, from where the walk began; and of what the walk came to, that.
WALK = """() => {
    const usable = (one) => one.tabIndex >= 0 && !one.disabled && one.checkVisibility({ visibilityProperty: true })
        && (one.type !== "radio" || one.checked);
    const all = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")];
    const [there, seen] = [all.filter(usable), [...new Set(window.walked)]];
    const start = there.indexOf(seen[0]);
    const names = (ones) => ones.map((one) => one.outerHTML.slice(0, 200));
    return [[...there.slice(start), ...there.slice(0, start)], seen.filter((one) => there.includes(one))].map(names);
}"""
LONGEST_WALK = 600
INSIDE = "document.documentElement.scrollWidth"


@dataclass
class Watched:
    """A page of one's own with everything that went wrong in it."""

    context: BrowserContext
    address: str
    faults: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", self._console)
        self.page.on("requestfailed", lambda request: self.faults.append(f"{request.failure} {request.url}"))
        self.page.on("request", self._request)
        self.page.on("websocket", lambda socket: self._host(socket.url))

    def opens(self) -> Watched:
        """Wait until all of the page is there."""
        self.page.goto(self.address)
        if "/voila/" in self.address:
            expect(self.page.locator("body"), self.address).to_have_attribute("data-ready", "true", timeout=OPEN_MS)
            self.page.wait_for_function(DRAWN)
        return self

    def leaves(self) -> None:
        """Close it as people do; nothing may have gone wrong until then."""
        faults, hosts = [*self.faults], {*self.hosts}
        self.page.goto("about:blank")
        self.page.close()
        assert not faults, (self.address, faults)
        assert hosts == {self.address.split("/")[2]}, self.address

    def _console(self, message: ConsoleMessage) -> None:
        # That there is no such page is what the browser says of its address itself.
        is_about_itself = message.location["url"] == self.address and self.address.endswith(PLACES[NOWHERE])
        if message.type in {"error", "warning"} and not is_about_itself:
            self.faults.append(message.text)

    def _request(self, request: Request) -> None:
        self._host(request.url)

    def _host(self, url: str) -> None:
        if found := OURS.match(url):
            self.hosts.add(found["host"])


@dataclass(frozen=True)
class Known:
    """What the teacher's Workbench says of whom the pages are about."""

    demo: Workbench = field(repr=False)
    class_id: int
    student_id: int
    grievance_id: str

    def address(self, place: str) -> str:
        """Where a page is."""
        ids = {"class_id": self.class_id, "student_id": self.student_id, "grievance_id": self.grievance_id}
        ids["concept_id"] = self.demo.student_mastery(self.student_id)["concept_id"].iloc[0]
        return PLACES[place].format(**ids)

    def mastery(self) -> list[str]:
        """Figures of the chart of a class."""
        frame, low = self.demo.class_mastery(self.class_id), self.demo.mastery_thresholds[0]
        scores = frame["mastery_score"].dropna()
        return [f"{frame['student_id'].nunique()} student", f"{(scores < low).sum():,} of {len(scores):,} score"]

    def lesson(self) -> list[str]:
        """Figures of the charts of the next lesson."""
        topics = self.demo.bottlenecks(self.class_id).drop_duplicates("topic_id")
        most, beside = topics.loc[topics["topic_blocked"].idxmax()], self.demo.compare_classes(self.class_id)
        return [f"{most['topic']} ({most['topic_blocked']:,}", f"{beside['topic'].nunique()} topic"]

    def risk(self) -> list[str]:
        """Figures of the charts of risk."""
        levels = self.demo.risk(self.class_id)["risk_level"].value_counts()
        history = self.demo.risk_history(self.student_id)
        known = history.dropna(subset="risk_score")
        return [f"{number} {level}" for level, number in levels.items()] + [f"{len(known)} prediction"]

    def grievances(self) -> list[str]:
        """Figures of the chart of a year's grievances."""
        year = self.demo.grievance_figures().tail(52)
        return [f"{year['filed'].sum()} grievance", f"{year['open_at_end'].iloc[-1]} "]

    def student(self) -> list[str]:
        """Figures of the chart of a student's weeks."""
        back = days_of_weeks(WEEKS, until=pd.Timestamp(self.demo.today))
        return [f"{self.demo.activity(self.student_id, back)['attempts'].sum():,} answer"]


CHARTED: dict[str, Callable[[Known], list[str]]] = {
    "class_mastery": Known.mastery,
    "next_lesson": Known.lesson,
    "student_risk": Known.risk,
    "grievances": Known.grievances,
    "student": Known.student,
}


@pytest.fixture(scope="module")
def known(house: House) -> Known:
    """The teacher's class with most answers, who answered last in it, and a grievance."""
    assert house.demo
    demo = Workbench(house.home_database.teacher, house.demo._settings)
    classes = demo.classes()
    class_id = int(classes.loc[classes["attempts"].idxmax(), "class_id"])
    attempts = demo.attempts(class_id)
    student_id = int(attempts.loc[attempts["attempted_at"].idxmax(), "student_id"])
    return Known(demo, class_id, student_id, str(demo.grievances()["grievance_id"].iloc[0]))


@pytest.fixture(scope="module")
def seat(house: House) -> Iterator[Callable[..., Callable[[str], Watched]]]:
    """Gives a teacher's browser of a theme and width, in which addresses are opened."""
    contexts: list[BrowserContext] = []

    def seated(theme: str, width: int) -> Callable[[str], Watched]:
        context = house.browser.new_context(viewport={"width": width, "height": 844}, color_scheme=theme)
        contexts.append(context)
        context.set_default_timeout(OPEN_MS)
        context.add_cookies(house.signed_in(house.dashboards))
        return lambda address: Watched(context, house.dashboards + address).opens()

    yield seated
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def opened(seat: Callable[..., Callable[[str], Watched]]) -> Callable[[str], Watched]:
    """Opens an address in a wide, light browser."""
    return seat("light", WIDE)


@pytest.fixture(scope="module")
def on_a_phone(seat: Callable[..., Callable[[str], Watched]]) -> Callable[[str], Watched]:
    """Opens an address in a narrow, dark browser."""
    return seat("dark", PHONE)


@pytest.fixture(scope="module", params=PLACES)
def shown(request: pytest.FixtureRequest, opened: Any, known: Known) -> Iterator[tuple[str, Watched]]:
    """Each page in a wide, light browser, once for all that is asked of it; the console says nothing meanwhile."""
    watched = opened(known.address(request.param))
    yield request.param, watched
    watched.leaves()


def barriers(watched: Watched, where: Any = None, **options: Any) -> list[tuple[str, str]]:
    """What axe finds, in all of the page or somewhere, by all its rules or only some."""
    if not watched.page.evaluate("'axe' in window"):
        watched.page.evaluate(AXE_SCRIPT)
    found = watched.page.evaluate(AXE, [where, {"resultTypes": ["violations"], **options}])
    return [(one["id"], node["html"][:300]) for one in found for node in one["nodes"][:3]]


def pale(watched: Watched) -> list[tuple[str, str]]:
    """What axe finds by its rules of colours; of cells alike, which may be a thousand, the first stands for all."""
    watched.page.evaluate(MARK_ALIKE, ALIKE)
    return barriers(watched, {"exclude": [[f"[{ALIKE}]"]]}, runOnly=OF_COLOURS)


def turn(watched: Watched, theme: str) -> None:
    """Give an open page the other theme, and wait until its charts are drawn in it."""
    grounds = watched.page.evaluate(GROUNDS)
    watched.page.emulate_media(color_scheme=theme)
    watched.page.wait_for_function(REDRAWN, arg=grounds)


def expect_no_barrier(watched: Watched, width: int, theme: str, other: str) -> None:
    """Axe finds nothing, with tables and menus folded out, too, and nothing is wider than the window.

    A page is the same in its other theme but for its colours: there only the rules of colours are asked again.
    """
    page, found = watched.page, {}
    page.evaluate(UNFOLD, TABLES)
    found[theme] = barriers(watched, rules=BUT_COLOURS) + pale(watched)
    page.evaluate(UNFOLD, MENUS)
    if menus := [[one] for one in (".edukit-export", ".edukit-menu") if page.locator(one).count()]:
        found[theme] += barriers(watched, menus)
    assert page.evaluate(INSIDE) <= width
    turn(watched, other)
    found[other] = barriers(watched, menus, runOnly=OF_COLOURS) if menus else []
    page.evaluate(FOLD, MENUS)
    found[other] += pale(watched)
    assert page.evaluate(INSIDE) <= width
    assert found == {theme: [], other: []}


@pytest.mark.parametrize("place", PLACES)
def test_nothing_is_a_barrier_on_a_phone(on_a_phone: Any, known: Known, place: str) -> None:
    """Of a page that is opened in the dark theme; the console says nothing, and every host is ours."""
    watched = on_a_phone(known.address(place))
    expect_no_barrier(watched, PHONE, "dark", "light")
    watched.leaves()


def test_a_chart_is_read_as_its_sentence(shown: tuple[str, Watched], known: Known) -> None:
    """What a screen reader says of it is the sentence beside it, with figures of the frame that it shows."""
    place, watched = shown
    charts = watched.page.evaluate(CHARTS)
    assert bool(charts) == (place in CHARTED)
    assert [tuple(chart) for chart in charts] == [("img", sentence, 0, sentence) for *_, sentence in charts]
    said = " ".join(sentence for *_, sentence in charts)
    figures = CHARTED[place](known) if place in CHARTED else []
    assert [figure for figure in figures if not re.search(rf"\b{re.escape(figure)}", said)] == [], said


def test_tab_reaches_every_control(shown: tuple[str, Watched]) -> None:
    """In the order of the page, each shows that it has the focus, and after the last comes the first."""
    page = shown[1].page
    page.evaluate(WATCH)
    pressed = 0
    while not page.evaluate(ROUND) and pressed < LONGEST_WALK:
        for _ in range(20):
            page.keyboard.press("Tab")
        pressed += 20
    there, walked = page.evaluate(WALK)
    assert there
    assert walked == there
    assert page.evaluate("window.unmarked") == []
    assert pressed < LONGEST_WALK, "the focus never came back to where it began"
    page.evaluate("document.activeElement.blur()")


def test_nothing_is_a_barrier(shown: tuple[str, Watched]) -> None:
    """Of a page that is opened in the light theme in a wide window; it is the last that is asked of each."""
    expect_no_barrier(shown[1], WIDE, "light", "dark")


def tab_to(watched: Watched, wanted: Locator) -> None:
    """Press Tab until something has the focus."""
    for _ in range(LONGEST_WALK):
        if wanted.evaluate("(one) => one === document.activeElement"):
            return
        watched.page.keyboard.press("Tab")
    pytest.fail(f"{wanted} cannot be reached")


def test_a_dashboard_is_used_by_keys(opened: Any, known: Known, tmp_path: Path) -> None:
    """Days, an order and a student are chosen, a table is unfolded and a file taken out, without a mouse."""
    watched = opened(f"/voila/render/class_mastery.ipynb?class={known.class_id}")
    page, press = watched.page, watched.page.keyboard.press
    menu = page.locator(".edukit-export").first
    for label, parameter in (("Days", "from="), ("Order of students", "sort=")):
        tab_to(watched, page.get_by_label(label, exact=True))
        press("ArrowDown")
        page.wait_for_url(re.compile(parameter))
    tab_to(watched, page.get_by_text("Show as a table").first)
    press("Enter")
    expect(page.locator("table.scores")).to_be_visible()
    tab_to(watched, menu.locator("summary"))
    press("Enter")
    tab_to(watched, menu.get_by_role("button", name="CSV"))
    with page.expect_download() as download:
        press("Enter")
    download.value.save_as(tmp_path / "scores.csv")
    assert len(pd.read_csv(tmp_path / "scores.csv"))
    tab_to(watched, page.get_by_label("Student", exact=True))
    press("ArrowDown")
    page.wait_for_url(re.compile("student="))
    expect(page.locator(".strips li").first).to_be_visible()
    watched.leaves()


def test_the_head_is_used_by_keys(opened: Any, known: Known) -> None:
    """The content is skipped to, a theme is chosen, and a student is found and opened, without a mouse."""
    watched = opened(PLACES["home"])
    page, press = watched.page, watched.page.keyboard.press
    press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    press("Enter")
    expect(page.locator("main")).to_be_focused()
    menu = page.locator(".edukit-menu")
    tab_to(watched, menu.locator("summary"))
    press("Enter")
    for theme in ("Dark", "System"):
        tab_to(watched, menu.get_by_role("button", name=theme))
        press("Space")
        expect(page.locator("html")).to_have_attribute("data-theme", theme.lower())
        expect(menu.get_by_role("status")).to_have_text("Saved.")
    press("Escape")
    expect(menu.locator("summary")).to_be_focused()
    expect(menu.get_by_role("button", name="Sign out")).to_be_hidden()
    tab_to(watched, page.locator("header").get_by_role("searchbox"))
    students = known.demo.students(known.class_id)
    name = str(students.loc[students["student_id"] == known.student_id, "student"].iloc[0])
    page.keyboard.type(name)
    press("Enter")
    page.wait_for_url(re.compile(rf"student\.ipynb\?student={known.student_id}"))
    expect(page.locator("body[data-ready]")).to_be_visible()
    expect(page.get_by_role("heading", name=name)).to_be_visible()
