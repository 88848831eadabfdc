"""Knowledge tracing: how a concept is learned, as five figures that a teacher can be told in a sentence.

A student knows a concept or does not; who does not may learn it after each attempt, and may guess right until then;
who knows it may slip, and, where forgetting is asked for, may forget (Corbett & Anderson 1995, *User Modeling and
User-Adapted Interaction* 4). Each concept has its own prior, learn, forget, guess and slip, the likeliest ones for
all students' answers. Guess + slip and learn + forget stay below 1: a right answer in place of a wrong one then never
lowers P(known), neither at once nor later.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from edukit.errors import ActionError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

PARAMETERS = ("prior", "learn", "forget", "guess", "slip")
ERRORS = tuple(f"{name}_se" for name in PARAMETERS)
SHARES = ("guessed_share", "slipped_share")
STARTS = np.array(
    [
        [0.50, 0.10, 0.05, 0.20, 0.10],
        [0.02, 0.05, 0.25, 0.60, 0.05],
        [0.60, 0.30, 0.05, 0.05, 0.25],
        [0.10, 0.05, 0.02, 0.30, 0.30],
        [0.95, 0.15, 0.30, 0.30, 0.20],
    ]
)
"""Where climbs begin, the most usual concept first; it also stands for a concept that was not fitted.

