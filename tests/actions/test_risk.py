"""Predicting, answering and acting: what is written, once, in whose name, and what is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pandas as pd
import pytest
from sqlalchemy import text

import edukit
from edukit.actions.departure import depart_user
from edukit.actions.risk import log_intervention, record_outcome, respond
from edukit.actions.risk_scoring import score_risk
from edukit.analytics.risk import NAME, VERSION, assess, rule_parameters
from edukit.db.session import session_for
from edukit.errors import ActionError, NotFound
from edukit.models.risk import INTERVENTION_KINDS
from edukit.ops.seed.school import ANALYST_EMAIL
from edukit.queries.risk_factors import risk_factors
from edukit.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Database, House
    from sqlalchemy.orm import Session

AS_OF = datetime(2026, 3, 4, 20, tzinfo=UTC)
TODAY, MONDAY = AS_OF.date(), date(2026, 3, 2)
STUDENT, CLASSMATE, TEACHER = 1, 2, 3
NOW = datetime(2026, 3, 3, 8, tzinfo=UTC)
THEIRS = UUID(int=STUDENT)
"""The prediction of the first student of the school of conftest, and their intervention."""


@pytest.fixture(scope="module")
def demo_school(house: House) -> Iterator[Database]:
    """A small demo: leave it as it is."""
    with house.school(as_of=AS_OF) as database:
        yield database


@pytest.fixture
def session(demo_school: Database) -> Iterator[Session]:
    """A session on that demo whose writes are undone at the end."""
    with session_for(demo_school.app) as session:
        yield session
        session.rollback()


@pytest.fixture
def institution(session: Session) -> int:
    """The first institution of the demo."""
    return int(session.scalar(text("SELECT min(id) FROM institutions")) or 0)


@pytest.fixture
def school(migrated: Database, add_school: Any) -> Iterator[Session]:
    """A session on a small school in which both students have a prediction."""
    with session_for(migrated.app) as session:
        add_school(session, 1)
        yield session
        session.rollback()


def rows(session: Session, query: str, **values: object) -> list[dict[str, Any]]:
    return [dict(row) for row in session.execute(text(query), values).mappings()]


def said(session: Session, institution: int, on: date) -> pd.DataFrame:
    query = (
        "SELECT * FROM risk_predictions WHERE institution_id = :institution AND predicted_on = :on ORDER BY student_id"
    )
    return pd.DataFrame(rows(session, query, institution=institution, on=on))


def test_predictions_are_what_the_rule_says(session: Session, institution: int) -> None:
    """Everybody who is enrolled has one of the day, equal to the pure rule on the factors; the run is accounted for."""
    done = score_risk(session, institution_id=institution, on=TODAY, now=AS_OF)
    stored = said(session, institution, TODAY)
    expected = assess(risk_factors(session, institution_id=institution, on=TODAY))
    enrolled = "SELECT count(DISTINCT student_id) FROM enrolments WHERE institution_id = :i AND left_at IS NULL"
    assert done.students == done.written == len(stored) == session.scalar(text(enrolled), {"i": institution}) > 3
    known = expected[(expected["confidence"] > 0) | (expected["risk_level"] != "low")]
    assert done.levels == known["risk_level"].value_counts().reindex(done.levels, fill_value=0).to_dict()
    for name in ("student_id", "risk_score", "risk_level", "confidence", "reasons"):
        assert stored[name].tolist() == expected[name].tolist()
    assert (stored["predicted_at"] == AS_OF).all()
    model = int(stored["model_id"].iloc[0])
    audit = rows(session, "SELECT action, resource, user_id FROM audit_events WHERE action = 'score'")
    assert audit == [{"action": "score", "resource": f"risk_models/{model}", "user_id": None}]
    told = {row["class_id"] for row in rows(session, "SELECT class_id FROM outbox")}
    assert told == {
        row["class_id"]
        for row in rows(
            session,
            "SELECT class_id FROM enrolments WHERE institution_id = :i AND left_at IS NULL",
            i=institution,
        )
    }


def test_of_whom_nothing_is_known_is_not_low(session: Session, institution: int) -> None:
    """On the day after the first enrolment everybody has a prediction, and none of them counts as a level."""
    first = session.scalar(text("SELECT min(enrolled_at)::date FROM enrolments WHERE left_at IS NULL"))
    done = score_risk(session, institution_id=institution, on=first + timedelta(days=1), now=AS_OF)
    assert done.students > 0
    assert set(done.levels.values()) == {0}


def test_doing_it_again_changes_nothing(session: Session, institution: int) -> None:
    """The same day later the same is said: no row, id or moment differs, and nothing is told to anybody."""
    score_risk(session, institution_id=institution, on=TODAY, now=AS_OF)
    before = said(session, institution, TODAY)
    session.execute(text("DELETE FROM outbox"))
    done = score_risk(session, institution_id=institution, on=TODAY, now=AS_OF + timedelta(hours=1))
    assert (done.students, done.written) == (len(before), 0)
    pd.testing.assert_frame_equal(said(session, institution, TODAY), before)
    assert rows(session, "SELECT * FROM outbox") == []


def test_only_what_changed_is_written(session: Session, institution: int) -> None:
    """When one student's past turns out other, their row says so, under the id that it had."""
    score_risk(session, institution_id=institution, on=TODAY, now=AS_OF)
    before = said(session, institution, TODAY)
    one = int(before.loc[before["submission_frequency"].idxmax(), "student_id"])
    # All their work comes after the day: none of it was handed in before.
    gone = "UPDATE submissions SET submitted_at = '2026-03-05' WHERE student_id = :one"
    session.execute(text(gone), {"one": one})
    done = score_risk(session, institution_id=institution, on=TODAY, now=AS_OF + timedelta(hours=1))
    after = said(session, institution, TODAY)
    assert done.written == 1
    assert after["id"].tolist() == before["id"].tolist()
    changed = after["predicted_at"] > AS_OF
    assert after.loc[changed, "student_id"].tolist() == [one]
    assert after.loc[changed, "submission_frequency"].tolist() == [0.0]


