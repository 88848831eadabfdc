"""Models of mastery are stored, noted and let serve; and what serves scores everybody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from edukit.actions.mastery_models import FittedTo, record_validation, retire_model, serve_model, store_candidate
from edukit.actions.mastery_scoring import fitted_model, portions, read_coded, score_mastery
from edukit.actions.practice import refresh_mastery
from edukit.analytics.prediction.model import fit_model
from edukit.analytics.prediction.storage import as_json
from edukit.errors import ActionError
from edukit.queries.answers import attempts_by_student
from edukit.queries.mastery_models import model_in_use

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Database, House
    from sqlalchemy.orm import Session

    from edukit.analytics.prediction.model import MasteryModel

AS_OF = datetime(2026, 3, 1, tzinfo=UTC)
LATER = datetime(2026, 3, 2, tzinfo=UTC)
STORED = "SELECT * FROM concept_mastery WHERE institution_id = :institution ORDER BY student_id, concept_id"
MODEL = 11


@pytest.fixture(scope="module")
def migrated(house: House) -> Iterator[Database]:
    """A small school for the sessions of these tests, which leave it as it was."""
    with house.school(students=6, as_of=AS_OF) as database:
        yield database


@pytest.fixture
def institution(session: Session) -> int:
    """The first institution of the school."""
    return int(session.scalar(text("SELECT min(id) FROM institutions")) or 0)


@pytest.fixture
def model(session: Session, institution: int) -> MasteryModel:
    """A model fitted to the school's attempts, stored as a candidate."""
    attempts, _ = read_coded(session, institution, everybody(session, institution))
    fitted = fit_model(attempts, rng=np.random.default_rng(1))
    candidate(session, institution, fitted)
    return fitted


def everybody(session: Session, institution: int) -> np.ndarray:
    return np.asarray(attempts_by_student(session, institution_id=institution)["student_id"])


def candidate(session: Session, institution: int, fitted: MasteryModel, model_id: int = MODEL) -> None:
    store_candidate(
        session,
        institution_id=institution,
        model_id=model_id,
        parameters=as_json(fitted),
        fitted=FittedTo(None, None, 7, 3, AS_OF),
    )


def serve(session: Session, institution: int, model_id: int = MODEL, now: datetime = LATER) -> int:
    record_validation(session, institution_id=institution, metrics={"n_test": 1}, holds=True, now=now)
    return serve_model(session, institution_id=institution, model_id=model_id, now=now, progress=lambda _share: None)


def stored(session: Session, institution: int) -> pd.DataFrame:
    result = session.execute(text(STORED), {"institution": institution})
    return pd.DataFrame(result.all(), columns=list(result.keys()))


def states(session: Session, institution: int) -> dict[int, str]:
    query = text("SELECT id, status FROM mastery_models WHERE institution_id = :id ORDER BY id")
    return {row.id: row.status for row in session.execute(query, {"id": institution})}


def test_what_serves_scores_everybody(session: Session, institution: int, model: MasteryModel) -> None:
    """Every score is the model's of a replay; counts, dates and means are the rule's; the act is told and recorded."""
    before = stored(session, institution)
    session.execute(text("DELETE FROM outbox"))
    assert serve(session, institution) == len(before)
    after = stored(session, institution)
    same = ["student_id", "concept_id", "total_attempts", "correct_attempts", "last_attempted_at"]
    pd.testing.assert_frame_equal(before[same], after[same])
    for mean in ("avg_time_seconds", "avg_confidence"):
        assert after[mean].tolist() == pytest.approx(before[mean].tolist(), rel=1e-6, nan_ok=True)
    attempts, _ = read_coded(session, institution, everybody(session, institution), model)
    scores = model.mastery(model.replay(attempts)[2], at=LATER.timestamp())
    expected = {
        (attempts.students[row.student], attempts.skills[row.skill][0]): row.mastery_score
        for row in scores.itertuples()
    }
    found = {(row.student_id, row.concept_id): row.mastery_score for row in after.itertuples()}
    assert found == pytest.approx(expected, rel=1e-12)
    assert after["mastery_score"].tolist() != pytest.approx(before["mastery_score"].tolist(), abs=1)
    assert session.scalar(text("SELECT count(DISTINCT student_id) FROM outbox")) == after["student_id"].nunique()
    told = text("SELECT resource FROM audit_events WHERE action = 'serve'")
    assert session.scalars(told).all() == [f"mastery_models/{MODEL}"]


