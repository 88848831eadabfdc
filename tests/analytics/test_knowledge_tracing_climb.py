"""The climb: its slope is that of the likelihood, it never falls, keeps its rules, and ends where EM would."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edukit.analytics import knowledge_tracing_climb as climbs
from edukit.analytics import knowledge_tracing_em as em
from edukit.analytics.prefixes import Prefixes, prefixes

CLASSES = st.lists(st.lists(st.booleans(), min_size=1, max_size=9), min_size=1, max_size=12)
STARTS = st.sampled_from([[0.5, 0.1, 0.05, 0.2, 0.1], [0.02, 0.05, 0.25, 0.6, 0.05], [0.6, 0.3, 0.3, 0.05, 0.9]])


def merged(answers: list[list[bool]]) -> Prefixes:
    first = np.cumsum([0, *(len(each) for each in answers)])
    return prefixes(first, np.array([right for each in answers for right in each], dtype=bool))


def expected(tree: Prefixes, theta: np.ndarray) -> tuple[float, np.ndarray]:
    counts = np.empty((5, 2))
    return em.expect(tree, theta, np.empty((4, len(tree.parent))), counts), counts


def began(theta: list[float], *, forgetting: bool) -> np.ndarray:
    return np.where([name == em.FORGET and not forgetting for name in range(5)], 0.0, theta)


@given(CLASSES, STARTS, st.booleans())
def test_a_climb_never_falls(answers: list[list[bool]], theta: list[float], forgetting: bool) -> None:  # noqa: FBT001
    """However short, it ends no lower than it began, and a longer one no lower than that, on parameters allowed."""
    tree, start = merged(answers), began(theta, forgetting=forgetting)
    work = np.empty((4, len(tree.parent)))
    short = climbs.climb(tree, start, forgetting, 1e9, work)[1]
    top, long = climbs.climb(tree, start, forgetting, 1e-6, work)
    assert expected(tree, start)[0] - 1e-9 <= short <= long + 1e-9
    assert long == pytest.approx(expected(tree, top)[0], abs=1e-9)
    assert max(top[em.GUESS] + top[em.SLIP], top[em.LEARN] + top[em.FORGET]) < 1
    assert (top >= 0).all()
    assert (top <= 1).all()


@pytest.mark.parametrize("forgetting", [False, True])
def test_it_ends_where_em_would(forgetting: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """On classes of every kind no further steps of EM gain what a teacher could notice."""
    rng = np.random.default_rng(6)
    for _ in range(30):
        answers = [(rng.random(rng.integers(1, 12)) < rng.uniform(0.2, 0.9)).tolist() for _ in range(60)]
        tree, start = merged(answers), began([0.5, 0.1, 0.05, 0.2, 0.1], forgetting=forgetting)
        theta, climbed = climbs.climb(tree, start, forgetting, 1e-6, np.empty((4, len(tree.parent))))
        for _ in range(300):
            theta = em.maximise(expected(tree, theta)[1], theta, forgetting)
        assert expected(tree, theta)[0] < climbed + 0.001


@given(CLASSES, st.lists(st.floats(0.2, 1.3), min_size=5, max_size=5), st.booleans())
def test_the_slope_is_that_of_the_likelihood(answers: list[list[bool]], angles: list[float], forgetting: bool) -> None:  # noqa: FBT001
    """By each angle the log-likelihood changes as the counts say."""
    tree, around = merged(answers), np.array(angles)
    theta = climbs._parameters(around, forgetting)
    slope, information = climbs._slope(theta, expected(tree, theta)[1])
    assert (information > 0).all()
    for place in range(5):
        step = 1e-5 * np.eye(5)[place]
        high, low = (expected(tree, climbs._parameters(around + sign * step, forgetting))[0] for sign in (1, -1))
        assert slope[place] == pytest.approx((high - low) / 2e-5, rel=1e-4, abs=1e-4)


@given(st.lists(st.floats(-9.0, 9.0), min_size=5, max_size=5), st.booleans())
def test_every_angle_is_allowed(angles: list[float], forgetting: bool) -> None:  # noqa: FBT001
    """Whatever the angles, the parameters keep the rules, and their own angles lead back to them."""
    theta = climbs._parameters(np.array(angles), forgetting)
    assert max(theta[em.GUESS] + theta[em.SLIP], theta[em.LEARN] + theta[em.FORGET]) < 1
    np.testing.assert_allclose(climbs._parameters(climbs._angles(theta), forgetting), theta, atol=1e-9)
