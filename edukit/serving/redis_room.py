"""Room in Redis: a viewer's kernel may write there, and sign-ins and boards must find room all the same.

Redis knows no quota. Full, it refuses every write, the server's too; it evicts nothing, for it cannot tell a sign-in
from what can be loaded again. So the worker looks, and what one viewer keeps of a nearly full Redis goes.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from edukit.cache import kept_key

if TYPE_CHECKING:
    import redis

NEARLY_FULL: Final = 0.75
GREEDY: Final = 0.1
"""Which share of Redis is too much for one viewer when it is nearly full."""
AT_ONCE: Final = 1_000
_log = logging.getLogger(__name__)


def make_room(client: redis.Redis) -> list[str]:
    """Where Redis is nearly full, forget what viewers keep who keep too much of it; whose it was.

    Args:
        client: of the server's own login.

    Returns:
        Their scopes, such as ``1:12:teacher``. Where Redis has no ``maxmemory`` it is never full, and nobody's.
    """
    memory = client.info("memory")
    limit = int(memory["maxmemory"])
    if memory["used_memory"] <= NEARLY_FULL * limit or not limit:
        return []
    keys: dict[str, list[bytes]] = {}
    for key in client.scan_iter(match=kept_key("*", "*"), count=AT_ONCE):
        keys.setdefault(key.decode(errors="replace").partition("{")[2].partition("}")[0], []).append(key)
    greedy = [scope for scope, theirs in keys.items() if _bytes(client, theirs) > GREEDY * limit]
    for scope in greedy:
        for start in range(0, len(keys[scope]), AT_ONCE):
            client.unlink(*keys[scope][start : start + AT_ONCE])
        _log.warning("Redis was nearly full, and what %s kept there (institution, user, role) was forgotten.", scope)
    return greedy


def _bytes(client: redis.Redis, keys: list[bytes]) -> int:
    with client.pipeline(transaction=False) as pipe:
        for key in keys:
            pipe.memory_usage(key)
        return sum(size or 0 for size in pipe.execute())
