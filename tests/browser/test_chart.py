"""A chart where edukit's own pages are not: in JupyterLab, and in Voilà as it comes."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import nbformat
import pytest
from playwright.sync_api import expect
from plotly.offline import get_plotlyjs

from edukit.settings import shipped
from edukit.ui.chart import PLOTLY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, ConsoleMessage, Page, WebSocket

WAIT_MS = 60_000
CELLS = """
import ipywidgets as w, numpy as np, plotly.graph_objects as go
from edukit.ui.chart import Chart
from edukit.ui.theme import template

layout = go.Layout(template=template(), height=240)
ids = np.array([[[1, 10], [1, 11]], [[2, 10], [2, 11]]])
cells = go.Heatmap(z=np.array([[1.0, 2.0], [np.nan, 4.0]]), customdata=ids, showscale=False)
one, two, other = Chart(go.Figure(cells, layout), summary="Four cells."), Chart(), Chart(summary="Zoomed.")
two.show(go.Figure(go.Scatter(x=np.arange(5.0), y=np.arange(5.0) ** 2), layout))
other.show(go.Figure(go.Scatter(y=[1, 2, 3]), {"height": 240, "dragmode": "zoom"}))
told = w.HTML("nothing")
def tell(*words): told.value = " ".join(map(str, words))
one.on_pick(lambda student, concept: tell("picked", student, concept))
other.observe(lambda change: tell("zoomed", *change["new"]), "ranges")
def button(name, act):
    made = w.Button(description=name)
    made.on_click(lambda _button: act())
    return made
def bars():
    one.show(go.Figure([go.Bar(y=np.array([3, 1, 2])), go.Scatter(y=[1, 2, 3])], layout))
    one.summary = "Three bars."
def again():
    for size in range(1, 41):
        two.show(go.Figure(go.Scatter(x=np.arange(size), y=np.arange(size), mode="markers"), layout))
"""
SHOWN = """
buttons = [button("Bars", bars), button("Forty", again), button("Picture", lambda: one.save_png("bars.png"))]
w.VBox([told, w.HBox(buttons), one, two, other])
"""
HEATMAPS = """
import numpy as np, plotly.graph_objects as go
from IPython.display import display
from edukit.ui.chart import Chart
from edukit.ui.theme import template

z, words = np.arange(12.0).reshape(3, 4) + 0.4, [[f"w{row}{column}" for column in range(4)] for row in range(3)]
rows = ["One", "Two & <i>so</i>", "Three"]
plain = {"z": z, "y": rows, "xgap": 2, "ygap": 2, "showscale": False}
rich = {"texttemplate": "<b>%{z}</b>"}
for told in ({"text": words, "texttemplate": "%{text}"}, {"texttemplate": "%{z:.0f}"}, rich, {}):
    turned = {"automargin": True, "tickangle": 0 if told else 40, "ticksuffix": " of all that was asked"}
    size = {"height": 240, "width": 1500}
    display(Chart(go.Figure(go.Heatmap(**plain, **told), go.Layout(template=template(), xaxis=turned, **size))))
"""
MARGINS = """plot => {
  const other = document.body.appendChild(document.createElement('div'));
  other.style.width = `${plot.clientWidth}px`;
  return Plotly.newPlot(other, structuredClone(plot.data), structuredClone(plot.layout)).then(() => {
    const sizes = [plot, other].map(each => each._fullLayout._size).map(({ l, r, t, b }) => [l, r, t, b]);
    other.remove();
    return sizes;
  });
}"""
INKED = """async plot => {
  const href = plot.querySelector('.heatmaplayer image').getAttribute('href');
  const picture = Object.assign(new Image(), { src: href });
  await picture.decode();
  const ink = plot.querySelector('canvas');
  const [width, height] = ink ? [ink.width, ink.height] : [picture.naturalWidth, picture.naturalHeight];
  const context = new OffscreenCanvas(width, height).getContext('2d');
  context.imageSmoothingEnabled = false;
  for (const layer of [picture, ink].filter(Boolean)) context.drawImage(layer, 0, 0, width, height);
  const middle = (column, row) => context.getImageData((column + .2) * width / 4, (row + .2) * height / 3,
    Math.max(1, .6 * width / 4), Math.max(1, .6 * height / 3));
  const colours = cell => new Set(new Uint32Array(middle(cell % 4, Math.floor(cell / 4)).data.buffer)).size;
  const inked = [...Array(12).keys()].filter(cell => colours(cell) > 1);
  const size = [picture.naturalWidth, picture.naturalHeight];
  const places = [...plot.querySelectorAll('.heatmaplayer image, canvas')].map(each => each.getBoundingClientRect());
  const [cells, words] = [places[0], places.at(-1)];
  const shift = Math.max(...['left', 'right', 'top', 'bottom'].map(edge => Math.abs(cells[edge] - words[edge])));
  if (shift > 1) throw new Error(`words stand ${shift} pixels beside their cells`);
  return { size, inked: inked.length, elements: plot.querySelectorAll('.heatmap-label').length };
}"""


@dataclass
class Watched:
    """A page with what went wrong in it, and how often plotly came."""

    page: Page
    faults: list[str] = field(default_factory=list)
    large: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", self._console)
        self.page.on("websocket", self._socket)

    def _console(self, message: ConsoleMessage) -> None:
        # Voilà as it comes asks hosts of the internet for MathJax and fonts; whether they answer is not ours to test.
        if message.type == "error" and message.location["url"].startswith(("http://127.0.0.1", "blob:")):
            self.faults.append(message.text)

    def _socket(self, socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: self.large.append(len(frame)) if len(frame) > 500_000 else None)


@contextlib.contextmanager
def serving(folder: Path, *command: str) -> Iterator[None]:
    """A server of Jupyter's on a folder that is also its home."""
    kept = {
        name: str(folder / name)
        for name in ("JUPYTER_CONFIG_DIR", "JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR")
    }
    path = os.pathsep.join([str(shipped("edukit").parent), *filter(None, [os.environ.get("PYTHONPATH")])])
    with (folder / "log").open("w") as log:
        environment = {**os.environ, **kept, "PYTHONPATH": path}
        server = subprocess.Popen([sys.executable, "-m", *command], cwd=folder, env=environment, stdout=log, stderr=log)
        try:
            yield
        finally:
            server.terminate()
            server.wait(30)


