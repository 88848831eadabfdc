"""Whatever is killed while a page is open, it comes back by itself, as it was left, and is nobody else's."""

from __future__ import annotations

import contextlib
import os
import re
import signal
from typing import TYPE_CHECKING

import psutil
import pytest
from playwright.sync_api import expect

from edukit.ops.prepare import prepared, seed_into
from edukit.settings import Settings, shipped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import House
    from playwright.sync_api import Browser, Page, Route

STUDENTS = 60
OPEN_MS = 60_000
CULLED = {"cull_idle_timeout": 4, "cull_interval": 1}
READY = "body[data-ready]"
BACK = "Everything stands as you left it"
# A page that says whether the connection to its kernel was ended, and can end it.
WATCHED = """
const Socket = window.WebSocket;
window.WebSocket = class extends Socket {
  constructor(...given) {
    super(...given);
    window.socket = this;
    this.addEventListener("close", () => { window.isEnded = true; });
  }
};
"""
TYPED = "not sent yet"


class Machine:
    """An `edukit up` on embedded stores of its own: what of it can be killed, and itself stopped and started."""

    def __init__(self, house: House, home: Path, exits: contextlib.ExitStack) -> None:
        self._house, self.home, self._exits = house, home, exits
        self.address = exits.enter_context(house.serving(home))
        self._port = self.address.rsplit(":", 1)[1]

    def stop(self) -> None:
        """Stop the server, and its stores with it."""
        self._exits.close()

    def start(self) -> None:
        """Serve the same on the same port."""
        self._exits.enter_context(self._house.serving(self.home, port=int(self._port)))

    def kill_postgres(self) -> None:
        """End PostgreSQL as the machine would: every process of it, with nothing said."""
        postmaster = psutil.Process(self._pid("postgres", "postmaster.pid"))
        for process in [postmaster, *postmaster.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()

    @contextlib.contextmanager
    def unkept(self) -> Iterator[None]:
        """For as long as the block lasts nobody starts a store again."""
        keepers = [process for process in psutil.process_iter(["cmdline"]) if self._is_keeper(process)]
        assert len(keepers) == 2, keepers
        for keeper in keepers:
            keeper.suspend()
        try:
            yield
        finally:
            for keeper in keepers:
                keeper.resume()

    def kill_redis(self) -> None:
        """End Valkey."""
        os.kill(self._pid("valkey", "valkey.pid"), signal.SIGKILL)

    @contextlib.contextmanager
    def redis_halted(self) -> Iterator[None]:
        """For as long as the block lasts Valkey takes connections, and answers none."""
        valkey = psutil.Process(self._pid("valkey", "valkey.pid"))
        valkey.suspend()
        try:
            yield
        finally:
            valkey.resume()

    def kill_kernels(self) -> None:
        """End every kernel: what the server's child has forked."""
        for fork_server in psutil.Process(self._house.servers[self.address]).children():
            for kernel in fork_server.children():
                kernel.kill()

    def _is_keeper(self, process: psutil.Process) -> bool:
        told = process.info["cmdline"] or ()
        return str(self.home) in told and any("keeper.py" in word for word in told)

    def _pid(self, store: str, file: str) -> int:
        return int((self.home / store / file).read_text().split()[0])


@pytest.fixture(scope="module")
def machine(house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A small demo school of the tests' own."""
    home = tmp_path_factory.mktemp("outages")
    with prepared(Settings(home=home, frozen_now=house.settings.now)) as stores:
        seed_into(stores, seed=1, students=STUDENTS, as_of=house.settings.now, progress=None)
    with contextlib.ExitStack() as exits:
        yield Machine(house, home, exits)


@pytest.fixture(scope="module")
def impatient(house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that ends kernels of which nothing was asked for four seconds."""
    assert house.demo
    stores = {"DATABASE_URL": house.stores.database_url, "REDIS_URL": f"{house.stores.redis_url}&db=8"}
    home, now = tmp_path_factory.mktemp("impatient"), house.settings.now.isoformat()
    with house.serving_pages(shipped("notebooks"), home, CULLED, EDUKIT_NOW=now, **stores) as server:
        yield f"http://127.0.0.1:{server.port}"


@pytest.fixture
def opens(house: House, browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a dashboard in a browser of its own; a fault of a page fails the test."""
    faults: list[str] = []
    with contextlib.ExitStack() as exits:

        def open_page(address: str, notebook: str, *, role: str = "teacher") -> Page:
            context = browser.new_context(viewport={"width": 1280, "height": 844})
            exits.callback(context.close)
            context.add_cookies(house.signed_in(address, role))
            page = context.new_page()
            page.set_default_timeout(OPEN_MS)
            page.on("pageerror", lambda error: faults.append(str(error)))
            page.add_init_script(WATCHED)
            page.goto(f"{address}/voila/render/{notebook}.ipynb", wait_until="commit")
            page.wait_for_selector(READY)
            # A page that begins anew has lost it.
            page.evaluate("document.body.dataset.isFirst = ''")
            return page

        yield open_page
    assert not faults, faults


def choose_student(page: Page, place: int) -> str:
    """Choose a student of the class by their place among them, and wait for nothing."""
    choice = page.get_by_label("Student", exact=True)
    name = choice.locator("option").nth(place).inner_text()
    choice.select_option(name)
    return name


def assert_shows(page: Page, student: str) -> None:
    """The page shows a student's answers, and no error."""
    expect(page.get_by_label("Student", exact=True).locator("option:checked")).to_have_text(student, timeout=OPEN_MS)
    expect(page.locator(".strips li").first).to_be_visible(timeout=OPEN_MS)
    expect(page.locator(".card.error")).to_have_count(0)


def wait_for_another(page: Page) -> None:
    """Wait until the page has begun anew, and says so."""
    # No script of the page's: meanwhile another may be there, whose policy forbids those.
    page.wait_for_selector(f"{READY}:not([data-is-first])")
    expect(page.get_by_role("status").filter(has_text=BACK)).to_be_visible()


def test_a_choice_outlives_postgresql(machine: Machine, opens: Callable[..., Page]) -> None:
    """While PostgreSQL is away the page says so and that it goes on by itself; then it shows what was chosen."""
    page = opens(machine.address, "class_mastery")
    choose_student(page, 1)
    page.wait_for_url(re.compile("student="))
    with machine.unkept():
        machine.kill_postgres()
        student = choose_student(page, 2)
        expect(page.locator("[data-retry]")).to_contain_text("goes on by itself", timeout=OPEN_MS)
    wait_for_another(page)
    assert_shows(page, student)


def test_nobody_notices_that_redis_is_killed(machine: Machine, opens: Callable[..., Page]) -> None:
    """What is asked next is answered, by the same page, and nothing is said; it may take longer."""
    page = opens(machine.address, "class_mastery")
    machine.kill_redis()
    assert_shows(page, choose_student(page, 3))
    assert page.locator("[data-is-first]").count()
    expect(page.locator(".edukit-told:visible")).to_have_count(0)


def typing(page: Page) -> Page:
    """The form of a grievance with words typed that nobody was told."""
    page.get_by_label("What it is about").press_sequentially(TYPED)
    return page


def test_open_pages_outlive_the_server(machine: Machine, opens: Callable[..., Page]) -> None:
    """Once a server that was stopped is there again, on its port, pages show what they showed; typed text is there."""
    shown, typed = opens(machine.address, "class_mastery"), typing(opens(machine.address, "grievances"))
    student = choose_student(shown, 2)
    assert_shows(shown, student)
    machine.stop()
    for page in (shown, typed):
        expect(page.get_by_role("status").filter(has_text="does not answer")).to_be_visible(timeout=OPEN_MS)
    machine.start()
    for page in (shown, typed):
        wait_for_another(page)
    assert_shows(shown, student)
    expect(typed.get_by_label("What it is about")).to_have_value(TYPED)


def test_nobody_is_signed_out_by_a_server_that_begins_without_redis(
    machine: Machine, opens: Callable[..., Page]
) -> None:
    """An open page waits, and so does one that is opened then: both say so, and come back when Redis does."""
    page, other = (opens(machine.address, "class_mastery") for _ in range(2))
    student = choose_student(page, 2)
    assert_shows(page, student)
    for one in (page, other):
        one.context.set_offline(True)
    machine.stop()
    machine.start()
    with machine.redis_halted():
        for one in (page, other):
            one.context.set_offline(False)
        other.reload()
        expect(other.get_by_role("heading", name="Not now")).to_be_visible(timeout=OPEN_MS)
        expect(page.get_by_role("status").filter(has_text="does not answer")).to_be_visible(timeout=OPEN_MS)
    wait_for_another(page)
    assert_shows(page, student)
    other.wait_for_selector(READY)


def test_what_one_typed_is_not_given_to_another(machine: Machine, opens: Callable[..., Page]) -> None:
    """Who signs in next, in the same tab and at the same address, finds nothing of the one before."""
    page = typing(opens(machine.address, "grievances"))
    address = page.url
    page.context.clear_cookies()
    machine.kill_kernels()
    page.wait_for_url(re.compile("/login"))
    page.get_by_role("button", name="As an admin").click()
    page.wait_for_selector(READY)
    assert page.url == address
    page.wait_for_function("sessionStorage.length === 0")
    expect(page.get_by_label("What it is about")).to_have_value("")
    assert TYPED not in page.content()


def test_a_page_that_was_left_alone_answers_the_next_click(impatient: str, opens: Callable[..., Page]) -> None:
    """A page whose kernel was ended meanwhile does what is clicked, at the place where it was left."""
    page = opens(impatient, "class_mastery")
    name = page.locator("button[data-student]:visible").first
    name.locator("span").wait_for()
    student = name.locator("span").inner_text()
    page.wait_for_function("window.isEnded")
    page.mouse.move(5, 5)
    name.click(delay=300)
    wait_for_another(page)
    assert_shows(page, student)


def test_what_is_clicked_while_nobody_hears_it_is_not_lost(machine: Machine, opens: Callable[..., Page]) -> None:
    """A click after the connection broke, and before it is known that the kernel has ended, is done once more."""
    page = opens(machine.address, "class_mastery")
    name = page.locator("button[data-student]:visible").first
    student = name.locator("span").inner_text()
    held: list[Route] = []
    page.route(re.compile(r"/api/kernels/[^/]+$"), lambda route: held.append(route))  # noqa: PLW0108 - it is marked
    page.evaluate("window.socket.close()")
    page.wait_for_function("window.isEnded")
    name.click()
    machine.kill_kernels()
    while not held:
        page.wait_for_timeout(50)
    for route in held:
        route.continue_()
    wait_for_another(page)
    assert_shows(page, student)


def test_a_chart_that_was_left_alone_answers_the_next_click(impatient: str, opens: Callable[..., Page]) -> None:
    """A cell that is clicked when the kernel was ended meanwhile opens the answers behind it."""
    page = opens(impatient, "class_mastery")
    cells = page.locator(".edukit-chart[data-drawn] .nsewdrag").first
    cells.scroll_into_view_if_needed()
    page.wait_for_function("window.isEnded")
    box = cells.bounding_box()
    assert box
    page.mouse.move(box["x"] + 30, box["y"] + 20)
    page.mouse.move(box["x"] + 40, box["y"] + 14)
    page.mouse.click(box["x"] + 40, box["y"] + 14)
    wait_for_another(page)
    expect(page.get_by_label("Student", exact=True).locator("option:checked")).not_to_have_text("Choose a student")
    expect(page.get_by_label("Concept", exact=True).locator("option:checked")).not_to_have_text("All concepts")
