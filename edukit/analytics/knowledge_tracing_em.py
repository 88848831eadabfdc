"""The compiled half of knowledge tracing: expectation maximisation over a tree of answers.

Parameters stand in arrays of five: prior, learn, forget, guess, slip (Corbett & Anderson 1995). Importing this module
imports numba; ``knowledge_tracing`` does so when it first computes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edukit.analytics.compiled import compiled
from edukit.analytics.prefixes import prefixes

if TYPE_CHECKING:
    from edukit.analytics.prefixes import Answers, Floats, Integers, Prefixes

PRIOR, LEARN, FORGET, GUESS, SLIP = range(5)
LEAST = 1e-12
"""No parameter comes nearer to 0 or 1: an answer that the model holds impossible would have no posterior."""
MOST_OF_TWO = 1 - 1e-9
"""Guess + slip, and learn + forget, are at most this: below 1 a right answer for a wrong one never lowers P(known)."""
AT_A_BOUND, NEAR_A_BOUND = 1e-6, 1e-3
"""A parameter nearer to 0 or 1 than the second is tried at the bound itself, which steps approach ever more slowly."""
FIRST_GAIN, LAST_GAIN = 0.001, 1e-6
"""A climb ends when three steps gain less log-likelihood: every start the first, the best of them the last."""
SHARE_OF_ALL = 1e-10
"""Nor does it go on for less than this share of the log-likelihood, which a country's answers are many enough for."""
MOST_STEPS = 1500
STEP = 1e-4
"""Of the differences that the information is made of."""


@compiled
def fitted(
    first: Integers,
    right: Answers,
    starts: Floats,
    forgetting: bool,  # noqa: FBT001 - compiled, positional
) -> tuple[Floats, float, Floats, Floats, Floats]:
    """All that is to be had of one concept's sequences: its parameters, and what ``information`` tells of them."""
    tree = prefixes(first, right)
    theta = likeliest(tree, starts, forgetting)
    log_likelihood, counts, minus_slope, falls = information(tree, theta)
    return theta, log_likelihood, counts, minus_slope, falls


@compiled
def answered(p_known: float, right: bool, guess: float, slip: float) -> tuple[float, float]:  # noqa: FBT001 - compiled, positional
    """The probability of an answer, and that the student knew, both from P(known) before it."""
    if right:
        knowing, guessing = p_known * (1.0 - slip), (1.0 - p_known) * guess
    else:
        knowing, guessing = p_known * slip, (1.0 - p_known) * (1.0 - guess)
    return knowing + guessing, knowing / (knowing + guessing)


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
    log_likelihood = 0.0
    ahead[0], below[0] = theta[PRIOR], 0.0
    for node in range(1, len(tree.parent)):
        likelihood, known[node] = answered(ahead[tree.parent[node]], tree.right[node], guess, slip)
        log_likelihood += tree.weight[node] * np.log(likelihood)
        ahead[node] = learned(known[node], learn, forget)
        below[node] = 0.0
    _count(tree, theta, work, counts)
    return log_likelihood


@compiled
def _count(tree: Prefixes, theta: Floats, work: Floats, counts: Floats) -> None:
    """From the longest beginnings back: what all the answers of a student say of each moment."""
    ahead, known, below = work[0], work[1], work[2]
    forget, keep = theta[FORGET], 1.0 - theta[FORGET]
    gained, not_known, forgot, was_known, guessed, guesses, slipped, slips = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    # Sums in variables, and no branch that depends on an answer: this pass takes half the time of one with both.
    for node in range(len(tree.parent) - 1, 0, -1):
        going = tree.weight[node] - tree.ended[node]
        kept = known[node] * keep / ahead[node] * below[node]
        lost = 0.0
        if forget > 0:
            lost = known[node] * forget / (1.0 - ahead[node]) * (going - below[node])
        gained += below[node] - kept
        not_known += going - kept - lost
        forgot += lost
        was_known += kept + lost
        knew = tree.ended[node] * known[node] + kept + lost
        below[tree.parent[node]] += knew
        right = 1.0 if tree.right[node] else 0.0
        guessed += right * (tree.weight[node] - knew)
        guesses += tree.weight[node] - knew
        slipped += (1.0 - right) * knew
        slips += knew
    counts[PRIOR, 0], counts[PRIOR, 1] = below[0], tree.weight[0]
    counts[LEARN, 0], counts[LEARN, 1] = gained, not_known
    counts[FORGET, 0], counts[FORGET, 1] = forgot, was_known
    counts[GUESS, 0], counts[GUESS, 1] = guessed, guesses
    counts[SLIP, 0], counts[SLIP, 1] = slipped, slips


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


