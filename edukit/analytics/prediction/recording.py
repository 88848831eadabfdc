"""What one attempt changes in a student's state, and what the state says before it: compiled, O(1) an attempt.

No residual uses what was thought of the student at the time: it is the answer less the item's difficulty among all
students. Turning a wrong answer into a right one therefore raises each recency-weighted sum and can lower none,
whatever follows - which Elo and Glicko cannot say (their later steps shrink as the rating rises).

All that is compiled stands in this one file: a compiled function that is kept on disk is made anew when its own file
changes, and not when one that it calls does.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from edukit.analytics.compiled import compiled

STUDENT: Final = np.dtype([
    ("attempts", "f8"), ("wins", "f8"), ("concepts", "f8"),
    ("residual_fast", "f8"), ("information_fast", "f8"),
    ("residual", "f8"), ("information", "f8"),
    ("residual_slow", "f8"), ("information_slow", "f8"),
    ("residual_all", "f8"), ("information_all", "f8"),
    ("streak", "f8"), ("streak_before_run", "f8"),
    ("run", "f8"), ("residual_run", "f8"), ("information_run", "f8"),
    ("in_session", "f8"), ("difficulty", "f8"), ("chosen_difficulty", "f8"), ("last_at", "f8"),
    ("answers", "i8"), ("item", "i8"), ("item_before", "i8"), ("skill", "i8"),
])  # fmt: skip
"""State of a student; zeros before the first attempt. ``answers`` holds the last ones as bits, the latest lowest."""

SKILL: Final = np.dtype([
    ("attempts", "f8"), ("wins", "f8"),
    ("residual_fast", "f8"), ("information_fast", "f8"),
    ("residual", "f8"), ("information", "f8"),
    ("residual_all", "f8"), ("information_all", "f8"),
    ("streak", "f8"), ("difficulty", "f8"), ("first", "f8"), ("last", "f8"), ("last_at", "f8"),
    ("answers", "i8"),
])  # fmt: skip
"""State of a student on a skill; ``first`` and ``last`` count the student's attempts up to then."""

SKILL_FEATURES: Final = (
    "skill_attempts", "skill_wins", "skill_fails", "skill_residual_fast", "skill_residual", "skill_residual_all",
    "skill_streak", "skill_information", "skill_gap", "skill_away", "skill_age", "skill_difficulty",
)  # fmt: skip
STUDENT_FEATURES: Final = (
    "attempts", "wins", "fails", "residual_fast", "residual", "residual_slow", "residual_all", "streak",
    "information", "concepts", "gap", "in_session", "difficulty", "chosen_difficulty", "answers",
)  # fmt: skip
CONTEXT_FEATURES: Final = ("same_skill", "run", "residual_run", "streak_before_run", "skill_answers")
FEATURES: Final = (*SKILL_FEATURES, *STUDENT_FEATURES, *CONTEXT_FEATURES)
_OF_STUDENT: Final = len(SKILL_FEATURES)
_OF_CONTEXT: Final = _OF_STUDENT + len(STUDENT_FEATURES)

KEYS: Final = (
    "item_by_skill_answers", "skill_by_skill_answers", "after_item", "after_skill", "item_by_answers",
    "after_item_before", "skill_by_counts", "item_by_counts", "transition", "left_item",
)  # fmt: skip
"""What an answer is looked up by: an item or skill together with a piece of the student's history."""

SESSION_SECONDS: Final = 1_800.0
MOST_COUNTED: Final = 500.0
"""Counts beyond say nothing new, and a million attempts on one item must not carry a model outside its data."""

_FAST, _MEDIUM, _SLOW, _SKILL_MEDIUM = 0.6, 0.9, 0.98, 0.85
_EVIDENCE = 1.0  # of no surprise, beside the information that answers carry
_SHIFT = 31  # bits for an item or skill in a key
_RECALLED = 0xFFFF


@compiled
def advance(student, item, skill, start, touched, at, is_correct, difficulty, students, skills, features, keys):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201, PLR0913, PLR0917
    """Describe and then record each attempt, in order; ``replay`` says what the arrays hold.

    Args:
        student: (n,) places in ``students``.
        item: (n,) code in the tables; 0: not in them.
        skill: (n,) likewise.
        start: (n + 1,) where in ``touched`` an attempt's states begin.
        touched: places in ``skills`` that attempt ``a`` is about, ``touched[start[a]:start[a + 1]]``.
        at: (n,) seconds; NaN: unknown.
        is_correct: (n,) 0.0 or 1.0.
        difficulty: (n, 2) rates of item and skill.
        students: states of dtype ``STUDENT``, changed in place.
        skills: states of dtype ``SKILL``, changed in place.
        features: (n, len(FEATURES)), written in place.
        keys: (n, len(KEYS)), written in place.
    """
    for a in range(len(item)):
        who = students[student[a]]
        own = skills[touched[start[a]]]
        first = start[a] + 1 if start[a + 1] - start[a] > 1 else start[a]
        out = features[a]
        out[:_OF_STUDENT] = 0.0
        for place in range(first, start[a + 1]):
            describe_skill(who, skills[touched[place]], at[a], 1.0 / (start[a + 1] - first), out)
        describe_student(who, at[a], out[_OF_STUDENT:])
        _describe_context(who, own, skill[a], out[_OF_CONTEXT:])
        _key(who, own, item[a], skill[a], keys[a])
        _record(a, item, skill, start, touched, at, is_correct, difficulty, who, skills)


