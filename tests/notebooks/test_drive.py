"""Every notebook runs, and every control of every view answers without an exception."""

from __future__ import annotations

from typing import TYPE_CHECKING

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from edukit.db.session import session_for
from edukit.ops.seed import seed_demo
from edukit.settings import shipped

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Database, House

NOTEBOOKS = sorted(path for path in shipped("notebooks").rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts)

DRIVER = r'''
import re

import ipywidgets
import numpy

OPTIONS, CHOICES = 8, 4


def walked(widget, hidden=True):
    if hidden or getattr(widget.layout, "display", None) != "none":
        yield widget
        for child in getattr(widget, "children", ()):
            yield from walked(child, hidden)


def drive(widget):
    """Use the control as a reader would; how many times it was used."""
    if isinstance(widget, ipywidgets.Button):
        if not widget.disabled:
            widget.click()
            return 1
    elif widget.has_trait("options") and widget.has_trait("index"):
        before = widget.index
        for index in [*range(len(widget.options))[:OPTIONS], before]:
            widget.index = index
        return 1
    elif isinstance(widget, (ipywidgets.Checkbox, ipywidgets.ToggleButton)):
        for _ in range(2):
            widget.value = not widget.value
        return 1
    elif widget.has_trait("unfolded"):
        for _ in range(3):
            widget.unfolded = not widget.unfolded
        return 1
    elif widget.has_trait("picked"):
        ids = re.findall(r'data-student="(\d+)"(?: data-concept="(\d+)")?', widget.html)[:CHOICES]
        for count, (student, concept) in enumerate(ids, 1):
            widget.picked = {"student": int(student), "concept": int(concept) if concept else None, "count": count}
        return len(ids)
    elif widget.has_trait("scores"):
        for count, scores in enumerate(([40.0, 70.0, 90.0], [90.0, 10.0, 5.0], []), 1):
            widget.asked = {"scores": scores, "count": count}
        return 3
    elif widget.has_trait("asked"):
        for count, format_ in enumerate(widget.formats, 1):
            widget.asked = {"format": format_, "count": count}
        return len(widget.formats)
    elif widget.has_trait("chosen"):
        before = widget.chosen
        for days in ({"from": "2026-06-01", "to": "2026-06-14"}, {"from": "", "to": "1990-01-01"}, before):
            widget.chosen = days
        return 1
    elif widget.has_trait("clicked"):
        state = widget.get_state()
        for index in range(len(state.get("figure", {"traces": []})["traces"])):
            pick = state.get(f"data.{index}.customdata")
            widget.clicked = {"trace": index, "customdata": first(pick) if pick else None, "count": index + 1}
        return len(widget.clicked)
    return 0


def first(packed):
    """The ids of the first cell of a heatmap, or of the first point."""
    if isinstance(packed, list):
        return packed[0]
    return numpy.frombuffer(packed["bdata"], packed["dtype"])[:2].tolist()


def cards(views):
    return [one.html for view in views for one in walked(view) if 'class="card error"' in getattr(one, "html", "")]


views = [value for value in Out.values() if isinstance(value, ipywidgets.Widget)]
used = 0
for view in views:
    # What is shown by the time that a reader comes to it.
    for control in walked(view, hidden=False):
        used += drive(control)
        assert not cards(views), cards(views)
print(f"{len(views)} views, {used} controls used")
'''


def driven(house: House, notebook: nbformat.NotebookNode, folder: Path) -> str:
    """Run the notebook and drive its views; what the driver printed. That something is refused is an answer, too.

    Raises:
        AssertionError: a cell or a callback failed, also where ipywidgets only prints the traceback.
    """
    notebook.cells.append(nbformat.v4.new_code_cell(DRIVER))
    client = NotebookClient(notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(folder)}})
    try:
        # That they start from nothing, nbval shows.
        with house.forking_kernels():
            client.execute()
    except CellExecutionError as error:
        raise AssertionError(str(error)) from error
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    # Button.click() catches what its callbacks raise and shows the traceback instead.
    errors = [f"{output.ename}: {output.evalue}" for output in outputs if output.output_type == "error"]
    assert not errors, errors
    return "".join(output.text for output in notebook.cells[-1].outputs if output.output_type == "stream")


@pytest.fixture(scope="module")
def school(house: House) -> Iterator[Database]:
    """A small demo school of this module's own: who presses every button writes."""
    with house.database() as database:
        with session_for(database.app) as session:
            seed_demo(session, students=60, as_of=house.settings.now)
        yield database


@pytest.fixture
def _kernels_see_the_school(house: House, school: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel opens the school as its teacher, at its moment."""
    for name, value in {**house.viewers_environment, "EDUKIT_VIEWER_URL": school.teacher.database_url}.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("_kernels_see_the_school")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs_and_its_controls_answer(house: House, path: Path) -> None:
    """Every notebook runs to its end, and every control of its view can be used without an exception."""
    notebook = nbformat.read(path, as_version=4)
    printed = driven(house, notebook, path.parent)
    if path.parent.name == "notebooks":
        views, used = (int(word) for word in printed.split() if word.isdigit())
        assert views == 1
        # The first page of few classes has links and nothing else.
        assert used > 0 or path.stem == "home"


RAISING = {
    "button": "one = w.Button(description='x')\none.on_click(lambda _button: 1 / 0)",
    "dropdown": "one = w.Dropdown(options=[1, 2])\none.observe(lambda _change: 1 / 0, 'value')",
    "toggle": "one = w.ToggleButton()\none.observe(lambda _change: 1 / 0, 'value')",
    "choice": (
        "from edukit.ui.widgets import Panel\none = Panel(html='<b data-student=\"1\">x</b>')\n"
        "one.on_pick(lambda _student, _concept: 1 / 0)"
    ),
    "export": "from edukit.ui.export_menu import ExportMenu\none = ExportMenu(None, lambda: 1 / 0)",
    "days": (
        "from datetime import date\nfrom edukit.analytics.days import ALL_DAYS\n"
        "from edukit.ui.date_range import DateRange\none = DateRange(ALL_DAYS, today=date(2026, 6, 30))\n"
        "one.on_change(lambda: 1 / 0)"
    ),
    "chart": (
        "from edukit.ui.chart import Chart\nimport plotly.graph_objects as go\none = Chart(go.Figure(go.Bar(y=[1])))\n"
        "one.on_click(lambda _point: 1 / 0)"
    ),
    "card": (
        "from edukit.ui.page import told\nfrom edukit.ui.widgets import Panel\nfrom edukit import StoreError\n"
        "note = Panel()\none = w.VBox([note])\nwith told(note, instead_of=w.VBox()):\n    raise StoreError('1 / 0')"
    ),
}


@pytest.mark.parametrize("kind", RAISING)
def test_a_failing_callback_fails_its_notebook(house: House, kind: str, tmp_path: Path) -> None:
    """A notebook whose callback raises, whatever the control, does not pass."""
    cell = nbformat.v4.new_code_cell(f"import ipywidgets as w\n{RAISING[kind]}\nw.VBox([one])")
    with pytest.raises(AssertionError, match=r"ZeroDivisionError|1 / 0"):
        driven(house, nbformat.v4.new_notebook(cells=[cell]), tmp_path)


def test_a_working_callback_passes(house: House, tmp_path: Path) -> None:
    """The driver fails nothing that works."""
    cell = nbformat.v4.new_code_cell(
        "import ipywidgets as w\nw.VBox([w.Button(), w.Checkbox(), w.Dropdown(options=[1])])"
    )
    assert driven(house, nbformat.v4.new_notebook(cells=[cell]), tmp_path) == "1 views, 3 controls used\n"