@compiled
def climb(tree: Prefixes, start: Floats, forgetting: bool, least_gain: float, work: Floats) -> tuple[Floats, float]:  # noqa: FBT001
    """Parameters that EM comes to, and their log-likelihood, which never falls on the way.

    Two steps are followed by a leap along them (SQUAREM, scheme S3: Varadhan & Roland 2008, Scandinavian Journal of
    Statistics 35), which is kept where it is likelier than the first step, and allowed.
    """
    counts = np.empty((len(start), 2))
    theta, before = start.copy(), -np.inf
    for _ in range(MOST_STEPS // 3):
        log_likelihood = expect(tree, theta, work, counts)
        if log_likelihood - before < max(least_gain, SHARE_OF_ALL * -log_likelihood):
            break
        before = log_likelihood
        first = maximise(counts, theta, forgetting)
        of_first = expect(tree, first, work, counts)
        second = maximise(counts, first, forgetting)
        leap = _leap(theta, first, second)
        theta = second
        if _allowed(leap) and expect(tree, leap, work, counts) >= of_first:
            theta = maximise(counts, leap, forgetting)
    else:
        log_likelihood = expect(tree, theta, work, counts)
    return theta, log_likelihood


@compiled
def _leap(theta: Floats, first: Floats, second: Floats) -> Floats:
    """Where two steps point to, but at most nine tenths of the way to a bound: from the bound itself none returns."""
    steps, bends = 0.0, LEAST * LEAST
    for place in range(len(theta)):
        steps += (first[place] - theta[place]) ** 2
        bends += (second[place] - 2.0 * first[place] + theta[place]) ** 2
    length = max(np.sqrt(steps / bends), 1.0)
    leap = np.empty_like(theta)
    for place in range(len(theta)):
        step, bend = first[place] - theta[place], second[place] - 2.0 * first[place] + theta[place]
        leap[place] = theta[place] + 2.0 * length * step + length * length * bend
        leap[place] = min(max(leap[place], 0.1 * second[place]), 1.0 - 0.1 * (1.0 - second[place]))
    return leap


@compiled
def likeliest(tree: Prefixes, starts: Floats, forgetting: bool) -> Floats:  # noqa: FBT001
    """The best parameters of what several starts (a row each) lead to."""
    work = np.empty((3, len(tree.parent)))
    best: Floats = starts[0].copy()
    most = -np.inf
    if _all_alike(tree, best, forgetting):
        return best
    if len(starts) > 1:
        for place in range(len(starts)):
            theta, log_likelihood = climb(tree, starts[place], forgetting, FIRST_GAIN, work)
            if log_likelihood > most + LAST_GAIN:
                best, most = theta, log_likelihood
    best, most = climb(tree, best, forgetting, LAST_GAIN, work)
    return _at_bounds(tree, best, most, forgetting, work)


@compiled
def _all_alike(tree: Prefixes, theta: Floats, forgetting: bool) -> bool:  # noqa: FBT001
    """Whether all answers are right, or all wrong: then everybody knows, or nobody does; the rest is left open."""
    wrong = right = 0.0
    for node in range(1, len(tree.parent)):
        right += tree.weight[node] if tree.right[node] else 0.0
        wrong += 0.0 if tree.right[node] else tree.weight[node]
    if right == 0:
        theta[PRIOR] = theta[LEARN] = theta[GUESS] = LEAST
    elif wrong == 0:
        theta[PRIOR], theta[SLIP] = 1.0 - LEAST, LEAST
        theta[FORGET] = LEAST if forgetting else 0.0
    return right == 0 or wrong == 0


@compiled
def _at_bounds(tree: Prefixes, best: Floats, most: float, forgetting: bool, work: Floats) -> Floats:  # noqa: FBT001
    """Each parameter that is near a bound moved there, where that is as likely."""
    counts = np.empty((len(best), 2))
    for place in range(len(best)):
        if min(best[place], 1.0 - best[place]) < NEAR_A_BOUND and (forgetting or place != FORGET):
            moved = best.copy()
            moved[place] = LEAST if best[place] < NEAR_A_BOUND else 1.0 - LEAST
            if _allowed(moved):
                log_likelihood = expect(tree, moved, work, counts)
                if log_likelihood >= most:
                    best, most = moved, log_likelihood
    return best


@compiled
def _allowed(theta: Floats) -> bool:
    return bool(theta[GUESS] + theta[SLIP] <= MOST_OF_TWO and theta[LEARN] + theta[FORGET] <= MOST_OF_TWO)


@compiled
def information(tree: Prefixes, theta: Floats) -> tuple[float, Floats, Floats, Floats]:
    """What the answers tell of the parameters: log-likelihood, counts, information of their logits, falls from bounds.

    On the logit scale the score is successes less expected successes (Fisher's identity), with nothing to divide by,
    and its differences are the observed information, shape (5, 5). Of a parameter at a bound the last gives the fall
    of the log-likelihood per unit of the parameter, shape (5,); of others 0.
    """
    work, counts, moved_counts = np.empty((3, len(tree.parent))), np.empty((len(theta), 2)), np.empty((len(theta), 2))
    minus_slope, falls = np.zeros((len(theta), len(theta))), np.zeros(len(theta))
    log_likelihood = expect(tree, theta, work, counts)
    for place in range(len(theta)):
        moved = theta.copy()
        if min(theta[place], 1.0 - theta[place]) < AT_A_BOUND:
            moved[place] += STEP if theta[place] < AT_A_BOUND else -STEP
            falls[place] = (log_likelihood - expect(tree, moved, work, moved_counts)) / STEP
            continue
        odds = theta[place] / (1.0 - theta[place]) * np.exp(STEP)
        moved[place] = odds / (1.0 + odds)
        expect(tree, moved, work, moved_counts)
        for other in range(len(theta)):
            score = counts[other, 0] - theta[other] * counts[other, 1]
            moved_score = moved_counts[other, 0] - moved[other] * moved_counts[other, 1]
            # Half to each side of the diagonal: what should be the same is.
            minus_slope[other, place] -= (moved_score - score) / (2.0 * STEP)
            minus_slope[place, other] -= (moved_score - score) / (2.0 * STEP)
    return log_likelihood, counts, minus_slope, falls
