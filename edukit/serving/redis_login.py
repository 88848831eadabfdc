"""The logins of Redis: beside each minted login of PostgreSQL one that reaches what its viewer may see, and no more.

Such a login reads the boards, generations and updates of its viewer's classes, and keeps what its kernel loads under
keys that no other viewer reaches. Who sees a class only in part (a student, parent or mentor) has none: their boards
would tell of others, and what is kept of a class would not follow when theirs changes.

A Redis that is started again has forgotten its logins, and a teacher's classes change: the worker makes them again, by
what PostgreSQL says of each viewer now, and drops those whose viewer's login has ended.
"""

from __future__ import annotations

import hashlib
import logging
import re
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import select, text

from edukit.cache import board_keys, generation_key, kept_key, updates_key
from edukit.models import Institution

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from edukit.ops.stores import Stores

TIMEOUT_SECONDS: Final = 0.5
PASSWORD_BYTES: Final = 32
SEE_WHOLE_CLASSES: Final = ("teacher", "admin", "analyst", "namedanalyst")
# Whatever is not named is refused: SCAN, KEYS and RANDOMKEY see past the keys, scripts and CONFIG past everything.
# AUTH, HELLO, QUIT and RESET are everybody's.
COMMANDS: Final = (
    "get", "set", "del", "zrange", "zcount", "xrange", "xread", "multi", "exec", "ping", "client|setinfo",
)  # fmt: skip
OLDER: Final = "edukit_viewer"
"""The one login of all kernels that an older edukit made."""
LIVING: Final = text("""
    SELECT v.login, ARRAY(SELECT t.class_id FROM class_teachers t
        WHERE t.institution_id = v.institution_id AND t.teacher_id = v.user_id ORDER BY 1)
    FROM viewers v WHERE v.revoked_at IS NULL AND v.expires_at > clock_timestamp()""")
_NAME: Final = re.compile(r"(edukit_v_\w+):(\d+):\d+:[a-z]+")
_log = logging.getLogger(__name__)


@dataclass
class _Login:
    """A login that this process has made: what is needed to make it again. The password itself is the kernel's."""

    name: str
    digest: str = field(repr=False)
    keys: list[str]


_made: dict[str, _Login] = {}


def make_login(  # noqa: PLR0913 - each is a part of who looks
    stores: Stores, viewer: str, *, institution_id: int, user_id: int | None, role: str, classes: Sequence[int]
) -> str | None:
    """Make the login of a viewer, whose minted login is committed; its address.

    While Redis is away it is made as soon as Redis is there again.

    Args:
        stores: the stores that the viewer's kernel looks into.
        viewer: name of the minted login of PostgreSQL.
        institution_id: institution of the user.
        user_id: who looks; None: whoever keeps the machine.
        role: as what they look; ``namedanalyst`` is an analyst who reads names.
        classes: which classes a teacher teaches; others, if any, see all of their institution.

    Returns:
        None: there is none, and nothing is cached. So it is for who does not see classes whole; where Redis allows no
        logins, or lets everybody in without one; and where PostgreSQL may be shared with other machines and Redis is
        this one's own: it would not hear of all that changes.
    """
    if role not in SEE_WHOLE_CLASSES or (stores.embedded_redis and not stores.embedded_postgres):
        return None
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    name = f"{viewer}:{institution_id}:{user_id or 0}:{role}"
    digest = hashlib.sha256(password.encode()).hexdigest()
    login = _Login(name, digest, _keys(name, classes))
    _made[viewer] = login
    try:
        with suppress(redis.ConnectionError, redis.TimeoutError, OSError), _connected(stores) as client:
            _refuse_open(client)
            _set(client, login)
    except redis.ResponseError as error:
        _made.pop(viewer, None)
        _tell(str(error))
        return None
    return _address(stores.redis_url, name, password)


def drop_login(stores: Stores, viewer: str) -> None:
    """Drop the login of a viewer and end its connections; what another process has made is the worker's to drop."""
    login = _made.pop(viewer, None)
    if login is not None:
        with suppress(redis.RedisError, OSError), _connected(stores) as client:
            client.acl_deluser(login.name)


def drop_logins(client: redis.Redis, scope: str) -> None:
    """Drop all logins of a viewer, given by institution, user and role; their next page gets another.

    Args:
        client: of the server's own login.
        scope: such as ``1:12:teacher``.
    """
    for name in (str(name) for name in client.acl_users()):
        viewer, _, of_scope = name.partition(":")
        if of_scope == scope:
            _made.pop(viewer, None)
            client.acl_deluser(name)


