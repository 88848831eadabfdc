"""What is rehearsed before kernels are forked goes as far as a page does, and leaves nothing behind."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import psutil
from ipywidgets import widgets as w

from edukit.db.session import _engines
from edukit.serving import rehearsal
from edukit.settings import shipped

if TYPE_CHECKING:
    import pytest


def test_every_page_is_rehearsed_to_its_end(caplog: pytest.LogCaptureFixture) -> None:
    """Each page that is served has made its widgets of made-up rows, without a fault and without an empty card."""
    rehearsal.rehearse()
    assert not caplog.records
    assert set(rehearsal.PAGES) == {page.stem for page in shipped("notebooks").glob("*.ipynb")}


def test_a_page_that_fails_is_told_and_hinders_no_other(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page whose rehearsal raises is named in the log, and only that one."""
    monkeypatch.setattr("edukit.ui.views.home.home", lambda *_, **__: 1 / 0)
    rehearsal.rehearse()
    assert [record.args for record in caplog.records] == [("home",)]


def test_nothing_is_left_of_a_rehearsal() -> None:
    """No widget, thread, socket or engine: a kernel that is forked afterwards holds nothing of it."""
    process = psutil.Process()
    before = (len(process.net_connections("all")), threading.active_count(), len(_engines))
    rehearsal.rehearse()
    assert (len(process.net_connections("all")), threading.active_count(), len(_engines)) == before
    assert not w.widget._instances
