"""The folder of the embedded stores: what lies where in it, and what is wrong with it in one sentence.

::

    home.json             the layout's number
    postgres/ valkey/     the data, each its server's working directory
    postgres.password …   readable by its owner alone
    run/postgres …        links to the private, short folders of the sockets
    lock/  log/
"""

from __future__ import annotations

import contextlib
import errno
import getpass
import hashlib
import json
import os
import secrets
import shutil
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from edukit.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

LAYOUT: Final = 1
# A socket's path may take 107 bytes on Linux and 103 on macOS.
LONGEST_SOCKET: Final = 103


def prepare_home(home: Path) -> None:
    """Make the folder and its parts where they are missing.

    Raises:
        StoreError: a newer edukit made it, or its file system refuses.
    """
    with explained(home):
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        for part in ("lock", "log", "run"):
            (home / part).mkdir(mode=0o700, exist_ok=True)
        record = home / "home.json"
        if not record.exists():
            write_whole(record, json.dumps({"layout": LAYOUT}))
        layout = _layout(record)
    if layout > LAYOUT:
        message = (
            f"EDUKIT_HOME {home} was made by a newer edukit (layout {layout}, this one knows {LAYOUT}): "
            "upgrade edukit or set EDUKIT_HOME to another folder."
        )
        raise StoreError(message)


def _layout(record: Path) -> int:
    try:
        return int(json.loads(record.read_text())["layout"])
    except (ValueError, KeyError, TypeError):
        message = f'{record} must hold the layout and is unreadable: restore it, or write {{"layout": {LAYOUT}}} to it.'
        raise StoreError(message) from None


def write_whole(file: Path, text: str) -> None:
    """Write a small private file that is not there yet, seen whole or not at all, a power cut included.

    Of several processes that write it at once the first one does, and the others leave it as it is.
    """
    number, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(number, "w") as fresh:
            fresh.write(text)
            fresh.flush()
            os.fsync(fresh.fileno())
        with contextlib.suppress(FileExistsError):
            file.hardlink_to(name)
    finally:
        Path(name).unlink(missing_ok=True)


def kept_password(file: Path, *, data: Path) -> str:
    """The password in this file, made now if the server has no data yet.

    Raises:
        StoreError: the data is there and its password is not.
    """
    if not file.exists():
        # Looked for once more: another process may have made both in the meantime.
        if data.exists() and not file.exists():
            message = f"{file} must hold the password of the data in {data} and is missing: restore it from a backup."
            raise StoreError(message)
        write_whole(file, secrets.token_hex(24))
    return file.read_text().strip()


def socket_folder(link: Path, *, uid: int | None, longest_name: str) -> Path:
    """A short private folder for the server's sockets, remembered by a link in the home.

    Raises:
        StoreError: no folder for it is short enough and writable.
    """
    if link.is_symlink() and _is_private(link.readlink(), uid):
        return link.readlink()
    place = hashlib.sha256(os.fsencode(link)).hexdigest()[:12]
    for base in _short_folders():
        folder = base / f"edukit-{os.geteuid()}-{place}"
        if len(os.fsencode(folder)) + len(longest_name) + 12 > LONGEST_SOCKET or not os.access(base, os.W_OK):
            continue
        if not _is_private(folder, uid):
            # Somebody else was first with this name: take one that nobody can guess.
            folder = Path(tempfile.mkdtemp(prefix=f"{folder.name}-", dir=base))
            os.chown(folder, -1 if uid is None else uid, -1)
        _point(link, folder)
        return folder
    message = (
        "The servers' sockets need a short private folder, and neither /run nor /tmp is writable: make /tmp writable."
    )
    raise StoreError(message)


def _short_folders() -> Iterator[Path]:
    if os.geteuid() == 0:
        yield Path("/run")
    elif runtime := os.environ.get("XDG_RUNTIME_DIR"):
        yield Path(runtime)
    yield Path("/tmp")  # noqa: S108 - TMPDIR may be long; the folder within is private and its owner is checked


def private_folder(path: Path, uid: int | None) -> None:
    """Make a folder that only its owner can enter, or accept the one that is there.

    Raises:
        OSError: it is there and is a link, somebody else's, or open to others.
    """
    owner = os.geteuid() if uid is None else uid
    try:
        path.mkdir(mode=0o700)
        os.chown(path, owner, -1, follow_symlinks=False)
    except FileExistsError:
        found = path.lstat()
        if found.st_uid != owner or stat.filemode(found.st_mode) != "drwx------":
            message = "is not a private folder of the servers' user"
            raise PermissionError(errno.EPERM, message, str(path)) from None


def _is_private(folder: Path, uid: int | None) -> bool:
    try:
        private_folder(folder, uid)
    except OSError:
        return False
    return True


def _point(link: Path, folder: Path) -> None:
    fresh = link.with_name(f".{link.name}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(folder)
    fresh.replace(link)


@contextlib.contextmanager
def explained(home: Path) -> Iterator[None]:
    """Turn a refusal of the file system into one sentence.

    Raises:
        StoreError: instead of any OSError.
    """
    try:
        yield
    except OSError as error:
        raise StoreError(refusal(home, error)) from error


def refusal(home: Path, error: OSError) -> str:
    """What is wrong with the home, and what to do."""
    where = f"EDUKIT_HOME {home}"
    other = "set EDUKIT_HOME to another folder."
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return no_space(home)
    if error.errno == errno.EROFS:
        return f"{where} must be writable and is on a read-only file system: {other}"
    if error.errno in (errno.EACCES, errno.EPERM):
        what = error.filename or home
        return f"{where} must be writable by the user {_user()}, who has no permission for {what}: {other}"
    if error.errno in (errno.ENOTDIR, errno.EEXIST):
        return f"{where} must be a folder, and {error.filename or home} is none: {other}"
    return f"{where} cannot be used ({error}): {other}"


def no_space(home: Path) -> str:
    """The sentence for a full disk."""
    existing = next(folder for folder in (home, *home.parents) if folder.exists())
    free = shutil.disk_usage(existing).free // 1_000_000
    return (
        f"The disk of EDUKIT_HOME {home} is full ({free} MB free, a new one takes 60): "
        "free some space, or set EDUKIT_HOME to a folder on another disk."
    )


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.geteuid())
