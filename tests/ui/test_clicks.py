"""Clicks: the second of a double one is told from the next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from time import sleep
from types import SimpleNamespace
from typing import Any

import pytest

from edukit.ui import clicks

NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)


def test_a_click_right_after_a_change_is_not_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first one is, those until the time is over are not, and then they are again."""
    monkeypatch.setattr(clicks, "SECONDS", 0.02)
    page = clicks.Clicks()
    assert page.meant()
    page.changed()
    assert not page.meant()
    sleep(0.03)
    assert page.meant()


@pytest.mark.parametrize(("later", "meant"), [(0.2, False), (1.5, True)])
def test_what_counts_is_when_it_was_clicked(later: float, *, meant: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the browser's clock: not when a kernel that was busy gets round to it."""
    parent: dict[str, Any] = {"header": {"date": NOON}}
    shell = SimpleNamespace(kernel=SimpleNamespace(get_parent=lambda: parent))
    monkeypatch.setattr(clicks, "get_ipython", lambda: shell)
    page = clicks.Clicks()
    assert page.meant()
    page.changed()
    parent["header"]["date"] = NOON + timedelta(seconds=later)
    assert page.meant() is meant