def test_a_day_that_is_there_keeps_its_ids(session: Session, institution: int) -> None:
    """A Monday that the demo has predicted by the same rule is found, not made a second time."""
    before = said(session, institution, MONDAY)
    done = score_risk(session, institution_id=institution, on=MONDAY, now=AS_OF)
    assert done.students == len(before)
    assert said(session, institution, MONDAY)["id"].tolist() == before["id"].tolist()


def test_the_rule_is_made_once(session: Session) -> None:
    """An institution without the rule gets its row, with its parameters, and keeps that one."""
    session.execute(text("INSERT INTO institutions (id, name, time_zone) VALUES (9, 'Empty', 'Pacific/Auckland')"))
    for _ in range(2):
        done = score_risk(session, institution_id=9, on=TODAY, now=AS_OF)
        assert (done.students, done.written) == (0, 0)
    (model,) = rows(session, "SELECT name, version, kind, parameters FROM risk_models WHERE institution_id = 9")
    assert model == {"name": NAME, "version": VERSION, "kind": "rule", "parameters": rule_parameters()}


def test_tomorrow_is_refused(session: Session) -> None:
    """A day is predicted once it has begun where the school is: in Auckland that is sooner."""
    session.execute(text("INSERT INTO institutions (id, name, time_zone) VALUES (9, 'Empty', 'Pacific/Auckland')"))
    score_risk(session, institution_id=9, on=TODAY + timedelta(days=1), now=AS_OF)
    with pytest.raises(ActionError, match=r"today, 2026-03-05, or an earlier day, not as of 2026-03-06"):
        score_risk(session, institution_id=9, on=TODAY + timedelta(days=2), now=AS_OF)


def test_an_answer_is_written(school: Session) -> None:
    """It names who gave it, is audited, and told to whoever shows the student."""
    key = {"institution_id": 1, "prediction_id": THEIRS, "now": NOW, "by": TEACHER}
    given = respond(school, action="dismissed", reason="  Was ill. ", **key)
    (row,) = rows(school, "SELECT * FROM risk_responses WHERE id = :id", id=given)
    assert (row["user_id"], row["action"], row["reason"], row["responded_at"]) == (
        TEACHER,
        "dismissed",
        "Was ill.",
        NOW,
    )
    assert rows(school, "SELECT user_id, action, resource FROM audit_events WHERE occurred_at = :now", now=NOW) == [
        {"user_id": TEACHER, "action": "dismiss", "resource": f"risk_predictions/{THEIRS}"}
    ]
    assert [row["student_id"] for row in rows(school, "SELECT student_id FROM outbox")] == [STUDENT]


