"""Run `edukit` many times, each in a process of its own, forked from this one.

This one has imported what commands need, which takes a command a second or two. Every line of standard input is a
JSON object: the ``arguments``, the ``environment``, and three ``files`` for standard input, output and error. For
each, a line tells the status.
"""

from __future__ import annotations

import gc
import json
import os
import runpy
import signal
import sys
from importlib import import_module

# Not edukit.cli itself: it asks the environment, as for COLUMNS, when it is imported.
NEEDED = (
    "edukit.ops.accounts",
    "edukit.ops.health",
    "edukit.ops.prepare",
    "edukit.serving.revoking",
    "edukit.workbench",
)
SECONDS = 120


def main() -> None:
    """Answer until nothing is asked any more."""
    for name in NEEDED:
        import_module(name)
    # Else a command would copy most of what is shared, only to see at its end that it is not garbage.
    gc.freeze()
    for line in sys.stdin:
        asked = json.loads(line)
        command = os.fork()
        if command == 0:
            become(**asked)
            return
        _, status = os.waitpid(command, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def become(arguments: list[str], environment: dict[str, str], files: list[str]) -> None:
    """Be `python -m edukit.cli`; what takes too long is ended."""
    signal.alarm(SECONDS)
    for stream, file in enumerate(files):
        opened = os.open(file, os.O_RDONLY if stream == 0 else os.O_WRONLY)
        os.dup2(opened, stream)
        os.close(opened)
    sys.stdin = open(0, closefd=False, encoding="utf-8")  # noqa: SIM115 - what was read ahead is another's
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["edukit", *arguments]
    runpy.run_module("edukit.cli", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
