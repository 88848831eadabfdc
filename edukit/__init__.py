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
    "StoreError",
    "connect",
    "describe",
]


def connect(settings: Settings | None = None) -> Workbench:
    """Open a Workbench on the stores of the environment, starting the embedded ones when needed.

    It only reads, unless ``EDUKIT_USER`` names the account in whose name it may act.

    Raises:
        SettingsError: a variable has a value that breaks its rule.
        StoreError: a store cannot be started or reached.
        MigrationError: the database has no schema yet, or an older one.
    """
    # Importing edukit connects to nothing and stays cheap: what is needed is loaded here.
    from edukit.db.session import Viewer
    from edukit.settings import Settings
    from edukit.workbench import Workbench

    settings = settings or Settings.from_environment()
    if settings.viewer_url is not None:
        return Workbench(Viewer(settings.viewer_url.get_secret_value(), settings.user), settings)

    from edukit.db.roles import url_of
    from edukit.ops.migrate import expect_newest
    from edukit.ops.stores import open_stores

    stores = open_stores(settings)
    try:
        expect_newest(stores.database_url)
    except BaseException:
        stores.close()
        raise
    login = url_of("edukit_teacher" if settings.user else "edukit_viewer", stores.database_url)
    return Workbench(Viewer(login, settings.user), settings, on_close=stores.close)


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