def test_of_two_answers_of_a_moment_the_second_is_later(school: Session) -> None:
    """Somebody who thinks again at once has the last word."""
    key = {"institution_id": 1, "prediction_id": THEIRS, "now": NOW, "by": TEACHER}
    respond(school, action="dismissed", reason="Was ill.", **key)
    last = respond(school, action="acknowledged", **key)
    latest = (
        "SELECT id, action FROM risk_responses WHERE prediction_id = :id ORDER BY responded_at DESC, id DESC LIMIT 1"
    )
    assert rows(school, latest, id=THEIRS) == [{"id": last, "action": "acknowledged"}]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"action": "ignored"}, "acknowledged or dismissed, not 'ignored'"),
        ({"action": "dismissed"}, "A dismissal needs a reason"),
        ({"action": "dismissed", "reason": " \n"}, "A dismissal needs a reason"),
        ({"action": "acknowledged", "reason": "Yes."}, "Only a dismissal has a reason"),
        ({"action": "dismissed", "reason": "x" * 10_001}, "10,000 letters, this has 10,001"),
        ({"action": "dismissed", "reason": "a\0b"}, "a letter that is none"),
    ],
)
def test_answers_that_are_refused(school: Session, given: dict[str, str], sentence: str) -> None:
    """Each is one sentence with the rule, and nothing is written."""
    before = rows(school, "SELECT count(*) FROM risk_responses")
    with pytest.raises(ActionError, match=sentence):
        respond(school, institution_id=1, prediction_id=THEIRS, now=NOW, by=TEACHER, **given)
    assert rows(school, "SELECT count(*) FROM risk_responses") == before


def test_an_intervention_is_written(school: Session) -> None:
    """It names who did it and what it answers; its outcome is noted later, and may be corrected."""
    done = log_intervention(
        school, institution_id=1, student_id=STUDENT, kind="conversation", note="Two evenings a week.",
        prediction_id=THEIRS, now=NOW, by=TEACHER,
    )  # fmt: skip
    (row,) = rows(school, "SELECT * FROM interventions WHERE id = :id", id=done)
    assert (row["made_by"], row["student_id"], row["prediction_id"]) == (TEACHER, STUDENT, THEIRS)
    assert (row["happened_at"], row["outcome"], row["outcome_at"]) == (NOW, None, None)
    for days, outcome in ((7, "unchanged"), (14, "improved")):
        at = NOW + timedelta(days=days)
        record_outcome(school, institution_id=1, intervention_id=done, outcome=outcome, now=at, by=TEACHER)
        (row,) = rows(school, "SELECT * FROM interventions WHERE id = :id", id=done)
        assert (row["outcome"], row["outcome_at"]) == (outcome, at)
    acts = "SELECT action FROM audit_events WHERE resource = :resource ORDER BY occurred_at"
    assert [row["action"] for row in rows(school, acts, resource=f"interventions/{done}")] == [
        "log", "record_outcome", "record_outcome",
    ]  # fmt: skip
    assert [row["student_id"] for row in rows(school, "SELECT student_id FROM outbox")] == [STUDENT] * 3


@pytest.mark.parametrize("kind", INTERVENTION_KINDS)
def test_every_kind_can_be_logged(school: Session, kind: str) -> None:
    """Without a prediction too; the other kind needs a note."""
    assert log_intervention(
        school, institution_id=1, student_id=STUDENT, kind=kind, note="Said hello.", now=NOW, by=TEACHER
    )


