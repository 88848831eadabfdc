"""Study groups: who sits together today, as they have the same gap.

As many groups as the size asks for, of sizes that differ by one at most. What each works on is chosen greedily,
each time the concept that the most of those not yet provided for are weak on, as coverage is (G. L. Nemhauser,
L. A. Wolsey and M. L. Fisher, *An analysis of approximations for maximizing submodular set functions*, 1978). Then
seats are assigned so that as many as possible share their group's gap (the assignment problem, H. W. Kuhn, 1955).

So that a small change does not move everybody, a gap counts as a gap and as a sure one, whatever the score; ties
go by the curriculum and by id; and earlier groups may be kept to, as far as they still share a gap (``keep``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from edukit.analytics.wording import FEW, counted
from edukit.queries.frames import STUDY_GROUPS
from edukit.queries.help import FEW_ANSWERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from edukit.analytics.knowledge import Knowledge

    Counts = NDArray[np.int64]

TOGETHER, NO_GAP, NO_ANSWERS = "in a group", "no gap", "no answers"
SHARES, KEEPS = 100, 10
"""What a seat is worth: a gap shared before all, then one kept from the last time; a sure gap is worth 1 more."""
LEAST_SIZE = 2


def study_groups(known: Knowledge, *, size: int, keep: pd.DataFrame | None = None) -> pd.DataFrame:
    """Every student once, by group: with whom they sit, on what, and why; who sits in none is said so.

    Args:
        known: of a class, on the concepts that it may work on.
        size: most students in a group, 2 or more.
        keep: an earlier answer of this function; its groups stay as far as their gaps do.

    Returns:
        Columns of ``frames.STUDY_GROUPS``. Groups are numbered from 1, in the order of the curriculum.

    Raises:
        ValueError: a size below 2.
    """
    if size < LEAST_SIZE:
        message = f"size is {size}: a group has two students or more"
        raise ValueError(message)
    sits = np.flatnonzero(known.weak.any(axis=1))
    worth = (known.weak * (SHARES + known.surely_weak)).astype(np.int64)[sits]
    concepts, seats = _seated(worth, _sizes(len(sits), size), _earlier(known, sits, keep))
    group = np.full(len(known.students), -1, dtype=np.int64)
    group[sits] = seats
    place = np.where(group >= 0, concepts[group] if len(concepts) else -1, -1)
    rows = known.students.assign(
        group=group + 1,
        place=place,
        state=_states(known),
        gaps=known.weak.sum(axis=1),
        answered=known.answered.sum(axis=1),
        student_place=range(len(group)),
    )
    shared = rows.groupby("group")["place"].transform("size") if len(rows) else rows["group"]
    told = [_told(row, known) for row in rows.assign(size=shared).to_dict("records")]
    whole = rows.assign(**{name: [each[name] for each in told] for name in _TOLD})
    # Groups first, whoever sits in none after them.
    whole["last"] = whole["group"] == 0
    ordered = whole.sort_values(["last", "group", "student", "student_id"], ignore_index=True)
    return STUDY_GROUPS.typed(ordered.assign(group=ordered["group"].astype("Int64").where(ordered["group"] > 0)))


def _earlier(known: Knowledge, sits: Counts, keep: pd.DataFrame | None) -> Counts:
    """For each student who sits the place of the concept and the number of their earlier group; -1: none."""
    if keep is None:
        return np.full((len(sits), 2), -1, dtype=np.int64)
    seated = keep.dropna(subset=["group", "concept_id"]).set_index("student_id")[["concept_id", "group"]]
    of = seated.reindex(known.students["student_id"].to_numpy()[sits]).fillna(-1).astype("int64")
    place = pd.Index(known.concepts["concept_id"]).get_indexer(of["concept_id"])
    return np.column_stack([place, np.where(place >= 0, of["group"], -1)]).astype(np.int64)


def _sizes(students: int, size: int) -> list[int]:
    """The sizes of as few groups as hold the students, the larger first; they differ by one at most."""
    groups = -(-students // size)
    return [students // groups + (group < students % groups) for group in range(groups)]


def _seated(worth: Counts, sizes: list[int], earlier: Counts) -> tuple[Counts, Counts]:
    """The concept of each group, in the order of the concepts, and the group of each student."""
    if not sizes:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    fresh = _assigned(worth, [(concept, -1) for concept in _chosen(worth, sizes)], sizes, earlier)
    if (earlier < 0).all():
        return fresh[:2]
    again = _assigned(worth, _again(worth, sizes, earlier), sizes, earlier)
    # The earlier groups stand until others would let more students share a gap than one group holds.
    return (fresh if fresh[2] > again[2] + max(sizes) else again)[:2]


def _assigned(
    worth: Counts, chosen: list[tuple[int, int]], sizes: list[int], earlier: Counts
) -> tuple[Counts, Counts, int]:
    """Concepts of the groups, the group of each student, and how many share their group's gap.

    ``chosen`` are the concept and the earlier number of each group, as many as ``sizes``; -1: a new one.
    """
    groups = sorted((concept, number, size) for (concept, number), size in zip(chosen, sizes, strict=True))
    seat = np.repeat(np.arange(len(groups)), [size for *_, size in groups])
    concepts, numbers = (np.array([each[place] for each in groups], dtype=np.int64) for place in range(2))
    shared = worth[:, concepts[seat]]
    kept = (earlier[:, 1:] >= 0) & (earlier[:, 1:] == numbers[seat])
    student, place = linear_sum_assignment(shared + KEEPS * kept, maximize=True)
    found = np.empty(len(worth), dtype=np.int64)
    found[student] = seat[place]
    return concepts, found, int((shared[student, place] > 0).sum())


def _again(worth: Counts, sizes: list[int], earlier: Counts) -> list[tuple[int, int]]:
    """The earlier groups, those with the most who still have the gap first, and new ones for whoever is left."""
    sat = {(concept, number): (earlier == (concept, number)).all(axis=1) for concept, number in earlier.tolist()}
    stay = {group: int((worth[marks, group[0]] > 0).sum()) for group, marks in sat.items() if group[0] >= 0}
    most = sorted((group for group in stay if stay[group]), key=lambda group: (-stay[group], group))[: len(sizes)]
    # The larger sizes come first, and go to the groups that were larger.
    kept = sorted(most, key=lambda group: (-int(sat[group].sum()), group))
    left = worth.copy()
    for group in kept:
        left[sat[group] & (worth[:, group[0]] > 0)] = 0
    return [*kept, *((concept, -1) for concept in _chosen(left, sizes[len(kept) :]))]


def _chosen(worth: Counts, sizes: list[int]) -> list[int]:
    """For each group the concept that is worth most to those who have no seat yet; they then count as seated."""
    free, chosen = worth.copy(), []
    for size in sizes:
        best = -np.sort(-free, axis=0)[:size].sum(axis=0)
        chosen.append(int(best.argmax()))
        # By worth, and of equals the first by id.
        seated = np.argsort(-free[:, chosen[-1]], kind="stable")[:size]
        free[seated[free[seated, chosen[-1]] > 0]] = 0
    return chosen


def _states(known: Knowledge) -> list[str]:
    some, gap = (list(np.any(marks, axis=1)) for marks in (known.answered, known.weak))
    return [TOGETHER if gap_ else NO_GAP if some_ else NO_ANSWERS for some_, gap_ in zip(some, gap, strict=True)]


_TOLD = (
    "concept_id", "topic", "concept", "shares_gap", "mastery_score", "mastery_low", "mastery_high", "total_attempts",
    "reason",
)  # fmt: skip


def _told(row: Mapping[Any, Any], known: Knowledge) -> dict[str, Any]:
    """What a student's row says of the group's concept."""
    student, place = row["student_place"], row["place"]
    if place < 0:
        return dict.fromkeys(_TOLD) | {"shares_gap": False, "total_attempts": 0, "reason": _apart(row, known)}
    concept = known.concepts.iloc[place]
    answers = int(known.answers[student, place])
    figures = [float(of[student, place]) if answers else np.nan for of in (known.score, known.low, known.high)]
    return {
        "concept_id": int(concept["concept_id"]),
        "topic": concept["topic"],
        "concept": concept["concept"],
        "shares_gap": bool(known.weak[student, place]),
        **dict(zip(("mastery_score", "mastery_low", "mastery_high"), figures, strict=True)),
        "total_attempts": answers,
        "reason": _reason(row, known),
    }


def _apart(row: Mapping[Any, Any], known: Knowledge) -> str:
    """Why a student sits in no group."""
    if row["state"] == NO_ANSWERS:
        return "No answers yet, so nothing is known of gaps: ask something first."
    proven = int(known.known[row["student_place"]].sum())
    answered = counted(row["answered"], "concept")
    return f"No gap shown on the {answered} answered, {proven} at {known.known_at:g} or above; may help a group."


def _reason(row: Mapping[Any, Any], known: Knowledge) -> str:
    student, place = row["student_place"], row["place"]
    name, answers = known.concepts["concept"].iloc[place], int(known.answers[student, place])
    if known.weak[student, place]:
        alone = "; nobody else has a gap to sit with" if row["size"] == 1 else ""
        few = f" {FEW}" if answers < FEW_ANSWERS else ""
        return f"Gap in {name}: stands at {known.told(student, place)}, below {known.known_at:g}{alone}.{few}"
    own = known.concepts["concept"].iloc[int(known.weak[student].argmax())]
    stands = f"can explain {name}, at {known.told(student, place)}" if answers else f"has not answered on {name}"
    return f"Sits here to keep the groups even, and {stands}; their own gap is {own}."
