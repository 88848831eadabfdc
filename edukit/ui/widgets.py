"""Widgets of a page: HTML with choices in it, the page's address, a file to download, pickers."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING, Any

import anywidget
import ipywidgets as w
import traitlets as t

from edukit.errors import EdukitError
from edukit.ui.summary import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd


NO_FILE = "There is no file, by a fault of edukit. Reload the page; if it comes back, tell your administrator."


class Panel(anywidget.AnyWidget):
    """HTML in which an element with ``data-student``, ``data-concept`` or ``data-choice`` can be chosen.

    Who fills ``html`` escapes every name in it.
    """

    _esm = """
    const id = (text) => (text ? Number(text) : null);
    function inReadersZone(el) {
      const format = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
      for (const time of el.querySelectorAll("time[datetime]"))
        time.textContent = format.format(new Date(time.dateTime));
    }
    function render({ model, el }) {
      const draw = () => { el.innerHTML = model.get("html"); inReadersZone(el); };
      if (model.get("live")) el.setAttribute("role", "status");
      draw();
      model.on("change:html", draw);
      model.on("change:arrivals", () => {
        const target = el.querySelector("[tabindex='-1']");
        if (!target) return;
        target.scrollIntoView({ block: "start" });
        target.focus({ preventScroll: true });
      });
      el.addEventListener("click", (event) => {
        const chosen = event.target.closest("[data-student], [data-concept], [data-choice]");
        if (!chosen) return;
        const { student, concept, choice } = chosen.dataset;
        const count = (model.get("picked").count ?? 0) + 1;
        model.set("picked", { student: id(student), concept: id(concept), choice: choice ?? null, count });
        model.save_changes();
      });
    }
    export default { render };
    """
    html = t.Unicode("").tag(sync=True)
    live = t.Bool(default_value=False).tag(sync=True)
    """Whether a screen reader says it aloud when it changes."""
    picked: t.Dict[str, Any] = t.Dict({}).tag(sync=True)
    """The last choice: ``student``, ``concept`` (ids or None), ``choice`` (text or None), and ``count``, which makes
    each choice a change."""
    arrivals = t.Int(0).tag(sync=True)

    def on_pick(self, act: Callable[[int | None, int | None], object]) -> None:
        """Call ``act(student_id, concept_id)`` when a student or concept is chosen."""

        def chosen(change: Any) -> None:
            if change["new"].get("choice") is None:
                act(change["new"].get("student"), change["new"].get("concept"))

        self.observe(chosen, "picked")

    def on_choice(self, act: Callable[[str], object]) -> None:
        """Call ``act(choice)`` when an element is chosen, with the text of its ``data-choice``."""

        def chosen(change: Any) -> None:
            if (choice := change["new"].get("choice")) is not None:
                act(choice)

        self.observe(chosen, "picked")

    def arrive(self) -> None:
        """Bring the reader, with the keyboard's focus, to the element that has ``tabindex="-1"``."""
        self.arrivals += 1


class Address(anywidget.AnyWidget):
    """Keeps the state of a view in the page's address, so that a link opens the same view.

    It writes only in a page served by Voilà: JupyterLab's address belongs to JupyterLab.
    """

    _esm = """
    function render({ model, el }) {
      el.hidden = true;
      const write = () => {
        if (!model.get("live")) return;
        const url = new URL(window.location.href);
        for (const [name, value] of Object.entries(model.get("parameters"))) {
          if (value === "") url.searchParams.delete(name);
          else url.searchParams.set(name, value);
        }
        window.history.replaceState(window.history.state, "", url);
      };
      write();
      model.on("change:parameters", write);
    }
    export default { render };
    """
    parameters: t.Dict[str, str] = t.Dict({}).tag(sync=True)
    live = t.Bool(default_value=False).tag(sync=True)


