"""A fault of edukit reaches the server's log under the number that its reader is told, and no page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from jupyter_client.manager import KernelManager

from edukit.errors import StoreError
from edukit.ui.page import told
from edukit.ui.widgets import Panel

if TYPE_CHECKING:
    from pathlib import Path

FAILS = """
from edukit.ui.page import told
from edukit.ui.widgets import Panel
panel = Panel()
try:
    with told(panel, instead_of=Panel()):
        1 / 0
except ZeroDivisionError:
    print(panel.html)
"""


def test_a_kernel_tells_the_log_and_not_the_page(tmp_path: Path) -> None:
    """The traceback is on the kernel's own stderr, which is the server's; what the page hears is the card alone."""
    kernel, heard = KernelManager(), []
    with (tmp_path / "log").open("wb") as log:
        kernel.start_kernel(stderr=log)
        client = kernel.client()
        client.start_channels()
        try:
            client.wait_for_ready(timeout=60)
            client.execute_interactive(FAILS, timeout=60, output_hook=lambda message: heard.append(message["content"]))
        finally:
            client.stop_channels()
            kernel.shutdown_kernel(now=True)
            kernel.cleanup_resources()
    said = "".join(one["text"] for one in heard if "text" in one)
    number = re.search(r"reference number is ([0-9a-f]{8})\.", said)
    assert number, said
    assert "Traceback" not in said
    logged = (tmp_path / "log").read_text()
    assert f"reference {number[1]}" in logged
    assert "ZeroDivisionError" in logged


def test_each_fault_has_a_number_of_its_own(caplog: pytest.LogCaptureFixture) -> None:
    """Two faults are two numbers in the log; what edukit explains has none, and is not logged."""
    panel = Panel()
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), told(panel, instead_of=Panel()):
            raise ZeroDivisionError
        (number,) = re.findall(r"reference number is ([0-9a-f]{8})", panel.html)
        assert number in caplog.messages[-1]
    assert len(set(caplog.messages)) == 2
    with told(panel, instead_of=Panel()):
        raise StoreError("PostgreSQL does not answer.")
    assert "reference" not in panel.html
    assert len(caplog.messages) == 2
