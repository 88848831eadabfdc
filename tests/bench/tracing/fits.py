"""Knowledge tracing fitted to a tidy file: how long it takes, how likely the answers are made, how well told ahead.

Both sides go from the same DataFrame to parameters on one thread, turn by turn; compilation is over before. Each
round has another seed, since pyBKT draws its starts. Likelihoods of both sides' parameters are edukit's, of the model
by its definition: pyBKT's own is cut to a whole number, and counts what its parameters hold impossible as certain.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from load import Figure
from scipy.stats import rankdata

from edukit.analytics.knowledge_tracing import PARAMETERS, fit_tracing, predict, update_log_odds

if TYPE_CHECKING:
    from pathlib import Path

    from tracing.peer import Fit, PyBKT

    Floats = np.ndarray

GOALS = {1: 20.0, 5: 10.0}
"""How many times faster than pyBKT, by starts."""
COMPARED = ((1, 1), (5, 1), (5, 5))
"""Starts of edukit and of pyBKT whose likelihoods are compared.

Five is what edukit takes where nothing is said, and what the goal is for: which of two single starts leads higher is a
matter of luck.
"""
SAME = 1e-6
"""Natural units of log-likelihood that rounding may take."""
AUC_GOAL, LEAST = 0.001, 1e-12
UPDATES = 100_000
FOLDS = 5
"""One student in so many is held out where predictions are compared."""


def tidy(path: Path) -> pd.DataFrame:
    """The attempts of a tidy file, in edukit's columns; the order of rows is the order."""
    frame = pd.read_csv(path, sep="\t")
    ids = {"student_id": frame["user_id"], "concept_id": frame["skill_id"], "sequence": np.arange(len(frame))}
    return pd.DataFrame({**ids, "is_correct": frame["correct"] == 1})


def made(path: Path, *, students: int, concepts: int, length: int) -> Path:
    """A tidy file of students who learn as the model has it, concept after concept."""
    rng = np.random.default_rng(1995)
    prior, learn, guess, slip = rng.uniform(0.05, 0.35, (4, concepts))
    knows = rng.random((students, concepts)) < prior
    right = np.empty((students, concepts, length), dtype=int)
    for place in range(length):
        right[:, :, place] = rng.random(knows.shape) < np.where(knows, 1 - slip, guess)
        knows |= rng.random(knows.shape) < learn
    user, skill, _ = np.indices(right.shape).reshape(3, -1)
    columns = {"user_id": user, "item_id": skill, "timestamp": 0, "correct": right.ravel(), "skill_id": skill}
    pd.DataFrame(columns).to_csv(path, sep="\t", index=False)
    return path


def fits(path: Path, folder: Path, peer: PyBKT | None, rounds: int) -> list[Figure]:
    """All the figures of both sides, with and without forgetting, by one start and by five."""
    attempts = tidy(path)
    figures = []
    for forgetting in (False, True):
        for starts in GOALS:
            fit_tracing(attempts, starts=starts, forgetting=forgetting)
        turns = [_turn(attempts, path, peer, seed, forgetting=forgetting) for seed in range(rounds)]
        figures += _speeds(turns, ", forgetting" * forgetting)
        if peer:
            for ours, theirs in COMPARED:
                gains = pd.concat([_gains(attempts, turn.ours[ours], turn.theirs[theirs].parameters) for turn in turns])
                kind = f", {ours}:{theirs} starts{', forgetting' * forgetting}"
                figures += _likelihoods(gains, kind, goal=ours == max(GOALS))
    return [*figures, *_ahead(attempts, folder, peer), _update(attempts)]


class Turn(NamedTuple):
    """One fit of each side by each number of starts."""

    seconds: dict[int, float]
    ours: dict[int, pd.DataFrame]
    theirs: dict[int, Fit]


def _turn(attempts: pd.DataFrame, path: Path, peer: PyBKT | None, seed: int, *, forgetting: bool) -> Turn:
    turn = Turn({}, {}, {})
    for starts in GOALS:
        begun = time.perf_counter()
        turn.ours[starts] = fit_tracing(attempts, starts=starts, forgetting=forgetting)
        turn.seconds[starts] = time.perf_counter() - begun
        if peer:
            turn.theirs[starts] = peer.fit(path, starts=starts, forgetting=forgetting, seed=seed)
    return turn


def _speeds(turns: list[Turn], kind: str) -> list[Figure]:
    figures = []
    for starts, goal in GOALS.items():
        took = 1000 * statistics.median(turn.seconds[starts] for turn in turns)
        figure = Figure(f"fit, {starts} start{'s' * (starts > 1)}{kind}", took, "ms")
        if all(turn.theirs for turn in turns):
            other = 1000 * statistics.median(turn.theirs[starts].seconds for turn in turns)
            ratio = other / took
            figure = replace(figure, peer=other, ratio=ratio, goal=f">= {goal:.0f} x pyBKT", holds=ratio >= goal)
        figures.append(figure)
    return figures


