"""A kernel looks as whoever opened its page, with a login of its own that ends with it."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

from edukit.db.minting import revoke_all
from edukit.db.session import session_for
from edukit.serving.channels import CULLED
from edukit.serving.environment import OF_PYTHON, OF_REQUEST, kept
from edukit.serving.page import NO_KERNEL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from datetime import datetime

    from conftest import House, Opened, Pages, Person

ASSET = re.compile(r'(?:src|href)="([^"?]+)')
OWN = {"EDUKIT_VIEWER_URL", "EDUKIT_VIEWER_REDIS_URL"}
SET_SINCE = {"CLICOLOR", "CLICOLOR_FORCE", "FORCE_COLOR", "GIT_PAGER", "MPLBACKEND", "PAGER", "TERM"}
"""What IPython sets in every kernel."""


def holds(what: Callable[[], object], seconds: float = 30) -> bool:
    """Whether something comes to hold within some time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if what():
            return True
        time.sleep(0.05)
    return False


def expiry(pages: Pages, login: str) -> datetime:
    with psycopg.connect(pages.school.admin_url) as admin:
        found = admin.execute("SELECT expires_at FROM viewers WHERE login = %s", [login]).fetchone()
    assert found
    return found[0]


def alive(pages: Pages, person: Person) -> int:
    """How many logins of somebody's are alive."""
    living = "SELECT FROM viewers WHERE user_id = %s AND revoked_at IS NULL AND expires_at > clock_timestamp()"
    with psycopg.connect(pages.school.admin_url) as admin:
        return admin.execute(living, [person.user_id]).rowcount


def test_two_at_once_each_see_their_own(pages: Pages, teachers: tuple[Person, Person]) -> None:
    """Two teachers who have the same page open see each the classes that they teach, by logins of their own."""
    one, other = (pages.open(teacher) for teacher in teachers)
    assert one.sees == pages.classes(teachers[0])
    assert other.sees == pages.classes(teachers[1])
    assert one.sees != other.sees
    assert one.login != other.login


def test_a_kernel_holds_its_own_credential_and_nothing_else(
    pages: Pages, teachers: tuple[Person, Person], house: House
) -> None:
    """What a kernel was started with are the names on the list, its own login, and no secret of the server's."""
    opened = pages.open(teachers[0])
    environment = opened.environment
    assert set(environment) - SET_SINCE == {*kept(environment, *OF_PYTHON, *OF_REQUEST), *OWN}
    # What the system tells of it to other processes of its user is the fork server's, which holds none.
    assert not OWN & set(opened.kernel.environ())
    told = str(environment)
    assert "hush" not in told
    assert str(make_url(house.stores.database_url).password) not in told
    assert house.stores.redis_url not in told
    assert environment["EDUKIT_NOW"] == house.settings.now.isoformat()


def test_what_a_request_says_of_itself_counts_for_nothing(pages: Pages, teachers: tuple[Person, Person]) -> None:
    """A name in the address, in a proxy's headers or in a cookie makes nobody somebody else."""
    me, other = teachers
    claimed = str(other.user_id)
    names = {"X_Forwarded_User": claimed, "Remote_User": claimed, "Authorization": f"token {claimed}"}
    names["Cookie"] = f"session={other.word}; edukit={other.word}"
    opened = pages.open(me, f"home.ipynb?user={claimed}&token={claimed}", **names)
    assert opened.sees == pages.classes(me)
    assert f"user={claimed}" in opened.environment["QUERY_STRING"]
    assert claimed not in opened.environment.get("REMOTE_USER", "")
    for path in ("/voila/render/home.ipynb", f"/voila/render/home.ipynb?user={claimed}"):
        assert pages.ask(path, **names).location.startswith("/login?next=")
        # The name by which the server knows a session is no word that opens it.
        assert pages.ask(path, **{**names, "Cookie": pages.cookie(other.session)}).location.startswith("/login?next=")


def test_no_address_asks_for_another_template(pages: Pages, teachers: tuple[Person, Person]) -> None:
    """Whatever template and theme are asked for, the page is ours, with its own scripts and styles."""
    me, _ = teachers
    asked = ("", "?voila-template=lab&voila-theme=dark", "?template=lab&theme=dark")
    loaded = [ASSET.findall(pages.ask(f"/voila/render/home.ipynb{query}", me).text) for query in asked]
    assert loaded[0]
    assert loaded[1] == loaded[2] == loaded[0]


