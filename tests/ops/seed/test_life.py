"""What goes on at the demo school hangs together: who, when, and how much."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from edukit.db.base import UtcDateTime
from edukit.db.session import session_for
from edukit.models import Base
from edukit.models.gamification import EVENT_TYPES, RARITIES
from edukit.models.grievances import ACTIONS, CATEGORIES, SEVERITIES, STATUSES
from edukit.models.risk import RISK_LEVELS
from edukit.ops.seed import seed_demo
from edukit.queries.gamification import correction_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import House
    from sqlalchemy.orm import Session

AS_OF = datetime(2026, 5, 8, 10, 30, tzinfo=UTC)
STUDENTS = 150
AHEAD = {"assignments.due_at", "subscriptions.ends_at", "study_items.next_review_at"}
"""What may lie in the future."""


@pytest.fixture(scope="module")
def school(house: House) -> Iterator[Session]:
    """A session on a demo school of its own."""
    with house.database() as database, session_for(database.app) as session:
        seed_demo(session, students=STUDENTS, as_of=AS_OF)
        yield session
        session.rollback()


def count(session: Session, query: str, **values: object) -> int:
    return int(session.scalar(text(f"SELECT count(*) FROM {query}"), values) or 0)


def kinds(session: Session, column: str) -> set[str]:
    table, name = column.split(".")
    return set(session.scalars(text(f"SELECT DISTINCT {name} FROM {table}")))


def too_late(session: Session, as_of: datetime) -> list[str]:
    """The columns that hold a time after the demo's moment, but for what is planned."""
    return [
        f"{name}.{column.name}"
        for name, table in Base.metadata.tables.items()
        for column in table.c
        if isinstance(column.type, UtcDateTime)
        and f"{name}.{column.name}" not in AHEAD
        and count(session, f"{name} WHERE {column.name} > :as_of", as_of=as_of)
    ]


def test_nothing_happens_after_the_moment(school: Session) -> None:
    """No time in any table is after the demo's moment, but some work is still due."""
    assert too_late(school, AS_OF) == []
    assert count(school, "assignments WHERE due_at > :as_of", as_of=AS_OF)
    assert count(school, "risk_predictions WHERE predicted_on > :today", today=AS_OF.date()) == 0


@pytest.mark.parametrize(
    "as_of",
    [
        datetime(2026, 9, 29, 0, 5, tzinfo=UTC),
        datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
        datetime(2027, 1, 1, tzinfo=UTC),
        datetime(2026, 8, 10, 12, tzinfo=UTC),
    ],
    ids=["year just begun", "clocks change", "holidays", "year over"],
)
def test_the_demo_can_be_made_at_any_time(session: Session, as_of: datetime) -> None:
    """Early and late in the year, in holidays and at the change of the clocks, the demo is whole and has no future."""
    report = seed_demo(session, students=8, as_of=as_of)
    assert too_late(session, as_of) == []
    assert report.rows["submissions"] > 0
    assert kinds(session, "grievances.status") == set(STATUSES)


def test_work_is_handed_in_by_members_of_the_class(school: Session) -> None:
    """Each submission is by somebody who was in the class, after the work was set; many are on time, some not."""
    of = "submissions s JOIN assignments a ON a.institution_id = s.institution_id AND a.id = s.assignment_id"
    enrolled = (
        "SELECT FROM enrolments e WHERE e.institution_id = a.institution_id AND e.class_id = a.class_id"
        " AND e.student_id = s.student_id AND e.enrolled_at <= s.submitted_at"
        " AND s.submitted_at < coalesce(e.left_at, 'infinity')"
    )
    everything = count(school, of)
    assert everything > 20 * STUDENTS
    assert count(school, f"{of} WHERE NOT EXISTS ({enrolled})") == 0
    assert count(school, f"{of} WHERE s.submitted_at <= a.assigned_at") == 0
    assert 0.05 < count(school, f"{of} WHERE s.submitted_at > a.due_at") / everything < 0.35
    again = "(SELECT FROM submissions GROUP BY assignment_id, student_id HAVING count(*) > 1) t"
    assert 0 < count(school, again) < 0.2 * everything


def test_only_programs_have_scores_of_code(school: Session) -> None:
    """Computer science and nothing else has code quality and complexity; what is not on GitHub has a body."""
    of = (
        "submissions s JOIN assignments a ON a.institution_id = s.institution_id AND a.id = s.assignment_id"
        " JOIN classes c ON c.institution_id = a.institution_id AND c.id = a.class_id"
    )
    code = "c.name LIKE '%Computer Science'"
    assert count(school, f"{of} WHERE {code}") > 0
    for column in ("code_quality_score", "complexity_score"):
        assert count(school, f"{of} WHERE ({code}) <> ({column} IS NOT NULL)") == 0
    assert count(school, f"{of} WHERE github_url IS NOT NULL AND NOT {code}") == 0
    assert count(school, "submissions WHERE (body IS NULL) <> (github_url IS NOT NULL)") == 0