def _gains(attempts: pd.DataFrame, ours: pd.DataFrame, theirs: pd.DataFrame) -> pd.DataFrame:
    """By skill: edukit's log-likelihood less pyBKT's, and whether pyBKT's parameters keep edukit's rules."""
    assert (ours["concept_id"] == theirs["concept_id"]).all()
    sums = theirs["guess"] + theirs["slip"], theirs["learn"] + theirs["forget"]
    keeps = (sums[0] < 1 + SAME) & (sums[1] < 1 + SAME)
    likelihoods = [log_likelihoods(attempts, parameters) for parameters in (ours, theirs)]
    return pd.DataFrame({"gain": likelihoods[0] - likelihoods[1], "keeps": keeps.to_numpy()})


def _likelihoods(skills: pd.DataFrame, kind: str, *, goal: bool) -> list[Figure]:
    within = skills.loc[skills["keeps"], "gain"]
    beyond = skills.loc[~skills["keeps"], "gain"]
    least, below = float(within.min()), int((within < -SAME).sum())
    wanted = f">= -{SAME}" if goal else None
    return [
        Figure(f"gain of likelihood{kind}: least", least, "nats", goal=wanted, holds=least >= -SAME if goal else None),
        Figure(f"gain of likelihood{kind}: mean", float(within.mean()), "nats"),
        Figure(f"gain of likelihood{kind}: greatest", float(within.max()), "nats"),
        Figure(f"skills less likely than pyBKT's{kind}", below, f"of {len(within)}"),
        Figure(f"pyBKT breaks the rules{kind}", len(beyond), f"of {len(skills)}"),
        Figure(f"and is likelier by it{kind}", int((beyond < -SAME).sum()), f"of {len(beyond)}"),
    ]


def log_likelihoods(attempts: pd.DataFrame, parameters: pd.DataFrame) -> Floats:
    """Of each concept's answers, by its parameters."""
    p_correct = predict(attempts, within_bounds(parameters))["p_correct"].to_numpy()
    likelihood = np.log(np.where(attempts["is_correct"], p_correct, 1 - p_correct))
    return np.bincount(np.searchsorted(parameters["concept_id"], attempts["concept_id"]), weights=likelihood)


def within_bounds(parameters: pd.DataFrame) -> pd.DataFrame:
    """Parameters of 0 or 1 made all but that, as edukit's are; nothing is forgotten where there is no forgetting."""
    within = parameters[list(PARAMETERS)].clip(LEAST, 1 - LEAST)
    within["forget"] = within["forget"].where(parameters["forget"] > 0, 0.0)
    return within.assign(concept_id=parameters["concept_id"])


def _ahead(attempts: pd.DataFrame, folder: Path, peer: PyBKT | None) -> list[Figure]:
    """AUC of all the next attempts of students who were held out, and that both sides trace alike."""
    held_out = (attempts["student_id"] % FOLDS == 0).to_numpy()
    test = attempts[held_out]
    mine = auc(test["is_correct"], predict(test, fit_tracing(attempts[~held_out]))["p_correct"])
    if not peer:
        return [Figure("AUC, students held out", mine, "")]
    train = folder / "train.tsv"
    columns = {"student_id": "user_id", "concept_id": "skill_id", "is_correct": "correct"}
    attempts[~held_out].rename(columns=columns).astype({"correct": int}).to_csv(train, sep="\t", index=False)
    fit = peer.fit(train, starts=max(GOALS), forgetting=False, seed=0, predict=True)
    theirs = auc(test["is_correct"], predict(test, within_bounds(fit.parameters))["p_correct"])
    traced = predict(attempts[~held_out], within_bounds(fit.parameters))["p_correct"].to_numpy()
    apart = float(np.abs(traced - fit.predicted).max())
    goal, holds = f">= pyBKT - {AUC_GOAL}", mine >= theirs - AUC_GOAL
    return [
        Figure("AUC, students held out", mine, "", theirs, mine / theirs, goal, holds),
        Figure("predictions apart, same parameters", apart, "", goal=f"<= {SAME}", holds=apart <= SAME),
    ]


def auc(right: pd.Series[bool], p_correct: pd.Series[float]) -> float:
    """The chance that a right answer was given more than a wrong one."""
    rank, rights = rankdata(p_correct), int(right.sum())
    wrongs = len(right) - rights
    return float((rank[right.to_numpy()].sum() - rights * (rights + 1) / 2) / (rights * wrongs))


def _update(attempts: pd.DataFrame) -> Figure:
    """One attempt's P(known), as a writer asks for it."""
    theta = fit_tracing(attempts[attempts["concept_id"] == attempts["concept_id"].iloc[0]], starts=1)
    theta = theta[list(PARAMETERS)].to_numpy()[0]
    log_odds = np.log(theta[0] / (1 - theta[0]))
    begun = time.perf_counter()
    for place in range(UPDATES):
        log_odds = update_log_odds(log_odds, is_correct=place % 3 > 0, theta=theta)
    micros = (time.perf_counter() - begun) * 1e6 / UPDATES
    return Figure("update of P(known), an attempt", micros, "us", goal="<= 5 us", holds=micros <= 5)
