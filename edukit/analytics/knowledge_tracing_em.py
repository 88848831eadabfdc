"""What the answers of a tree tell of knowing: expectations, and the parameters that are likeliest by them.

Parameters stand in arrays of five: prior, learn, forget, guess, slip (Corbett & Anderson 1995). Importing this module
imports numba; ``knowledge_tracing`` does so when it first computes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edukit.analytics.compiled import compiled

if TYPE_CHECKING:
    from edukit.analytics.prefixes import Answers, Floats, Integers, Prefixes

PRIOR, LEARN, FORGET, GUESS, SLIP = range(5)
LEAST = 1e-12
"""No parameter comes nearer to 0 or 1: an answer that the model holds impossible would have no posterior."""
TINY = 1e-200
"""A product of probabilities is taken no further."""
FARTHEST = 1e-280
"""A smaller P(not known) is kept as log-odds: some hundred right answers of a concept that is never forgotten, and no
double is small enough for it."""
MOST_OF_TWO = 1 - 1e-9
"""Guess + slip, and learn + forget, are at most this: below 1 a right answer for a wrong one never lowers P(known)."""


@compiled
def answered(
    p_known: float,
    p_unknown: float,
    right: bool,  # noqa: FBT001 - compiled, positional
    guess: float,
    slip: float,
) -> tuple[float, float, float]:
    """The probability of an answer, and those that the student knew and did not, all from the two before it.

    Both halves, for 1 less the one is not the other: of what is nearly sure, the doubt alone tells how many answers
    of the other kind it takes.
    """
    if right:
        knowing, guessing = p_known * (1.0 - slip), p_unknown * guess
    else:
        knowing, guessing = p_known * slip, p_unknown * (1.0 - guess)
    likelihood = knowing + guessing
    share = 1.0 / likelihood
    return likelihood, knowing * share, guessing * share


@compiled
def learned(p_known: float, p_unknown: float, learn: float, forget: float) -> tuple[float, float]:
    """P(known) and P(not known) before the next answer, from those after this one."""
    return p_known * (1.0 - forget) + p_unknown * learn, p_known * forget + p_unknown * (1.0 - learn)


@compiled
def update(log_odds: float, right: bool, theta: Floats) -> float:  # noqa: FBT001
    """The log-odds of knowing before the next answer, from those before this one."""
    return _learned(log_odds + _evidence(theta)[1 if right else 0], theta[LEARN], theta[FORGET])


@compiled
def _evidence(theta: Floats) -> tuple[float, float]:
    """What a wrong answer, and what a right one, adds to the log-odds."""
    guess, slip = theta[GUESS], theta[SLIP]
    return np.log(slip / (1.0 - guess)), np.log((1.0 - slip) / guess)


@compiled
def _learned(log_odds: float, learn: float, forget: float) -> float:
    """As ``learned``, whatever the odds are."""
    if log_odds < 0.0:
        odds = np.exp(log_odds)
        return float(np.log((odds * (1.0 - forget) + learn) / (odds * forget + 1.0 - learn)))
    against = np.exp(-log_odds)
    if forget > 0.0:
        return float(np.log((1.0 - forget + against * learn) / (forget + against * (1.0 - learn))))
    return float(log_odds + (np.log1p(against * learn) - np.log1p(-learn)))


@compiled
def replay(  # noqa: PLR0913, PLR0917 - compiled, positional
    first: Integers, right: Answers, begin: Floats, theta: Floats, before: Floats, after: Floats
) -> None:
    """The log-odds of knowing before each answer, and after the last one of each sequence.

    Args:
        first: where each sequence begins, and where the last one ends.
        right: the answers.
        begin: of each sequence, its log-odds before the first answer.
        theta: shape (sequences, 5): its parameters.
        before: filled, an answer each.
        after: filled, a sequence each.
    """
    for sequence in range(len(first) - 1):
        log_odds, of_wrong_and_right = begin[sequence], _evidence(theta[sequence])
        learn, forget = theta[sequence, LEARN], theta[sequence, FORGET]
        for place in range(first[sequence], first[sequence + 1]):
            before[place] = log_odds
            log_odds = _learned(log_odds + of_wrong_and_right[1 if right[place] else 0], learn, forget)
        after[sequence] = log_odds


@compiled
def expect(tree: Prefixes, theta: Floats, work: Floats, counts: Floats) -> float:
    """The log-likelihood; fills counts with the expected successes and trials of each parameter.

    Args:
        tree: of n nodes.
        theta: the five parameters.
        work: shape (4, n): room to compute in.
        counts: shape (5, 2): students who knew at first, of all; who learned, of those who did not know; who forgot,
            of those who knew; right answers, of those by students who did not know; wrong ones, of those who knew.
    """
    ahead, behind, known, below = work[0], work[1], work[2], work[3]
    learn, forget, guess, slip = theta[LEARN], theta[FORGET], theta[GUESS], theta[SLIP]
    log_likelihood, product = 0.0, 1.0
    ahead[0], behind[0], below[0] = theta[PRIOR], 1.0 - theta[PRIOR], 0.0
    for node in range(1, len(tree.parent)):
        parent, right = tree.parent[node], tree.right[node]
        below[node] = 0.0
        if behind[parent] >= 0.0:
            likelihood, known[node], unknown = answered(ahead[parent], behind[parent], right, guess, slip)
            ahead[node], behind[node] = learned(known[node], unknown, learn, forget)
            if behind[node] < FARTHEST:
                behind[node] = np.log(behind[node])
        else:
            likelihood, known[node], ahead[node] = 1.0 - slip if right else slip, 1.0, 1.0
            behind[node] = _halved(-update(-behind[parent], right, theta))
        # Most beginnings are of one student. Their logs would take half of this pass: that of their product does not.
        if tree.weight[node] > 1.0:
            log_likelihood += tree.weight[node] * np.log(likelihood)
            continue
        product *= likelihood
        if product < TINY:
            log_likelihood += np.log(product)
            product = 1.0
    _count(tree, theta, work, counts)
    return float(log_likelihood + np.log(product))


@compiled
def _halved(log_odds: float) -> float:
    """P(not known) of its log-odds; where it is too small for a double, those odds."""
    p_unknown = np.exp(log_odds)
    return float(p_unknown if p_unknown > FARTHEST else log_odds)


@compiled
def _count(tree: Prefixes, theta: Floats, work: Floats, counts: Floats) -> None:
    """From the longest beginnings back: what all the answers of a student say of each moment."""
    ahead, behind, known, below = work[0], work[1], work[2], work[3]
    forget, keep = theta[FORGET], 1.0 - theta[FORGET]
    kept, lost, knew_right, knew_wrong = 0.0, 0.0, 0.0, 0.0
    # Few sums, in variables, and no branch that depends on an answer: this pass would take three times as long.
    for node in range(len(tree.parent) - 1, 0, -1):
        stays = known[node] * keep / ahead[node] * below[node]
        knew = tree.ended[node] * known[node] + stays
        if forget > 0:
            going = tree.weight[node] - tree.ended[node]
            goes = known[node] * forget / behind[node] * (going - below[node])
            knew += goes
            lost += goes
        kept += stays
        below[tree.parent[node]] += knew
        right = 1.0 if tree.right[node] else 0.0
        knew_right += right * knew
        knew_wrong += (1.0 - right) * knew
    students, knew, answers = tree.weight[0], knew_right + knew_wrong, tree.rights + tree.wrongs
    counts[PRIOR, 0], counts[PRIOR, 1] = below[0], students
    counts[LEARN, 0], counts[LEARN, 1] = knew - below[0] - kept, answers - students - kept - lost
    counts[FORGET, 0], counts[FORGET, 1] = lost, kept + lost
    counts[GUESS, 0], counts[GUESS, 1] = tree.rights - knew_right, answers - knew
    counts[SLIP, 0], counts[SLIP, 1] = knew_wrong, knew


@compiled
def maximise(counts: Floats, theta: Floats, forgetting: bool) -> Floats:  # noqa: FBT001 - compiled, positional
    """The likeliest parameters for expected counts; what nothing was tried of stays as it is."""
    best = theta.copy()
    for place in range(len(theta)):
        if counts[place, 1] > 0 and (forgetting or place != FORGET):
            best[place] = min(max(counts[place, 0] / counts[place, 1], LEAST), 1.0 - LEAST)
    for one, other in ((LEARN, FORGET), (GUESS, SLIP)):
        if best[one] + best[other] > MOST_OF_TWO and best[other] > 0:
            # On the line where both sum to 1 there is one binomial, whose maximum is this.
            share = (counts[one, 0] + counts[other, 1] - counts[other, 0]) / (counts[one, 1] + counts[other, 1])
            share = min(max(share, LEAST), 1.0 - LEAST)
            best[one], best[other] = share * MOST_OF_TWO, (1.0 - share) * MOST_OF_TWO
    return best