@pytest.fixture
def folder(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A folder with a notebook of a test's own cells, or one in which three charts stand."""
    cells = [nbformat.v4.new_code_cell(getattr(request, "param", CELLS + SHOWN))]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), tmp_path / "charts.ipynb")
    return tmp_path


@pytest.fixture
def watched(browser: Browser) -> Iterator[Watched]:
    """A page whose faults fail the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 1100})
    context.set_default_timeout(WAIT_MS)
    watched = Watched(context.new_page())
    yield watched
    context.close()
    assert not watched.faults, watched.faults


def reach(page: Page, address: str) -> None:
    """Open an address whose server is only starting."""
    for _ in range(300):
        with contextlib.suppress(Exception):
            page.goto(address)
            return
        page.wait_for_timeout(100)
    pytest.fail(f"{address} did not answer")


def use(watched: Watched) -> None:
    """Look at the charts, click, zoom, change and save, as a reader does."""
    page = watched.page
    charts = page.locator(".edukit-chart[data-drawn] .js-plotly-plot")
    expect(charts).to_have_count(3, timeout=WAIT_MS)
    expect(page.get_by_role("img", name="Four cells.")).to_be_visible()
    assert [size >= PLOTLY.stat().st_size for size in watched.large] == [True]

    charts.nth(0).scroll_into_view_if_needed()
    cells = charts.nth(0).locator(".nsewdrag").bounding_box()
    page.mouse.click(cells["x"] + 0.75 * cells["width"], cells["y"] + 0.25 * cells["height"])
    page.get_by_text("picked 2 11", exact=True).wait_for()
    charts.nth(2).scroll_into_view_if_needed()
    line = charts.nth(2).locator(".nsewdrag").bounding_box()
    middle = line["y"] + line["height"] / 2
    page.mouse.move(line["x"] + 0.2 * line["width"], middle)
    page.mouse.down()
    page.mouse.move(line["x"] + 0.6 * line["width"], middle, steps=5)
    page.mouse.up()
    page.get_by_text("zoomed xaxis yaxis", exact=True).wait_for()

    page.get_by_role("button", name="Bars").click()
    expect(charts.nth(0).locator(".barlayer .point")).to_have_count(3, timeout=WAIT_MS)
    expect(charts.nth(0).locator(".heatmaplayer image")).to_have_count(0)
    expect(page.get_by_role("img", name="Three bars.")).to_be_visible()
    page.get_by_role("button", name="Forty").click()
    expect(charts.nth(1).locator(".scatterlayer .point")).to_have_count(40, timeout=WAIT_MS)
    with page.expect_download() as download:
        page.get_by_role("button", name="Picture").click()
    assert download.value.suggested_filename == "bars.png"
    assert download.value.path().read_bytes().startswith(b"\x89PNG")
    assert len(watched.large) == 1


def fits(page: Page) -> None:
    """A chart is as wide as its place, also when that changes."""
    for width in (700, 1280):
        page.set_viewport_size({"width": width, "height": 1100})
        chart = page.locator(".edukit-chart").first
        drawn = "e => Math.abs(e.clientWidth - e.querySelector('.main-svg').getBoundingClientRect().width) <= 1"
        page.wait_for_function(drawn, arg=chart.element_handle())


def test_charts_in_voila_as_it_comes(folder: Path, watched: Watched, unused_port: Callable[[], int]) -> None:
    """Without edukit's server charts draw, answer and change; plotly comes once, and nothing fails."""
    port = unused_port()
    with serving(folder, "voila", "charts.ipynb", "--no-browser", f"--port={port}"):
        reach(watched.page, f"http://127.0.0.1:{port}/")
        use(watched)
        fits(watched.page)
        watched.page.goto("about:blank")