Of 63 starts on 364 concepts of three public sets, with and without forgetting, these five together led within 0.05 of
the highest log-likelihood that any led to, on all.
"""
IDENTIFIED = 1e-6
"""Information of a direction, against the most of any, under which the answers say nothing of it."""
NOTHING_TOLD = 12**-0.5
"""The standard error of whoever knows nothing but that a parameter is from 0 to 1: a larger one is none."""
SURE = 0.1
"""A guess or slip with a larger standard error is not told in a sentence."""
HARDLY_ANY, ONE_IN, NEARLY_ALL = 0.01, 0.2, 0.9
"""Shares told by these words: below the first and above the last; one in so many below the second."""


def fit_tracing(attempts: pd.DataFrame, *, starts: int = len(STARTS), forgetting: bool = False) -> pd.DataFrame:
    """The likeliest parameters of each concept that has attempts, in the order of their ids.

    Args:
        attempts: one row for each attempt and concept, in any order: ``student_id``, ``concept_id``, ``sequence``
            (what orders a student's attempts), ``is_correct`` (bool).
        starts: how many of ``STARTS`` the climb begins from; the best of where they lead is kept.
        forgetting: whether who knows a concept may forget it.

    Returns:
        ``concept_id``; ``prior``, ``learn``, ``forget``, ``guess``, ``slip`` (0-1); the standard error of each, as
        ``prior_se``, by observed information, missing where it is fixed or the answers do not tell it;
        ``guessed_share``, of right answers the share that was given without knowing, and ``slipped_share``, of wrong
        ones the share that was given knowing (missing: there are none); ``students``, ``attempts``,
        ``log_likelihood`` (natural).

    Raises:
        ActionError: there are no so many starts, or something is missing of an attempt.
    """
    if not 1 <= starts <= len(STARTS):
        raise ActionError(f"starts: from 1 to {len(STARTS)}, not {starts}. Ask for {len(STARTS)} to be thorough.")
    from edukit.analytics.knowledge_tracing_fit import fitted

    coded = _code(attempts)
    begins = STARTS[:starts].copy()
    if not forgetting:
        begins[:, PARAMETERS.index("forget")] = 0.0
    bounds = np.searchsorted(coded.concept, np.arange(len(coded.concepts) + 1))
    thetas, log_likelihood, counts, information, falls = (
        np.empty((len(coded.concepts), *shape)) for shape in ((5,), (), (5, 2), (5, 5), (5,))
    )
    for place, (begin, end) in enumerate(pairwise(bounds)):
        of_concept = fitted(coded.first[begin : end + 1], coded.right, begins, forgetting)
        thetas[place], log_likelihood[place], counts[place], information[place], falls[place] = of_concept
    return pd.DataFrame(
        {
            "concept_id": coded.concepts,
            **dict(zip(PARAMETERS, thetas.T, strict=True)),
            **dict(zip(ERRORS, _standard_errors(thetas, information, falls, counts).T, strict=True)),
            **dict(zip(SHARES, _shares(counts), strict=True)),
            "students": np.diff(bounds),
            "attempts": np.diff(coded.first[bounds]),
            "log_likelihood": log_likelihood,
        }
    )


def predict(attempts: pd.DataFrame, parameters: pd.DataFrame, before: pd.DataFrame | None = None) -> pd.DataFrame:
    """What was to be expected of each attempt from the student's earlier ones on its concept alone.

    Args:
        attempts: as of ``fit_tracing``.
        parameters: as ``fit_tracing`` gives them; a concept that is not among them is traced as the usual one.
        before: as ``known_now`` gives it, of attempts that came earlier; whoever is not in it begins at the prior.

    Returns:
        ``p_known`` and ``p_correct`` (0-1) just before each attempt, with the index of the attempts.
    """
    coded, theta, traced, _ = _traced(attempts, parameters, before)
    rows = np.empty((len(attempts), 2))
    sequence = np.repeat(np.arange(len(theta)), np.diff(coded.first))
    rows[coded.order] = np.column_stack([expit(traced), _p_correct(traced, theta[sequence])])
    return pd.DataFrame(rows, columns=["p_known", "p_correct"], index=attempts.index)


def known_now(attempts: pd.DataFrame, parameters: pd.DataFrame, before: pd.DataFrame | None = None) -> pd.DataFrame:
    """Where each student stands after these attempts: one row for each student and concept that has any.

    Args:
        attempts: as of ``predict``.
        parameters: as of ``predict``.
        before: as of ``predict``: tracing what is new from there ends where tracing everything ends.

    Returns:
        ``student_id``, ``concept_id``, ``p_known`` and ``p_correct`` (0-1) before the next attempt, and ``log_odds``
        of knowing, from which tracing goes on; by concept.
    """
    coded, theta, _, after = _traced(attempts, parameters, before)
    ids = {"student_id": coded.students[coded.student], "concept_id": coded.concepts[coded.concept]}
    return pd.DataFrame({**ids, "p_known": expit(after), "p_correct": _p_correct(after, theta), "log_odds": after})


def update_log_odds(log_odds: float, *, is_correct: bool, theta: Floats) -> float:
    """Log-odds of knowing before the next attempt, from those before this one: answer by answer as ``known_now``.

    P(known) would not do: as a double it is soon 1, whatever the wrong answers that it takes to be unsure again.

    Args:
        log_odds: before the first attempt they are those of the prior.
        is_correct: the answer.
        theta: shape (5,): the concept's ``PARAMETERS``, in that order.
    """
    return float(_em().update(float(log_odds), bool(is_correct), theta))


def stored(parameters: pd.DataFrame) -> list[dict[str, Any]]:
    """Parameters as JSON has them: an object a concept, None for what is missing."""
    return [
        {str(name): None if pd.isna(value) else value for name, value in row.items()}
        for row in parameters.to_dict("records")
    ]


def restored(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """The parameters that ``stored`` was given, to the last bit."""
    whole = dict.fromkeys(["students", "attempts"], "int64")
    columns = ["concept_id", *PARAMETERS, *ERRORS, *SHARES, *whole, "log_likelihood"]
    fractions = dict.fromkeys([*PARAMETERS, *ERRORS, *SHARES, "log_likelihood"], "float64")
    return pd.DataFrame(rows, columns=columns).astype({**fractions, **whole})


def explanation(concept: Mapping[str, Any]) -> list[str]:
    """Sentences for a teacher on how a concept is learned and how far its answers can be trusted.

    Args:
        concept: a row of what ``fit_tracing`` gives.

    >>> explanation({"guessed_share": 0.21, "guess_se": 0.02, "slipped_share": 0.5, "slip_se": 0.3})
    ['About 1 in 5 right answers here is a guess.', 'These answers do not tell slips from not knowing.']
    """
    told = []
    for share, error, kind, right, known in (
        (concept["guessed_share"], concept["guess_se"], ("guess", "guesses"), "right", "knowing"),
        (concept["slipped_share"], concept["slip_se"], ("slip", "slips"), "wrong", "not knowing"),
    ):
        if pd.isna(share):
            told.append(f"There is no {right} answer here yet.")
        elif pd.isna(error) or error > SURE:
            told.append(f"These answers do not tell {kind[1]} from {known}.")
        else:
            told.append(_of_answers(share, right, kind))
    return told


def _of_answers(share: float, right: str, kind: tuple[str, str]) -> str:
    """A share as people say it: about 2 in 5."""
    if share < HARDLY_ANY:
        return f"Hardly any {right} answer here is a {kind[0]}."
    if share > NEARLY_ALL:
        return f"Nearly all {right} answers here are {kind[1]}."
    ratio = Fraction(1, round(1 / share)) if share < ONE_IN else Fraction(share).limit_denominator(5)
    is_kind = f"is a {kind[0]}" if ratio.numerator == 1 else f"are {kind[1]}"
    return f"About {ratio.numerator} in {ratio.denominator} {right} answers here {is_kind}."


class _Coded(NamedTuple):
    """Attempts as sequences, by concept and student: each from its place in ``first`` to the next one's."""

    order: Integers
    right: NDArray[np.bool_]
    first: Integers
    concept: Integers
    student: Integers
    concepts: pd.Index[Any]
    students: pd.Index[Any]


def _code(attempts: pd.DataFrame) -> _Coded:
    from edukit.analytics.prefixes import stable_order

    for name in ("student_id", "concept_id", "sequence", "is_correct"):
        if missing := int(attempts[name].isna().sum()):
            raise ActionError(f"{name}: every attempt has one; {missing} have none. Leave those out.")
    student, students = pd.factorize(attempts["student_id"], sort=True)
    concept, concepts = pd.factorize(attempts["concept_id"], sort=True)
    right = attempts["is_correct"].to_numpy(dtype=bool)
    sequence = attempts["sequence"].to_numpy()
    order = stable_order(student, len(students), np.arange(len(attempts)))
    order = stable_order(concept, len(concepts), order)
    pair = concept[order] * len(students) + student[order]
    new = np.append(True, pair[1:] != pair[:-1]) if len(pair) else np.empty(0, dtype=bool)
    if not (new[1:] | (np.diff(sequence[order]) > 0)).all():
        # Of answers of one moment the right one counts as the earlier, so that the order of rows never matters.
        order = np.lexsort((~right, sequence, student, concept))
    first = np.flatnonzero(new)
    begins = order[first]
    return _Coded(
        order, right[order], np.append(first, len(order)), concept[begins], student[begins], concepts, students
    )


def _traced(
    attempts: pd.DataFrame, parameters: pd.DataFrame, before: pd.DataFrame | None
) -> tuple[_Coded, Floats, Floats, Floats]:
    """Each sequence's parameters, log-odds of knowing before each of its answers, and after its last."""
    coded = _code(attempts)
    known = parameters.set_index("concept_id")[list(PARAMETERS)].reindex(coded.concepts)
    usual = np.where(np.arange(len(PARAMETERS)) == PARAMETERS.index("forget"), 0.0, STARTS[0])
    theta = np.where(known.isna(), usual, known.to_numpy())[coded.concept]
    begin = logit(theta[:, 0])
    if before is not None:
        pairs = pd.MultiIndex.from_arrays([coded.students[coded.student], coded.concepts[coded.concept]])
        stands = before.set_index(["student_id", "concept_id"])["log_odds"].reindex(pairs).to_numpy()
        begin = np.where(np.isnan(stands), begin, stands)
    each, after = np.empty(len(attempts)), np.empty(len(theta))
    _em().replay(coded.first, coded.right, begin, theta, each, after)
    return coded, theta, each, after


def _p_correct(log_odds: Floats, theta: Floats) -> Floats:
    guess, slip = theta[:, 3], theta[:, 4]
    return np.asarray(expit(log_odds) * (1.0 - slip) + expit(-log_odds) * guess)


def _shares(counts: Floats) -> tuple[Floats, Floats]:
    """Of right answers the guesses, of wrong ones the slips: expected in the light of all the answers of a student."""
    guesses, slips = counts[:, 3, 0], counts[:, 4, 0]
    right, wrong = guesses + counts[:, 4, 1] - slips, slips + counts[:, 3, 1] - guesses
    some_right, some_wrong = np.where(right > 0, right, np.nan), np.where(wrong > 0, wrong, np.nan)
    return guesses / some_right, slips / some_wrong


def _standard_errors(thetas: Floats, information: Floats, falls: Floats, counts: Floats) -> Floats:
    """Of parameters inside by the information of their logits; at a bound that of the exponential fall from it."""
    from edukit.analytics.knowledge_tracing_fit import AT_A_BOUND

    em = _em()
    free = (counts[:, :, 1] > 0) & (thetas > 0)
    for pair in ([em.LEARN, em.FORGET], [em.GUESS, em.SLIP]):
        free[:, pair] &= thetas[:, pair].sum(axis=1, keepdims=True) < em.MOST_OF_TWO - AT_A_BOUND
    inside = free & (np.minimum(thetas, 1 - thetas) > AT_A_BOUND)
    both = inside[:, :, None] & inside[:, None, :]
    values, vectors = np.linalg.eigh(np.where(both, information, 0.0))
    told = values > IDENTIFIED * values[:, -1:]
    # A direction that nothing is told of makes unknown whatever has a part in it.
    known = (np.square(vectors) * ~told[:, None, :]).sum(axis=2) < IDENTIFIED
    variance = (np.square(vectors) / np.where(told, values, np.inf)[:, None, :]).sum(axis=2)
    errors = np.sqrt(variance) * thetas * (1 - thetas)
    errors[~inside] = 1 / np.maximum(falls[~inside], 1)
    return np.where(free & (known | ~inside) & (errors < NOTHING_TOLD), errors, np.nan)


@cache
def _em() -> ModuleType:
    """The compiled half, imported when it is first needed: numba takes half a second."""
    from edukit.analytics import knowledge_tracing_em

    return knowledge_tracing_em
