"""The first page's frames on a school made by hand: what counts and what does not; sixty classes cost as one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pandas as pd
import pytest
from sqlalchemy import event, update

from edukit.db.copy import copy_rows
from edukit.db.session import engine_for, session_for
from edukit.models import (
    Account,
    Assignment,
    Class,
    ClassTeacher,
    Enrolment,
    Feedback,
    Institution,
    Question,
    QuestionAttempt,
    RiskModel,
    RiskPrediction,
    Student,
    Submission,
    User,
)
from edukit.queries import home
from edukit.settings import Settings
from edukit.workbench import Workbench

if TYPE_CHECKING:
    from conftest import Database
    from sqlalchemy.orm import Session


NOW = datetime(2026, 6, 30, 20, tzinfo=UTC)  # the demo school's
THRESHOLDS = (50.0, 80.0, 95.0)
DAY = timedelta(days=1)
ANNA, BEN, CLEO = 101, 102, 103
"""Students; Anna and Ben are in class 11, Cleo has left it."""


@pytest.fixture
def school(session: Session) -> Session:
    """A teacher of two schools, with a class in each, three students in the first and an admin who teaches nobody."""
    copy_rows(session, Institution, pd.DataFrame({"id": [1, 2], "name": ["Hill", "Lake"]}))
    copy_rows(session, Account, pd.DataFrame({"id": [1, 2], "email": ["T@a.example", "admin@a.example"]}))
    people = [(1, 1, 1, "teacher", "Tess"), (2, 2, 1, "teacher", "T. Ess"), (1, 3, 2, "admin", "Ada")]
    students = [(1, student, None, "student", name) for student, name in ((ANNA, "Anna"), (BEN, "Ben"), (CLEO, "Cleo"))]
    columns = ["institution_id", "id", "account_id", "role", "name"]
    copy_rows(session, User, pd.DataFrame(people + students, columns=columns).astype({"account_id": "Int64"}))
    copy_rows(session, Student, pd.DataFrame({"institution_id": 1, "id": [ANNA, BEN, CLEO]}))
    classes = [(1, 11, "7B"), (2, 21, "5A"), (1, 12, "Others'")]
    copy_rows(session, Class, pd.DataFrame(classes, columns=["institution_id", "id", "name"]))
    taught = [(1, 11, 1), (2, 21, 2)]
    copy_rows(session, ClassTeacher, pd.DataFrame(taught, columns=["institution_id", "class_id", "teacher_id"]))
    members = {"institution_id": 1, "id": [1, 2, 3], "class_id": 11, "student_id": [ANNA, BEN, CLEO]}
    left = pd.Series([pd.NaT, pd.NaT, NOW]).astype("datetime64[us, UTC]")
    copy_rows(session, Enrolment, pd.DataFrame(members).assign(enrolled_at=NOW - 90 * DAY, left_at=left))
    return session


def of_class(session: Session, class_id: int = 11, now: datetime = NOW) -> pd.Series[Any]:
    """The class's row of the frame ``home`` for its teacher."""
    teacher = {11: 1, 21: 2}[class_id]
    frame = home.home(session, home.classes_of(session, user_id=teacher), thresholds=THRESHOLDS, now=now)
    return frame.set_index("class_id").loc[class_id]


def hand_in(session: Session, number: int, student_id: int, at: datetime, *, told: bool = False) -> None:
    """A submission for the assignment 1, and feedback on it."""
    id_ = UUID(int=number)
    work = {"institution_id": 1, "id": id_, "assignment_id": 1, "student_id": student_id, "submitted_at": at}
    copy_rows(session, Submission, pd.DataFrame([work]))
    if told:
        said = {"institution_id": 1, "id": id_, "submission_id": id_, "student_id": student_id, "teacher_id": 1}
        copy_rows(session, Feedback, pd.DataFrame([said | {"created_at": at}]))


