"""The likeliest parameters of a concept's answers, from several starts, and how well the answers tell them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edukit.analytics.compiled import compiled
from edukit.analytics.knowledge_tracing_climb import climb
from edukit.analytics.knowledge_tracing_em import FORGET, GUESS, LEARN, LEAST, MOST_OF_TWO, PRIOR, SLIP, expect
from edukit.analytics.prefixes import prefixes

if TYPE_CHECKING:
    from edukit.analytics.prefixes import Answers, Floats, Integers, Prefixes

AT_A_BOUND, NEAR_A_BOUND = 1e-6, 1e-3
"""A parameter nearer to 0 or 1 than the second is tried at the bound itself, which no step quite comes to."""
LEAST_GAIN = 1e-6
"""A climb ends when a step gains less log-likelihood: of starts that were left sooner the wrong one may seem best."""
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
def likeliest(tree: Prefixes, starts: Floats, forgetting: bool) -> Floats:  # noqa: FBT001
    """The best parameters of what several starts (a row each) lead to."""
    work = np.empty((4, len(tree.parent)))
    best: Floats = starts[0].copy()
    most = -np.inf
    if _all_alike(tree, best, forgetting):
        return best
    for place in range(len(starts)):
        theta, log_likelihood = climb(tree, starts[place], forgetting, LEAST_GAIN, work)
        if log_likelihood > most + LEAST_GAIN:
            best, most = theta, log_likelihood
    return _at_bounds(tree, best, most, forgetting, work)


@compiled
def _all_alike(tree: Prefixes, theta: Floats, forgetting: bool) -> bool:  # noqa: FBT001
    """Whether all answers are right, or all wrong: then everybody knows, or nobody does; the rest is left open."""
    if tree.rights == 0:
        theta[PRIOR] = theta[LEARN] = theta[GUESS] = LEAST
    elif tree.wrongs == 0:
        theta[PRIOR], theta[SLIP] = 1.0 - LEAST, LEAST
        theta[FORGET] = LEAST if forgetting else 0.0
    return tree.rights == 0 or tree.wrongs == 0


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
    work, counts, moved_counts = np.empty((4, len(tree.parent))), np.empty((len(theta), 2)), np.empty((len(theta), 2))
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