def renew_logins(session: Session, client: redis.Redis) -> None:
    """Let every login reach what its viewer may see now; make those that are missing, drop those that have ended.

    Args:
        session: of the application.
        client: of the server's own login.
    """
    try:
        # First what there is, then who lives: else one that is minted and made in between would be dropped.
        there, made = {str(name) for name in client.acl_users()}, list(_made.items())
        living = {row[0]: row[1] for row in session.execute(LIVING)}
        institutions = set(session.scalars(select(Institution.id)))
        # Another edukit, of other institutions, may keep its logins in the same Redis.
        gone = {name for name in there if (told := _NAME.fullmatch(name)) and int(told[2]) in institutions}
        gone = {name for name in gone if name.partition(":")[0] not in living} | ({OLDER} & there)
        if gone:
            client.acl_deluser(*gone)
        for viewer, login in made:
            if viewer not in living:
                _made.pop(viewer, None)
            elif (keys := _keys(login.name, living[viewer])) != login.keys or login.name not in there:
                login.keys = keys
                _set(client, login)
                if viewer not in _made:  # dropped meanwhile
                    client.acl_deluser(login.name)
    except redis.ResponseError as error:
        if _made:  # else it was said when the first was to be made
            _tell(str(error))


def _keys(name: str, classes: Sequence[int]) -> list[str]:
    """What a login of this name reaches: of all classes of its institution where it is no teacher's."""
    scope = name.partition(":")[2]
    institution_id, _, role = scope.split(":")
    reads = [
        key
        for class_id in (sorted(classes) if role == "teacher" else ["*"])
        for key in _keys_of_class(int(institution_id), class_id)
    ]
    return [f"~{kept_key(scope, '*')}", *(f"%R~{key}" for key in reads)]


def _keys_of_class(institution_id: int, class_id: int | str) -> tuple[str, ...]:
    which = (institution_id, class_id)
    board, _ = board_keys(*which)
    # One pattern for the board and its ledger: Redis compares each with all others when it makes the login.
    return generation_key(*which), updates_key(*which), f"{board}*"


def _set(client: redis.Redis, login: _Login) -> None:
    """Make a login as it should be; whoever is logged in with it stays so."""
    number = client.get_connection_kwargs().get("db")
    commands = [*COMMANDS, f"select|{number}"] if number else COMMANDS
    rules = ["reset", "on", "sanitize-payload", "resetchannels", f"#{login.digest}", *login.keys, "-@all"]
    client.execute_command("ACL", "SETUSER", login.name, *rules, *(f"+{command}" for command in commands))  # type: ignore[no-untyped-call]


def _refuse_open(client: redis.Redis) -> None:
    """Raise where everybody is let in without a password: RESET would make a kernel the default user, who may all."""
    default: dict[str, Any] = client.acl_getuser("default") or {}
    if {"on", "nopass"} <= set(default["flags"]):
        message = "it lets everybody in without a password: give its default user one, and REDIS_URL too"
        raise redis.ResponseError(message)


def _connected(stores: Stores) -> redis.Redis:
    seconds = {"socket_timeout": TIMEOUT_SECONDS, "socket_connect_timeout": TIMEOUT_SECONDS}
    return redis.Redis.from_url(stores.redis_url, **seconds, retry=Retry(NoBackoff(), 0))


def _address(redis_url: str, name: str, password: str) -> str:
    """The address of a Redis as another of its users."""
    parts = urlsplit(redis_url)
    login, place = {"username": name, "password": password}, parts.netloc.rpartition("@")[2]
    options = {name: value for name, value in parse_qsl(parts.query) if name not in login}
    if parts.scheme == "unix":
        # A socket's address names no host: the login stands among the options.
        options.update(login)
    else:
        place = f"{quote(name, safe='')}:{password}@{place}"
    query = f"?{urlencode(options, quote_via=quote)}" if options else ""
    # Not urlunsplit: it would leave out the slashes before a host that is not there.
    return f"{parts.scheme}://{place}{parts.path}{query}"


@cache
def _tell(reason: str) -> None:
    """Say once, not at each page, why there are no logins."""
    _log.warning("Redis gives kernels no login (%s): their pages are read from PostgreSQL each time.", reason)
