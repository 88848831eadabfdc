"""The server stops whenever it is asked to."""

from __future__ import annotations

import asyncio
import signal

import pytest

from edukit.serving.application import STOPS, _stopping


@pytest.mark.parametrize("asked", STOPS)
def test_being_asked_to_stop_is_not_lost(asked: signal.Signals) -> None:
    """Not even while something is destroyed, where nothing can be raised; who heard signals before hears them again."""

    class Destroyed:
        def __del__(self) -> None:
            signal.raise_signal(asked)

    before, loop = signal.getsignal(asked), asyncio.new_event_loop()
    late = loop.call_later(30, loop.stop)
    loop.call_soon(lambda: bool(Destroyed()))
    with _stopping(loop):
        loop.run_forever()
    assert loop.time() < late.when()
    loop.close()
    assert signal.getsignal(asked) is before


def test_a_signal_that_is_ignored_stays_so() -> None:
    """As that of a terminal which is closed, where `nohup` has said that it is nothing."""
    before, loop = signal.signal(signal.SIGHUP, signal.SIG_IGN), asyncio.new_event_loop()
    try:
        with _stopping(loop):
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
        loop.close()
