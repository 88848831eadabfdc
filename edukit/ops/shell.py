"""psql on the store."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from edukit.db.roles import url_of
from edukit.ops.looking import looking
from edukit.ops.stores import open_stores
from edukit.ops.stores.programs import postgres_program

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edukit.db.roles import Role
    from edukit.ops.stores import Stores
    from edukit.settings import Settings

ROLES: dict[str, Role] = {"app": "edukit_app", "owner": "edukit_owner"}


def psql(settings: Settings, role: str, command: str | None) -> int:
    """Run psql as ``viewer``, ``app`` or ``owner``, or one command of it; its exit status."""
    with open_stores(settings) as stores, _address(stores, settings, role) as address:
        login: dict[str, Any] = conninfo_to_dict(address)
        # The password goes by the environment: arguments can be read by every user of the machine.
        environment = {**os.environ, "PGPASSWORD": str(login.pop("password"))}
        arguments = [str(postgres_program(settings, "psql")), "-d", make_conninfo(**login)]
        if command is not None:
            arguments += ["-v", "ON_ERROR_STOP=1", "-c", command]
        # Ctrl-C is psql's: it cancels the query there, and must not end the program that waits for it here.
        before = signal.signal(signal.SIGINT, lambda *_: None)
        try:
            return subprocess.run(arguments, env=environment, check=False).returncode
        finally:
            signal.signal(signal.SIGINT, before)


@contextmanager
def _address(stores: Stores, settings: Settings, role: str) -> Iterator[str]:
    """The address of the database as one of the roles."""
    if role in ROLES:
        yield url_of(ROLES[role], stores.database_url)
    else:
        with looking(stores, settings) as login:
            yield login.database_url
