"""Run programs of Python many times, each in a process of its own, forked from this one.

This one has imported what they need, which takes each a second or three. Every line of standard input is a JSON object
that a line answers. With ``arguments``, as Python would be given them, the ``environment``, three ``files`` for input,
output and error, the ``folder`` to work in, and the ``seconds`` after which the process is ended (0: never) it begins
one in a group of its own: the answer is its number. With ``of``, such a number, and ``waits`` it asks how it has ended:
the answer is its status, ``null`` while it goes on. With ``imports`` it names more of what they need.
"""

from __future__ import annotations

import atexit
import faulthandler
import gc
import json
import os
import runpy
import signal
import sys
import threading
from importlib import import_module
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterable

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
    get_warm(NEEDED)
    for line in sys.stdin:
        asked, answer = json.loads(line), None
        if "imports" in asked:
            get_warm(asked["imports"])
        elif "of" in asked:
            answer = ended(**asked)
        elif answer := os.fork():
            # Before anybody asks for its group, to end all that is in it.
            os.setpgid(answer, answer)
        else:
            end(ran(**asked))
        print(json.dumps(answer), flush=True)


def get_warm(names: Iterable[str]) -> None:
    """Import what is needed."""
    for name in names:
        import_module(name)
    # Else a process would copy most of what is shared, only to see at its end that it is not garbage.
    gc.freeze()


def ended(of: int, *, waits: bool) -> int | None:
    """How a process has ended, if it has."""
    process, status = os.waitpid(of, 0 if waits else os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if process else None


def ran(**asked: Any) -> int:
    """Run a program to its end; its status."""
    try:
        become(**asked)
    except SystemExit as end:
        if end.code and not isinstance(end.code, int):
            print(end.code, file=sys.stderr)
        return end.code if isinstance(end.code, int) else int(bool(end.code))
    except BaseException:  # noqa: BLE001 - it is told as Python tells it
        sys.excepthook(*sys.exc_info())
        return 1
    return 0


def end(status: int) -> NoReturn:
    """End as Python does, but for what it takes apart: two thousand modules that are shared, in a tenth of a second."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(status)


def become(arguments: list[str], environment: dict[str, str], files: list[str], folder: str, seconds: int) -> None:
    """Be `python` with those arguments."""
    os.setpgid(0, 0)
    os.chdir(folder)
    signal.alarm(seconds)
    for stream, file in enumerate(files):
        opened = os.open(file, os.O_RDONLY if stream == 0 else os.O_WRONLY | os.O_APPEND)
        os.dup2(opened, stream)
        os.close(opened)
    # Asked for by whoever waits for its end in vain.
    faulthandler.register(signal.SIGUSR1, file=2)
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
