"""Start an installed edukit on an empty home, away from any checkout, sign in, see a dashboard; then stop it.

Usage: python wheel.py EDUKIT HOME
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar

PORT = 18866
SECONDS = 300


def main(edukit: str, home: str) -> None:
    """Run it; an exception is the failure."""
    environment = {**os.environ, "EDUKIT_HOME": home}
    elsewhere = tempfile.mkdtemp()
    command = [edukit, "up", "--no-browser", "--port", str(PORT)]
    server = subprocess.Popen(command, env=environment, cwd=elsewhere)
    try:
        address = f"http://127.0.0.1:{PORT}"
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(cookies := CookieJar()))
        assert "Sign in" in answer(f"{address}/", server, browser)
        token = next(one.value for one in cookies if one.name == "_xsrf")
        form = urllib.parse.urlencode({"_xsrf": token, "demo": "teacher", "next": "/"}).encode()
        page = browser.open(f"{address}/login", form, timeout=SECONDS).read().decode()
        assert 'class="edukit-view"' in page, page[:2000]
        assert "Traceback" not in page, page
        loaded = set(re.findall(r'"(/assets/[^"]+)"', page))
        assert len(loaded) == 3, loaded  # the page's own script and style, and plotly
        for path in loaded:
            assert browser.open(address + path, timeout=SECONDS).status == 200
    finally:
        server.terminate()
        status = server.wait(60)
    assert status == 0, status
    found = subprocess.run(["pgrep", "-f", home], capture_output=True, text=True, check=False).stdout.split()
    left = set(found) - {str(os.getpid())}
    assert not left, f"processes left behind: {left}"
    print("the wheel serves a dashboard and leaves no process behind")


def answer(address: str, server: subprocess.Popen[bytes], browser: urllib.request.OpenerDirector) -> str:
    """What the address answers, once it does."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        assert server.poll() is None, f"edukit up ended with {server.returncode}"
        try:
            with browser.open(address, timeout=SECONDS) as page:
                return str(page.read().decode())
        except OSError:
            time.sleep(0.2)
    raise TimeoutError(address)


if __name__ == "__main__":
    main(*sys.argv[1:])
