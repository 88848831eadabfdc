"""The two stores: servers named by DATABASE_URL and REDIS_URL, or embedded ones that this module keeps running.

>>> with open_stores(Settings.from_environment()) as stores:  # doctest: +SKIP
...     psycopg.connect(stores.database_url)
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Self

from edukit.errors import StoreError
from edukit.ops.stores.external import checked_database_url, checked_redis_url

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from edukit.ops.stores.embedded import EmbeddedServer
    from edukit.ops.stores.lease import Lease
    from edukit.settings import Settings


class Stores:
    """Both stores, running for as long as this object is open.

    The addresses are an administrator's and hold passwords: a kernel gets others.
    """

    def __init__(self, settings: Settings) -> None:
        self.home: Path = settings.home
        self.embedded_postgres = settings.database_url is None
        self.embedded_redis = settings.redis_url is None
        self._leases: list[Lease] = []
        try:
            # The servers that are only asked come first: a wrong address fails before anything is started.
            database_url = settings.database_url and checked_database_url(settings.database_url.get_secret_value())
            redis_url = settings.redis_url and checked_redis_url(settings.redis_url.get_secret_value())
            servers = _embedded(settings)
            for server in servers.values():
                server.program()  # a missing one is said before the other is started
            self.database_url: str = database_url or self._lease(servers["postgres"])
            self.redis_url: str = redis_url or self._lease(servers["valkey"])
        except BaseException:
            self.close()
            raise

    def revive(self) -> None:
        """Start again what is gone, for a process that lives long; costs a millisecond when all is well.

        A server that dies is restarted by its keeper. This also replaces a keeper that was killed.

        Raises:
            StoreError: an embedded server cannot be started.
        """
        for lease in self._leases:
            lease.ensure()

    def close(self) -> None:
        """Let go of the embedded servers; the last to do so waits until they are stopped."""
        leases, self._leases = self._leases, []
        for lease in leases:
            lease.release()
        for lease in leases:
            lease.wait()

    def __enter__(self) -> Self:
        """The stores themselves."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close them."""
        self.close()

    def __repr__(self) -> str:
        """Where they are, without the passwords."""
        postgres = "embedded" if self.embedded_postgres else "DATABASE_URL"
        redis = "embedded" if self.embedded_redis else "REDIS_URL"
        return f"<Stores home={str(self.home)!r} postgres={postgres} redis={redis}>"

    def _lease(self, server: EmbeddedServer) -> str:
        from edukit.ops.stores.lease import Lease

        self._leases.append(Lease(server))
        return server.url


def open_stores(settings: Settings) -> Stores:
    """Start what is not external and does not run yet; come back when both stores answer.

    Raises:
        StoreError: a store cannot be found, started or reached; the text says why and what to do.
    """
    return Stores(settings)


def _embedded(settings: Settings) -> dict[str, EmbeddedServer]:
    """The servers that no variable names. What they need of the system is imported for them alone."""
    if settings.database_url and settings.redis_url:
        return {}
    if sys.platform == "win32":
        message = "Embedded stores run on Linux and macOS, not on Windows: set DATABASE_URL and REDIS_URL."
        raise StoreError(message)
    from edukit.ops.stores.postgres import Postgres
    from edukit.ops.stores.valkey import Valkey

    wanted = ((Postgres, settings.database_url), (Valkey, settings.redis_url))
    return {server.name: server(settings) for server, url in wanted if not url}
