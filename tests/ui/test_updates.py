"""The offer of new data holds to its contract without a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from edukit.errors import StoreError
from edukit.queries.outbox import Horizon
from edukit.ui.updates import MOST_CLASSES, Updates

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edukit.workbench import Workbench


class Coming:
    """A database that has come a little further each time."""

    def __init__(self) -> None:
        self.at: Iterator[int] = iter(range(100, 200))
        self.away = False

    def horizon(self) -> Horizon:
        """As the Workbench's."""
        if self.away:
            message = "The database does not answer."
            raise StoreError(message)
        return Horizon(next(self.at), (90, 95))


def test_what_is_followed_and_since_when_goes_out_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another class comes with its own moment, in one message: each fetch asks how far the database has come."""
    updates, sent = Updates(Coming(), on_wanted=list), []
    monkeypatch.setattr(updates, "_send", lambda message, **_: sent.append(message["state"]))
    updates.follow([7])
    updates.follow([9, 7, 9])
    updates.follow([7, 9])
    since = [[at, 90, 95] for at in (100, 101, 102)]
    assert sent == [{"classes": [7], "since": since[0]}, {"classes": [7, 9], "since": since[1]}, {"since": since[2]}]


def test_ids_come_as_frames_have_them() -> None:
    """Ids of a frame's column are followed, and of very many as many as the server allows."""
    updates = Updates(Coming(), on_wanted=list)
    updates.follow(np.arange(300, 0, -1))
    assert updates.classes == list(range(1, MOST_CLASSES + 1))


def test_the_viewer_wants_it() -> None:
    """Each wish of the page's viewer is asked of the view once."""
    asked: list[int] = []
    updates = Updates(Coming(), on_wanted=lambda: asked.append(updates.wanted))
    updates.follow([7])
    assert asked == []
    updates.wanted = 1
    updates.wanted = 2
    assert asked == [1, 2]


def test_a_database_that_is_away_is_said() -> None:
    """What is followed stays as it was where the database does not answer, and the view is told."""
    coming = Coming()
    updates = Updates(coming, on_wanted=list)
    updates.follow([7])
    coming.away = True
    with pytest.raises(StoreError):
        updates.follow([8])
    assert (updates.classes, updates.since) == ([7], [100, 90, 95])


def test_a_workbench_says_how_far_its_database_has_come(demo: Workbench) -> None:
    """It never goes back, and what is under way began before."""
    first, second = demo.horizon(), demo.horizon()
    assert 0 < first.next <= second.next
    assert all(0 < running < second.next for running in second.running)


def test_grievances_are_followed_without_classes() -> None:
    """Which they are the server knows; the page says that it shows them."""
    updates = Updates(Coming(), on_wanted=list)
    updates.follow([], grievances=True)
    assert (updates.classes, updates.grievances, updates.since) == ([], True, [100, 90, 95])
