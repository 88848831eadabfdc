"""The one Settings object, built once from the environment and passed down."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Self

import platformdirs
from pydantic import AfterValidator, AliasChoices, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from edukit.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Sequence


def _default_home() -> Path:
    # PostgreSQL refuses to run as root, so root's store belongs to a system user and cannot live under /root.
    if sys.platform != "win32" and os.geteuid() == 0:
        return Path("/var/lib/edukit")
    return Path(platformdirs.user_data_dir("edukit", appauthor=False))


def _absolute(path: Path) -> Path:
    return Path.cwd() / path.expanduser()


def _in_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        message = "must carry a time zone, such as 2026-06-30T12:00:00+00:00"
        raise ValueError(message)
    return moment.astimezone(UTC)


RISING_SCORES = "three rising scores between 0 and 100, such as 50, 80, 95"
_THRESHOLDS = f"must be {RISING_SCORES}"


def _numbers(text: object) -> object:
    if not isinstance(text, str):
        return text
    parts = text.split(",")
    if len(parts) != 3:  # noqa: PLR2004 - as many as there are levels above the first
        raise ValueError(_THRESHOLDS)
    return parts


def are_rising_scores(scores: Sequence[float]) -> bool:
    """Whether levels can begin at these scores: three that rise, above 0 and up to 100."""
    return len(scores) == 3 and 0 < scores[0] < scores[1] < scores[2] <= 100  # noqa: PLR2004 - a score's range


def _rising_scores(scores: tuple[float, float, float]) -> tuple[float, float, float]:
    if not are_rising_scores(scores):
        raise ValueError(_THRESHOLDS)
    return scores


class Settings(BaseSettings):
    """Where the stores are and how edukit behaves.

    Every field is read from the environment: from its name after ``EDUKIT_``, or from its alias.
    Build it with :meth:`from_environment`, which turns a bad value into a :class:`SettingsError`.
    """

    # The prefix counts: a field may also be given by its name, and HOME is the name of every user's variable.
    model_config = SettingsConfigDict(
        env_prefix="EDUKIT_", frozen=True, extra="ignore", populate_by_name=True, env_ignore_empty=True
    )

    home: Annotated[Path, AfterValidator(_absolute)] = Field(default_factory=_default_home)
    """Folder of the embedded stores and of the analyst's working copies."""
    database_url: SecretStr | None = Field(default=None, validation_alias=AliasChoices("DATABASE_URL"))
    """An external PostgreSQL (15 or newer), as a login that may create roles; else the embedded one."""
    redis_url: SecretStr | None = Field(default=None, validation_alias=AliasChoices("REDIS_URL"))
    """An external Redis (7 or newer) or Valkey; else the embedded one."""
    viewer_url: SecretStr | None = None
    """A database login that was minted for who looks: what a notebook's kernel gets instead of the two above."""
    viewer_redis_url: SecretStr | None = None
    """A ready, limited Redis login: what a notebook's kernel gets; without it nothing is cached."""
    user: str | None = None
    """E-mail address or username of the account in whose name commands and notebooks of one's own act; without it
    they look as an analyst."""
    institution: str | None = None
    """Name of the institution that they look into, where there are several."""
    names: bool = False
    """Whether they read names and words about people, and not pseudonyms alone; it is recorded."""
    pg_bindir: Path | None = None
    """Folder with ``initdb``, ``postgres`` and ``psql``; else the wheel's, else an installed PostgreSQL's."""
    session_minutes: Annotated[int, Field(ge=1, le=1440)] = 60
    """Minutes that a sign-in lasts after something was last asked for."""
    session_hours: Annotated[int, Field(ge=1, le=168)] = 24
    """Hours that a sign-in lasts at most."""
    behind_proxy: bool = False
    """Whether a proxy before the server tells whether people come by TLS, and from where."""
    open_demo: bool = False
    """Whether everybody who reaches the server may try the demo's accounts by one click; else only at this machine."""
    frozen_now: Annotated[datetime, AfterValidator(_in_utc)] | None = Field(
        default=None, validation_alias=AliasChoices("EDUKIT_NOW")
    )
    """A fixed moment to show everything as of (tests, demonstrations); else the clock."""
    mastery_thresholds: Annotated[
        tuple[float, float, float], NoDecode, BeforeValidator(_numbers), AfterValidator(_rising_scores)
    ] = (50.0, 80.0, 95.0)
    """Scores (0-100) at which *developing*, *proficient* and *mastered* begin, such as ``50,80,95``."""

    @classmethod
    def from_environment(cls, **given: object) -> Self:
        """Read the environment; keyword arguments win over it.

        Raises:
            SettingsError: a variable has a value that breaks its rule.
        """
        try:
            return cls(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
        except ValidationError as error:
            first = error.errors()[0]
            name = str(first["loc"][0]) if first["loc"] else "settings"
            variable = _variable(cls, name)
            rule = first["msg"].removeprefix("Value error, ")
            message = f"{variable} is {first['input']!r}: {rule}. Change the variable or unset it."
            raise SettingsError(message) from error

    @property
    def now(self) -> datetime:
        """The moment that everything is shown as of and done at, in UTC: the clock's, unless one is fixed."""
        return self.frozen_now or datetime.now(UTC)


def _variable(settings: type[Settings], name: str) -> str:
    # What has an alias is reported by it, everything else by the field's name.
    if name not in settings.model_fields:
        return name
    alias = settings.model_fields[name].validation_alias
    return str(alias.choices[0]) if isinstance(alias, AliasChoices) else f"EDUKIT_{name.upper()}"


def shipped(folder: str) -> Path:
    """The folder ``migrations`` or ``notebooks``: inside the package when installed, at the root in a checkout."""
    package = Path(__file__).parent
    inside = package / folder
    return inside if inside.is_dir() else package.parent / folder
