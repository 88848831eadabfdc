"""The embedded PostgreSQL: how it is initialised, configured, addressed and asked whether it takes work."""

from __future__ import annotations

import re
import shutil
import signal
import struct
from pathlib import Path
from typing import Final
from urllib.parse import quote

from edukit.errors import StoreError
from edukit.ops.stores.embedded import EmbeddedServer, server_folder
from edukit.ops.stores.home import no_space
from edukit.ops.stores.keeper import OPEN_DATA, Probe, end_strays
from edukit.ops.stores.machine import memory_mb, sizes
from edukit.ops.stores.programs import Account, postgres_major, postgres_program, run_as, usable_program

DATABASE: Final = "edukit"
_BUILTIN_LOCALE: Final = 17
_ROOMY_BYTES: Final = 256_000_000


class Postgres(EmbeddedServer):
    """PostgreSQL, with a superuser ``postgres`` and the database ``edukit``."""

    name = "postgres"
    title = "PostgreSQL"
    socket_name = ".s.PGSQL.5432"
    pid_file = "postmaster.pid"
    stop_signal = signal.SIGINT  # "fast": running transactions are rolled back, the data is written out

    @property
    def url(self) -> str:
        """Where an administrator connects; the port is named because PGPORT in the environment would win."""
        return f"postgresql://postgres:{self.password}@/{DATABASE}?host={quote(str(self.sockets), safe='')}&port=5432"

    @property
    def probe(self) -> Probe:
        """Knock as a client would: any answer but *the database system is starting up* (57P03) is a working server."""
        wish = b"user\0postgres\0database\0edukit\0\0"
        hello = struct.pack("!ii", len(wish) + 8, 196608) + wish
        return Probe(str(self.sockets / self.socket_name), hello.decode("latin-1"), r"(?s)R|E(?!.*C57P03).*\0\0")

    def program(self) -> Path:
        """The server's; the others stand beside it."""
        return postgres_program(self.settings, "postgres")

    def prepared(self, account: Account | None) -> list[str]:
        """The server's program, and its data made by ``initdb`` where there is none."""
        postgres_program(self.settings, "initdb")
        program = usable_program(self.program(), account)
        if self.data.exists():
            self._check_version(program)
        else:
            self._initialise(program, account)
        return [str(program), "-D", OPEN_DATA if account else str(self.data)]

    def flags(self) -> list[str]:
        """As ``-c`` flags, which no edit of a file in the data folder can contradict."""
        library = self.program().resolve().parent.with_name("lib")
        statistics = any(library.glob("**/pg_stat_statements.*"))
        given: dict[str, str] = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.sockets),
            "unix_socket_permissions": "0700",
            "port": "5432",
            "max_connections": "300",  # a page that is open keeps one or two
            "timezone": "UTC",
            "log_timezone": "UTC",
            "logging_collector": "off",  # the keeper gives it a log and turns it over
            "log_lock_waits": "on",
            "dynamic_shared_memory_type": "posix" if _roomy_shared_memory() else "sysv",
            "shared_preload_libraries": "pg_stat_statements" if statistics else "",
        }
        given |= {name: f"{size}MB" for name, size in sizes(memory_mb()).postgres.items()}
        return [word for name, value in given.items() for word in ("-c", f"{name}={value}")]

    def _check_version(self, program: Path) -> None:
        of_data = (self.data / "PG_VERSION").read_text().strip()
        of_program = str(postgres_major(program))
        if of_data != of_program:
            message = (
                f"The data in {self.data} is of PostgreSQL {of_data} and the programs in {program.parent} are "
                f"{of_program}: set EDUKIT_PG_BINDIR to the programs of {of_data}, or EDUKIT_HOME to another folder."
            )
            raise StoreError(message)

    def _initialise(self, program: Path, account: Account | None) -> None:
        """Make the data beside its place and move it there whole: an initdb that was killed leaves nothing behind."""
        fresh = self.home / "postgres.new"
        if fresh.exists():
            end_strays(str(fresh))
            shutil.rmtree(fresh)
        server_folder(fresh, account)
        data = OPEN_DATA if account else str(fresh)
        try:
            self._run(account, _initdb(program, data), fresh, feed=f"{self.password}\n")
            alone = [str(program), "--single", "-c", "exit_on_error=true", "-D", data, "postgres"]
            self._run(account, alone, fresh, feed=f"CREATE DATABASE {DATABASE}\n")
        except StoreError:
            shutil.rmtree(fresh, ignore_errors=True)
            raise
        fresh.rename(self.data)

    def _run(self, account: Account | None, argv: list[str], folder: Path, *, feed: str) -> None:
        done = run_as(account, argv, cwd=folder, feed=feed)
        if done.returncode == 0:
            return
        said = (done.stderr + done.stdout).strip().splitlines()
        if "No space left" in done.stderr + done.stdout:
            raise StoreError(no_space(self.home))
        told = [line for line in said if re.search(r"error|FATAL|PANIC", line)] or said[-1:]
        reason = told[0] if told else f"it ended with {done.returncode}"
        message = f"PostgreSQL cannot make its data in {self.data} ({reason}): correct that and run again."
        raise StoreError(message)


def _initdb(program: Path, data: str) -> list[str]:
    # The built-in C.UTF-8 (17) knows upper and lower case and sorts alike on every system.
    builtin = postgres_major(program) >= _BUILTIN_LOCALE
    locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if builtin else []
    return [
        str(program.with_name("initdb")),
        "-D",
        data,
        "--username=postgres",
        "--auth=scram-sha-256",
        "--pwfile=/dev/stdin",
        "--encoding=UTF8",
        "--no-locale",
        *locale,
        "--data-checksums",
        "--no-instructions",
    ]


def _roomy_shared_memory() -> bool:
    # Containers get 64 MB of /dev/shm, too little for parallel queries; System V memory has no such limit.
    folder = Path("/dev/shm")  # noqa: S108 - looked at, not written to
    return not folder.is_dir() or shutil.disk_usage(folder).free > _ROOMY_BYTES