def set_work(session: Session, **due: datetime | None) -> None:
    """Assignments of class 11 by their titles, due then."""
    work = pd.DataFrame({"title": list(due), "due_at": pd.Series(list(due.values()), dtype="datetime64[us, UTC]")})
    copy_rows(session, Assignment, work.assign(institution_id=1, class_id=11, id=range(1, len(work) + 1)))


def test_a_user_has_the_classes_that_they_teach(school: Session) -> None:
    """Of a teacher of two schools, those of the one they look into; by name, and not those that were put away."""
    copy_rows(school, ClassTeacher, pd.DataFrame({"institution_id": [1], "class_id": [12], "teacher_id": [1]}))
    assert home.classes_of(school, user_id=1)["class_id"].tolist() == [11, 12]
    assert home.classes_of(school, user_id=2)["class_id"].tolist() == [21]
    assert [home.me(school, user_id=user)["name"].tolist() for user in (1, 2)] == [["Tess"], ["T. Ess"]]
    school.get(Class, (1, 11)).archived_at = NOW
    assert home.classes_of(school, user_id=1)["class_id"].tolist() == [12]


@pytest.mark.parametrize("who", [3, None])
def test_who_teaches_none_sees_the_first(school: Session, who: int | None) -> None:
    """An admin, and whoever keeps the machine, get the first classes by name, at most sixty, and are told so."""
    more = {"institution_id": 1, "id": range(1000, 1080), "name": [f"C{place}" for place in range(80)]}
    copy_rows(school, Class, pd.DataFrame(more))
    found = home.classes_of(school, user_id=who)
    assert found["class_name"].tolist() == ["5A", "7B", *(f"C{place}" for place in range(58))]
    assert not found["taught"].any()
    assert home.me(school, user_id=who)["name"].tolist() == (["Ada"] if who else [])


def test_a_class_without_anything_has_its_row(school: Session) -> None:
    """Nobody, no answers, nothing predicted, handed in or due: zeros, and nothing made up."""
    row = of_class(school, 21)
    assert row[["students", "answers", "need_help", "predicted", "at_risk", "waiting", "due"]].tolist() == [0] * 7
    assert row[["waiting_since", "waiting_student", "next_due_at", "next_due"]].isna().all()
    assert home.home(school, home.classes_of(school, user_id=None).head(0), thresholds=THRESHOLDS, now=NOW).empty


def test_a_week_has_sharp_edges(school: Session) -> None:
    """An answer of exactly seven days ago is of the week before, one of exactly now of this; later ones of none."""
    moments = [NOW - 14 * DAY, NOW - 14 * DAY + timedelta(microseconds=1), NOW - 7 * DAY, NOW, NOW + DAY]
    copy_rows(school, Question, pd.DataFrame({"institution_id": [1], "id": [1], "body": ["?"]}))
    given = pd.DataFrame({"attempted_at": pd.Series(moments, dtype="datetime64[us, UTC]")})
    sequence = given["attempted_at"].astype("int64") + 2  # as of the third of one moment, in the source's order
    answers = given.assign(institution_id=1, student_id=ANNA, question_id=1, class_id=11, is_correct=True)
    copy_rows(school, QuestionAttempt, answers.assign(sequence=sequence, id=[UUID(int=n) for n in range(5)]))
    assert of_class(school)[["answers", "correct_answers", "earlier_answers"]].tolist() == [1, 1, 2]


def test_what_was_handed_in_again_waits_again(school: Session) -> None:
    """Feedback on an earlier submission is none on the latest; work that was answered, or of who left, is done."""
    set_work(school, Work=None)
    hand_in(school, 1, ANNA, NOW - 5 * DAY)
    hand_in(school, 2, ANNA, NOW - 4 * DAY, told=True)
    hand_in(school, 3, CLEO, NOW - 9 * DAY)
    assert of_class(school)["waiting"] == 0
    hand_in(school, 4, ANNA, NOW - 2 * DAY)
    hand_in(school, 5, BEN, NOW - 3 * DAY)
    row = of_class(school)
    assert (row["waiting"], row["waiting_student"], row["waiting_since"]) == (2, "Ben", NOW - 3 * DAY)


