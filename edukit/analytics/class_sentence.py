"""A class in one sentence: what most can do, who needs help on what, and what has moved since last week."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edukit.analytics.help import needs_help
from edukit.analytics.mastery_changes import ROSE
from edukit.analytics.wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    import pandas as pd


def class_sentence(
    class_name: str, frame: pd.DataFrame, changes: pd.DataFrame, thresholds: Sequence[float], *, since: date
) -> str:
    """``Most of 7B (21 of 28) are proficient in “Sets”; 9 need help on “Ratios”; since Monday 23 June …``.

    Args:
        class_name: how the class is called.
        frame: its rows of the frame ``class_mastery``.
        changes: its rows of the frame ``mastery_changes``.
        thresholds: scores (0-100) at which *developing*, *proficient* and *mastered* begin.
        since: the Monday since which they have changed.
    """
    students = frame["student_id"].nunique()
    if frame["mastery_score"].isna().all():
        return f"Nobody in {class_name} has answered yet."
    parts = [_known(class_name, frame, students, thresholds[1]), _in_need(frame, thresholds)]
    # Where no answer has a time, nobody can say what was before.
    if frame["last_attempted_at"].notna().any():
        parts.append(_moved(changes, since))
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}."


def _known(class_name: str, frame: pd.DataFrame, students: int, proficient: float) -> str:
    """What the most of them are proficient in: of several the one that comes first in the curriculum."""
    known = frame[frame["mastery_score"] >= proficient]
    if known.empty:
        return f"nobody in {class_name} is proficient in anything yet"
    counts = known.groupby(["concept_order", "concept"])["student_id"].nunique().reset_index()
    best = counts.sort_values("student_id", ascending=False, kind="stable").iloc[0]
    concept, count = str(best["concept"]), int(best["student_id"])
    if count == students:
        whole = "the one student" if students == 1 else f"all {students:,}"
        return f"{whole} in {class_name} {'is' if students == 1 else 'are'} proficient in “{concept}”"
    share = f"{count:,} of {students:,}"
    if 2 * count > students:
        return f"most of {class_name} ({share}) are proficient in “{concept}”"
    verb = "is" if count == 1 else "are"
    return f"no more than {share} in {class_name} {verb} proficient in any one concept, which is “{concept}”"


def _in_need(frame: pd.DataFrame, thresholds: Sequence[float]) -> str:
    """In the words of the list below it: whom a concept holds back is another count, of who is weak on it."""
    needs = needs_help(frame, thresholds)
    if needs.empty:
        return "nobody surely needs help"
    first, others = needs.iloc[0], needs[needs["concept_id"] != needs["concept_id"].iloc[0]]
    is_most = len(others) and others["students_in_need"].max() < first["students_in_need"]
    more = ", more than on any other concept" if is_most else ""
    count = int(first["students_in_need"])
    return f"{count:,} {'needs' if count == 1 else 'need'} help on “{first['concept']}”{more}"


def _moved(changes: pd.DataFrame, since: date) -> str:
    day = f"since Monday {since.day} {since:%B}"
    rose = int((changes["direction"] == ROSE).sum())
    fell = len(changes) - rose
    told = [f"{counted(number, 'score')} {verb}" for number, verb in ((rose, "rose"), (fell, "fell")) if number]
    return f"{day} {' and '.join(told)}" if told else f"{day} no score has moved beyond chance"
