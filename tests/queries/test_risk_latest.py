"""Which answer to a prediction still holds: the risk page, the home page and a student's history say the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pandas as pd
import pytest
from sqlalchemy import text

from edukit.analytics.risk import answer_holds, latest_answer
from edukit.db.copy import copy_rows
from edukit.models import RiskPrediction, RiskResponse
from edukit.queries import home
from edukit.queries.risk import risk, risk_history

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

ON, NOW = date(2026, 6, 15), datetime(2026, 6, 15, 4, tzinfo=UTC)


@dataclass(frozen=True)
class Case:
    """What was predicted of a student (levels by days ago), and what was made of it."""

    predicted: dict[int, str]
    answered: dict[int, int]
    """Hours ago, by the days of the prediction."""
    holds: int | None
    """Days of the prediction whose answer holds."""


CASES = {
    "nothing predicted": Case({}, {}, None),
    "nobody answered": Case({1: "high", 0: "high"}, {}, None),
    "answered today": Case({1: "high", 0: "high"}, {0: 1}, 0),
    "answered yesterday, the same since": Case({1: "high", 0: "high"}, {1: 20}, 1),
    "better since": Case({1: "critical", 0: "high"}, {1: 20}, 1),
    "worse since": Case({1: "high", 0: "critical"}, {1: 20}, None),
    "low was answered, high now": Case({3: "low", 0: "high"}, {3: 70}, None),
    "worse for a while and back": Case({9: "high", 5: "critical", 0: "high"}, {9: 200}, 9),
    "the later answer was to the milder": Case({9: "critical", 5: "medium", 0: "high"}, {9: 200, 5: 100}, None),
    "the later answer was to the earlier": Case({9: "critical", 5: "medium", 0: "high"}, {9: 90, 5: 100}, 9),
    "answers of one moment": Case({9: "medium", 5: "high", 0: "high"}, {9: 90, 5: 90}, 5),
    "just within the weeks": Case({28: "high", 0: "high"}, {28: 600}, 28),
    "just out of the weeks": Case({29: "high", 0: "high"}, {29: 600}, None),
    "an old prediction answered today": Case({40: "critical", 0: "high"}, {40: 1}, None),
    "seen, and low": Case({1: "high", 0: "low"}, {1: 20}, 1),
}
IDS = dict(enumerate(CASES, start=100))


def id_of(student: int, days: int) -> UUID:
    return UUID(int=student * 100 + days)


@pytest.fixture
def school(session: Session) -> Session:
    """A class in which each case is a student."""
    for statement in (
        "INSERT INTO institutions (id, name) VALUES (1, 'Cases')",
        "INSERT INTO classes (institution_id, id, name) VALUES (1, 1, 'Cases')",
        "INSERT INTO users (institution_id, id, role, name) VALUES (1, 1, 'teacher', 'Tess')",
        "INSERT INTO risk_models (institution_id, id, name, version, kind)"  # noqa: ISC004
        " VALUES (1, 1, 'a', 1, 'rule'), (1, 2, 'b', 1, 'rule')",
        *(
            f"INSERT INTO users (institution_id, id, role, name) VALUES (1, {id_}, 'student', '{IDS[id_]}')"
            for id_ in IDS
        ),
        *(f"INSERT INTO students (institution_id, id) VALUES (1, {id_})" for id_ in IDS),
        *(
            f"INSERT INTO enrolments (institution_id, id, class_id, student_id) VALUES (1, {id_}, 1, {id_})"
            for id_ in IDS
        ),
    ):
        session.execute(text(statement))
    said = [
        {"id": id_of(student, days), "student_id": student, "predicted_on": ON - timedelta(days=days), "risk_level": level}  # noqa: E501
        for student, name in IDS.items()
        for days, level in CASES[name].predicted.items()
    ]  # fmt: skip
    rest = {"institution_id": 1, "model_id": 1, "risk_score": 50.0, "confidence": 1.0, "predicted_at": NOW}
    copy_rows(session, RiskPrediction, pd.DataFrame(said).assign(**rest))
    given = [
        {"prediction_id": id_of(student, days), "responded_at": NOW - timedelta(hours=hours)}
        for student, name in IDS.items()
        for days, hours in CASES[name].answered.items()
    ]
    ids = [UUID(int=number) for number in range(len(given))]
    rest = {"institution_id": 1, "id": ids, "user_id": 1, "action": "acknowledged"}
    copy_rows(session, RiskResponse, pd.DataFrame(given).assign(**rest))
    return session


@pytest.mark.parametrize(("student", "name"), IDS.items())
def test_the_pure_rule_is_the_cases(school: Session, student: int, name: str) -> None:
    """The answer that holds is the one that the case names; none where there is none or it got worse."""
    holding = latest_answer(risk_history(school, institution_id=1, student_id=student))
    days = CASES[name].holds
    assert (None if holding is None else holding["prediction_id"]) == (
        None if days is None else str(id_of(student, days))
    )


def test_the_pages_follow_the_rule(school: Session) -> None:
    """The frame of the risk page and the count of the home page are what the pure rule says of each history."""
    frame = risk(school, institution_id=1, class_id=1, as_of=NOW).set_index("student_id")
    held = {id_: latest_answer(risk_history(school, institution_id=1, student_id=id_)) is not None for id_ in IDS}
    of_class = answer_holds(frame["risk_level"], frame["responded_level"])
    assert dict(zip(frame.index, of_class, strict=True)) == held
    classes = pd.DataFrame([[1, 1, "Cases", "Cases", None, True]], columns=["institution_id", "class_id", "institution", "class_name", "subject", "taught"], dtype=object)  # fmt: skip  # noqa: E501
    row = home.home(school, classes, thresholds=(50.0, 80.0, 95.0), now=NOW).iloc[0]
    worrying = frame.index[frame["risk_level"].isin(["high", "critical"])]
    assert row["predicted"] == frame["risk_level"].notna().sum() == len(CASES) - 1
    assert row["at_risk"] == sum(not held[id_] for id_ in worrying) == 6


def test_of_one_moment_the_larger_id_is_the_latest(school: Session) -> None:
    """Two models that predict at one moment: every page takes the same of them for the latest."""
    school.execute(text("DELETE FROM risk_responses"))
    student, new = 101, UUID(int=1)
    for id_, level, latest in ((new, "low", "high"), (UUID(int=2**127), "critical", "critical")):
        school.execute(
            text(
                "INSERT INTO risk_predictions (institution_id, id, student_id, model_id, predicted_on, risk_score,"
                " risk_level, confidence, predicted_at) VALUES (1, :id, :student, 2, :day, 50, :level, 1, :at)"
            ),
            {"id": id_, "student": student, "day": ON, "level": level, "at": NOW},
        )
        frame = risk(school, institution_id=1, class_id=1, as_of=NOW).set_index("student_id")
        assert frame.loc[student, "risk_level"] == latest
        history = risk_history(school, institution_id=1, student_id=student)
        assert history["risk_level"].iloc[-1] == latest
        school.execute(text("DELETE FROM risk_predictions WHERE id = :id"), {"id": id_})
