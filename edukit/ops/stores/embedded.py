"""What the embedded servers have in common, as their clients see them: running or not."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from edukit.ops.stores.home import explained, kept_password, socket_folder
from edukit.ops.stores.keeper import Plan, Probe
from edukit.ops.stores.programs import Account, server_account, server_environment

if TYPE_CHECKING:
    from pathlib import Path

    from edukit.settings import Settings


class EmbeddedServer(ABC):
    """One server of a home, as its clients see it: running or not."""

    name: ClassVar[str]
    title: ClassVar[str]
    socket_name: ClassVar[str]
    pid_file: ClassVar[str]
    stop_signal: ClassVar[int]

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.home = settings.home
        self.data = self.home / self.name
        self.log = self.home / "log" / f"{self.name}.log"

    @property
    def sockets(self) -> Path:
        """The folder of its socket, as the home remembers it; a path that does not exist before the first start."""
        link = self.home / "run" / self.name
        return link.readlink() if link.is_symlink() else link

    @cached_property
    def password(self) -> str:
        """Its administrator's password."""
        with explained(self.home):
            return kept_password(self.home / f"{self.name}.password", data=self.data)

    @property
    @abstractmethod
    def url(self) -> str:
        """Where an administrator connects."""

    @property
    @abstractmethod
    def probe(self) -> Probe:
        """How to ask it whether it takes work."""

    def plan(self, *, keeper_lock: int) -> Plan:
        """What its keeper has to know; makes whatever is missing, the data included.

        Raises:
            StoreError: a program, a permission or room on the disk is missing, or the data is of another version.
        """
        account = server_account(self.data)
        with explained(self.home):
            _ = self.password  # before the data: data without its password is of no use
            argv = self.prepared(account)
            socket_folder(
                self.home / "run" / self.name, uid=account.uid if account else None, longest_name=self.socket_name
            )
        return Plan(
            title=self.title,
            argv=[*argv, *self.flags()],
            feed=self.feed(),
            environment=server_environment(),
            data=str(self.data),
            uid=account.uid if account else None,
            gid=account.gid if account else None,
            probe=self.probe,
            pid_file=self.pid_file,
            stop_signal=self.stop_signal,
            log=str(self.log),
            clients_lock=str(self.lock("clients")),
            keeper_lock=keeper_lock,
        )

    def lock(self, what: str) -> Path:
        """The file of one of its locks."""
        return self.home / "lock" / f"{self.name}.{what}"

    @abstractmethod
    def program(self) -> Path:
        """Its program, wherever it is installed.

        Raises:
            StoreError: it is nowhere.
        """

    @abstractmethod
    def prepared(self, account: Account | None) -> list[str]:
        """Its program with the data folder, both ready to run as this user."""

    def flags(self) -> list[str]:
        """Its settings, given anew at each start because they follow the machine."""
        return []

    def feed(self) -> str:
        """What it reads on its input."""
        return ""


def server_folder(folder: Path, account: Account | None) -> None:
    """Make a data folder that belongs to the servers' user."""
    folder.mkdir(mode=0o700)
    if account:
        os.chown(folder, account.uid, account.gid)
