"""What the Workbench makes of answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edukit.workbench import Workbench


def test_the_model_is_tried_on_the_answers_that_the_viewer_sees(demo: Workbench) -> None:
    """Every answer is predicted once, in the class it was given for; the model does better than each simple rule."""
    expected = demo.sql(
        "SELECT coalesce(name, 'unknown') AS name, count(*) AS answers FROM question_attempts"
        " LEFT JOIN classes ON classes.id = class_id GROUP BY 1"
    )
    told = []
    found = demo.backtest_mastery(folds=2, progress=lambda stage, share: told.append((stage, share)))
    assert found.by_group is not None
    by_class = dict(found.by_group[["group", "attempts"]].to_numpy().tolist())
    assert by_class == dict(expected.to_numpy().tolist())
    assert found.by_concept["attempts"].sum() == len(found.found.predictions) == expected["answers"].sum()
    summary = found.found.summary()
    assert {"concept_mean", "recency_mean", "bkt"} == summary["baselines"].keys()
    assert all(summary["model"]["auc"] > baseline["auc"] for baseline in summary["baselines"].values())
    assert [share for _, share in told] == sorted(share for _, share in told)
