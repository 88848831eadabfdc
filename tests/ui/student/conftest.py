"""What the tests of a student's page share: a school on a real database, and the page driven without a browser."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import ipywidgets as w
import psycopg
import pytest

from edukit.settings import Settings
from edukit.ui.views.student import student
from edukit.ui.widgets import Panel
from edukit.workbench import Workbench

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Database

NOW = datetime(2026, 6, 30, 20, tzinfo=UTC)
NAME = "<script>alert(1)</script> 🦊 مريم 李雷"
SCHOOL = """
SET session_replication_role = replica;
INSERT INTO institutions (id, name, time_zone) VALUES (1, 'School', 'Europe/Zurich');
INSERT INTO accounts (id, email) VALUES (1, 'teacher@demo.example'), (2, 'admin@demo.example');
INSERT INTO users (institution_id, id, role, name, account_id, departed_at) VALUES
    (1, 1, 'student', 'Ada', NULL, NULL), (1, 2, 'student', %(name)s, NULL, NULL),
    (1, 3, 'student', 'Nil', NULL, NULL), (1, 4, 'student', 'Former student 0004', NULL, '2026-05-03 10:00Z'),
    (1, 5, 'student', 'Bo', NULL, NULL), (1, 9, 'teacher', 'Cy <i>', 1, NULL),
    (1, 10, 'admin', 'Di', 2, NULL);
INSERT INTO students (institution_id, id, grade) SELECT 1, id, 'grade ' || id FROM users WHERE role = 'student';
INSERT INTO classes (institution_id, id, name) VALUES (1, 1, '7A'), (1, 2, '7B'), (1, 3, 'nobody''s');
INSERT INTO class_teachers (institution_id, class_id, teacher_id) VALUES (1, 1, 9), (1, 2, 9), (1, 3, 9);
INSERT INTO enrolments (institution_id, id, class_id, student_id, left_at) VALUES
    (1, 1, 1, 1, NULL), (1, 2, 1, 2, NULL), (1, 3, 1, 3, NULL), (1, 4, 1, 4, '2026-05-03 10:00Z'), (1, 5, 2, 5, NULL),
    (1, 6, 2, 1, NULL);
INSERT INTO topics (institution_id, id, name, position) VALUES (1, 1, 'Sums', 0), (1, 2, %(name)s, 1);
INSERT INTO concepts (institution_id, id, topic_id, name) VALUES (1, 1, 1, 'Adding'), (1, 2, 2, %(name)s);
INSERT INTO questions (institution_id, id, body) VALUES (1, 1, '1 + 1');
INSERT INTO question_attempts (institution_id, id, student_id, question_id, sequence, attempted_at, is_correct)
SELECT 1, lpad(s::text || lpad(n::text, 4, '0'), 32, '0')::uuid, s, 1, n,
    timestamptz '2026-06-29 10:00Z' - n * interval '1 day', n %% 4 > 0
FROM generate_series(1, 40) AS n, generate_series(1, 2) AS s;
INSERT INTO concept_mastery (
    institution_id, student_id, concept_id, mastery_score, mastery_low, mastery_high, total_attempts, correct_attempts,
    last_attempted_at, computed_at
) SELECT 1, s, c, c * 40, c * 30, c * 45, 20, 15, '2026-06-28 10:00Z', '2026-06-28 10:00Z'
FROM generate_series(1, 2) AS c, unnest(ARRAY[1, 2, 4]) AS s;
INSERT INTO assignments (institution_id, id, class_id, title, due_at) SELECT 1, a, 1,
    CASE WHEN a = 20 THEN %(name)s ELSE 'Work ' || a END, timestamptz '2026-06-01 10:00Z' + a * interval '1 day'
FROM generate_series(1, 20) AS a;
INSERT INTO submissions (institution_id, id, assignment_id, student_id, submitted_at, score, body, github_url)
SELECT 1, lpad(s::text || lpad(a::text, 4, '0'), 32, '0')::uuid, a, s, timestamptz '2026-05-01 10:00Z', 70,
    CASE WHEN s <> 4 THEN %(name)s END,
    CASE WHEN s = 2 THEN 'javascript:alert(1)' WHEN s = 1 THEN 'https://github.com/ada' END
FROM generate_series(2, 20) AS a, unnest(ARRAY[1, 2, 4]) AS s;
INSERT INTO feedback (institution_id, id, submission_id, student_id, teacher_id, created_at, rating)
SELECT 1, id, id, student_id, 9, '2026-05-02 10:00Z', 4 FROM submissions WHERE assignment_id = 20;
INSERT INTO feedback_contents (institution_id, feedback_id, content, erased_at)
SELECT 1, id, CASE WHEN student_id <> 4 THEN %(name)s END,
    CASE WHEN student_id = 4 THEN timestamptz '2026-05-03 10:00Z' END
FROM feedback;
"""


class Page:
    """A student's page, as its reader has it."""

    NAME = NAME
    """What a student, a topic, a concept, an assignment, work and words are called."""
    NOW = NOW

    def __init__(self, widget: w.Widget) -> None:
        self._widget = widget

    def walk(self, widget: w.Widget | None = None) -> Iterator[w.Widget]:
        """The widget and all below it that is not hidden."""
        widget = self._widget if widget is None else widget
        if getattr(widget, "layout", None) is not None and getattr(widget.layout, "display", None) == "none":
            return
        yield widget
        for child in getattr(widget, "children", ()):
            yield from self.walk(child)

    def shown(self) -> str:
        """All the HTML of the panels that are not hidden."""
        return "".join(one.html for one in self.walk() if isinstance(one, Panel))

    def all(self, kind: type[w.Widget]) -> list[w.Widget]:
        """The widgets in sight of that kind."""
        return [one for one in self.walk() if isinstance(one, kind)]

    def found(self, kind: type[w.Widget], text: str = "") -> w.Widget:
        """The first widget in sight of that kind whose name or content holds the text."""
        for one in self.all(kind):
            if text in getattr(one, "description", "") + getattr(one, "html", "") + getattr(one, "label", ""):
                return one
        pytest.fail(f"there is no {kind.__name__} with {text!r} in sight")

    def choose(self, choice: str) -> None:
        """Press the button of a card."""
        panel = self.found(Panel, f'data-choice="{choice}"')
        panel.picked = {"student": None, "concept": None, "choice": choice, "count": panel.picked.get("count", 0) + 1}

    def say(self, words: str, rating: int = 0) -> None:
        """Fill in the form and send it."""
        self.found(w.Textarea).value = words
        self.found(w.RadioButtons).value = rating
        self.found(w.Button, "Send").click()


@pytest.fixture
def edu(database: Database) -> Workbench:
    """A teacher's Workbench on a school of three classes and five students."""
    with psycopg.connect(database.admin_url, cursor_factory=psycopg.ClientCursor) as admin:
        admin.execute(SCHOOL, {"name": NAME})
    return Workbench(database.teacher, Settings(frozen_now=NOW))


@pytest.fixture
def opened(edu: Workbench) -> Callable[[str], Page]:
    """Opens the page of that school at an address: ``opened("student=1")``."""
    return lambda query: Page(student(edu, query=query))


@pytest.fixture
def seen_by_admin(edu: Workbench, database: Database) -> Callable[[str], Page]:
    """The same for an admin, who also sees who has left: no teacher does."""
    assert edu
    whole = Workbench(database.of("admin@demo.example"), Settings(frozen_now=NOW))
    return lambda query: Page(student(whole, query=query))


@pytest.fixture(autouse=True)
def _outside_voila(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SERVER_SOFTWARE", raising=False)
    monkeypatch.delenv("QUERY_STRING", raising=False)
