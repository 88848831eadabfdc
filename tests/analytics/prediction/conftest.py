"""Simulated students whose truth is known, and a model fitted to them once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from edukit.analytics.prediction.attempts import coded
from edukit.analytics.prediction.model import fit_model

if TYPE_CHECKING:
    from collections.abc import Callable

    from edukit.analytics.prediction.attempts import Attempts
    from edukit.analytics.prediction.model import MasteryModel


@dataclass(frozen=True)
class School:
    """What students answered, and how likely each is to answer each concept's median item right at the end."""

    frame: pd.DataFrame
    truth: dict[tuple[int, str], float]

    @property
    def attempts(self) -> Attempts:
        """Its answers, coded."""
        return coded(self.frame)


def simulated(*, students: int, seed: int, learning: float = 0.03, sets: bool = False) -> School:
    """Students of a Rasch model with an ability of their own on each concept, who learn and have spells of work."""
    rng = np.random.default_rng(seed)
    concepts, items = 10, 12
    difficulty = rng.normal(0.0, 0.8, (concepts, items))
    ease = rng.normal(0.3, 0.4, concepts)
    rows, truth = [], {}
    for student in range(students):
        ability = ease + rng.normal(0.0, 0.9) + rng.normal(0.0, 0.7, concepts)
        concept, at = int(rng.integers(concepts)), 1.6e9
        for _ in range(int(rng.integers(5, 120))):
            if rng.random() < 0.15:
                concept = int(rng.integers(concepts))
            item = int(rng.integers(items))
            at += rng.exponential(60.0) if rng.random() < 0.97 else rng.exponential(4 * 86_400.0)
            also = (f"k{(concept + 1) % concepts}",) if sets and item == 0 else ()
            is_correct = float(rng.random() < expit(ability[concept] - difficulty[concept, item]))
            rows.append((student, f"{concept}/{item}", (f"k{concept}", *also), is_correct, at))
            ability[concept] += learning
        for concept in range(concepts):
            truth[student, f"k{concept}"] = float(expit(ability[concept] - np.median(difficulty[concept])))
    names = ["student_id", "item_id", "concept_ids", "is_correct", "at"]
    return School(pd.DataFrame(rows, columns=names), truth)


@pytest.fixture(scope="session")
def simulate() -> Callable[..., School]:
    """Makes other schools."""
    return simulated


@pytest.fixture(scope="session")
def school() -> School:
    """A school of some hundred students, with questions that ask for two concepts."""
    return simulated(students=250, seed=4, sets=True)


@pytest.fixture(scope="session")
def model(school: School) -> MasteryModel:
    """A model of that school."""
    return fit_model(school.attempts, rng=np.random.default_rng(1))
