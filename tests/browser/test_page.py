"""A page of any notebook: nothing of what its kernel says is lost, and whatever happens to that, the page goes on."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
from typing import TYPE_CHECKING

import psutil
import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import House
    from playwright.sync_api import Browser, Page

READY = "body[data-ready]"
OPEN_MS = 60_000
SAYS = 400
"""Messages that a kernel says while its page opens, one after the other."""

# Counts from a thread while the page opens: every message is numbered, and the trait holds the last number.
COUNTER = f"""
import threading, time, os
import anywidget, traitlets
class Counter(anywidget.AnyWidget):
    _esm = '''
    function initialize({{ model }}) {{
      const heard = (window.heard ??= []);
      model.on("msg:custom", (said) => heard.push(said.number));
    }}
    function render({{ model, el }}) {{
      const draw = () => {{ el.textContent = "now " + model.get("number"); }};
      draw();
      model.on("change:number", draw);
    }}
    export default {{ initialize, render }};
    '''
    number = traitlets.Int(-1).tag(sync=True)
counter = Counter()
def count():
    for number in range({SAYS}):
        counter.send({{"number": number}})
        counter.number = number
        time.sleep(0.005)
threading.Thread(target=count, daemon=True).start()
"""
OTHERS = "(kernels) => !kernels.some((one) => document.body?.innerText.includes(`kernel ${one}`))"
PID = "import os\nprint('kernel', os.getpid())"
FORM = """
import os, ipywidgets as w
from edukit.ui.widgets import Address, asked_query
asked = dict(part.split("=") for part in asked_query().split("&") if part)
choice = w.Dropdown(options=["one", "two", "three"], value=asked.get("choice", "one"), description="Choice")
words = w.Textarea(description="Words")
address = Address(live=True, parameters={"choice": choice.value})
said = w.HTML(f"kernel {os.getpid()} shows {choice.value}")
button = w.Button(description="Press")
pressed = w.HTML("not pressed")
def chosen(change):
    address.parameters = {"choice": change["new"]}
    said.value = f"kernel {os.getpid()} shows {change['new']}"
choice.observe(chosen, "value")
button.on_click(lambda _: setattr(pressed, "value", f"pressed in {os.getpid()}"))
w.VBox([address, choice, words, said, button, pressed])
"""
OUTPUT = """
import os, ipywidgets as w
out, button = w.Output(), w.Button(description="Say it")
def say(_):
    with out:
        print("said by", os.getpid())
button.on_click(say)
w.VBox([button, out])
"""
LATEX = "from IPython.display import Math\nMath(r'\\\\frac{1}{2}')"
DEADLY = """
import os
from edukit.ui.widgets import Panel
print("kernel", os.getpid())
panel = Panel(html='<button type="button" data-student="1">End it</button>')
panel.on_pick(lambda *_: os._exit(1))
panel
"""
NOTEBOOKS = {
    "deadly": (DEADLY,),
    "counter": (COUNTER, "time.sleep(0.6)\ncounter", PID),
    "form": (FORM,),
    "output": (PID, OUTPUT),
    "latex": (PID, LATEX),
    "html": (
        "from IPython.display import HTML\nHTML('<table><tr><td>a cell</td></tr></table>')",
        "print('plain <b>')",
        "3 + 4",
    ),
    "failing": ("print('before')", "1 / 0", "print('never')"),
    "home": (PID,),
}


@pytest.fixture(scope="module")
def served(house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`edukit up` on notebooks of the test's own."""
    assert house.demo
    folder = tmp_path_factory.mktemp("notebooks")
    for name, cells in NOTEBOOKS.items():
        (folder / f"{name}.ipynb").write_text(json.dumps(notebook(name, *cells)))
    home = tmp_path_factory.mktemp("home")
    stores = {"DATABASE_URL": house.stores.database_url, "REDIS_URL": f"{house.stores.redis_url}&db=7"}
    with house.serving(home, "--notebooks", str(folder), **stores) as address:
        yield address


def notebook(name: str, *cells: str) -> dict[str, object]:
    """A notebook with a heading and cells of code."""
    code = [
        {"cell_type": "code", "id": f"c{i}", "execution_count": None, "metadata": {}, "outputs": [], "source": cell}
        for i, cell in enumerate(cells)
    ]
    heading = {"cell_type": "markdown", "id": "title", "metadata": {}, "source": f"# A page of {name}"}
    spec = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"cells": [heading, *code], "metadata": {"kernelspec": spec}, "nbformat": 4, "nbformat_minor": 5}


@pytest.fixture
def opens(house: House, browser: Browser, served: str) -> Iterator[Callable[..., Page]]:
    """Opens a notebook's page in a browser of its own; a fault of a page fails the test."""
    faults: list[str] = []
    with contextlib.ExitStack() as exits:

        def open_page(name: str, script: str = "") -> Page:
            context = browser.new_context(viewport={"width": 1280, "height": 844})
            exits.callback(context.close)
            context.add_cookies(house.signed_in(served))
            page = context.new_page()
            page.set_default_timeout(OPEN_MS)
            page.on("pageerror", lambda error: faults.append(str(error)))
            if script:
                page.add_init_script(script)
            page.goto(f"{served}/voila/render/{name}.ipynb", wait_until="commit")
            return page

        yield open_page
    assert not faults, faults


def kernel_of(page: Page) -> int:
    """The process that a page's words name."""
    told = page.locator("main").inner_text()
    return int(re.search(r"kernel (\d+)", told)[1])


