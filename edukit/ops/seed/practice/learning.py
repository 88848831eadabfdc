"""How the demo's students learn: knowledge grows with practice, fades with time, and answers show it dimly.

Knowledge of a concept is a logit: ability, less the concept's difficulty, plus what was gained. A right
answer has the chance ``guess + (1 - guess - slip) * sigmoid(knowledge - question difficulty)``, the
four-parameter logistic of item response theory (Barton & Lord, 1981). Every answer adds to the gain,
a right one more, with diminishing returns; the gain halves in weeks, more slowly the more often the
concept was practised.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edukit.ops.seed.curriculum.plans import Plan

GUESS = np.array([0.22, 0.03, 0.45, 0.05])
"""Chance of a right answer without knowledge, by kind of question."""
SLIP = 0.05
RUSH = 0.55
"""Share of a guesser's answers that are given without reading."""
START = 0.15
"""Knowledge of a middling concept by a middling student before any practice, in logits."""
GAIN_AFTER_WRONG = 0.6
GAIN_SCALE = 2.2
"""Gain at which a further answer adds 1/e of the first one's."""
HALF_LIFE_DAYS, HALF_LIFE_GROWTH = 45.0, 0.3
SECONDS = np.array([26.0, 42.0, 13.0, 75.0])
"""Median seconds to an answer, by kind of question."""


@dataclass(frozen=True)
class Model:
    """The questions and concepts of all subjects, one after another, as the model needs them."""

    concept_offset: NDArray[np.int64]
    concept_ids: NDArray[np.int64]
    concept_difficulty: NDArray[np.float64]
    learning_rate: NDArray[np.float64]
    first_question: NDArray[np.int64]
    question_count: NDArray[np.int64]
    question_ids: NDArray[np.int64]
    question_difficulty: NDArray[np.float64]
    kind: NDArray[np.int64]
    answers: NDArray[np.object_]
    chosen: NDArray[np.int64]
    xp: NDArray[np.int64]

    @classmethod
    def of(cls, plans: tuple[Plan, ...]) -> Model:
        """The plans joined."""
        concepts = np.array([len(plan.concept_ids) for plan in plans])
        questions = np.array([len(plan.question_ids) for plan in plans])
        question_offset = np.cumsum(questions) - questions
        joined = {
            name: np.concatenate([getattr(plan, name) for plan in plans])
            for name in ("concept_ids", "concept_difficulty", "learning_rate", "question_count", "question_ids",
                         "question_difficulty", "kind", "answers", "chosen", "xp")
        }  # fmt: skip
        first = [plan.first_question + offset for plan, offset in zip(plans, question_offset, strict=True)]
        return cls(concept_offset=np.cumsum(concepts) - concepts, first_question=np.concatenate(first), **joined)


@dataclass(frozen=True)
class Learners:
    """The learners of one subject each: a student counts once for every class."""

    ability: NDArray[np.float64]
    subject: NDArray[np.int64]
    guesses: NDArray[np.bool_]
    prior: NDArray[np.float64]
    """What they bring from years before, in logits."""


@dataclass(frozen=True)
class Asked:
    """Questions put to learners, in the order of learner and time."""

    learner: NDArray[np.int64]
    day: NDArray[np.float64]
    concept: NDArray[np.int64]
    """Place in the model's concepts."""
    question: NDArray[np.int64]


@dataclass(frozen=True)
class Outcome:
    """What came of each question, and what each learner knew of each of their concepts in the end."""

    is_correct: NDArray[np.bool_]
    p_correct: NDArray[np.float64]
    rushed: NDArray[np.bool_]
    knowledge: NDArray[np.float64]
    """Logits, learner by concept of their subject; columns past the subject's last concept mean nothing."""