@compiled
def record(student, item, skill, start, touched, at, is_correct, difficulty, students, skills):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201, PLR0913, PLR0917
    """Record each attempt as :func:`advance` does, and describe none: for who asks for the last states alone."""
    for a in range(len(item)):
        _record(a, item, skill, start, touched, at, is_correct, difficulty, students[student[a]], skills)


@compiled
def describe_states(student, students, skills, at, features):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """What is known of each pair of student and skill at a moment, without what came just before.

    Args:
        student: (pairs,) place in ``students``.
        students: states of dtype ``STUDENT``.
        skills: (pairs,) states of dtype ``SKILL``.
        at: seconds; NaN: unknown.
        features: (pairs, len(SKILL_FEATURES) + len(STUDENT_FEATURES)), written in place.
    """
    for pair in range(len(student)):
        who = students[student[pair]]
        features[pair, :_OF_STUDENT] = 0.0
        describe_skill(who, skills[pair], at, 1.0, features[pair])
        describe_student(who, at, features[pair, _OF_STUDENT:])


@compiled
def describe_skill(who, one, at, weight, out):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Add what is known of a skill, weighted, to ``SKILL_FEATURES``."""
    out[0] += weight * _logarithm(one.attempts)
    out[1] += weight * _logarithm(one.wins)
    out[2] += weight * _logarithm(one.attempts - one.wins)
    out[3] += weight * one.residual_fast / (one.information_fast + _EVIDENCE)
    out[4] += weight * one.residual / (one.information + _EVIDENCE)
    out[5] += weight * one.residual_all / (one.information_all + _EVIDENCE)
    out[6] += weight * _levelling(one.streak)
    out[7] += weight * one.information
    if one.attempts > 0.0:
        out[8] += weight * _gap(at, one.last_at)
        out[9] += weight * _logarithm(who.attempts - one.last)
        out[10] += weight * _logarithm(who.attempts - one.first)
        out[11] += weight * one.difficulty / one.attempts
    else:
        out[9] -= weight
        out[10] -= weight


@compiled
def describe_student(who, at, out):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Write what is known of a student to ``STUDENT_FEATURES``."""
    out[0] = _logarithm(who.attempts)
    out[1] = _logarithm(who.wins)
    out[2] = _logarithm(who.attempts - who.wins)
    out[3] = who.residual_fast / (who.information_fast + _EVIDENCE)
    out[4] = who.residual / (who.information + _EVIDENCE)
    out[5] = who.residual_slow / (who.information_slow + _EVIDENCE)
    out[6] = who.residual_all / (who.information_all + _EVIDENCE)
    out[7] = _levelling(who.streak)
    out[8] = who.information_slow
    out[9] = _logarithm(who.concepts)
    out[10] = _gap(at, who.last_at) if who.attempts > 0.0 else 0.0
    out[11] = _logarithm(0.0 if _is_new_session(who, at) else who.in_session)
    out[12] = who.difficulty / max(who.attempts, 1.0)
    out[13] = who.chosen_difficulty
    out[14] = who.answers & 31


@compiled
def _describe_context(who, own, skill, out):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    same = who.attempts > 0.0 and who.skill == skill and own.attempts > 0.0
    out[0] = 1.0 if same else 0.0
    out[1] = min(who.run, MOST_COUNTED) if same else 0.0
    out[2] = who.residual_run / (who.information_run + _EVIDENCE)
    out[3] = _levelling(who.streak_before_run)
    out[4] = own.answers & 31


