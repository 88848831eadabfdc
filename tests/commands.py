"""Run programs of Python many times, each in a process of its own, forked from this one.

This one has imported what they need, which takes each a second or three. Every line of standard input is a JSON object.
One with ``arguments``, as Python would be given them, the ``environment``, three ``files`` for standard input, output
and error, and the ``seconds`` after which the process is ended (0: never) begins one: a line tells its number. One with
``of``, such a number, and ``waits`` asks how it has ended: a line tells its status, ``null`` while it goes on.
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
    "edukit.serving.up",
    "edukit.ops.accounts",
    "edukit.ops.health",
    "edukit.ops.prepare",
    "edukit.serving.revoking",
    "edukit.workbench",
)


def main() -> None:
    """Answer until nothing is asked any more."""
    for name in NEEDED:
        import_module(name)
    # Else a process would copy most of what is shared, only to see at its end that it is not garbage.
    gc.freeze()
    for line in sys.stdin:
        asked = json.loads(line)
        answer = ended(**asked) if "of" in asked else os.fork()
        if answer == 0 and "of" not in asked:
            become(**asked)
            return
        print(json.dumps(answer), flush=True)


def ended(of: int, *, waits: bool) -> int | None:
    """How a process has ended, if it has."""
    process, status = os.waitpid(of, 0 if waits else os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if process else None


def become(arguments: list[str], environment: dict[str, str], files: list[str], seconds: int) -> None:
    """Be `python` with those arguments."""
    signal.alarm(seconds)
    for stream, file in enumerate(files):
        opened = os.open(file, os.O_RDONLY if stream == 0 else os.O_WRONLY | os.O_APPEND)
        os.dup2(opened, stream)
        os.close(opened)
    sys.stdin = open(0, closefd=False, encoding="utf-8")  # noqa: SIM115 - what was read ahead is another's
    os.environ.clear()
    os.environ.update(environment)
    program, *sys.argv = arguments
    if program == "-m":
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    elif program == "-c":
        code, sys.argv[0] = sys.argv[0], "-c"
        exec(code, {"__name__": "__main__"})  # noqa: S102 - as Python would
    else:
        sys.argv = arguments
        runpy.run_path(program, run_name="__main__")


if __name__ == "__main__":
    main()