@pytest.mark.parametrize(
    ("given", "error", "sentence"),
    [
        ({"kind": "magic"}, ActionError, "referral or other, not 'magic'"),
        ({"kind": "other"}, ActionError, "needs a note"),
        ({"prediction_id": UUID(int=CLASSMATE)}, ActionError, "about another student"),
        ({"prediction_id": UUID(int=99)}, NotFound, "no prediction"),
        ({"student_id": 99}, NotFound, "no student 99"),
        ({"student_id": TEACHER}, NotFound, "no student 3"),
    ],
)
def test_interventions_that_are_refused(
    school: Session, given: dict[str, Any], error: type[Exception], sentence: str
) -> None:
    """Each is one sentence with the rule, and nothing is written."""
    before = rows(school, "SELECT count(*) FROM interventions")
    wanted: dict[str, Any] = {"student_id": STUDENT, "kind": "conversation"} | given
    with pytest.raises(error, match=sentence):
        log_intervention(school, institution_id=1, now=NOW, by=TEACHER, **wanted)
    assert rows(school, "SELECT count(*) FROM interventions") == before


def test_outcomes_that_are_refused(school: Session) -> None:
    """An unknown outcome, and an intervention that is not there."""
    key = {"institution_id": 1, "now": NOW, "by": TEACHER}
    with pytest.raises(ActionError, match="unchanged or worsened, not 'fine'"):
        record_outcome(school, intervention_id=THEIRS, outcome="fine", **key)
    with pytest.raises(NotFound, match="no intervention"):
        record_outcome(school, intervention_id=uuid4(), outcome="improved", **key)


def test_who_has_left_gets_no_intervention(eraser: Session, add_school: Any) -> None:
    """Of somebody who left nothing is logged, and their predictions are gone."""
    add_school(eraser, 1)
    depart_user(eraser, institution_id=1, user_id=STUDENT, now=NOW)
    with pytest.raises(ActionError, match="left on 2026-03-03"):
        log_intervention(eraser, institution_id=1, student_id=STUDENT, kind="tutoring", now=NOW, by=TEACHER)
    with pytest.raises(NotFound, match="no prediction"):
        respond(eraser, institution_id=1, prediction_id=THEIRS, action="acknowledged", now=NOW, by=TEACHER)


@pytest.fixture
def own_demo(house: House) -> Iterator[Database]:
    """A small demo of the test's own."""
    with house.school(as_of=AS_OF) as database:
        yield database


def test_a_teacher_acts_and_an_analyst_looks(own_demo: Database) -> None:
    """Through the Workbench: teachers write in their name, an analyst is told that they read, the keeper to say who."""
    settings = Settings(viewer_url=own_demo.teacher.database_url, frozen_now=AS_OF)
    with edukit.connect(settings) as edu:
        class_id = int(edu.classes()["class_id"].iloc[0])
        worst = edu.risk(class_id).iloc[0]
        student_id, prediction = int(worst["student_id"]), str(worst["prediction_id"])
        edu.respond_to_risk(prediction, "dismissed", "Works on paper.")
        done = edu.log_intervention(student_id, "tutoring", "Thursdays.", prediction)
        edu.record_outcome(done, "improved")
        after = edu.risk(class_id).iloc[0]
        assert (after["response"], after["response_reason"]) == ("dismissed", "Works on paper.")
        assert after["responded_by"] == edu.interventions(student_id)["made_by"].iloc[0]
        assert edu.interventions(student_id, class_id)["outcome"].iloc[0] == "improved"
        assert edu.risk_history(student_id)["response"].iloc[-1] == "dismissed"
        for nothing in ("no-id", str(uuid4())):
            with pytest.raises(NotFound, match="no prediction"):
                edu.respond_to_risk(nothing, "acknowledged")
            with pytest.raises(NotFound, match="no intervention"):
                edu.record_outcome(nothing, "improved")
        with pytest.raises(TypeError, match="class or a student_id"):
            edu.interventions()
    for reader, refusal in ((own_demo.of(ANALYST_EMAIL), "only reads"), (own_demo.viewer, "set EDUKIT_USER")):
        with edukit.connect(Settings(viewer_url=reader.database_url, frozen_now=AS_OF)) as edu:
            with pytest.raises(ActionError, match=refusal):
                edu.respond_to_risk(prediction, "acknowledged")
            with pytest.raises(ActionError, match=refusal):
                edu.log_intervention(student_id, "tutoring")
