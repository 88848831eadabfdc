"""How much memory there is, and what the embedded servers take of it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Sizes:
    """What each server may use, in MB."""

    postgres: dict[str, int]
    """By the name of PostgreSQL's parameter."""
    valkey_mb: int


def sizes(memory: int) -> Sizes:
    """Share a machine of so many MB of memory: an eighth is PostgreSQL's own, a quarter Valkey's at most.

    The machine also runs a browser and a kernel for each viewer, so this is less than for a server of its own.

    >>> sizes(8192).postgres["shared_buffers"]
    1024
    """
    return Sizes(
        postgres={
            "shared_buffers": _within(32, memory // 8, 4096),
            "effective_cache_size": _within(128, memory // 2, 65536),
            "work_mem": _within(4, memory // 256, 64),
            "maintenance_work_mem": _within(32, memory // 16, 1024),
            "max_wal_size": _within(256, memory // 4, 4096),
        },
        valkey_mb=_within(64, memory // 4, 4096),
    )


def memory_mb(root: Path = Path("/")) -> int:
    """Memory in MB that this process may use: the machine's, or its control group's when that is less."""
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([physical, *_group_limits(root)]) // 2**20


def _within(least: int, wanted: int, most: int) -> int:
    return max(least, min(wanted, most))


def _group_limits(root: Path) -> list[int]:
    """The limits of this process's control group and of all above it, of version 2 and version 1."""
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        _, controllers, group = line.split(":", 2)
        if controllers in ("", "memory"):
            top = root / "sys/fs/cgroup" / controllers
            name = "memory.limit_in_bytes" if controllers else "memory.max"
            leaf = top / group.lstrip("/")
            found += [_limit(folder / name) for folder in (leaf, *leaf.parents) if folder.is_relative_to(top)]
    return [limit for limit in found if limit]


def _limit(file: Path) -> int:
    try:
        return int(file.read_text())
    except (OSError, ValueError):
        return 0  # no such group in this container, or "max": no limit