def test_work_waits_once_it_is_due(school: Session) -> None:
    """Before the day due another may come, so that nothing waits; from that moment on it does."""
    set_work(school, Work=NOW)
    hand_in(school, 1, ANNA, NOW - DAY)
    assert of_class(school, now=NOW - timedelta(microseconds=1))["waiting"] == 0
    assert of_class(school)["waiting"] == 1


def test_work_is_due_within_seven_days(school: Session) -> None:
    """Not what is due now or was, and not what is due later or never."""
    set_work(school, now=NOW, later=NOW + 7 * DAY, first=NOW + DAY, beyond=NOW + 8 * DAY, never=None)
    assert of_class(school)[["due", "next_due"]].tolist() == [2, "first"]


def test_the_latest_prediction_counts(school: Session) -> None:
    """Who was at risk and is not any more is not counted; who has left is neither."""
    rule = {"institution_id": 1, "id": 1, "name": "rule", "version": 1, "kind": "rule"}
    copy_rows(school, RiskModel, pd.DataFrame([rule]))
    said = [(ANNA, 2, "critical"), (ANNA, 1, "low"), (BEN, 2, "low"), (BEN, 1, "high"), (CLEO, 1, "critical")]
    predictions = pd.DataFrame(said, columns=["student_id", "ago", "risk_level"])
    predictions["predicted_on"] = [(NOW - ago * DAY).date() for ago in predictions.pop("ago")]
    ids = [UUID(int=number) for number in range(len(said))]
    rest = {"institution_id": 1, "model_id": 1, "risk_score": 50.0, "confidence": 1.0, "predicted_at": NOW}
    copy_rows(school, RiskPrediction, predictions.assign(id=ids, **rest))
    assert of_class(school)[["predicted", "at_risk"]].tolist() == [2, 1]
    # A prediction that rests on nothing is none.
    school.execute(update(RiskPrediction).where(RiskPrediction.student_id == ANNA).values(confidence=0))
    assert of_class(school)[["predicted", "at_risk"]].tolist() == [1, 1]


def test_sixty_classes_cost_no_more_statements_than_one(database: Database) -> None:
    """The page asks as often for a teacher of sixty classes as for one of a single class."""
    with session_for(database.app) as session:
        copy_rows(session, Institution, pd.DataFrame({"id": [1], "name": ["A"]}))
        copy_rows(session, Account, pd.DataFrame({"id": [1, 2], "email": ["one@a.example", "sixty@a.example"]}))
        people = {"institution_id": 1, "id": [1, 2], "account_id": [1, 2], "role": "teacher", "name": ["One", "Sixty"]}
        copy_rows(session, User, pd.DataFrame(people))
        ids = pd.DataFrame({"institution_id": 1, "id": range(100, 161)})
        copy_rows(session, Class, ids.assign(name=[f"Class {id_}" for id_ in ids["id"]]))
        taught = ids.rename(columns={"id": "class_id"}).assign(teacher_id=[1] + [2] * 60)
        copy_rows(session, ClassTeacher, taught)
    assert statements(database, "one@a.example", classes=1) == statements(database, "sixty@a.example", classes=60) > 0


def statements(database: Database, account: str, *, classes: int) -> int:
    """How many statements the page's calls send for an account that teaches so many classes."""
    viewer = database.of(account)
    edu = Workbench(viewer, Settings(frozen_now=NOW))
    sent: list[str] = []
    engine = engine_for(viewer.database_url)
    record = lambda _connection, _cursor, statement, *_rest: sent.append(statement)  # noqa: E731
    event.listen(engine, "before_cursor_execute", record)
    assert (len(edu.me()), len(edu.home())) == (1, classes)
    event.remove(engine, "before_cursor_execute", record)
    return len(sent)
