"""The roles of the cluster: the logins owner, application and eraser, and what viewers may do.

Roles belong to a cluster, not to a database, so they are made here and not in a migration. The password of each login
is derived from the administrator's, so that every machine that has ``DATABASE_URL`` has the same logins and none keeps
a secret of its own. Who looks has a login of their own, minted for them (:mod:`edukit.db.minting`), which is given what
one of the groups may do.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Literal, get_args

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from edukit.db.session import CONNECT_SECONDS, driver_url
from edukit.errors import StoreError

Role = Literal["edukit_owner", "edukit_app", "edukit_eraser"]
"""Owner of the tables (migrations only), writer of rows (commands, server), and the one writer that may empty the
words beside an append-only row (erasures only)."""
GROUPS = ("edukit_viewer", "edukit_analyst", "edukit_teacher")
"""Readers, readers of pseudonyms, and readers that add what a teacher says and does; nobody signs in as one."""

LOCK_SECONDS = 20
SET_APART = 160_000
"""First version of PostgreSQL that lends what a role may do without the role itself."""
ROLES: tuple[Role, ...] = get_args(Role)


def url_of(role: Role, admin_url: str) -> str:
    """The address of the administrator's database as one of the roles."""
    url = driver_url(admin_url).set(username=role, password=derived_password(role, admin_url))
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def make_roles(admin_url: str) -> None:
    """Make the roles and give the owner the database's schema; doing it again changes nothing.

    Raises:
        StoreError: the login of ``DATABASE_URL`` may not create roles.
    """
    with psycopg.connect(_conninfo(admin_url), connect_timeout=CONNECT_SECONDS) as connection:
        # Whoever may use SQL may hold the lock: nobody waits for them for good.
        connection.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
        try:
            # Two starts at once would both find the role missing.
            connection.execute("SELECT pg_advisory_xact_lock(hashtext('edukit roles'))")
            _make_minter(connection)
            for group in GROUPS:
                _make_group(connection, group)
            for role in ROLES:
                _make_role(connection, role, derived_password(role, admin_url))
            _grant(connection)
        except psycopg.errors.InsufficientPrivilege as error:
            message = (
                f"DATABASE_URL's login may not do what edukit needs: {error.diag.message_primary}. "
                "Give it CREATEROLE, and make it the owner of the database."
            )
            raise StoreError(message) from error
        except psycopg.errors.LockNotAvailable as error:
            message = (
                f"Somebody has kept the lock of edukit's roles for {LOCK_SECONDS} s, another start or a viewer who "
                "uses SQL: try again; pg_locks tells whose connection holds it."
            )
            raise StoreError(message) from error


def _make_role(connection: psycopg.Connection[tuple[object, ...]], role: Role, password: str) -> None:
    exists = connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [role]).rowcount
    verb = "ALTER" if exists else "CREATE"
    connection.execute(
        sql.SQL(verb + " ROLE {} LOGIN NOINHERIT PASSWORD {}").format(sql.Identifier(role), sql.Literal(password))
    )


def _make_group(connection: psycopg.Connection[tuple[object, ...]], group: str) -> None:
    """What viewers may do; an older edukit let people sign in as it."""
    exists = connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [group]).rowcount
    verb = "ALTER" if exists else "CREATE"
    connection.execute(sql.SQL(verb + " ROLE {} NOLOGIN PASSWORD NULL").format(sql.Identifier(group)))


def _make_minter(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """The role that owns the functions by which logins are minted; nobody signs in as it."""
    if not connection.execute("SELECT FROM pg_roles WHERE rolname = 'edukit_minter'").rowcount:
        connection.execute("CREATE ROLE edukit_minter NOLOGIN CREATEROLE")


def _grant(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    database = sql.Identifier(connection.info.dbname)
    # To have what a role may do is not to become it; PostgreSQL 15 knows no difference.
    lent = " WITH INHERIT TRUE, SET FALSE" if connection.info.server_version >= SET_APART else ""
    for statement in (
        # So that an administrator who is no superuser can look into the owner's tables.
        "GRANT edukit_owner TO CURRENT_USER",
        "GRANT CREATE, CONNECT, TEMPORARY ON DATABASE {} TO edukit_owner",
        "GRANT CONNECT, TEMPORARY ON DATABASE {} TO edukit_app",
        "GRANT CONNECT ON DATABASE {} TO edukit_viewer, edukit_analyst",
        "ALTER ROLE edukit_teacher INHERIT",
        f"GRANT edukit_viewer TO edukit_teacher{lent}",
        # Nobody else makes temporary tables, functions or types, which are looked for before ours; awards need a table.
        "REVOKE TEMPORARY ON DATABASE {} FROM PUBLIC",
        "GRANT TEMPORARY ON DATABASE {} TO edukit_teacher",
        # The eraser writes whatever the application writes, and a little more.
        "ALTER ROLE edukit_eraser INHERIT",
        "GRANT edukit_app TO edukit_eraser",
        # A database that was first made by PostgreSQL 14 or older lets everybody.
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        "GRANT USAGE, CREATE ON SCHEMA public TO edukit_minter",
        "GRANT edukit_viewer, edukit_analyst, edukit_teacher TO edukit_minter WITH ADMIN OPTION",
        "GRANT edukit_minter TO edukit_owner",
        "GRANT USAGE, CREATE ON SCHEMA public TO edukit_owner",
        "GRANT USAGE ON SCHEMA public TO edukit_app, edukit_viewer, edukit_analyst",
    ):
        connection.execute(sql.SQL(statement).format(database))


def derived_password(login: str, admin_url: str) -> str:
    """The password of a login, derived from the administrator's of the database.

    Raises:
        StoreError: the administrator's address has none.
    """
    key = make_url(admin_url).password
    if not key:
        message = (
            "DATABASE_URL has no password, and the passwords of edukit's own logins are derived from it: "
            "add one (where the server asks for none, any long random text will do)."
        )
        raise StoreError(message)
    digest = hmac.new(str(key).encode(), login.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _conninfo(admin_url: str) -> str:
    return driver_url(admin_url).set(drivername="postgresql").render_as_string(hide_password=False)
