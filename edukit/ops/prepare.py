"""Stores that are ready to be used: running and migrated, and ways to fill them as the application."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
from sqlalchemy import exists, select

from edukit.db.ids import Ids
from edukit.db.roles import url_of
from edukit.db.session import Viewer, session_for
from edukit.models import Institution
from edukit.ops import migrate
from edukit.ops.stores import Stores, open_stores

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from edukit.importers.report import LoadReport
    from edukit.ops.demo_accounts import DemoAccounts
    from edukit.ops.seed import SeedReport
    from edukit.settings import Settings


@contextmanager
def prepared(settings: Settings) -> Iterator[Stores]:
    """The stores, with the newest schema."""
    with open_stores(settings) as stores:
        migrate.upgrade(stores.database_url)
        yield stores


def application(stores: Stores) -> Viewer:
    """The login that writes rows."""
    return Viewer(url_of("edukit_app", stores.database_url))


def is_empty(stores: Stores) -> bool:
    """Whether there is no institution yet."""
    with session_for(application(stores)) as session:
        return not session.scalar(select(exists().select_from(Institution)))


def seed_into(stores: Stores, *, as_of: datetime, **wanted: Any) -> tuple[SeedReport, DemoAccounts | None]:
    """Make the demo school and open its accounts in one transaction; None: it was there already.

    The arguments are those of :func:`~edukit.ops.seed.seed_demo`. Its rows are the same for the same seed; only
    the password, which is another each time, is not.
    """
    from edukit.ops.demo_accounts import open_demo
    from edukit.ops.seed import seed_demo

    with session_for(application(stores)) as session:
        report = seed_demo(session, as_of=as_of, **wanted)
        opened = None if report.already_there else open_demo(session, now=as_of)
    _analyse(stores)
    return report, opened


def load_into(stores: Stores, read: Callable[..., LoadReport], *, now: datetime, **given: Any) -> LoadReport:
    """Run an importer in one transaction: all of its file, or nothing."""
    with session_for(application(stores)) as session:
        report = read(session, ids=Ids(np.random.default_rng()), now=now, **given)
    _analyse(stores)
    return report


def _analyse(stores: Stores) -> None:
    """Tell the planner of the new rows at once: autovacuum would in a minute, and a teacher may look sooner."""
    with psycopg.connect(url_of("edukit_owner", stores.database_url), autocommit=True) as connection:
        connection.execute("ANALYZE")