@pytest.mark.parametrize("way", ["shutdown", "delete", "kill"])
def test_a_login_ends_with_its_kernel(way: str, pages: Pages, teachers: tuple[Person, Person]) -> None:
    """However a kernel ends, by its page, by request or by kill -9, its login is revoked."""
    opened = pages.open(teachers[0])
    assert pages.state(opened.login) == "alive"
    end(pages, teachers[0], opened, way)
    assert holds(lambda: pages.state(opened.login) == "revoked")
    assert holds(lambda: not opened.kernel.is_running())
    assert pages.ask(f"/api/kernels/{opened.kernel_id}", teachers[0]).status == 403


def end(pages: Pages, person: Person, opened: Opened, way: str) -> None:
    if way == "kill":
        opened.kernel.kill()
    elif way == "delete":
        assert pages.ask(f"/api/kernels/{opened.kernel_id}", person, method="DELETE").status == 204
    else:
        assert pages.ask(f"/voila/api/shutdown/{opened.kernel_id}", person, method="POST").status == 204


def test_a_login_ends_with_a_kernel_that_is_culled_and_with_the_server(
    serving: Callable[..., AbstractContextManager[Pages]],
) -> None:
    """What nobody asks anything of for long is culled, and its page is told why; no login outlives the server."""
    with serving(cull_idle_timeout=5, cull_interval=1) as pages:
        one, other = pages.people()
        left, used = pages.open(one), pages.open(other)
        with pages.connected(one, left.kernel_id) as leaving, pages.connected(other, used.kernel_id) as socket:
            until = time.monotonic() + 7
            while time.monotonic() < until:
                assert socket.ask()[0] == pages.classes(other)
                time.sleep(0.5)
            assert leaving.closed_with() == CULLED
            assert holds(lambda: pages.state(left.login) == "revoked")
        assert pages.state(used.login) == "alive"
    assert pages.state(used.login) == "revoked"


def test_a_kernel_ends_soon_after_its_page(serving: Callable[..., AbstractContextManager[Pages]]) -> None:
    """A kernel whose page is open outlives many looks; once nobody has it open, it ends."""
    with serving(keep_seconds=0.5, left_seconds=8) as pages:
        person = pages.people()[0]
        opened = pages.open(person)
        with pages.connected(person, opened.kernel_id):
            time.sleep(10)
            assert opened.kernel.is_running()
        assert holds(lambda: not opened.kernel.is_running())
        assert holds(lambda: pages.state(opened.login) == "revoked")


def test_twenty_pages_leave_no_kernel(serving: Callable[..., AbstractContextManager[Pages]]) -> None:
    """Of twenty pages that were opened and closed, also before they connected, nothing is left: no kernel, no login."""
    with serving(keep_seconds=0.3, left_seconds=10) as pages:
        person = pages.people()[0]
        kernels = []
        for number in range(20):
            opened = pages.open(person)
            kernels.append(opened.kernel)
            if number % 2:
                with pages.connected(person, opened.kernel_id):
                    assert opened.kernel.is_running()
        assert len(set(kernels)) == 20
        assert holds(lambda: not any(kernel.is_running() for kernel in kernels))
        assert holds(lambda: alive(pages, person) == 0)


def test_a_kernel_that_does_not_start_leaves_no_login(pages: Pages, teachers: tuple[Person, Person]) -> None:
    """Where the kernel's program is missing the page says that it failed, under a number, and the login is revoked."""
    before = alive(pages, teachers[0])
    page = pages.ask("/voila/render/broken.ipynb", teachers[0]).text
    assert NO_KERNEL in page
    assert re.search(r"<code>[0-9a-f]{8}</code>", page)
    assert page.rstrip().endswith("</html>")
    assert holds(lambda: alive(pages, teachers[0]) == before)


@pytest.fixture(scope="module")
def hourglass(serving: Callable[..., AbstractContextManager[Pages]]) -> Iterator[Pages]:
    """A server whose sessions are short, so that Redis hears at once of whoever is seen."""
    with serving(minutes=1, keep_seconds=0.3) as pages:
        yield pages


