"""The history of mastery: what is kept is what the attempts say, by whatever scores them, and no longer than a year."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import text

from edukit.actions.mastery_history import forget_old_weeks, replay_history
from edukit.actions.mastery_models import FittedTo, record_validation, serve_model, store_candidate
from edukit.actions.mastery_scoring import read_coded
from edukit.actions.practice import refresh_mastery
from edukit.analytics.prediction.model import fit_model
from edukit.analytics.prediction.storage import as_json
from edukit.queries.answers import attempts_by_student
from edukit.queries.mastery_history import is_behind, mastery_history, mastery_then

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Database, House
    from sqlalchemy.orm import Session

AS_OF = datetime(2026, 3, 1, tzinfo=UTC)
KEY = ["student_id", "concept_id"]
FIGURES = ["mastery_score", "mastery_low", "mastery_high", "total_attempts", "correct_attempts"]
MODEL = 11
THIS_WEEK = date(2026, 2, 23)
A_YEAR_AGO = AS_OF - timedelta(days=365)


@pytest.fixture(scope="module")
def migrated(house: House) -> Iterator[Database]:
    """A small school for the sessions of these tests, which leave it as it was."""
    with house.school(students=6, as_of=AS_OF) as database:
        yield database


@pytest.fixture
def institution(session: Session) -> int:
    """The first institution of the school."""
    return int(session.scalar(text("SELECT min(id) FROM institutions")) or 0)


def kept(session: Session, institution: int) -> pd.DataFrame:
    query = "SELECT * FROM mastery_history WHERE institution_id = :id ORDER BY student_id, concept_id, week"
    result = session.execute(text(query), {"id": institution})
    return pd.DataFrame(result.all(), columns=list(result.keys()))


def known(session: Session, institution: int) -> pd.DataFrame:
    query = "SELECT * FROM concept_mastery WHERE institution_id = :id ORDER BY student_id, concept_id"
    result = session.execute(text(query), {"id": institution})
    return pd.DataFrame(result.all(), columns=list(result.keys()))


def serve(session: Session, institution: int) -> None:
    students = attempts_by_student(session, institution_id=institution)["student_id"]
    fitted = fit_model(read_coded(session, institution, students)[0], rng=np.random.default_rng(1))
    here = {"institution_id": institution}
    store_candidate(
        session, **here, model_id=MODEL, parameters=as_json(fitted), fitted=FittedTo(None, None, 7, 3, AS_OF)
    )
    record_validation(session, **here, metrics={"n_test": 1}, holds=True, now=AS_OF)
    serve_model(session, **here, model_id=MODEL, now=AS_OF, progress=lambda _share: None)


def assert_last_is_today(session: Session, institution: int, *, since: date = date(2020, 1, 6)) -> None:
    """Each student's last week on a concept has the figures of concept_mastery, in the precision of a history.

    A model's scores move with time alone: of its weeks only this one, from ``since`` on, is as of now.
    """
    weeks, today = kept(session, institution), known(session, institution)
    last = weeks.drop_duplicates(KEY, keep="last").merge(today, on=KEY, suffixes=("", "_today"))
    assert len(last) == len(weeks.drop_duplicates(KEY)) > 20
    last = last[last["week"] >= since]
    assert len(last) > 5
    for name in FIGURES:
        assert last[name].tolist() == pytest.approx(last[f"{name}_today"].tolist(), rel=1e-5), name


def test_the_seed_has_a_history(session: Session, institution: int) -> None:
    """Of whoever answered within the year there is a row for each week with an answer; the last is today's."""
    assert_last_is_today(session, institution)
    weeks = kept(session, institution)
    assert weeks["model_id"].isna().all()
    assert weeks.groupby(KEY).size().max() > 1
    assert not is_behind(session, institution_id=institution, since=A_YEAR_AGO)
    attempts = """
        SELECT DISTINCT student_id, concept_id, date_trunc('week', timezone(i.time_zone, attempted_at))::date AS week
        FROM question_attempts q JOIN question_concepts USING (institution_id, question_id)
        JOIN institutions i ON i.id = q.institution_id WHERE i.id = :id"""
    answered = {tuple(row) for row in session.execute(text(attempts), {"id": institution}) if row.week >= oldest()}
    assert {tuple(row) for row in weeks[[*KEY, "week"]].itertuples(index=False)} == answered


