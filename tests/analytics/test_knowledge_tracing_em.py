"""The compiled half of knowledge tracing: it counts by the definition, climbs only, and keeps its rules."""

from __future__ import annotations

import itertools
from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from edukit.analytics import knowledge_tracing_em as em
from edukit.analytics.prefixes import Prefixes, prefixes

CLASSES = st.lists(st.lists(st.booleans(), min_size=1, max_size=9), min_size=1, max_size=12)
RUNS = st.lists(
    st.builds(lambda right, length: [right] * length, st.booleans(), st.integers(1, 400)), max_size=4, min_size=1
)
SHARE = st.floats(0.001, 0.999)


@st.composite
def thetas(draw: st.DrawFn) -> np.ndarray:
    theta = np.array([draw(SHARE) for _ in range(5)])
    theta[em.FORGET] *= draw(st.booleans())
    assume(theta[em.GUESS] + theta[em.SLIP] < 0.999)
    assume(theta[em.LEARN] + theta[em.FORGET] < 0.999)
    return theta


def merged(answers: list[list[bool]]) -> Prefixes:
    first = np.cumsum([0, *(len(each) for each in answers)])
    return prefixes(first, np.array([right for each in answers for right in each], dtype=bool))


def unmerged(answers: list[list[bool]]) -> Prefixes:
    """The same sequences, each on its own branch."""
    parent, right, weight, ended = [0], [False], [float(len(answers))], [0.0]
    for each in answers:
        for place, answer in enumerate(each):
            parent.append(len(parent) - 1 if place else 0)
            right.append(answer)
            weight.append(1.0)
            ended.append(float(place == len(each) - 1))
    rights = float(sum(right))
    arrays = np.array(parent, dtype=np.int32), np.array(right), np.array(weight), np.array(ended)
    return Prefixes(*arrays, rights, sum(map(len, answers)) - rights)


def expected(tree: Prefixes, theta: np.ndarray) -> tuple[float, np.ndarray]:
    counts = np.empty((5, 2))
    return em.expect(tree, theta, np.empty((4, len(tree.parent))), counts), counts


def enumerated(answers: list[list[bool]], theta: np.ndarray) -> tuple[float, np.ndarray]:
    """By the definition: every way in which each student may have known and not known."""
    prior, learn, forget, guess, slip = theta
    total, counts = 0.0, np.zeros((5, 2))
    for each in answers:
        ways = []
        for knows in itertools.product([False, True], repeat=len(each)):
            tried = np.zeros((5, 2))
            chance = prior if knows[0] else 1 - prior
            tried[em.PRIOR] += [knows[0], 1]
            for place, (knew, right) in enumerate(zip(knows, each, strict=True)):
                p_right = 1 - slip if knew else guess
                chance *= p_right if right else 1 - p_right
                tried[em.SLIP if knew else em.GUESS] += [right != knew, 1]
                if place < len(each) - 1:
                    p_changes = forget if knew else learn
                    changes = knows[place + 1] != knew
                    chance *= p_changes if changes else 1 - p_changes
                    tried[em.FORGET if knew else em.LEARN] += [changes, 1]
            ways.append((chance, tried))
        whole = sum(chance for chance, _ in ways)
        total += np.log(whole)
        counts += sum(chance * tried for chance, tried in ways) / whole
    return total, counts


def exact(answers: list[bool], theta: np.ndarray) -> tuple[float, np.ndarray]:
    """What ``enumerated`` gives of one student, forwards and back in numbers that have 60 digits and know no least."""
    with localcontext(prec=60):
        prior, learn, forget, guess, slip = map(Decimal, theta.tolist())
        ahead, knows = [(1 - prior, prior)], [((1 - learn), learn), (forget, (1 - forget))]
        answered = [(guess, 1 - slip) if right else (1 - guess, slip) for right in answers]
        for chances in answered:
            after = [before * chance for before, chance in zip(ahead[-1], chances, strict=True)]
            ahead.append(tuple(sum(after[old] * knows[old][new] for old in (0, 1)) for new in (0, 1)))
        whole, counts = sum(ahead[-1]), np.full((5, 2), Decimal(0))
        later = (Decimal(1), Decimal(1))
        for place, chances in reversed(list(enumerate(answered))):
            own = [before * chance for before, chance in zip(ahead[place], chances, strict=True)]
            if place < len(answers) - 1:
                moved = [[own[old] * knows[old][new] * later[new] / whole for new in (0, 1)] for old in (0, 1)]
                counts[em.LEARN] += [moved[0][1], sum(moved[0])]
                counts[em.FORGET] += [moved[1][0], sum(moved[1])]
                later = tuple(sum(knows[old][new] * later[new] for new in (0, 1)) for old in (0, 1))
            unknown, known = (mine * then / whole for mine, then in zip(own, later, strict=True))
            counts[em.GUESS] += [unknown * answers[place], unknown]
            counts[em.SLIP] += [known * (not answers[place]), known]
            later = tuple(chance * then for chance, then in zip(chances, later, strict=True))
        counts[em.PRIOR] = [ahead[0][1] * later[1] / whole, 1]
        return float(whole.ln()), counts.astype(float)