def test_charts_in_jupyterlab(folder: Path, watched: Watched, unused_port: Callable[[], int]) -> None:
    """An analyst's charts do the same, and a reload of the page shows what they showed last."""
    port, page = unused_port(), watched.page
    own = ["--no-browser", "--allow-root", f"--ServerApp.port={port}", "--IdentityProvider.token=known"]
    with serving(folder, "jupyterlab", *own, "--ServerApp.jpserver_extensions={'voila.server_extension': False}"):
        reach(page, f"http://127.0.0.1:{port}/lab/tree/charts.ipynb?token=known")
        # A cell that is run before the kernel has answered is passed over.
        page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
        page.locator("[data-command='notebook:run-cell-and-select-next']").click()
        use(watched)
        page.keyboard.press("Control+s")
        page.wait_for_function("() => !document.querySelector('.jp-mod-current.jp-mod-dirty')")
        watched.large.clear()
        page.reload()
        expect(page.locator(".edukit-chart[data-drawn] .barlayer .point")).to_have_count(3, timeout=WAIT_MS)
        expect(page.locator(".edukit-chart[data-drawn] .scatterlayer .point")).to_have_count(
            3 + 40 + 3, timeout=WAIT_MS
        )
        assert len(watched.large) == 1
        page.goto("about:blank")


@pytest.mark.parametrize("folder", [HEATMAPS], indirect=True)
def test_heatmaps_are_drawn_fast_and_print_sharp(
    folder: Path, watched: Watched, unused_port: Callable[[], int]
) -> None:
    """Plain words are painted, or copied from their like; others plotly's elements; paper has what plotly draws.

    Labels, measured all at once, get the room that plotly's own program gives them.
    """
    port, page = unused_port(), watched.page
    with serving(folder, "voila", "charts.ipynb", "--no-browser", f"--port={port}"):
        reach(page, f"http://127.0.0.1:{port}/")
        plots = page.locator(".edukit-chart[data-drawn] .js-plotly-plot")
        expect(plots).to_have_count(4, timeout=WAIT_MS)
        drawn = [plot.evaluate(INKED) for plot in plots.all()]
        assert [(each["inked"], each["elements"]) for each in drawn] == [(12, 0), (12, 0), (0, 12), (0, 0)]
        assert [each["size"] for each in drawn] == [[4, 3]] * 4
        rows = plots.nth(0).locator(".ytick text")
        assert rows.all_text_contents() == ["One", "Two & so", "Three"]
        assert rows.locator("tspan").all_text_contents() == ["so"]
        columns = plots.nth(0).locator(".xtick text")
        looks = columns.evaluate_all(
            "texts => texts.map(text => [text.textContent, text.style.cssText, text.__data__.text])"
        )
        assert [(words, meant) for words, _, meant in looks] == [(words, words) for words, *_ in looks]
        assert len({words for words, *_ in looks}) == len(looks) > 3
        assert len({look for _, look, _ in looks}) == 1
        assert len(set(columns.evaluate_all("texts => texts.map(text => text.getBoundingClientRect().x)"))) == len(
            looks
        )
        page.add_script_tag(content=get_plotlyjs())
        sizes = [plot.evaluate(MARGINS) for plot in plots.all()]
        assert all(ours == pytest.approx(plotlys, abs=0.01) for ours, plotlys in sizes)
        assert sizes[3][0][3] > sizes[2][0][3] + 20
        gaps = plots.nth(3).locator(".gaps-x, .gaps-y")
        behind = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert gaps.evaluate_all(
            "paths => paths.map(path => [getComputedStyle(path).stroke, path.getAttribute('d').split('M').length - 1])"
        ) == [[behind, 5], [behind, 4]]

        page.emulate_media(media="print")
        for number, elements in enumerate([12, 12, 12, 0]):
            expect(plots.nth(number).locator(".heatmap-label")).to_have_count(elements)
        printed = [plot.evaluate(INKED) for plot in plots.all()]
        assert [each["inked"] for each in printed] == [0, 0, 0, 0]
        assert printed[3]["size"] > [400, 40]
        for plot in plots.all():
            assert plot.evaluate("plot => plot.getBoundingClientRect().width <= plot.parentElement.clientWidth + 1")
        page.emulate_media(media="screen")
        expect(plots.nth(0).locator(".heatmap-label")).to_have_count(0)
        assert [plot.evaluate(INKED) for plot in plots.all()] == drawn
        page.goto("about:blank")