def test_a_login_is_renewed_while_its_session_lives(hourglass: Pages) -> None:
    """A page that is only looked at keeps its login, and does not keep its session."""
    person = hourglass.people()[0]
    opened = hourglass.open(person)
    first, seen = expiry(hourglass, opened.login), hourglass.seen_at(person)
    assert holds(lambda: expiry(hourglass, opened.login) > first + timedelta(seconds=1))
    assert hourglass.seen_at(person) == seen


def test_a_page_that_is_used_keeps_its_session(hourglass: Pages) -> None:
    """What a page says to its kernel slides the session of whoever opened it."""
    person = hourglass.people()[0]
    with hourglass.connected(person, hourglass.open(person).kernel_id) as socket:
        seen = hourglass.seen_at(person)
        socket.send("kernel_info_request")
        time.sleep(1)
        assert hourglass.seen_at(person) == seen
        socket.ask()
        assert holds(lambda: hourglass.seen_at(person) > seen)


def test_a_session_that_ends_takes_its_logins_at_once(pages: Pages, teachers: tuple[Person, Person]) -> None:
    """When a sign-out is answered the session's logins are revoked, and nobody else's; kernels without a page end."""
    mine, same, other = pages.open(teachers[0]), pages.open(teachers[0]), pages.open(teachers[1])
    pages.sign_out(teachers[0])
    assert [pages.state(opened.login) for opened in (mine, same, other)] == ["revoked", "revoked", "alive"]
    assert holds(lambda: not mine.kernel.is_running())
    assert other.kernel.is_running()


def test_a_session_that_ends_elsewhere_takes_its_logins(pages: Pages, teachers: tuple[Person, Person]) -> None:
    """What another process has ended loses its logins at the next look; a page that is open keeps its kernel."""
    opened = pages.open(teachers[0])
    with pages.connected(teachers[0], opened.kernel_id) as socket:
        assert socket.ask()[0] == pages.classes(teachers[0])
        pages.sessions.end(teachers[0].session)
        assert holds(lambda: pages.state(opened.login) == "revoked")
        time.sleep(1)
        assert opened.kernel.is_running()
    assert holds(lambda: not opened.kernel.is_running())


def test_who_was_signed_out_since_is_sent_to_sign_in(pages: Pages, teachers: tuple[Person, Person]) -> None:
    """A session from before its account was signed out everywhere opens nothing, has ended, and leads to sign-in."""
    me = teachers[0]
    with session_for(pages.school.app) as session:
        revoke_all(session, me.signed_in.account_id)
    assert pages.sessions.is_alive(me.session)
    path = "/voila/render/home.ipynb?class=7B"
    page = pages.ask(path, me).text
    assert 'content="0;url=/login?next=%2Fvoila%2Frender%2Fhome.ipynb%3Fclass%3D7B"' in page
    assert "SEES" not in page
    assert not pages.sessions.is_alive(me.session)
    assert alive(pages, me) == 0


def test_postgresql_may_be_away_for_a_while(pages: Pages, teachers: tuple[Person, Person], house: House) -> None:
    """While PostgreSQL lets nobody in, no page opens and that is said; afterwards open pages go on as before."""
    opened = pages.open(teachers[0])
    shut = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
    name = sql.Identifier(str(make_url(pages.school.admin_url).database))
    with psycopg.connect(house.stores.database_url, autocommit=True) as admin:
        admin.execute(shut.format(name, sql.SQL("false")))
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name.as_string()[1:-1]]
        )
        try:
            page = pages.ask("/voila/render/home.ipynb", teachers[1]).text
            assert "The database does not answer" in page
            assert "data-retry" in page
            time.sleep(1)
        finally:
            admin.execute(shut.format(name, sql.SQL("true")))
    first = expiry(pages, opened.login)
    assert holds(lambda: expiry(pages, opened.login) > first)
    with pages.connected(teachers[0], opened.kernel_id) as socket:
        assert socket.ask()[0] == pages.classes(teachers[0])
    assert pages.open(teachers[1]).sees == pages.classes(teachers[1])
