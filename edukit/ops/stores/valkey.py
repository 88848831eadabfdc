"""The embedded Valkey: how it is configured, addressed and asked whether it takes work."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING
from urllib.parse import quote

from edukit.ops.stores.embedded import EmbeddedServer, server_folder
from edukit.ops.stores.keeper import Probe
from edukit.ops.stores.machine import memory_mb, sizes
from edukit.ops.stores.programs import Account, usable_program, valkey_program

if TYPE_CHECKING:
    from pathlib import Path


class Valkey(EmbeddedServer):
    """Valkey, every write kept in an append-only file."""

    name = "valkey"
    title = "Valkey"
    socket_name = "redis.sock"
    pid_file = "valkey.pid"
    stop_signal = signal.SIGTERM

    @property
    def url(self) -> str:
        """Where the default user, who may do everything, connects."""
        return f"unix://{quote(str(self.sockets / self.socket_name))}?password={self.password}"

    @property
    def probe(self) -> Probe:
        """Ping as the default user; while it loads its file it says so, and QUIT ends the line."""
        hello = f"AUTH {self.password}\r\nPING\r\nQUIT\r\n"
        return Probe(str(self.sockets / self.socket_name), hello, r"\+OK\r\n\+PONG")

    def program(self) -> Path:
        """The wheel's."""
        return valkey_program()

    def prepared(self, account: Account | None) -> list[str]:
        """Its program, told to read its configuration from its input: no file and no argument holds the password."""
        program = usable_program(self.program(), account)
        if not self.data.exists():
            server_folder(self.data, account)
        return [str(program), "-"]

    def feed(self) -> str:
        """Its configuration. Sessions live here, so nothing may be evicted.

        What is on its way from or to clients is not kept, and no ``maxmemory`` refuses it: it has a limit of its own,
        and so has a value, or one viewer's kernel could take all the memory of the machine.
        """
        return f"""
port 0
unixsocket "{self.sockets / self.socket_name}"
unixsocketperm 700
requirepass {self.password}
dir ./
pidfile {self.pid_file}
appendonly yes
appendfsync everysec
save ""
maxmemory {sizes(memory_mb()).valkey_mb}mb
maxmemory-policy noeviction
maxmemory-clients 25%
proto-max-bulk-len 16mb
"""