def test_the_able_do_better(school: Session) -> None:
    """The mean mark of a student goes with their share of right answers."""
    query = (
        "SELECT corr(mark, right_share) FROM (SELECT student_id, avg(score) mark FROM submissions GROUP BY 1) m"
        " JOIN (SELECT student_id, avg(is_correct::int) right_share FROM question_attempts GROUP BY 1) r"
        " USING (student_id)"
    )
    assert school.scalar(text(query)) > 0.5


def test_feedback_follows_the_work(school: Session) -> None:
    """Each comment is by a teacher of the class, after the submission and its mark, with words and a fitting rating."""
    of = (
        "feedback f JOIN submissions s ON s.institution_id = f.institution_id AND s.id = f.submission_id"
        " JOIN assignments a ON a.institution_id = s.institution_id AND a.id = s.assignment_id"
    )
    teaches = (
        "SELECT FROM class_teachers t WHERE t.institution_id = a.institution_id AND t.class_id = a.class_id"
        " AND t.teacher_id = f.teacher_id"
    )
    assert count(school, of) > 0.6 * count(school, "submissions")
    assert count(school, f"{of} WHERE NOT EXISTS ({teaches})") == 0
    assert count(school, f"{of} WHERE f.created_at <= s.submitted_at OR f.created_at < s.updated_at") == 0
    assert count(school, "feedback") == count(school, "feedback_contents WHERE length(content) > 20")
    assert count(school, "feedback_contents WHERE content LIKE '%{%' OR ai_suggestion LIKE '%{%'") == 0
    assert school.scalar(text(f"SELECT corr(f.rating, s.score) FROM {of} WHERE supersedes_id IS NULL")) > 0.8
    suggested = "feedback f JOIN feedback_contents c ON c.institution_id = f.institution_id AND c.feedback_id = f.id"
    assert count(school, f"{suggested} WHERE f.ai_suggested <> (c.ai_suggestion IS NOT NULL)") == 0


def test_corrections_are_later_and_better(school: Session) -> None:
    """A correction supersedes an earlier comment of the same teacher, with one star more."""
    of = "feedback f JOIN feedback o ON o.institution_id = f.institution_id AND o.id = f.supersedes_id"
    assert count(school, of) == count(school, "feedback WHERE supersedes_id IS NOT NULL") > 0
    better = "f.created_at > o.created_at AND f.teacher_id = o.teacher_id AND f.rating = o.rating + 1"
    assert count(school, f"{of} WHERE NOT ({better})") == 0


def test_points_follow_from_the_ledger(school: Session) -> None:
    """Every student's points are the sums of their events, and each kind of event occurs."""
    sums = (
        "(SELECT institution_id, student_id, sum(points_awarded) p, sum(xp_awarded) x FROM gamification_events"
        " GROUP BY 1, 2) e"
    )
    of = f"student_points s LEFT JOIN {sums} USING (institution_id, student_id)"
    assert count(school, "student_points") == STUDENTS
    assert count(school, f"{of} WHERE points <> coalesce(p, 0) OR xp <> coalesce(x, 0)") == 0
    assert kinds(school, "gamification_events.event_type") == set(EVENT_TYPES)
    practice = (
        "(SELECT student_id, sum(xp_awarded) x FROM gamification_events WHERE event_type = 'practice' GROUP BY 1) e"
        " JOIN (SELECT student_id, sum(xp_earned) y FROM question_attempts GROUP BY 1) a USING (student_id)"
    )
    assert count(school, f"{practice} WHERE x <> y") == 0
    handed_in = "gamification_events WHERE event_type = 'submission'"
    assert count(school, handed_in) == count(school, "submissions")


def test_what_the_demo_takes_back_can_be_traced(school: Session) -> None:
    """Each correction of the demo has the id that follows from the one event that it takes back."""
    columns = "id, event_type, student_id, points_awarded, xp_awarded"
    events = school.execute(text(f"SELECT {columns} FROM gamification_events"))
    by_id = {row.id: row for row in events}
    corrected = {correction_of(id_): row for id_, row in by_id.items()}
    corrections = [row for row in by_id.values() if row.event_type == "correction"]
    assert corrections
    for row in corrections:
        taken_back = corrected[row.id]
        assert (taken_back.event_type, taken_back.student_id) == ("submission", row.student_id)
        assert (taken_back.points_awarded, taken_back.xp_awarded) == (-row.points_awarded, -row.xp_awarded)


