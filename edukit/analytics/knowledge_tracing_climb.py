"""The climb from parameters to the likeliest near them: by the slope of the likelihood, and how it has turned so far.

What EM counts gives the slope exactly (Fisher's identity), so that a step of a quasi-Newton method costs what one of EM
does, and there are a sixth as many (Lange 1995, *Statistica Sinica* 5; BFGS: Nocedal & Wright 2006, *Numerical
Optimization*). It goes by angles, whose squared sines the parameters are: at a bound the likelihood then turns as it
does at any other top. Forget is taken as a share of what learn leaves of 1, and guess of what slip does: whatever the
angles, the parameters are allowed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edukit.analytics.compiled import compiled
from edukit.analytics.knowledge_tracing_em import FORGET, GUESS, LEARN, LEAST, MOST_OF_TWO, SLIP, expect, maximise

if TYPE_CHECKING:
    from edukit.analytics.prefixes import Floats, Prefixes

SHARE_OF_ALL = 1e-10
"""No climb goes on for less than this share of the log-likelihood, which a country's answers are many enough for."""
MOST_STEPS = 500
FARTHEST = 0.3
"""Of a step: no angle changes by more (radians; from bound to bound it is 1.57)."""
LITTLE = 1e-3
"""The information on what nothing was tried of: the slope is 0, and so is the step."""
SHORTER, MOST_CUTS = 0.3, 12
"""A step that makes the answers less likely is cut to this share, so often at most."""


@compiled
def climb(tree: Prefixes, start: Floats, forgetting: bool, least_gain: float, work: Floats) -> tuple[Floats, float]:  # noqa: FBT001 - compiled, positional
    """Parameters whose log-likelihood no step raises by least_gain, and that: it never falls on the way."""
    counts = np.empty((len(start), 2))
    theta, log_likelihood = _begun(tree, start, forgetting, work, counts)
    least_gain = max(least_gain, SHARE_OF_ALL * -log_likelihood)
    angles = _angles(theta)
    slope, information = _slope(theta, counts)
    inverse = np.diag(1.0 / information)
    for steps in range(MOST_STEPS):
        step = _step(inverse, slope)
        promise = 0.5 * (step * slope).sum()
        step *= min(FARTHEST / max(np.abs(step).max(), LEAST), 1.0)
        for _ in range(MOST_CUTS):
            trial = _parameters(angles + step, forgetting)
            gain = expect(tree, trial, work, counts) - log_likelihood
            if gain >= 0:
                break
            step *= SHORTER
        if gain < 0:
            break
        theta, log_likelihood = trial, log_likelihood + gain
        if max(gain, promise) < least_gain:
            break
        before, reached = slope, _angles(theta)
        slope, information = _slope(theta, counts)
        if steps == 0:
            inverse = np.diag(1.0 / information)
        _learn_turn(inverse, reached - angles, before - slope)
        angles = reached
    return theta, log_likelihood


@compiled
def _begun(tree: Prefixes, start: Floats, forgetting: bool, work: Floats, counts: Floats) -> tuple[Floats, float]:  # noqa: FBT001
    """One step of EM, which keeps to the hill that it begins on; none where two sum to 1, from where nothing leads."""
    log_likelihood = expect(tree, start, work, counts)
    theta = maximise(counts, start, forgetting)
    if max(theta[GUESS] + theta[SLIP], theta[LEARN] + theta[FORGET]) > MOST_OF_TWO - LEAST:
        return start.copy(), log_likelihood
    return theta, expect(tree, theta, work, counts)


@compiled
def _parameters(angles: Floats, forgetting: bool) -> Floats:  # noqa: FBT001
    theta: Floats = np.minimum(np.maximum(np.sin(angles) ** 2, LEAST), MOST_OF_TWO - LEAST)
    theta[FORGET] = max(theta[FORGET] * (MOST_OF_TWO - theta[LEARN]), LEAST) if forgetting else 0.0
    theta[GUESS] = max(theta[GUESS] * (MOST_OF_TWO - theta[SLIP]), LEAST)
    return theta


@compiled
def _angles(theta: Floats) -> Floats:
    shares = theta.copy()
    shares[FORGET] /= max(MOST_OF_TWO - theta[LEARN], LEAST)
    shares[GUESS] /= max(MOST_OF_TWO - theta[SLIP], LEAST)
    return np.arcsin(np.sqrt(np.minimum(shares, 1.0)))


@compiled
def _slope(theta: Floats, counts: Floats) -> tuple[Floats, Floats]:
    """Of the log-likelihood, and what information on each angle there would be if knowing were seen."""
    slope, information = np.zeros_like(theta), 4.0 * counts[:, 1]
    for place in range(len(theta)):
        if theta[place] > 0:
            spread = theta[place] * (1.0 - theta[place])
            slope[place] = 2.0 * (counts[place, 0] - theta[place] * counts[place, 1]) / np.sqrt(spread)
    for whole, part in ((LEARN, FORGET), (SLIP, GUESS)):
        if theta[part] > 0:
            room = max(MOST_OF_TWO - theta[whole], LEAST)
            share, spread = min(theta[part] / room, 1.0), theta[part] * (1.0 - theta[part])
            # How far the part moves, in its own angle, with that of the whole and with that of the share.
            by_whole = -share * np.sqrt(theta[whole] * (1.0 - theta[whole]) / spread)
            by_share = room * np.sqrt(share * (1.0 - share) / spread)
            slope[whole] += by_whole * slope[part]
            slope[part] *= by_share
            information[whole] += by_whole**2 * information[part]
            information[part] *= by_share**2
    return slope, np.maximum(information, LITTLE)


@compiled
def _step(inverse: Floats, slope: Floats) -> Floats:
    step = np.zeros_like(slope)
    for place in range(len(slope)):
        for other in range(len(slope)):
            step[place] += inverse[place, other] * slope[other]
    return step


@compiled
def _learn_turn(inverse: Floats, step: Floats, turn: Floats) -> None:
    """Make the inverse information such that this step explains this fall of the slope (BFGS)."""
    along = (step * turn).sum()
    if along > LEAST:
        moved = _step(inverse, turn)
        grown = (1.0 + (turn * moved).sum() / along) / along
        for place in range(len(step)):
            for other in range(len(step)):
                inverse[place, other] += grown * step[place] * step[other]
                inverse[place, other] -= (moved[place] * step[other] + step[place] * moved[other]) / along
