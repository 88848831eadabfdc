"""The model: better than what is simple, the same when stored, and sensible whatever it is fed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from edukit.analytics.prediction import model as models
from edukit.analytics.prediction.attempts import coded
from edukit.analytics.prediction.calibration import auc, ece
from edukit.analytics.prediction.model import fit_model
from edukit.analytics.prediction.storage import as_json, from_json, packed, unpacked
from edukit.errors import EdukitError

if TYPE_CHECKING:
    from conftest import School

    from edukit.analytics.prediction.model import MasteryModel

RANGE = ["mastery_low", "mastery_score", "mastery_high"]


def frame(answers: list[float], *, student: str = "s", item: str = "i", concept: object = "k") -> pd.DataFrame:
    count = len(answers)
    return pd.DataFrame(
        {
            "student_id": [student] * count,
            "item_id": [item] * count,
            "concept_ids": pd.Series([concept] * count, dtype=object),
            "is_correct": answers,
            "at": np.full(count, np.nan),
        }
    )


def test_it_is_chosen_by_students_that_it_has_not_seen(school: School, model: MasteryModel) -> None:
    """Both kinds were compared, the better one predicts, and predictions are calibrated."""
    assert set(model.losses) == {"logistic", "boosted"}
    assert model.name == min(model.losses, key=lambda name: model.losses[name])
    attempts = coded(school.frame, items=model.items, skills=model.skills)
    p_correct = model.predict(attempts)
    assert auc(attempts.is_correct, p_correct) > 0.7
    assert ece(attempts.is_correct, p_correct) < 0.03


def test_models_learn_from_some_and_tables_count_all(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where attempts are many, trees and weights are those of some students, and the counts are everybody's."""
    attempts = school.attempts
    whole = fit_model(attempts, rng=np.random.default_rng(1))
    monkeypatch.setattr(models, "LEARNED_FROM", len(attempts) // 2)
    some = fit_model(attempts, rng=np.random.default_rng(1))
    assert some.tables.keys() == whole.tables.keys()
    for name, table in some.tables.items():
        np.testing.assert_array_equal(table.count, whole.tables[name].count)
    chosen = models._learned_from(attempts, np.random.default_rng(1).permutation(len(attempts.students)))
    learned = attempts.of_students(chosen)
    assert len(attempts) / 2 <= len(learned) < len(attempts) / 2 + 120
    unseen = attempts.of_students(~chosen)
    assert some.predict(unseen) != pytest.approx(whole.predict(unseen))
    assert auc(unseen.is_correct, some.predict(unseen)) > 0.65


@pytest.mark.parametrize("kind", ["boosted", "logistic"])
def test_it_is_stored_as_json_and_predicts_the_same(school: School, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Through text and back: the same probabilities and scores to the last bit, of either kind of model."""
    losing = "logistic" if kind == "boosted" else "boosted"
    compared = iter([1.0 + (losing == "logistic"), 1.0 + (losing == "boosted")])
    monkeypatch.setattr(models, "log_loss", lambda *_: next(compared))
    attempts = school.attempts
    fitted = fit_model(attempts, rng=np.random.default_rng(2))
    assert fitted.name == kind
    again = from_json(json.loads(json.dumps(as_json(fitted))))
    np.testing.assert_array_equal(again.predict(attempts), fitted.predict(attempts))
    states = fitted.replay(attempts)[2]
    pd.testing.assert_frame_equal(again.mastery(states, at=2e9), fitted.mastery(states, at=2e9))


def test_a_model_of_another_edukit_is_refused(model: MasteryModel) -> None:
    """A stored model with other features, or with an array that holds no numbers, is told of in a sentence."""
    with pytest.raises(EdukitError, match=r"format 0.+Fit the model again"):
        from_json({**as_json(model), "format": 0})
    with pytest.raises(EdukitError, match="type 'O'"):
        unpacked({**packed(np.ones(2)), "dtype": "O"})


def test_what_is_new_is_predicted_from_what_is_known(model: MasteryModel) -> None:
    """Unknown students, items and concepts are likely to be as all are, and answers on them count."""
    unknown = [frame([1.0] * 6), frame([0.0] * 6, student="t"), frame([1.0], student="u", concept=None)]
    attempts = coded(pd.concat(unknown), items=model.items, skills=model.skills)
    p_correct = model.predict(attempts)
    assert ((p_correct > 0.05) & (p_correct < 0.95)).all()
    assert p_correct[5] > p_correct[11]
    scores = model.mastery(model.replay(attempts)[2], at=np.nan)
    assert scores["total_attempts"].tolist() == [6, 6]  # no concept, no score
    assert scores["mastery_score"].iloc[0] > scores["mastery_score"].iloc[1]


@pytest.mark.parametrize(
    "answers",
    [[], [1.0], [0.0], [1.0] * 400, [0.0] * 400],
    ids=["nobody", "one right", "one wrong", "all right", "all wrong"],
)
def test_few_answers_and_answers_all_alike_make_a_sensible_model(answers: list[float]) -> None:
    """An empty class, one student, all right, all wrong: probabilities and intervals that are numbers in order."""
    attempts = coded(frame(answers))
    fitted = fit_model(attempts, rng=np.random.default_rng(1))
    p_correct = fitted.predict(attempts)
    assert ((p_correct > 0.0) & (p_correct < 1.0)).all()
    scores = fitted.mastery(fitted.replay(attempts)[2], at=np.nan)
    assert len(scores) == bool(answers)
    assert (np.diff(scores[RANGE].to_numpy(), axis=1) >= 0.0).all()
    if len(answers) > 1:
        assert (scores["mastery_score"] > 50.0).all() == (answers[0] == 1.0)


def test_many_students_who_answer_alike(school: School) -> None:
    """A whole school that is always right: nothing to tell apart, and nothing breaks."""
    attempts = coded(school.frame.assign(is_correct=1.0))
    fitted = fit_model(attempts, rng=np.random.default_rng(1))
    assert (fitted.predict(attempts) > 0.9).all()


def test_a_million_attempts_on_one_item(model: MasteryModel) -> None:
    """They are recorded, and the score stays within its range."""
    attempts = coded(frame([1.0, 0.0] * 500_000), items=model.items, skills=model.skills)
    scores = model.mastery(model.replay(attempts)[2], at=np.nan)
    assert scores["total_attempts"].tolist() == [1_000_000]
    assert 5.0 < scores["mastery_score"].iloc[0] < 95.0
    assert (np.diff(scores[RANGE].to_numpy(), axis=1) > 0.0).all()
