"""`edukit lab`: the analyst's own copy of the notebooks."""

from __future__ import annotations

import contextlib
import time
import urllib.error
import urllib.request
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING

import psutil
import psycopg
from sqlalchemy import make_url, text

from edukit.db.minting import mint
from edukit.db.session import session_for
from edukit.ops.seed import DEMO_TEACHER
from edukit.serving import lab
from edukit.serving.environment import OF_PERSON, OF_PYTHON, kept
from edukit.serving.lab import working_copy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import pytest
    from conftest import Database, Forked, House


def test_the_copy_is_made_once(tmp_path: Path) -> None:
    """What the analyst wrote into the copy is there after the next start."""
    folder = working_copy(tmp_path)
    notebook = folder / "class_mastery.ipynb"
    assert notebook.is_file()
    notebook.write_text("mine")
    assert working_copy(tmp_path) == folder
    assert notebook.read_text() == "mine"


def test_a_copy_that_was_cut_short_is_made_again(tmp_path: Path) -> None:
    """A start that was killed while copying leaves nothing that looks finished."""
    (tmp_path / "notebooks.part").mkdir()
    (tmp_path / "notebooks.part" / "half").touch()
    folder = working_copy(tmp_path)
    assert (folder / "class_mastery.ipynb").is_file()
    assert not (folder / "half").exists()


@contextlib.contextmanager
def running(house: House, folder: Path, *more: str, **variables: str) -> Iterator[Forked]:
    """`edukit lab` on the demo school; ended as Ctrl-C ends it, where it has not ended by itself."""
    assert house.demo
    command, log = ["-m", "edukit.cli", "lab", "--no-browser", *more], folder / "lab.log"
    environment = {"EDUKIT_HOME": str(house.settings.home), "JUPYTER_TOKEN": "known", **variables}
    server = house.begun(*command, log=log, **environment)
    try:
        yield server
    finally:
        server.terminate()
        status = server.wait(30)
    assert status == 0, log.read_text()
    assert "Traceback" not in log.read_text()


def jupyter(server: Forked) -> psutil.Process:
    (found,) = (child for child in psutil.Process(server.pid).children() if "jupyterlab" in child.cmdline())
    return found


def institutions(house: House) -> list[str]:
    assert house.demo
    with psycopg.connect(house.stores.database_url) as admin:
        return [str(row[0]) for row in admin.execute("SELECT name FROM institutions ORDER BY id")]


def minted(house: House, environment: dict[str, str]) -> tuple[object, ...]:
    """Role, institution, account and state of the login in an environment."""
    query = (
        "SELECT v.role, i.name, a.email, v.revoked_at IS NULL FROM viewers v JOIN institutions i ON i.id ="
        " v.institution_id LEFT JOIN users u ON (u.institution_id, u.id) = (v.institution_id, v.user_id)"
        " LEFT JOIN accounts a ON a.id = u.account_id WHERE v.login = %s"
    )
    with psycopg.connect(house.stores.database_url) as admin:
        return admin.execute(query, [make_url(environment["EDUKIT_VIEWER_URL"]).username]).fetchone() or ()


def test_lab_serves_the_copy_and_ends_cleanly(house: House, unused_port: Callable[[], int], tmp_path: Path) -> None:
    """JupyterLab answers with the copied notebooks, without Voilà, as an analyst of the institution until it stops."""
    port, there = unused_port(), institutions(house)[1]
    hidden = {"PGPASSWORD": "hush", "AWS_SECRET_ACCESS_KEY": "hush"}
    with running(house, tmp_path, "--port", str(port), "--institution", there, **hidden) as server:
        listing = ask(f"http://127.0.0.1:{port}/api/contents?token=known", server)
        assert "class_mastery.ipynb" in listing
        with_voila = ask(f"http://127.0.0.1:{port}/voila/render/class_mastery.ipynb?token=known", server, found=False)
        assert with_voila == "404"
        environment = jupyter(server).environ()
        assert set(environment) == {*kept(environment, *OF_PYTHON, *OF_PERSON), "EDUKIT_VIEWER_URL"}
        assert "hush" not in str(environment)
        assert str(make_url(house.stores.database_url).password) not in str(environment)
        assert minted(house, environment) == ("analyst", there, None, True)
    assert minted(house, environment) == ("analyst", there, None, False)


def test_lab_looks_as_the_user_who_is_told(house: House, unused_port: Callable[[], int], tmp_path: Path) -> None:
    """With EDUKIT_USER notebooks look as that account's user, and as nobody else."""
    port = unused_port()
    with running(house, tmp_path, "--port", str(port), EDUKIT_USER=DEMO_TEACHER) as server:
        ask(f"http://127.0.0.1:{port}/api/status?token=known", server)
        environment = jupyter(server).environ()
        assert "EDUKIT_USER" not in environment
        assert minted(house, environment) == ("teacher", institutions(house)[0], DEMO_TEACHER, True)


def test_lab_asks_which_institution(house: House, unused_port: Callable[[], int]) -> None:
    """Where there are several and none is told, the sentence lists them and nothing is started."""
    assert house.demo
    command = ("lab", "--no-browser", "--port", str(unused_port()))
    done = house.command(*command, EDUKIT_HOME=str(house.settings.home))
    assert done.returncode == 1
    assert all(name in done.stderr.replace("\n", " ") for name in institutions(house))
    assert "Traceback" not in done.stderr


def test_its_login_is_renewed(school: Database, caplog: pytest.LogCaptureFixture) -> None:
    """Each minute the login lives for another day; one that has ended is told of."""
    with session_for(school.app) as session:
        lives = timedelta(minutes=1)
        there = session.scalar(text("SELECT min(id) FROM institutions"))
        login = mint(session, institution_id=there, user_id=None, database_url=school.admin_url, lives=lives)
    stores = SimpleNamespace(database_url=school.admin_url)
    lab._renew(stores, login)
    renewed = "UPDATE viewers SET revoked_at = now() WHERE login = %s AND expires_at > now() + interval '23 hours'"
    with psycopg.connect(school.admin_url) as admin:
        assert admin.execute(renewed, [login.name]).rowcount == 1
    assert not caplog.records
    lab._renew(stores, login)
    assert "start `edukit lab` again" in caplog.text


def ask(address: str, server: Forked, *, found: bool = True) -> str:
    until = time.monotonic() + 60
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=10) as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError as error:
            if not found:
                return str(error.code)
            raise
        except OSError:
            time.sleep(0.1)
    raise AssertionError(server.poll())
