"""Settings: one frozen object from the environment, each bad value named."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from edukit.errors import SettingsError
from edukit.settings import Settings, shipped


def test_given_values_win(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command's option wins over the environment, the environment over the default."""
    monkeypatch.setenv("EDUKIT_HOME", "/from/environment")
    assert Settings.from_environment().home == Path("/from/environment")
    assert Settings.from_environment(home=Path("/from/option")).home == Path("/from/option")
    assert Settings.from_environment(home=None).home == Path("/from/environment")


def test_the_users_own_variables_are_not_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """HOME is the user's folder and not edukit's: only names that begin with EDUKIT_ count."""
    default = Settings.from_environment().home
    for name in ("HOME", "home", "NOW", "VIEWER_URL", "PG_BINDIR"):
        monkeypatch.setenv(name, "/somewhere")
    read = Settings.from_environment()
    assert read.home != Path("/somewhere")
    assert read.home.name == default.name == "edukit"
    assert (read.viewer_url, read.pg_bindir, read.frozen_now) == (None, None, None)


def test_a_relative_home_is_made_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A home means the same folder to every process, wherever it runs."""
    monkeypatch.chdir(tmp_path)
    assert Settings(home=Path("here")).home == tmp_path / "here"


def test_thresholds_are_three_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are written with commas."""
    monkeypatch.setenv("EDUKIT_MASTERY_THRESHOLDS", "40, 70,90.5")
    assert Settings.from_environment().mastery_thresholds == (40.0, 70.0, 90.5)


def test_an_empty_variable_is_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    """DATABASE_URL= in a shell means no external server."""
    monkeypatch.setenv("DATABASE_URL", "")
    assert Settings.from_environment().database_url is None


def test_the_clock_can_be_frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    """EDUKIT_NOW is taken in any zone and told in UTC; without it the clock runs."""
    monkeypatch.setenv("EDUKIT_NOW", "2026-06-30T22:00:00+02:00")
    assert Settings.from_environment().now == datetime(2026, 6, 30, 20, tzinfo=UTC)
    monkeypatch.delenv("EDUKIT_NOW")
    assert abs((Settings.from_environment().now - datetime.now(UTC)).total_seconds()) < 60


@pytest.mark.parametrize(
    ("variable", "value"),
    [("EDUKIT_NOW", "yesterday"), ("EDUKIT_NOW", "2026-06-30"), ("EDUKIT_MASTERY_THRESHOLDS", "1,2"),
     ("EDUKIT_MASTERY_THRESHOLDS", "80,50,95"), ("EDUKIT_MASTERY_THRESHOLDS", "high")],
)  # fmt: skip
def test_a_bad_value_is_named(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    """The variable, its value and the rule are told."""
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError, match=rf"^{variable} is .*: .+\. Change the variable"):
        Settings.from_environment()


def test_passwords_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Printing the settings shows no password."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:hush@h/d")
    assert "hush" not in repr(Settings.from_environment())


def test_settings_are_frozen() -> None:
    """Nobody changes them on the way."""
    with pytest.raises(ValidationError):
        Settings().home = Path("/elsewhere")  # type: ignore[misc]


def test_shipped_folders_are_there() -> None:
    """Migrations and notebooks are found."""
    assert (shipped("migrations") / "env.py").is_file()
    assert (shipped("notebooks") / "class_mastery.ipynb").is_file()
