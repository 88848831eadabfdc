"""edukit: a teacher's notebook workbench.

The analyst's front door::

    import edukit

    with edukit.connect() as edu:
        classes = edu.classes()
        edu.class_mastery(classes["class_id"][0])
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edukit.errors import (
    ActionError,
    EdukitError,
    LoadError,
    MigrationError,
    NotFound,
    QueryError,
    SeedError,
    ServingError,
    SettingsError,
    SignedOut,
    StoreError,
)

if TYPE_CHECKING:
    import pandas as pd

    from edukit.settings import Settings
    from edukit.workbench import Workbench

__all__ = [
    "ActionError",
    "EdukitError",
    "LoadError",
    "MigrationError",
    "NotFound",
    "QueryError",
    "SeedError",
    "ServingError",
    "SettingsError",
    "SignedOut",
    "StoreError",
    "connect",
    "describe",
]


def connect(settings: Settings | None = None) -> Workbench:
    """Open a Workbench on the stores of the environment, starting the embedded ones when needed.

    It looks for a day, as an analyst of the institution ``EDUKIT_INSTITUTION``, who reads pseudonyms unless
    ``EDUKIT_NAMES=1``; or as the user whose account ``EDUKIT_USER`` names, with what that user may see and do.

    Raises:
        SettingsError: a variable has a value that breaks its rule.
        StoreError: a store cannot be started or reached.
        MigrationError: the database has no schema yet, or an older one.
        NotFound: there is no such institution or account, or it is not told which of several.
    """
    # Importing edukit connects to nothing and stays cheap: what is needed is loaded here.
    from edukit.db.session import Viewer
    from edukit.settings import Settings
    from edukit.workbench import Workbench

    settings = settings or Settings.from_environment()
    if settings.viewer_url is not None:
        return Workbench(Viewer(settings.viewer_url.get_secret_value()), settings)

    from contextlib import ExitStack

    from edukit.ops.looking import looking
    from edukit.ops.migrate import expect_newest
    from edukit.ops.stores import open_stores

    with ExitStack() as opened:
        stores = opened.enter_context(open_stores(settings))
        expect_newest(stores.database_url)
        login = opened.enter_context(looking(stores, settings))
        return Workbench(Viewer(login.database_url), settings, on_close=opened.pop_all().close)


def describe(frame: str) -> pd.DataFrame:
    """The columns of a frame: name, dtype, nullable, and meaning with unit.

    Raises:
        NotFound: no frame of that name.
    """
    from edukit.queries.frames import FRAMES

    if frame not in FRAMES:
        message = f"There is no frame {frame!r}; the frames are {', '.join(FRAMES)}."
        raise NotFound(message)
    return FRAMES[frame].describe()
