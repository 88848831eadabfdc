"""What those who are started by the server find in their environment: a few names of its own, and their own login.

Names are kept, not left out: whatever variable an administrator gives a password by, no list would know it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

CREDENTIALS: Final = (
    "DATABASE_URL",
    "REDIS_URL",
    "EDUKIT_DATABASE_URL",
    "EDUKIT_REDIS_URL",
    "EDUKIT_VIEWER_URL",
    "EDUKIT_VIEWER_REDIS_URL",
    "PGPASSWORD",
    "PGPASSFILE",
    "PGSERVICE",
    "PGSERVICEFILE",
)
# What Python needs to start, to find its libraries and to speak the machine's language; how to know a server by its
# certificate; and how edukit shows.
OF_PYTHON: Final = (
    "PATH", "HOME", "LANG", "LANGUAGE", "LC_*", "TZ", "TMPDIR", "PYTHON*", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH",
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "PGSSLMODE", "PGSSLROOTCERT", "SSL_CERT_FILE", "SSL_CERT_DIR",
    "EDUKIT_NOW", "EDUKIT_MASTERY_THRESHOLDS",
)  # fmt: skip
# What Voilà tells a page of its request. Who asks is no part of it.
OF_REQUEST: Final = (
    "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING", "SERVER_SOFTWARE", "SERVER_PROTOCOL", "SERVER_PORT", "SERVER_NAME",
)  # fmt: skip
# JupyterLab is one person's, on their own machine: it has a terminal, a browser to open, and a way to the network.
OF_PERSON: Final = (
    "USER", "LOGNAME", "SHELL", "TERM", "COLORTERM", "EDITOR", "DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS",
    "BROWSER", "XDG_*", "JUPYTER*", "IPYTHONDIR", "VIRTUAL_ENV", "CONDA_*", "EDUKIT_HOME",
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
)  # fmt: skip


def kept(environment: Mapping[str, str], *names: str) -> dict[str, str]:
    """The variables of those names; a star at a name's end stands for any end."""
    whole = {name for name in names if not name.endswith("*")}
    begins = tuple(name[:-1] for name in names if name.endswith("*"))
    return {name: value for name, value in environment.items() if name in whole or name.startswith(begins)}


def hide_credentials() -> None:
    """Leave no credential of the stores in this process's environment, which all that it starts might inherit."""
    for name in CREDENTIALS:
        os.environ.pop(name, None)
