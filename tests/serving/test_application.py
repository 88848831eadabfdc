"""The server's own parts, without a server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edukit.serving.application import viewers_environment

if TYPE_CHECKING:
    from conftest import House


@pytest.mark.parametrize(
    "name",
    ["DATABASE_URL", "REDIS_URL", "EDUKIT_DATABASE_URL", "EDUKIT_REDIS_URL", "PGPASSWORD", "PGPASSFILE", "PGSERVICE"],
)
def test_no_spelling_of_a_credential_reaches_a_kernel(name: str, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever variable an administrator gave the stores by, a kernel gets the teacher's login and not it."""
    stores = house.stores  # opened before the variable that would send it elsewhere
    monkeypatch.setenv(name, "postgresql://adm:hush@h/x")
    environment = viewers_environment(stores, "edukit_teacher", "t@x.example")
    assert name not in environment
    assert "hush" not in str(environment)
    assert "edukit_teacher" in environment["EDUKIT_VIEWER_URL"]
    assert environment["EDUKIT_USER"] == "t@x.example"
