"""The server stops whenever it is asked to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edukit.serving.application import STOPS

if TYPE_CHECKING:
    import signal

    from conftest import House

# In a process of its own: a loop needs the main thread, in which a browser's may run.
ASKED = """
import asyncio, signal, sys
from edukit.serving.application import _stopping

asked = int(sys.argv[1])

class Destroyed:
    def __del__(self):
        signal.raise_signal(asked)

before, loop = signal.getsignal(asked), asyncio.new_event_loop()
late = loop.call_later(30, loop.stop)
loop.call_soon(lambda: bool(Destroyed()))
with _stopping(loop):
    loop.run_forever()
print(loop.time() < late.when(), signal.getsignal(asked) is before)
"""
IGNORED = """
import asyncio, signal
from edukit.serving.application import _stopping

signal.signal(signal.SIGHUP, signal.SIG_IGN)
with _stopping(asyncio.new_event_loop()):
    print(signal.getsignal(signal.SIGHUP) is signal.SIG_IGN)
"""


@pytest.mark.parametrize("asked", STOPS)
def test_being_asked_to_stop_is_not_lost(house: House, asked: signal.Signals) -> None:
    """Not even while something is destroyed, where nothing can be raised; who heard signals before hears them again."""
    told = house.python("-c", ASKED, str(int(asked)))
    assert told.stdout == "True True\n", told.stderr


def test_a_signal_that_is_ignored_stays_so(house: House) -> None:
    """As that of a terminal which is closed, where `nohup` has said that it is nothing."""
    told = house.python("-c", IGNORED)
    assert told.stdout == "True\n", told.stderr