def oldest() -> date:
    """The Monday 53 weeks before that of the moment."""
    return (AS_OF - timedelta(days=AS_OF.weekday(), weeks=53)).date()


def test_a_replay_changes_nothing(session: Session, institution: int) -> None:
    """Replaced by the same attempts and the same rule, of some or of all, every row is the same."""
    before = kept(session, institution)
    assert replay_history(session, institution_id=institution, now=AS_OF) == len(before)
    pd.testing.assert_frame_equal(before, kept(session, institution))
    one = int(before["student_id"].iloc[0])
    replay_history(session, institution_id=institution, now=AS_OF, student_ids=[one])
    pd.testing.assert_frame_equal(before, kept(session, institution))


def test_the_models_history(session: Session, institution: int) -> None:
    """Once a model serves, what the rule said is out of date, and a replay by the model ends in today's scores."""
    serve(session, institution)
    student = int(known(session, institution)["student_id"].iloc[0])
    assert mastery_history(session, institution_id=institution, student_id=student).empty
    assert is_behind(session, institution_id=institution, since=A_YEAR_AGO)
    replay_history(session, institution_id=institution, now=AS_OF)
    assert_last_is_today(session, institution, since=THIS_WEEK)
    assert (kept(session, institution)["model_id"] == MODEL).all()
    assert not is_behind(session, institution_id=institution, since=A_YEAR_AGO)
    assert len(mastery_history(session, institution_id=institution, student_id=student))


def test_a_refresh_by_the_model_keeps_the_history(session: Session, institution: int) -> None:
    """Whoever is scored anew has the history of the new scores."""
    serve(session, institution)
    now = AS_OF + timedelta(days=3)
    refresh_mastery(session, institution_id=institution, now=now)
    assert (kept(session, institution)["model_id"] == MODEL).all()
    replay_history(session, institution_id=institution, now=AS_OF)
    refresh_mastery(session, institution_id=institution, now=AS_OF)
    assert_last_is_today(session, institution, since=THIS_WEEK)


def test_then_is_before_the_week(session: Session, institution: int) -> None:
    """Then is the last week before it, of whatever had been answered; what came later is not in it."""
    weeks, before = kept(session, institution), date(2026, 2, 16)
    students = weeks["student_id"].unique().tolist()
    found = mastery_then(session, institution_id=institution, student_ids=students, before=before)
    earlier = weeks[weeks["week"] < before].drop_duplicates(KEY, keep="last")
    assert found[KEY].to_numpy().tolist() == earlier[KEY].to_numpy().tolist() != []
    # As the frame of the class has them, which it is held against: what is stored, with all of its binary digits.
    assert found["score_then"].tolist() == earlier["mastery_score"].astype("float32").tolist()
    assert len(earlier) < len(weeks.drop_duplicates(KEY))


def test_history_that_is_partly_there_is_behind(session: Session, institution: int) -> None:
    """One student whose weeks are missing is enough; what was answered before history begins is not waited for."""
    student = int(kept(session, institution)["student_id"].iloc[0])
    session.execute(text("DELETE FROM mastery_history WHERE student_id = :id"), {"id": student})
    assert is_behind(session, institution_id=institution, since=A_YEAR_AGO)
    assert not is_behind(session, institution_id=institution, since=AS_OF + timedelta(days=1))


def test_a_model_of_another_format_is_not_spoken_for(session: Session, institution: int) -> None:
    """Where another edukit stored the model the rule scores, and its weeks are the ones that are read."""
    serve(session, institution)
    session.execute(text("UPDATE mastery_models SET format = 99 WHERE institution_id = :id"), {"id": institution})
    refresh_mastery(session, institution_id=institution, now=AS_OF)
    student = int(known(session, institution)["student_id"].iloc[0])
    assert len(mastery_history(session, institution_id=institution, student_id=student))
    assert not is_behind(session, institution_id=institution, since=A_YEAR_AGO)


def test_what_is_old_is_let_go(session: Session, institution: int) -> None:
    """A year on, nothing is left of it."""
    since = forget_old_weeks(session, institution_id=institution, now=AS_OF)
    assert timedelta(weeks=53) <= AS_OF - since < timedelta(weeks=54, days=1)
    assert len(kept(session, institution))
    forget_old_weeks(session, institution_id=institution, now=AS_OF + timedelta(weeks=54))
    assert kept(session, institution).empty
