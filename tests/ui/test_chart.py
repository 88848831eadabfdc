"""A chart sends what has changed, keeps the last state for whoever comes later, and tells what was picked."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go
from ipywidgets.widgets.widget import _remove_buffers

from edukit.ui.chart import CHART, PLOTLY, Chart
from edukit.ui.figures import mastery_heatmap

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

THRESHOLDS = (50.0, 80.0, 95.0)


class Page:
    """A page's end of a chart: what it was sent, and the state that this makes."""

    def __init__(self, chart: Chart, patch: pytest.MonkeyPatch) -> None:
        self.state: dict[str, Any] = chart.get_state()
        self.messages: list[dict[str, Any]] = []
        self.buffers: list[bytes] = []
        patch.setattr(chart.comm, "send", self._take)

    def _take(self, data: dict[str, Any], buffers: Sequence[bytes] | None = None) -> None:
        self.messages.append(data)
        self.buffers += buffers or ()
        self.state |= data.get("state", {})


def test_a_first_figure_comes_with_the_widget() -> None:
    """A figure that is given at once is in the first state; a chart without one has none to draw."""
    state = Chart(go.Figure(go.Bar(y=[1, 2])), summary="Two bars.").get_state()
    assert (state["data.0.y"], state["figure"]["number"], state["summary"]) == ([1, 2], 1, "Two bars.")
    assert CHART in state["_dom_classes"]
    assert repr(Chart(summary="Two bars.")) == "Chart(summary='Two bars.')"
    assert "figure" not in Chart().get_state()


def test_only_what_differs_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another figure sends its new values in one message, and nothing that is as it was."""
    chart = Chart(go.Figure([go.Bar(x=["a", "b"], y=[1, 2]), go.Scatter(y=[5, 6])], {"height": 300}))
    page = Page(chart, monkeypatch)
    chart.show(go.Figure([go.Bar(x=["a", "b"], y=[3, 2]), go.Scatter(y=[5, 6])], {"height": 400}))
    (message,) = page.messages
    assert message["method"] == "update"
    assert {*message["state"]} == {"data.0.y", "layout.height", "figure"}
    assert page.state["figure"]["number"] == 2


def test_nothing_is_sent_twice(school: type, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same figure again, gaps and texts included, is no message at all."""
    frame = school((30, 24)).class_mastery(1000)
    chart = Chart(mastery_heatmap(frame, THRESHOLDS))
    page = Page(chart, monkeypatch)
    chart.show(mastery_heatmap(frame, THRESHOLDS))
    assert page.messages == []


def test_numbers_go_as_bytes(school: type, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scores are bytes beside the message, as they are in the figure, and not text in it."""
    chart, figure = Chart(), mastery_heatmap(school((30, 24)).class_mastery(1000), THRESHOLDS)
    page = Page(chart, monkeypatch)
    chart.show(figure)
    (message,) = page.messages
    place = message["buffer_paths"].index(["data.0.z", "bdata"])
    np.testing.assert_array_equal(np.frombuffer(page.buffers[place]).reshape(30, 24), figure.data[0].z)
    assert message["state"]["data.0.z"] == {"dtype": "f8", "shape": "30,24"}


def test_the_last_state_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that was there and one that comes later see the same figure, with nothing left of those before."""
    chart = Chart(go.Figure([go.Bar(y=[1], text=["a"]), go.Scatter(y=[5])], {"title": {"text": "first"}}))
    page = Page(chart, monkeypatch)
    for value in range(20):
        chart.show(go.Figure(go.Heatmap(z=np.full((2, 2), value)), {"height": 300}))
    later, _, _ = _remove_buffers(chart.get_state())
    for state in (page.state, later):
        assert state["figure"]["number"] == 21
        (trace,) = state["figure"]["traces"]
        assert {*trace} == {"z", "type"}
        assert "title" not in state["figure"]["layout"]
    assert page.buffers[-1] == chart.get_state()["data.0.z"]["bdata"] == bytes([19] * 4)
    assert "data.1.y" not in later


def test_a_page_cannot_change_the_figure() -> None:
    """What a page sends as the figure is left alone: only what is done with it comes back."""
    chart = Chart(go.Figure(go.Bar(y=[1])))
    chart.set_state({"data.0.y": [9], "figure": {}, "ranges": {"xaxis": [0, 1]}})
    assert chart.get_state()["data.0.y"] == [1]
    assert chart.get_state()["figure"]["number"] == 1
    assert chart.ranges == {"xaxis": [0, 1]}


def test_one_property_can_be_asked_for() -> None:
    """A piece of the figure is state as a trait is, and what is no longer there is not told."""
    chart = Chart(go.Figure(go.Bar(y=[1])), summary="One bar.")
    assert chart.get_state("data.0.y") == {"data.0.y": [1]}
    assert chart.get_state(["summary", "data.0.y"]) == {"summary": "One bar.", "data.0.y": [1]}


def test_a_click_gives_the_ids() -> None:
    """A cell is told by the ids of its student and concept, each time that it is clicked; a point without is not."""
    chart, picked, clicked = Chart(), [], []
    chart.on_pick(lambda *ids: picked.append(ids))
    chart.on_click(clicked.append)
    for count, customdata in enumerate([[7.0, 500.0], [7.0, 500.0], None, ["a", "b"], [1]], 1):
        chart.set_state({"clicked": {"trace": 0, "index": [0, 1], "customdata": customdata, "count": count}})
    assert picked == [(7, 500), (7, 500)]
    assert [point["count"] for point in clicked] == [1, 2, 3, 4, 5]


def test_plotly_is_sent_to_a_page_that_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole program, once for one question, and nothing for any other."""
    chart = Chart()
    page = Page(chart, monkeypatch)
    chart._handle_custom_msg({"ask": "secrets"}, [])
    assert page.messages == []
    chart._handle_custom_msg({"ask": "plotly"}, [])
    assert [message["content"] for message in page.messages] == [{"plotly": True}]
    assert page.buffers == [PLOTLY.read_bytes()]


def test_a_picture_is_saved_by_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page is told the name, without the ending that it adds."""
    chart = Chart()
    page = Page(chart, monkeypatch)
    chart.save_png("mastery 7B.png")
    assert page.messages[0]["content"] == {"save": "mastery 7B"}


def test_charts_do_not_carry_plotlys_widget() -> None:
    """No dashboard imports plotly's own widget, which sends 5 MB, nor watches files for changes."""
    known = "'plotly.basewidget' in sys.modules, 'watchfiles' in sys.modules, threading.active_count()"
    code = f"import sys, threading; from edukit.ui.views import class_mastery, student_risk; print({known})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False", "1"]
