"""What those whom the server starts find in their environment."""

from __future__ import annotations

import os

import pytest

from edukit.serving.environment import CREDENTIALS, OF_PERSON, OF_PYTHON, OF_REQUEST, hide_credentials, kept


@pytest.mark.parametrize(
    "name",
    ["DATABASE_URL", "REDIS_URL", "EDUKIT_DATABASE_URL", "EDUKIT_REDIS_URL", "PGPASSWORD", "PGPASSFILE", "PGSERVICE"],
)
def test_no_spelling_of_a_credential_is_handed_on(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever variable an administrator gave the stores by, it is on no list, and soon in no environment."""
    monkeypatch.setenv(name, "postgresql://adm:hush@h/x")
    assert "hush" not in str(kept(os.environ, *OF_PYTHON, *OF_REQUEST, *OF_PERSON))
    hide_credentials()
    assert name not in os.environ


def test_names_are_kept_and_not_left_out() -> None:
    """A variable that no list names is not handed on, whatever it holds; a star stands for a name's end alone."""
    given = {"PATH": "/bin", "LC_ALL": "C", "ALC_X": "no", "PATHS": "no", "SOME_TOKEN": "no", "lc_all": "no"}
    assert kept(given, "PATH", "LC_*") == {"PATH": "/bin", "LC_ALL": "C"}
    assert kept(given) == {}


def test_no_list_names_a_credential() -> None:
    """What is hidden from this process is handed on to none."""
    assert kept(dict.fromkeys(CREDENTIALS, "hush"), *OF_PYTHON, *OF_REQUEST, *OF_PERSON) == {}
