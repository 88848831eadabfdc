"""Opening a dashboard in a browser, and the moments at which its parts stand there."""

from __future__ import annotations

import json
import statistics
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from opening.comparing import OURS
from opening.school import CLASSES
from playwright.sync_api import Error, sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from opening.school import School
    from opening.servers import Server
    from playwright.sync_api import Browser, BrowserContext, Page

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
    # No side waits for a host that a school's network may not reach.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]  # fmt: skip
WATCH = Path(__file__).with_name("watch.js").read_text()
WAIT_MS, ANSWER_MS, LEAVE_MS = 60_000, 15_000, 5_000
CHANGES = 5
"""Changes of class in an open: the first at once, the others when it has been answered."""


@dataclass(frozen=True)
class Opened:
    """Moments of one open in milliseconds from its beginning, and how long a change of class took."""

    first_byte: float
    heading: float
    controls: float
    figure: float
    ready: float
    """All is drawn and a change is heard: later than drawn by what the first change took longer than those after."""
    update: float | None
    """None: a change was not answered, which counts for nothing but itself; `ready` is when all is drawn then."""


@contextmanager
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            yield started
        finally:
            started.close()


@contextmanager
def visitor(browser: Browser, server: Server, school: School) -> Iterator[BrowserContext]:
    """Somebody with an empty cache, who has signed in."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
    try:
        context.add_cookies(
            [
                {"name": name, "value": value, "domain": "127.0.0.1", "path": "/"}
                for name, value in server.cookies.items()
            ]
        )
        context.add_init_script(f"{WATCH}({json.dumps(school.expected)})")
        context.set_default_timeout(WAIT_MS)
        yield context
    finally:
        context.close()


@contextmanager
def visit(context: BrowserContext) -> Iterator[Page]:
    """An empty page, which is left at the end as a visitor leaves one: what it then tells its server is told."""
    page = context.new_page()
    try:
        yield page
    finally:
        with suppress(Error):
            page.goto("about:blank", timeout=LEAVE_MS)
        page.close()


def opened(
    context: BrowserContext, server: Server, *, picture: Path | None = None, line: Mapping[str, float] | None = None
) -> Opened:
    """Open the dashboard, change its class a few times, and leave it; over a line, if one is given.

    Args:
        context: whose cache it is.
        server: who answers.
        picture: file for a picture of the page.
        line: conditions of the network, as DevTools have them.
    """
    faults: list[str] = []
    with visit(context) as page:
        if line:
            devtools = context.new_cdp_session(page)
            devtools.send("Network.enable")
            devtools.send("Network.emulateNetworkConditions", {"offline": False, **line})
        page.on("pageerror", lambda error: faults.append(str(error)))
        try:
            marks = shown(page, server)
            update, late = _changes(page, server)
            if picture:
                page.screenshot(path=picture, full_page=True)
            first_byte = page.evaluate("bench.firstByte()")
        except Error as error:
            raise _failure(page, server, faults) from error
    return Opened(first_byte, marks["heading"], marks["controls"], marks["figure"], marks["drawn"] + late, update)


def _changes(page: Page, server: Server) -> tuple[float | None, float]:
    """What a change of class takes, and by how much longer the first took; None and 0: a peer did not answer one."""
    try:
        took = [_changed(page, server, CLASSES[change % 2]) for change in range(1, CHANGES + 1)]
    except Error as error:
        if server.side == OURS:
            raise
        print(f"{server.side} did not answer a change of class: {str(error).splitlines()[0]}", file=sys.stderr)
        return None, 0.0
    update = statistics.median(took[1:])
    return update, max(0.0, took[0] - update)


def shown(page: Page, server: Server) -> dict[str, float]:
    """Open the dashboard and wait until all of it is drawn; the moments in milliseconds."""
    page.goto(server.url, wait_until="commit")
    page.wait_for_function("window.bench?.drawn")
    _see_labels(page, server)
    marks: dict[str, float] = page.evaluate("bench.marks")
    return marks


def _changed(page: Page, server: Server, name: str) -> float:
    """Choose another class as a visitor does; milliseconds until the heatmap, the bars and the table show it."""
    page.evaluate("name => bench.expect(name)", name)
    if server.side == "streamlit":
        page.get_by_test_id("stSelectbox").get_by_role("combobox").click()
        page.get_by_role("option", name=name).click()
    else:
        page.locator("select").filter(has_text=CLASSES[0]).select_option(label=name)
    page.wait_for_function("bench.answered !== null", timeout=ANSWER_MS)
    _see_labels(page, server)
    return float(page.evaluate("bench.answered"))


def _see_labels(page: Page, server: Server) -> None:
    """Look for the labels of the cells, which come with their picture, when the clock has stopped."""
    assert page.evaluate("bench.isLabelled()"), f"{server.side} has cells without a label"


def _failure(page: Page, server: Server, faults: list[str]) -> AssertionError:
    try:
        missing: Any = page.wait_for_function("bench.missing().join(', ') || ' '", timeout=5000).json_value()
    except Error:
        missing = "everything"
    told = f"{server.side}: not there or not answering: {missing}. Errors of the page: {faults or 'none'}."
    return AssertionError(f"{told} The server says: {server.log.read_text()[-1500:]}")