def served_by_voila(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether this kernel belongs to a page that Voilà serves."""
    return environment.get("SERVER_SOFTWARE", "").startswith("voila")


def asked_query(environment: Mapping[str, str] = os.environ) -> str:
    """The query of the page's address when it was opened; empty outside Voilà."""
    return environment.get("QUERY_STRING", "") if served_by_voila(environment) else ""


class Download(anywidget.AnyWidget):
    """A button that makes a file when it is asked for; ``make()`` gives its name and content, and records it first."""

    _esm = """
    function render({ model, el }) {
      const button = document.createElement("button");
      button.type = "button";
      const label = () => { button.textContent = model.get("label"); };
      label();
      model.on("change:label", label);
      button.addEventListener("click", () => { model.set("asked", model.get("asked") + 1); model.save_changes(); });
      const refusal = document.createElement("div");
      refusal.setAttribute("role", "alert");
      const refuse = () => {
        refusal.textContent = model.get("refusal");
        refusal.className = refusal.textContent ? "card error refused" : "";
      };
      refuse();
      model.on("change:refusal", refuse);
      el.append(button, refusal);
      const save = (message, buffers) => {
        const link = document.createElement("a");
        link.href = URL.createObjectURL(new Blob([buffers[0]], { type: "text/csv;charset=utf-8" }));
        link.download = message.name;
        link.click();
        setTimeout(() => URL.revokeObjectURL(link.href), 60000);
      };
      model.on("msg:custom", save);
      return () => model.off("msg:custom", save);
    }
    export default { render };
    """
    label = t.Unicode("Download").tag(sync=True)
    asked = t.Int(0).tag(sync=True)
    refusal = t.Unicode("").tag(sync=True)
    """Why there is no file, and what to do next."""

    def __init__(self, label: str, make: Callable[[], tuple[str, bytes]]) -> None:
        super().__init__(label=label)
        self.add_class("edukit-file")
        self._make = make

    @t.observe("asked")
    def _answer(self, _change: object) -> None:
        self.refusal = ""
        try:
            name, content = self._make()
        except EdukitError as error:
            self.refusal = str(error)
            return
        except Exception:
            self.refusal = NO_FILE
            raise
        self.send({"name": name}, [content])


def class_picker(classes: pd.DataFrame) -> w.Dropdown:
    """A choice among the rows of the frame ``class_names``; institutions are told where there are several."""
    several = len(set(classes["institution"])) > 1
    names = [
        f"{name} ({institution})" if several else name
        for name, institution in zip(classes["class_name"], classes["institution"], strict=True)
    ]
    ids = classes["class_id"].tolist()
    times = Counter(names)
    labels = [f"{name}, id {id_}" if times[name] > 1 else name for name, id_ in zip(names, ids, strict=True)]
    return w.Dropdown(options=list(zip(labels, ids, strict=True)), description="Class")


class Pager:
    """Steps through students, or what else there is, a page at a time; hidden while one page holds them all."""

    def __init__(self, size: int, *, on_turn: Callable[[], object], noun: str = "student") -> None:
        self._size, self._total, self._page, self._on_turn, self._noun = size, 0, 0, on_turn, noun
        self._back = w.Button(description="Previous", tooltip=f"The {size} {noun}s before these")
        self._on = w.Button(description="Next", tooltip=f"The {size} {noun}s after these")
        self._label = w.Label()
        self.widget = w.HBox([self._back, self._label, self._on])
        self.widget.add_class("edukit-pager")
        self._back.on_click(lambda _button: self._turn(-1))
        self._on.on_click(lambda _button: self._turn(+1))
        self.start(0, 0)

    @property
    def places(self) -> slice:
        """The places of what is on the page, in its order."""
        return slice(self._page * self._size, (self._page + 1) * self._size)

    def start(self, total: int, place: int) -> None:
        """Begin anew with so many, at the page that holds the place."""
        self._total, self._page = total, place // self._size
        self._tell()

    def _turn(self, pages: int) -> None:
        self._page += pages
        self._tell()
        self._on_turn()

    def _tell(self) -> None:
        first, last = self._page * self._size + 1, min((self._page + 1) * self._size, self._total)
        self._label.value = f"{first:,} to {last:,} of {counted(self._total, self._noun)}"
        self._back.disabled, self._on.disabled = self._page == 0, last == self._total
        self.widget.layout.display = "none" if self._total <= self._size else None