def test_some_students_agree_to_be_named(school: Session) -> None:
    """About six of ten students of each school are named on boards."""
    share = count(school, "students WHERE named_on_boards") / STUDENTS
    assert 0.5 < share < 0.7


def test_badges_are_those_of_the_ledger(school: Session) -> None:
    """Badges that students have are the events of achievement, with their moments, and are earned as they say."""
    both = (
        "student_badges b FULL JOIN (SELECT * FROM gamification_events WHERE event_type = 'achievement') e"
        " ON (b.institution_id, b.student_id, b.badge_id, b.unlocked_at)"
        " = (e.institution_id, e.student_id, e.badge_id, e.occurred_at)"
    )
    assert count(school, both) == count(school, "student_badges") > STUDENTS
    assert count(school, f"{both} WHERE b.badge_id IS NULL OR e.badge_id IS NULL") == 0
    assert kinds(school, "badges.rarity") == set(RARITIES)
    streaks = (
        "student_points p JOIN badges b USING (institution_id) LEFT JOIN student_badges s"
        " ON (s.institution_id, s.student_id, s.badge_id) = (p.institution_id, p.student_id, b.id)"
        " WHERE b.criteria ? 'current_streak'"
        " AND (p.best_streak >= (b.criteria ->> 'current_streak')::int) <> (s.badge_id IS NOT NULL)"
    )
    assert count(school, streaks) == 0


def test_risk_follows_from_what_students_did(school: Session) -> None:
    """Weekly predictions in every level, weightier reasons first; who stopped practising is at more risk."""
    assert kinds(school, "risk_predictions.risk_level") == set(RISK_LEVELS)
    assert count(school, "risk_predictions WHERE extract(isodow FROM predicted_on) <> 1") == 0
    assert count(school, "risk_predictions WHERE jsonb_array_length(reasons) > 3") == 0
    assert count(school, "risk_predictions WHERE risk_level <> 'low' AND reasons = '[]'") == 0
    handed_in = (
        "SELECT count(DISTINCT a.id) FROM assignments a JOIN enrolments e USING (institution_id, class_id)"
        " JOIN submissions s ON (s.institution_id, s.assignment_id, s.student_id) = (a.institution_id, a.id,"
        " e.student_id) WHERE a.institution_id = p.institution_id AND e.student_id = p.student_id"
        " AND a.due_at >= e.enrolled_at AND (e.left_at IS NULL OR a.due_at < e.left_at)"
        " AND s.submitted_at < p.predicted_on::timestamp AT TIME ZONE i.time_zone"
        " AND a.due_at < p.predicted_on::timestamp AT TIME ZONE i.time_zone"
        " AND a.due_at >= (p.predicted_on - 28)::timestamp AT TIME ZONE i.time_zone"
    )
    told = "round(submission_frequency * 4)"
    some = "(SELECT * FROM risk_predictions WHERE predicted_on = '2026-03-02' AND submission_frequency IS NOT NULL) p"
    assert count(school, f"{some} JOIN institutions i ON i.id = p.institution_id") > 0.8 * STUDENTS
    assert count(school, f"{some} JOIN institutions i ON i.id = p.institution_id WHERE {told} <> ({handed_in})") == 0


def test_interventions_answer_predictions(school: Session) -> None:
    """Each answers a high prediction of the same student, within days, by a teacher of theirs; some have outcomes."""
    of = (
        "interventions v JOIN risk_predictions p ON p.institution_id = v.institution_id AND p.id = v.prediction_id"
        " AND p.student_id = v.student_id"
    )
    theirs = (
        "SELECT FROM enrolments e JOIN class_teachers t USING (institution_id, class_id)"
        " WHERE e.institution_id = v.institution_id AND e.student_id = v.student_id AND t.teacher_id = v.made_by"
    )
    assert count(school, of) == count(school, "interventions") > 5
    assert count(school, f"{of} WHERE p.risk_level NOT IN ('high', 'critical') OR NOT EXISTS ({theirs})") == 0
    assert count(school, f"{of} WHERE v.happened_at NOT BETWEEN p.predicted_at AND p.predicted_at + '6 days'") == 0
    assert 0 < count(school, "interventions WHERE outcome IS NOT NULL") < count(school, "interventions")


def test_predictions_are_answered(school: Session) -> None:
    """Some are acknowledged, some dismissed with a reason, in the same week, by a teacher of the student."""
    of = (
        "risk_responses r JOIN risk_predictions p ON p.institution_id = r.institution_id AND p.id = r.prediction_id"
        " JOIN users u ON u.institution_id = r.institution_id AND u.id = r.user_id AND u.role = 'teacher'"
    )
    theirs = (
        "SELECT FROM enrolments e JOIN class_teachers t USING (institution_id, class_id)"
        " WHERE e.institution_id = r.institution_id AND e.student_id = p.student_id AND t.teacher_id = r.user_id"
    )
    assert count(school, of) == count(school, "risk_responses") > 20
    assert kinds(school, "risk_responses.action") == {"acknowledged", "dismissed"}
    assert count(school, f"{of} WHERE NOT EXISTS ({theirs})") == 0
    assert count(school, f"{of} WHERE (r.action = 'dismissed') <> (r.reason IS NOT NULL)") == 0
    assert count(school, f"{of} WHERE r.responded_at NOT BETWEEN p.predicted_at AND p.predicted_at + '4 days'") == 0


