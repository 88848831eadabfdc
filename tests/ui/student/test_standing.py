"""Risk and points on a student's page: what the latest prediction says, who answered it, and the way onward."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Database

    Opened = Callable[[str], Any]

RISK = """
SET session_replication_role = replica;
INSERT INTO risk_models (institution_id, id, name, version, kind) VALUES (1, 1, 'rule', 1, 'rule');
INSERT INTO risk_predictions (
    institution_id, id, student_id, model_id, predicted_on, predicted_at, risk_score, risk_level, confidence, reasons
) SELECT 1, lpad(day::text, 32, '0')::uuid, 1, 1, date '2026-06-01' + day, timestamptz '2026-06-01Z' + day * interval
    '1 day', 60, 'high', 0.5, '[{"factor": "missing_work", "sentence": "<i>Nothing</i> came."}]'
FROM unnest(ARRAY[5, 10, 20]) AS day;
INSERT INTO interventions (institution_id, id, student_id, made_by, kind, note, happened_at, outcome, outcome_at)
VALUES (1, gen_random_uuid(), 1, 9, 'message_home', 'Called <b>home</b>', '2026-06-12Z', 'improved', '2026-06-20Z');
"""
ANSWER = """
INSERT INTO risk_responses (institution_id, id, prediction_id, user_id, action, reason, responded_at)
VALUES (1, gen_random_uuid(), lpad(%s::text, 32, '0')::uuid, 9, 'dismissed', 'was <b>ill</b>', '2026-06-22 08:00Z')
"""


@pytest.fixture
def database_at_risk(opened: Opened, database: Database) -> Database:
    """The school with three predictions of Ada, and something that was done."""
    assert opened
    with psycopg.connect(database.admin_url) as admin:
        admin.execute(RISK)
    return database


def part(html: str) -> str:
    """What the page says of risk."""
    (found,) = re.findall(r"<h2>Risk and interventions</h2>.*?(?=<h2>)", html, re.DOTALL)
    return str(found)


def test_the_latest_prediction_and_what_was_done(opened: Opened, database_at_risk: Database) -> None:
    """Score, level and reasons in words, that nobody answered, and what was done, without anything to press."""
    html = part(opened("student=1").shown())
    for words in ("<b>60</b> of 100", "high</b>", "confidence 50%", "Predicted on 21 Jun 2026", "&lt;i&gt;Nothing"):
        assert words in html
    assert "Nobody has answered it yet." in html
    assert "<b>Message home</b>" in html
    assert "outcome: <b>improved</b>" in html
    assert "Called &lt;b&gt;home&lt;/b&gt;" in html
    assert "data-choice" not in html


def test_of_whom_nothing_is_known_no_answer_is_asked(opened: Opened, database_at_risk: Database) -> None:
    """That too little is known is all that is said."""
    with psycopg.connect(database_at_risk.admin_url) as admin:
        admin.execute("UPDATE risk_predictions SET risk_score = 0, risk_level = 'low', confidence = 0")
    html = part(opened("student=1").shown())
    assert "Too little is known of this student yet." in html
    assert "Nobody has answered" not in html


@pytest.mark.parametrize(("day", "about"), [(20, ""), (10, " about the prediction of 11 Jun 2026")])
def test_an_answer_is_told(opened: Opened, database_at_risk: Database, day: int, about: str) -> None:
    """Who dismissed it, when and why; also where the answer was to an earlier prediction that was no better."""
    with psycopg.connect(database_at_risk.admin_url) as admin:
        admin.execute(ANSWER, [day])
    html = part(opened("student=1").shown())
    assert "Dismissed by <bdi>Cy &lt;i&gt;</bdi>, <time" in html
    assert f"08:00 UTC</time>{about}: “was &lt;b&gt;ill&lt;/b&gt;”." in html
    assert "Nobody has answered" not in html


def test_an_answer_ends_when_it_gets_worse(opened: Opened, database_at_risk: Database) -> None:
    """What was said of a better prediction is no answer to a worse one."""
    with psycopg.connect(database_at_risk.admin_url) as admin:
        admin.execute(ANSWER, [10])
        admin.execute("UPDATE risk_predictions SET risk_level = 'critical', risk_score = 90 WHERE id::text LIKE '%20'")
    assert "Nobody has answered it yet." in part(opened("student=1").shown())


@pytest.mark.parametrize(
    ("query", "class_id"), [("student=1&class=2", 2), ("student=5&class=1", 2), ("student=4&class=1", None)]
)
def test_the_way_to_the_risk_page_is_a_class_of_theirs(seen_by_admin: Opened, query: str, class_id: int | None) -> None:
    """The class that is shown where they are in it, else one of theirs; who is in none has no link."""
    html = part(seen_by_admin(query).shown())
    links = re.findall(r'href="student_risk.ipynb\?class=(\d+)&amp;student=\d"', html)
    assert links == ([] if class_id is None else [str(class_id)])


def test_badges_and_awards_are_listed(opened: Opened, database: Database) -> None:
    """As on the leaderboard, the ledger folded and with nothing to press."""
    with psycopg.connect(database.admin_url) as admin:
        admin.execute("""
            SET session_replication_role = replica;
            INSERT INTO badges (institution_id, id, name, rarity) VALUES (1, 1, 'First <b>steps', 'rare');
            INSERT INTO student_badges (institution_id, student_id, badge_id, unlocked_at)
            VALUES (1, 1, 1, '2026-06-20Z');
            INSERT INTO gamification_events (
                institution_id, id, student_id, class_id, event_type, points_awarded, xp_awarded, occurred_at
            ) VALUES (1, gen_random_uuid(), 1, 1, 'submission', 12, 6, '2026-06-20Z')
        """)
    html = opened("student=1").shown()
    points = html[html.index("<h2>Points and badges</h2>") :]
    assert "First &lt;b&gt;steps" in points
    assert "<summary>The ledger of points (1 award)</summary>" in points
    assert '<td>work handed in</td><td class="number">12</td>' in points
    assert "<button" not in points