def practise(rng: np.random.Generator, model: Model, learners: Learners, asked: Asked, *, last_day: float) -> Outcome:
    """Let the learners answer, all of them their n-th question at once, and learn from it."""
    start = _starting_knowledge(rng, model, learners)
    gain, seen, practised = np.zeros_like(start), np.zeros_like(start), np.zeros_like(start)
    column = asked.concept - model.concept_offset[learners.subject[asked.learner]]
    draw = rng.random(len(asked.learner))
    rushed = learners.guesses[asked.learner] & (rng.random(len(draw)) < RUSH)
    guess = GUESS[model.kind[asked.question]]
    p_correct, is_correct = np.empty(len(draw)), np.empty(len(draw), dtype=bool)
    for step in _steps(asked.learner):
        cell = asked.learner[step], column[step]
        gain[cell] *= _kept(asked.day[step] - seen[cell], practised[cell])
        logit = start[cell] + gain[cell] - model.question_difficulty[asked.question[step]]
        p = guess[step] + (1 - guess[step] - SLIP) / (1 + np.exp(-logit))
        p_correct[step] = np.where(rushed[step], guess[step], p)
        is_correct[step] = draw[step] < p_correct[step]
        worth = np.where(is_correct[step], 1.0, GAIN_AFTER_WRONG) * np.where(rushed[step], 0.2, 1.0)
        gain[cell] += worth * model.learning_rate[asked.concept[step]] * np.exp(-gain[cell] / GAIN_SCALE)
        seen[cell] = asked.day[step]
        practised[cell] += 1
    knowledge = start + gain * _kept(last_day - seen, practised)
    return Outcome(is_correct, p_correct, rushed, knowledge)


def final_p_correct(model: Model, subject: int, knowledge: NDArray[np.float64]) -> NDArray[np.float64]:
    """The true chance (0-1) of answering the mean question of each of a subject's concepts, learner by concept."""
    first = model.concept_offset[subject]
    count = _concepts(model, subject)
    p = np.empty((len(knowledge), count))
    for column in range(count):
        start = model.first_question[first + column]
        asks = slice(start, start + model.question_count[first + column])
        guess = GUESS[model.kind[asks]]
        logit = knowledge[:, column, None] - model.question_difficulty[asks]
        p[:, column] = (guess + (1 - guess - SLIP) / (1 + np.exp(-logit))).mean(axis=1)
    return p


def seconds_taken(
    rng: np.random.Generator, kind: NDArray[np.int64], outcome: Outcome, pace: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Log-normal times, longer for what is hard and for wrong answers; a rushed answer takes a few seconds."""
    hard = 1 - outcome.p_correct
    median = SECONDS[kind] * pace * np.exp(0.5 * hard + 0.2 * ~outcome.is_correct)
    median = np.where(outcome.rushed, 3.0, median)
    spread = rng.lognormal(0, 0.45, len(kind))
    return np.round(np.clip(median * spread, 0.8, 900), 1).astype(np.float64)


def _starting_knowledge(rng: np.random.Generator, model: Model, learners: Learners) -> NDArray[np.float64]:
    width = max(_concepts(model, subject) for subject in range(len(model.concept_offset)))
    place = model.concept_offset[learners.subject][:, None] + np.arange(width)
    difficulty = model.concept_difficulty[np.minimum(place, len(model.concept_ids) - 1)]
    # What one student finds easy another does not: gaps that no ability explains.
    own = rng.normal(0, 0.6, difficulty.shape)
    logit: NDArray[np.float64] = START + (learners.ability + learners.prior)[:, None] - difficulty + own
    return logit


def _concepts(model: Model, subject: int) -> int:
    ends = np.append(model.concept_offset[1:], len(model.concept_ids))
    return int(ends[subject] - model.concept_offset[subject])


def _steps(learner: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """The places of everyone's first question, of everyone's second, and so on."""
    if len(learner) == 0:
        return []
    first = np.flatnonzero(np.diff(learner, prepend=-1))
    rank = np.arange(len(learner)) - np.repeat(first, np.diff(np.append(first, len(learner))))
    return np.split(np.argsort(rank, kind="stable"), np.cumsum(np.bincount(rank))[:-1])


def _kept(days: NDArray[np.float64], practised: NDArray[np.float64]) -> NDArray[np.float64]:
    kept: NDArray[np.float64] = 0.5 ** (days / (HALF_LIFE_DAYS * (1 + HALF_LIFE_GROWTH * practised)))
    return kept