@pytest.mark.usefixtures("model")
def test_a_refresh_is_the_models(session: Session, institution: int) -> None:
    """Of some or of all, and in whatever portions, a refresh stores what the model that serves says of a moment."""
    serve(session, institution)
    first = stored(session, institution)
    one = int(first["student_id"].iloc[0])
    now = LATER + timedelta(days=30)
    written = refresh_mastery(session, institution_id=institution, now=now, student_ids=[one])
    assert written == (first["student_id"] == one).sum()
    some = stored(session, institution)
    assert set(some.query("computed_at == @now")["student_id"]) == {one}
    refresh_mastery(session, institution_id=institution, now=now)
    whole = stored(session, institution)
    assert (whole["computed_at"] == now).all()
    mine = whole["student_id"] == one
    pd.testing.assert_frame_equal(some[mine], whole[mine])
    # A month without practice makes everybody less sure.
    wide = whole["mastery_high"] - whole["mastery_low"]
    assert (wide >= first["mastery_high"] - first["mastery_low"] - 1e-9).all()


@pytest.mark.usefixtures("model")
def test_what_is_new_to_the_model_is_scored(session: Session, institution: int) -> None:
    """A concept, a question and a student that the model has never met get a score within its interval."""
    serve(session, institution)
    topic = session.scalar(text("SELECT min(topic_id) FROM concepts WHERE institution_id = :id"), {"id": institution})
    rows = [
        "INSERT INTO users (institution_id, id, role, name) VALUES (:id, 5, 'student', 'New')",
        "INSERT INTO students (institution_id, id) VALUES (:id, 5)",
        "INSERT INTO concepts (institution_id, id, topic_id, name) VALUES (:id, 5, :topic, 'new')",
        "INSERT INTO questions (institution_id, id, body) VALUES (:id, 5, 'new'), (:id, 6, 'of nothing')",
        "INSERT INTO question_concepts (institution_id, question_id, concept_id) VALUES (:id, 5, 5)",
        """INSERT INTO question_attempts (institution_id, id, student_id, question_id, sequence, is_correct) VALUES
            (:id, gen_random_uuid(), 5, 5, 1, true), (:id, gen_random_uuid(), 5, 6, 2, false)""",
    ]
    for row in rows:
        session.execute(text(row), {"id": institution, "topic": topic})
    assert refresh_mastery(session, institution_id=institution, now=LATER, student_ids=[5]) == 1
    (new,) = stored(session, institution).query("student_id == 5").itertuples()
    assert (new.concept_id, new.total_attempts, new.correct_attempts, pd.isna(new.last_attempted_at)) == (5, 1, 1, True)
    assert 0 < new.mastery_low < new.mastery_score < new.mastery_high < 100


def test_one_serves_and_one_is_candidate(session: Session, institution: int, model: MasteryModel) -> None:
    """A new candidate takes the place of the one before it, and a model that serves that of the one that did."""
    candidate(session, institution, model, 12)
    assert states(session, institution) == {11: "retired", 12: "candidate"}
    serve(session, institution, 12)
    candidate(session, institution, model, 13)
    assert states(session, institution) == {11: "retired", 12: "serving", 13: "candidate"}
    serve(session, institution, 13)
    assert states(session, institution) == {11: "retired", 12: "retired", 13: "serving"}
    serving = model_in_use(session, institution_id=institution, status="serving")
    assert serving is not None
    assert (serving.id, serving.attempts, serving.students, serving.validated_at) == (13, 7, 3, LATER)
    insert = text(
        "INSERT INTO mastery_models SELECT (jsonb_populate_record(m, '{\"id\": 14}')).* FROM mastery_models m"
        " WHERE id = 13"
    )
    with pytest.raises(IntegrityError, match="mastery_models_in_use_key"), session.begin_nested():
        session.execute(insert)