def test_nothing_is_lost_between_the_kernel_and_its_page(opens: Callable[..., Page]) -> None:
    """What a thread says while cells run, while the page connects and later arrives, all of it and in order."""
    page = opens("counter")
    page.wait_for_function(f"window.heard?.at(-1) === {SAYS - 1}")
    assert page.evaluate("window.heard") == list(range(SAYS))
    expect(page.get_by_text(f"now {SAYS - 1}")).to_be_visible()


# A line on which, once the page is deaf, nothing arrives any more although the server has sent it.
DEAF = """
window.lines = [];
window.swallowed = "";
const Socket = window.WebSocket;
window.WebSocket = class extends Socket {
  constructor(...given) {
    super(...given);
    window.lines.push(this);
    this.addEventListener("message", (event) => {
      if (!window.isDeaf) return;
      event.stopImmediatePropagation();
      window.swallowed += new TextDecoder().decode(event.data);
    });
  }
};
"""


def test_the_last_state_wins_after_a_broken_connection(opens: Callable[..., Page]) -> None:
    """What was on its way when the line broke is made up for: the page shows what the kernel has."""
    page = opens("form", DEAF)
    page.wait_for_selector(READY)
    page.evaluate("window.isDeaf = true")
    page.get_by_role("button", name="Press").click()
    page.wait_for_function("window.swallowed.includes('pressed in')")
    expect(page.get_by_text("not pressed")).to_be_visible()
    page.evaluate("window.isDeaf = false; window.lines.at(-1).close()")
    expect(page.get_by_text(f"pressed in {kernel_of(page)}")).to_be_visible()


def test_the_heading_stands_before_the_kernel_has_said_anything(opens: Callable[..., Page]) -> None:
    """Head and leading text are there while the first cell still runs, with a place for what is to come."""
    page = opens("counter")
    expect(page.get_by_role("heading", name="A page of counter")).to_be_visible()
    assert page.title() == "counter · edukit"
    page.wait_for_selector(READY)
    expect(page.get_by_text("Loading")).to_be_hidden()


def test_outputs_without_widgets_are_html(opens: Callable[..., Page]) -> None:
    """Tables, text and values stand as they are, and nothing in a text is markup."""
    page = opens("html")
    expect(page.get_by_role("cell", name="a cell")).to_be_visible()
    expect(page.get_by_text("plain <b>")).to_be_visible()
    expect(page.get_by_text("7", exact=True)).to_be_visible()
    page.wait_for_selector(READY)


def test_a_cell_that_fails_is_told_under_a_number(opens: Callable[..., Page]) -> None:
    """What came before stays, a card names the number, and nothing of the code or after it is shown."""
    page = opens("failing")
    expect(page.get_by_role("alert")).to_contain_text(re.compile("[0-9a-f]{8}"))
    expect(page.get_by_text("before")).to_be_visible()
    page.wait_for_selector(READY)
    told = page.locator("main").inner_text()
    assert "ZeroDivisionError" not in told
    assert "never" not in told


@pytest.mark.parametrize("name", ["output", "latex"])
def test_what_is_unknown_is_drawn_by_voila_on_the_same_kernel(opens: Callable[..., Page], name: str) -> None:
    """An Output widget and a formula are drawn, and the page's first kernel is its only one."""
    page = opens(name)
    pid = kernel_of(page) if page.wait_for_selector("main pre") else 0
    if name == "latex":
        expect(page.locator("mjx-container")).to_be_visible()
    else:
        page.get_by_role("button", name="Say it").click()
        expect(page.get_by_text(f"said by {pid}")).to_be_visible()
    page.wait_for_selector(READY)
    assert kernel_of(page) == pid


@pytest.fixture
def form(opens: Callable[..., Page]) -> Page:
    """A page with something chosen, and something typed that nobody was told."""
    page = opens("form")
    page.wait_for_selector(READY)
    page.get_by_label("Choice").select_option("two")
    expect(page.get_by_text("shows two")).to_be_visible()
    page.wait_for_url(re.compile("choice=two"))
    page.get_by_label("Words").press_sequentially("not sent yet")
    return page


def assert_as_it_was(page: Page, before: int) -> int:
    """The page stands as it was left, on another kernel."""
    expect(page.get_by_text(re.compile(f"kernel (?!{before})\\d+ shows two"))).to_be_visible(timeout=OPEN_MS)
    expect(page.get_by_label("Choice").locator("option:checked")).to_have_text("two")
    expect(page.get_by_label("Words")).to_have_value("not sent yet")
    return kernel_of(page)


def test_a_page_whose_kernel_is_killed_begins_anew(form: Page) -> None:
    """It says what happened and comes back by itself, with what was chosen and typed; and then it answers."""
    before = kernel_of(form)
    os.kill(before, signal.SIGKILL)
    expect(form.get_by_role("status").filter(has_text="connection")).to_be_visible()
    after = assert_as_it_was(form, before)
    form.get_by_role("button", name="Press").click()
    expect(form.get_by_text(f"pressed in {after}")).to_be_visible()


def test_a_page_outlives_the_fork_server(form: Page) -> None:
    """When the process that kernels are forked from is killed, the page comes back all the same."""
    before = kernel_of(form)
    psutil.Process(before).parent().kill()
    assert_as_it_was(form, before)


def test_a_click_that_ends_the_kernel_is_not_done_for_ever(opens: Callable[..., Page]) -> None:
    """What ended two kernels, one after the other, is not asked of a third."""
    page = opens("deadly")
    page.wait_for_selector(READY)
    kernels = {kernel_of(page)}
    page.get_by_role("button", name="End it").click()
    for _ in range(2):
        page.wait_for_function(OTHERS, arg=[*kernels])
        page.wait_for_selector(READY)
        kernels.add(kernel_of(page))
    page.wait_for_timeout(2_000)
    assert kernel_of(page) in kernels
    assert len(kernels) == 3