@compiled
def _key(who, own, item, skill, out):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    wins, fails = int(min(own.wins, 7.0)), int(min(own.attempts - own.wins, 7.0))
    latest = who.answers & 1
    # 0 stands for no earlier attempt, 1 for one on an item that the tables do not know.
    before = who.item + 1 if who.attempts > 0.0 else 0
    second = who.item_before + 1 if who.attempts > 1.0 else 0
    skill_before = who.skill + 1 if who.attempts > 0.0 else 0
    out[0] = (item << 4) | _last_answers(own.answers, own.attempts, 3)
    out[1] = (skill << 6) | _last_answers(own.answers, own.attempts, 5)
    out[2] = ((before * 2 + latest) << _SHIFT) | item
    out[3] = ((skill_before * 2 + latest) << _SHIFT) | skill
    out[4] = (item << 4) | _last_answers(who.answers, who.attempts, 3)
    out[5] = ((second * 2 + ((who.answers >> 1) & 1)) << _SHIFT) | item
    out[6] = (skill << 6) | (wins << 3) | fails
    out[7] = (item << 4) | (min(wins, 3) << 2) | min(fails, 3)
    out[8] = (before << _SHIFT) | item
    out[9] = before * 2 + latest
    if item == 0:
        out[8] = out[5] = out[2] = -1
        out[7] = out[4] = out[0] = -1


@compiled
def _record(a, item, skill, start, touched, at, is_correct, difficulty, who, skills):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, PLR0913, PLR0917
    """Take attempt ``a`` into the states of its student and of all that it is about."""
    for place in range(start[a], start[a + 1]):
        _record_skill(who, skills[touched[place]], at[a], is_correct[a], difficulty[a, 0])
    if skills[touched[start[a]]].attempts == 1.0:
        who.concepts += 1.0
    _record_student(who, item[a], skill[a], at[a], is_correct[a], difficulty[a])


@compiled
def _record_skill(who, one, at, is_correct, difficulty):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    residual, information = is_correct - difficulty, difficulty * (1.0 - difficulty)
    if one.attempts == 0.0:
        one.first = who.attempts
    one.attempts += 1.0
    one.wins += is_correct
    one.residual_fast = _FAST * one.residual_fast + residual
    one.information_fast = _FAST * one.information_fast + information
    one.residual = _SKILL_MEDIUM * one.residual + residual
    one.information = _SKILL_MEDIUM * one.information + information
    one.residual_all += residual
    one.information_all += information
    one.streak = _next_streak(one.streak, is_correct)
    one.difficulty += difficulty
    one.last = who.attempts + 1.0
    one.last_at = at
    one.answers = ((one.answers << 1) | int(is_correct)) & _RECALLED


@compiled
def _record_student(who, item, skill, at, is_correct, difficulty):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, PLR0913, PLR0917
    residual, information = is_correct - difficulty[0], difficulty[0] * (1.0 - difficulty[0])
    if who.attempts == 0.0 or who.skill != skill:
        who.run = who.residual_run = who.information_run = 0.0
        who.streak_before_run = who.streak
    who.in_session = 1.0 if _is_new_session(who, at) else who.in_session + 1.0
    who.attempts += 1.0
    who.wins += is_correct
    who.residual_fast = _FAST * who.residual_fast + residual
    who.information_fast = _FAST * who.information_fast + information
    who.residual = _MEDIUM * who.residual + residual
    who.information = _MEDIUM * who.information + information
    who.residual_slow = _SLOW * who.residual_slow + residual
    who.information_slow = _SLOW * who.information_slow + information
    who.residual_all += residual
    who.information_all += information
    who.run += 1.0
    who.residual_run += residual
    who.information_run += information
    who.streak = _next_streak(who.streak, is_correct)
    who.difficulty += difficulty[0]
    who.chosen_difficulty = _MEDIUM * who.chosen_difficulty + difficulty[0] - difficulty[1]
    who.last_at = at
    who.answers = ((who.answers << 1) | int(is_correct)) & _RECALLED
    who.item_before, who.item, who.skill = who.item, item, skill


@compiled
def _logarithm(count):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    return np.log1p(min(max(count, 0.0), MOST_COUNTED))


@compiled
def _levelling(streak):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """A streak, right above zero and wrong below, of which each answer adds less than the one before."""
    return _logarithm(streak) - _logarithm(-streak)


@compiled
def _gap(at, last_at):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Logarithm of the minutes since; clocks that ran back count as no time, unknown ones too."""
    seconds = at - last_at
    return np.log1p(seconds / 60.0) if seconds > 0.0 else 0.0


@compiled
def _is_new_session(who, at):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    return at - who.last_at > SESSION_SECONDS


@compiled
def _next_streak(streak, is_correct):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    return max(streak, 0.0) + 1.0 if is_correct > 0.0 else min(streak, 0.0) - 1.0


@compiled
def _last_answers(answers, attempts, most):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """The last answers as bits behind a leading one, which tells how many there are."""
    count = int(min(attempts, float(most)))
    return (1 << count) | (answers & ((1 << count) - 1))