@pytest.mark.usefixtures("model")
def test_one_that_does_not_hold_is_retired(session: Session, institution: int) -> None:
    """What was measured of it stays, what scored before goes on, and nothing unvalidated can serve."""
    before = stored(session, institution)
    for model_id in (MODEL, 12):
        with pytest.raises(ActionError, match=rf"model {model_id} cannot serve: only the candidate .* validated\. Run"):
            serve_model(session, institution_id=institution, model_id=model_id, now=LATER, progress=lambda _share: None)
    serves = text("UPDATE mastery_models SET status = 'serving'")
    with pytest.raises(IntegrityError, match="validated"), session.begin_nested():
        session.execute(serves)
    record_validation(session, institution_id=institution, metrics={"n_test": 5}, holds=False, now=LATER)
    assert states(session, institution) == {MODEL: "retired"}
    assert session.scalar(text("SELECT metrics ->> 'n_test' FROM mastery_models")) == "5"
    refresh_mastery(session, institution_id=institution, now=LATER)
    pd.testing.assert_frame_equal(
        stored(session, institution).drop(columns="computed_at"), before.drop(columns="computed_at")
    )


def test_a_retired_model_gives_way_to_the_rule(session: Session, institution: int, model: MasteryModel) -> None:
    """Without a model that serves, mastery is the rule's again; decoded once, a model is kept while it is asked for."""
    before = stored(session, institution)
    serve(session, institution)
    kept = fitted_model(session, institution_id=institution, model_id=MODEL)
    assert kept is fitted_model(session, institution_id=institution, model_id=MODEL)
    candidate(session, institution, model, 12)
    assert fitted_model(session, institution_id=institution, model_id=12) is not kept
    retire_model(session, institution_id=institution, status="serving")
    refresh_mastery(session, institution_id=institution, now=AS_OF)
    pd.testing.assert_frame_equal(stored(session, institution), before)


@pytest.mark.usefixtures("model")
def test_a_model_of_another_edukit_gives_way_to_the_rule(session: Session, institution: int) -> None:
    """A load does not fail because the model that serves was stored otherwise: the rule scores until it is refitted."""
    before = stored(session, institution)
    serve(session, institution)
    session.execute(text("UPDATE mastery_models SET format = 99"))
    refresh_mastery(session, institution_id=institution, now=AS_OF)
    pd.testing.assert_frame_equal(stored(session, institution), before)


@pytest.mark.usefixtures("model")
def test_portions_change_nothing(session: Session, institution: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Replayed a student at a time or all at once, the rows are the same."""
    whole = {"institution_id": institution, "model_id": MODEL, "now": LATER}
    score_mastery(session, **whole)
    at_once = stored(session, institution)
    monkeypatch.setattr("edukit.actions.mastery_scoring.PORTION", 1)
    shares: list[float] = []
    score_mastery(session, **whole, progress=shares.append)
    pd.testing.assert_frame_equal(stored(session, institution), at_once)
    assert len(shares) == at_once["student_id"].nunique()
    assert (shares == sorted(shares), shares[-1]) == (True, 1.0)


def test_portions_part_no_student() -> None:
    """Parts have as many attempts as may be, in order, and a student with more is a part alone."""
    counts = np.array([(1, 3), (2, 4), (3, 9), (4, 1), (5, 2)], dtype=[("student_id", "i8"), ("attempts", "i8")])
    assert [part["student_id"].tolist() for part in portions(counts, 7)] == [[1, 2], [3], [4, 5]]
    assert list(portions(counts[:0], 7)) == []
