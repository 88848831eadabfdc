"""The login of Redis that kernels get: it reads boards, generations and updates, and keeps what it loads."""

from __future__ import annotations

import hashlib
import logging
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import redis

from edukit.db.roles import derived_password
from edukit.errors import StoreError

if TYPE_CHECKING:
    from edukit.ops.stores import Stores

USER: Final = "edukit_viewer"
TIMEOUT_SECONDS: Final = 2.0
KEYS: Final = ("%R~leaderboard:*", "%R~generation:*", "%R~updates:*", "~cache:*")
# Whatever is not named is refused: SCAN, KEYS and RANDOMKEY see past the keys, scripts and CONFIG past everything.
COMMANDS: Final = (
    "get", "mget", "set", "del", "zcard", "zcount", "zrange", "zscore", "xlen", "xrange", "xread", "xrevrange",
    "multi", "exec", "discard", "auth", "hello", "ping", "select", "client|setname", "client|setinfo",
)  # fmt: skip
_log = logging.getLogger(__name__)


def viewers_redis_url(stores: Stores) -> str:
    """The address of the stores' Redis as :data:`USER`, whether that login is there or not."""
    parts = urlsplit(stores.redis_url)
    login, place = {"username": USER, "password": _password(stores)}, parts.netloc.rpartition("@")[2]
    options = {name: value for name, value in parse_qsl(parts.query) if name not in login}
    if parts.scheme == "unix":
        # A socket's address names no host: the login stands among the options.
        options.update(login)
    else:
        place = f"{USER}:{login['password']}@{place}"
    query = f"?{urlencode(options, quote_via=quote)}" if options else ""
    # Not urlunsplit: it would leave out the slashes before a host that is not there.
    return f"{parts.scheme}://{place}{parts.path}{query}"


def make_viewers_login(stores: Stores) -> bool:
    """Make the login, or make it anew as it should be: a server that is started again knows it no more.

    Returns:
        Whether it is there. Redis as a service may allow no logins: kernels then have none, and nothing is cached.
        Nor have they where PostgreSQL may be shared with other machines and Redis is this one's own: it would not
        hear of all that changes.

    Raises:
        StoreError: Redis does not answer.
    """
    if stores.embedded_redis and not stores.embedded_postgres:
        return False
    digest = hashlib.sha256(_password(stores).encode()).hexdigest()
    rules = ["reset", "on", f"#{digest}", *KEYS, "-@all", *(f"+{command}" for command in COMMANDS)]
    try:
        seconds = {"socket_timeout": TIMEOUT_SECONDS, "socket_connect_timeout": TIMEOUT_SECONDS}
        with redis.Redis.from_url(stores.redis_url, **seconds) as client:
            client.execute_command("ACL", "SETUSER", USER, *rules)
    except redis.ResponseError as error:
        _log.warning("Redis gives kernels no login (%s): their pages are read from PostgreSQL each time.", error)
        return False
    except (redis.RedisError, OSError) as error:
        message = f"Redis does not answer ({error}): see `edukit doctor` for the state of the stores."
        raise StoreError(message) from error
    return True


def _password(stores: Stores) -> str:
    return derived_password("edukit_viewer of Redis", stores.database_url)