@given(CLASSES, thetas())
def test_merged_equals_unmerged(answers: list[list[bool]], theta: np.ndarray) -> None:
    """Merging common beginnings changes neither likelihood nor expected counts."""
    one, other = expected(merged(answers), theta), expected(unmerged(answers), theta)
    assert one[0] == pytest.approx(other[0], abs=1e-9)
    np.testing.assert_allclose(one[1], other[1], atol=1e-9)


@given(st.lists(st.lists(st.booleans(), min_size=1, max_size=5), min_size=1, max_size=3), thetas())
def test_expectations_by_their_definition(answers: list[list[bool]], theta: np.ndarray) -> None:
    """Likelihood and counts are those of all the ways in which students may have known and not known."""
    (likelihood, counts), (by_hand, counted) = expected(merged(answers), theta), enumerated(answers, theta)
    assert likelihood == pytest.approx(by_hand, abs=1e-9)
    np.testing.assert_allclose(counts, counted, atol=1e-9)


@settings(max_examples=60)
@example([[True] * 900, [False] * 890, [True] * 20], np.array([0.3, 1e-4, 0.0, 0.2, 0.2]))
@example([[False] * 900, [True] * 1800, [False] * 1800], np.array([0.3, 0.1, 0.01, 0.01, 0.02]))
@given(RUNS, thetas())
def test_long_runs(runs: list[list[bool]], theta: np.ndarray) -> None:
    """Hundreds of answers alike, then of the other kind: what the model expects, though no double is so small."""
    answers = list(itertools.chain(*runs))
    (likelihood, counts), (exactly, counted) = expected(merged([answers]), theta), exact(answers, theta)
    assert likelihood == pytest.approx(exactly, rel=1e-12, abs=1e-9)
    np.testing.assert_allclose(counts, counted, rtol=1e-9, atol=1e-9)


@given(CLASSES, thetas())
def test_likelihood_never_falls(answers: list[list[bool]], theta: np.ndarray) -> None:
    """No step of EM makes the answers less likely."""
    tree, steps = merged(answers), [theta]
    for _ in range(12):
        steps.append(em.maximise(expected(tree, steps[-1])[1], steps[-1], bool(theta[em.FORGET])))
    assert (np.diff([expected(tree, step)[0] for step in steps]) >= -1e-7).all()


@pytest.mark.parametrize("forget", [0.0, 0.05])
def test_a_long_sequence(forget: float) -> None:
    """The likelihood of 5,000 answers, which is less than any number, has the logarithm that step by step it has."""
    answers = np.random.default_rng(3).random(5000) < 0.6
    theta = np.array([0.3, 0.02, forget, 0.2, 0.3])
    log_odds, total = np.log(theta[em.PRIOR] / (1 - theta[em.PRIOR])), 0.0
    for right in answers:
        p_known = 1 / (1 + np.exp(-log_odds))
        total += np.log(em.answered(p_known, 1 - p_known, right, theta[em.GUESS], theta[em.SLIP])[0])
        log_odds = em.update(log_odds, right, theta)
    assert expected(merged([answers.tolist()]), theta)[0] == pytest.approx(total, rel=1e-12)


@given(CLASSES, thetas())
def test_every_step_is_allowed(answers: list[list[bool]], theta: np.ndarray) -> None:
    """Guess + slip and learn + forget stay below 1, and every parameter between 0 and 1, whatever the answers."""
    tree = merged(answers)
    for _ in range(5):
        theta = em.maximise(expected(tree, theta)[1], theta, bool(theta[em.FORGET]))
        assert theta[em.GUESS] + theta[em.SLIP] < 1
        assert theta[em.LEARN] + theta[em.FORGET] < 1
        assert (theta >= 0).all()
        assert (theta <= 1).all()


@given(thetas(), st.lists(st.booleans(), min_size=1, max_size=30), st.data())
def test_a_right_answer_never_lowers(theta: np.ndarray, answers: list[bool], data: st.DataObject) -> None:
    """Turning a wrong answer into a right one lowers P(known) at no moment, forgetting or not."""
    index = data.draw(st.integers(0, len(answers) - 1))
    better, worse = list(answers), list(answers)
    better[index], worse[index] = True, False
    high = low = np.log(theta[em.PRIOR] / (1 - theta[em.PRIOR]))
    for one, other in zip(better, worse, strict=True):
        high, low = (em.update(log_odds, right, theta) for log_odds, right in ((high, one), (low, other)))
        assert high >= low - 1e-9


def test_both_rules_are_needed() -> None:
    """With guess + slip above 1, or learn + forget, a right answer does lower P(known)."""
    for theta in ([0.5, 0.1, 0.0, 0.9, 0.4], [0.5, 0.9, 0.4, 0.1, 0.1]):
        after = [em.update(0.0, right, np.array(theta)) for right in (True, False)]
        assert after[0] < after[1]
