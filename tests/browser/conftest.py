"""What tests share that change a school or who may look at it: a demo school of their own, and people before it."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from itertools import permutations
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from playwright.sync_api import BrowserContext

from edukit.db.session import session_for
from edukit.ops.seed import seed_demo
from edukit.passwords import hashed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Database, House
    from playwright.sync_api import Browser, Page

PASSWORD = "seven quiet lanterns"
OPEN_MS = 60_000
TAUGHT = """
    SELECT a.email, u.name, c.id, c.name, s.id, s.name
    FROM users u JOIN accounts a ON a.id = u.account_id
    JOIN class_teachers t ON (t.institution_id, t.teacher_id) = (u.institution_id, u.id)
    JOIN classes c ON (c.institution_id, c.id) = (t.institution_id, t.class_id)
    JOIN enrolments e ON (e.institution_id, e.class_id) = (c.institution_id, c.id) AND e.left_at IS NULL
    JOIN users s ON (s.institution_id, s.id) = (e.institution_id, e.student_id)
    WHERE u.institution_id = (SELECT min(id) FROM institutions) ORDER BY a.email, c.id"""


@dataclass(frozen=True)
class School:
    """A demo school that may be changed, and its dashboards."""

    database: Database = field(repr=False)
    address: str
    environment: dict[str, str] = field(repr=False)
    house: House = field(repr=False)

    def asked(self, query: str, **values: object) -> list[tuple[Any, ...]]:
        """What the database says to its owner."""
        with psycopg.connect(self.database.admin_url) as connection:
            return connection.execute(query, values).fetchall()

    def users(self, *arguments: str) -> str:
        """What `edukit users` says that is run beside the dashboards."""
        done = self.house.command("users", *arguments, **self.environment)
        assert done.returncode == 0, done.stderr
        return done.stdout


@dataclass(frozen=True)
class Teacher:
    """A teacher, by SQL: the names of their classes, and of the students in each, by their ids."""

    account: str
    name: str
    classes: dict[int, str]
    students: dict[int, dict[int, str]]

    @property
    def all_students(self) -> dict[int, str]:
        """Everybody in a class of theirs."""
        return {id_: name for theirs in self.students.values() for id_, name in theirs.items()}

    def knows_nobody_of(self, other: Teacher) -> list[int]:
        """The other's classes in which nobody is in a class of this one."""
        return [class_id for class_id, theirs in other.students.items() if not theirs.keys() & self.all_students.keys()]


class Somebody:
    """Somebody before a browser of their own."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.context, self.address = context, address
        context.set_default_timeout(OPEN_MS)
        self.page = context.new_page()

    def sign_in(self, account: str, *, page: Page | None = None) -> None:
        """Fill in the form of the door, which is open."""
        page = page or self.page
        page.get_by_label("E-mail address or username").fill(account)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click(no_wait_after=True)

    def opens_tab(self) -> None:
        """Go on in another tab, and close this one."""
        left, self.page = self.page, self.context.new_page()
        left.close()

    def asks_for(self, notebook: str, query: str = "") -> None:
        """Go to a dashboard, which opens if they have signed in."""
        self.page.goto(f"{self.address}/voila/render/{notebook}.ipynb{query}")

    def opens(self, notebook: str, query: str = "") -> None:
        """Open a dashboard, and wait until it is there."""
        self.asks_for(notebook, query)
        self.sees_page()

    def sees_page(self) -> None:
        """Wait until a dashboard is there."""
        self.page.locator("body[data-ready]").wait_for()


@pytest.fixture(scope="session", autouse=True)
def _left() -> Iterator[None]:
    """A context that is closed leaves its pages first, as people do: else each would keep its kernel for long."""
    close = BrowserContext.close

    def leave(context: BrowserContext) -> None:
        for page in context.pages:
            page.goto("about:blank")
        close(context)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BrowserContext, "close", leave)
        yield


@pytest.fixture(scope="session")
def school(house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[School]:
    """`edukit up` on a small school that may be changed."""
    with house.database() as database:
        with session_for(database.app) as session:
            seed_demo(session, students=120, as_of=house.settings.now)
        home = tmp_path_factory.mktemp("school")
        stores = {"DATABASE_URL": database.admin_url, "REDIS_URL": f"{house.stores.redis_url}&db=5"}
        with house.serving(home, **stores) as address:
            yield School(database, address, {"EDUKIT_HOME": str(home), **stores}, house)


@pytest.fixture(scope="session")
def teachers(school: School) -> tuple[Teacher, Teacher]:
    """Two teachers of the same school with accounts; the second has several classes, one of strangers to the first."""
    people: dict[str, Teacher] = {}
    for account, name, class_id, class_name, student_id, student in school.asked(TAUGHT):
        teacher = people.setdefault(account, Teacher(account, name, {}, {}))
        teacher.classes[class_id] = class_name
        teacher.students.setdefault(class_id, {})[student_id] = student
    with psycopg.connect(school.database.admin_url) as admin:
        admin.execute("UPDATE accounts SET password_hash = %s WHERE email = ANY (%s)", [hashed(PASSWORD), [*people]])
    pairs = permutations(people.values(), 2)
    return next(pair for pair in pairs if len(pair[1].classes) > 1 and pair[0].knows_nobody_of(pair[1]))


@pytest.fixture
def somebody(browser: Browser, school: School) -> Iterator[Callable[..., Somebody]]:
    """Seats somebody before a browser of their own; a fault of a page fails the test."""
    faults: list[str] = []
    with contextlib.ExitStack() as exits:

        def seat(**given: Any) -> Somebody:
            context = browser.new_context(**{"viewport": {"width": 1280, "height": 844}, **given})
            exits.callback(context.close)
            context.on("weberror", lambda error: faults.append(str(error.error)))
            return Somebody(context, school.address)

        yield seat
    assert not faults, faults
