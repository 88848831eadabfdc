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
"""No parameter comes nearer to 0 or 1: an answer that the model holds impossible would have no posterior. Nor does
P(known) come nearer to 1: as a double it would soon be 1 itself, which no number of wrong answers lowers."""
TINY = 1e-200
"""A product of probabilities is taken no further."""
MOST_OF_TWO = 1 - 1e-9
"""Guess + slip, and learn + forget, are at most this: below 1 a right answer for a wrong one never lowers P(known)."""


@compiled
def answered(p_known: float, right: bool, guess: float, slip: float) -> tuple[float, float]:  # noqa: FBT001 - compiled, positional
    """The probability of an answer, and that the student knew, both from P(known) before it."""
    if right:
        knowing, guessing = p_known * (1.0 - slip), (1.0 - p_known) * guess
    else:
        knowing, guessing = p_known * slip, (1.0 - p_known) * (1.0 - guess)
    return knowing + guessing, min(knowing / (knowing + guessing), 1.0 - LEAST)


@compiled
def learned(p_known: float, learn: float, forget: float) -> float:
    """P(known) before the next answer, from that after this one."""
    return p_known * (1.0 - forget) + (1.0 - p_known) * learn


@compiled
def update(p_known: float, right: bool, theta: Floats) -> float:  # noqa: FBT001
    """P(known) before the next answer, from that before this one."""
    known = answered(p_known, right, theta[GUESS], theta[SLIP])[1]
    return learned(known, theta[LEARN], theta[FORGET])


@compiled
def replay(first: Integers, right: Answers, theta: Floats, before: Floats, after: Floats) -> None:
    """P(known) before each answer, and after the last one of each sequence, whose parameters are its row of theta."""
    for sequence in range(len(first) - 1):
        p_known = theta[sequence, PRIOR]
        for place in range(first[sequence], first[sequence + 1]):
            before[place] = p_known
            p_known = update(p_known, right[place], theta[sequence])
        after[sequence] = p_known


@compiled
def expect(tree: Prefixes, theta: Floats, work: Floats, counts: Floats) -> float:
    """The log-likelihood; fills counts with the expected successes and trials of each parameter.

    Args:
        tree: of n nodes.
        theta: the five parameters.
        work: shape (3, n): room to compute in.
        counts: shape (5, 2): students who knew at first, of all; who learned, of those who did not know; who forgot,
            of those who knew; right answers, of those by students who did not know; wrong ones, of those who knew.
    """
    ahead, known, below = work[0], work[1], work[2]
    learn, forget, guess, slip = theta[LEARN], theta[FORGET], theta[GUESS], theta[SLIP]
    log_likelihood, product = 0.0, 1.0
    ahead[0], below[0] = theta[PRIOR], 0.0
    for node in range(1, len(tree.parent)):
        likelihood, known[node] = answered(ahead[tree.parent[node]], tree.right[node], guess, slip)
        ahead[node] = learned(known[node], learn, forget)
        below[node] = 0.0
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
def _count(tree: Prefixes, theta: Floats, work: Floats, counts: Floats) -> None:
    """From the longest beginnings back: what all the answers of a student say of each moment."""
    ahead, known, below = work[0], work[1], work[2]
    forget, keep = theta[FORGET], 1.0 - theta[FORGET]
    kept, lost, knew_right, knew_wrong = 0.0, 0.0, 0.0, 0.0
    # Few sums, in variables, and no branch that depends on an answer: this pass would take three times as long.
    for node in range(len(tree.parent) - 1, 0, -1):
        stays = known[node] * keep / ahead[node] * below[node]
        knew = tree.ended[node] * known[node] + stays
        if forget > 0:
            going = tree.weight[node] - tree.ended[node]
            goes = known[node] * forget / (1.0 - ahead[node]) * (going - below[node])
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