def test_grievances_stand_where_their_steps_led(school: Session) -> None:
    """Steps are in order, begin with filing, chain their statuses, and end in the case's status, holder and moment."""
    last = "SELECT {} FROM grievance_events e WHERE (e.institution_id, e.grievance_id) = (g.institution_id, g.id)"
    latest = " ORDER BY e.sequence DESC LIMIT 1"
    status = last.format("to_status") + " AND to_status IS NOT NULL" + latest
    holder = last.format("assigned_to") + " AND assigned_to IS NOT NULL" + latest
    resolved = last.format("occurred_at") + " AND to_status = 'resolved'" + latest
    assert count(school, f"grievances g WHERE status <> ({status}) OR assigned_to <> ({holder})") == 0
    assert count(school, f"grievances g WHERE resolved_at <> ({resolved})") == 0
    steps = (
        "(SELECT *, row_number() OVER w AS place, lag(occurred_at) OVER w AS before FROM grievance_events"
        " WINDOW w AS (PARTITION BY institution_id, grievance_id ORDER BY sequence)) s"
    )
    assert count(school, f"{steps} WHERE sequence <> place OR before >= occurred_at") == 0
    assert count(school, f"{steps} WHERE (sequence = 1) <> (action = 'filed')") == 0
    changes = (
        "(SELECT from_status, lag(to_status) OVER (PARTITION BY institution_id, grievance_id ORDER BY sequence) AS was"
        " FROM grievance_events WHERE to_status IS NOT NULL) s"
    )
    assert count(school, f"{changes} WHERE from_status IS DISTINCT FROM was") == 0
    assert count(school, "grievance_events") == count(school, "grievance_event_details WHERE details <> ''")


def test_grievances_are_routed_by_the_rule_that_held(school: Session) -> None:
    """The rule is of the category, reached by the severity, valid at the time, and names who got it."""
    of = (
        "grievance_events e JOIN grievances g ON g.institution_id = e.institution_id AND g.id = e.grievance_id"
        " JOIN grievance_routing_rules r ON r.institution_id = e.institution_id AND r.id = e.routing_rule_id"
    )
    fits = (
        "r.category = g.category AND r.authority_id = e.assigned_to AND r.valid_from <= e.occurred_at"
        " AND e.occurred_at < coalesce(r.valid_until, 'infinity')"
        " AND (r.minimum_severity = 'critical') = (g.severity = 'critical')"
    )
    assert count(school, of) == count(school, "grievances") == count(school, "grievance_events WHERE action = 'routed'")
    assert count(school, f"{of} WHERE NOT ({fits})") == 0


@pytest.mark.parametrize("students", [1, 12])
def test_there_is_a_grievance_of_every_kind(session: Session, students: int) -> None:
    """Even the smallest school shows each status, category and severity."""
    seed_demo(session, students=students, as_of=AS_OF)
    for column, values in (("status", STATUSES), ("category", CATEGORIES), ("severity", SEVERITIES)):
        assert kinds(session, f"grievances.{column}") == set(values)


def test_few_complain(school: Session) -> None:
    """About one in forty files a grievance, and all kinds of steps but erasures occur."""
    assert 4 <= count(school, "grievances") <= 0.08 * STUDENTS
    assert kinds(school, "grievance_events.action") >= set(ACTIONS) - {"erased", "assigned", "unassigned", "revealed"}


def test_every_reveal_is_in_the_audit(school: Session) -> None:
    """Each look at who complains is one audit event of the same person, case and moment; each event has particulars."""
    both = (
        "(SELECT * FROM grievance_events WHERE action = 'revealed') e FULL JOIN"
        " (SELECT * FROM audit_events WHERE action = 'reveal') a ON a.institution_id = e.institution_id"
        " AND (a.user_id, a.resource, a.occurred_at) = (e.actor_id, 'grievances/' || e.grievance_id, e.occurred_at)"
    )
    assert count(school, both) > 0
    assert count(school, f"{both} WHERE e.id IS NULL OR a.id IS NULL") == 0
    assert kinds(school, "audit_events.action") == {"sign_in", "sign_in_failed", "export", "change_role", "reveal"}
    assert count(school, "audit_events") == count(school, "audit_event_details WHERE details <> '{}'")
