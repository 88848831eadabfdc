"""The ledger of points of a block: an event for each day's practice, work, comment, streak and badge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from edukit.analytics.badges import BADGE_XP, POINTS_OF_RARITY
from edukit.models import GamificationEvent, StudentBadge
from edukit.ops.seed.gamification.badges import BADGES
from edukit.ops.seed.moments import DAY, MINUTE, local_days, shown, tick, uuids_at
from edukit.queries.gamification import correction_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from edukit.models import Base
    from edukit.ops.seed.classroom.work import Classroom
    from edukit.ops.seed.cohort import Cohort

PUNCTUAL, LATE, ACTED, MOST_FOR_A_DAY = 10, 4, 5, 20
"""Points for work on time and late, for acting on a comment, and at most for a day's practice, one a right answer."""
SUBMISSION_XP, COMMENT_XP = 20, 5
STREAKS = {3: 10, 5: 15, 7: 25, 10: 40, 14: 60, 21: 100}
"""Points for so many days in a row."""
CORRECTIONS = 2
"""Events of a block that a teacher takes back."""
_EVENT = ["student", "class_id", "event_type", "points_awarded", "xp_awarded", "tick"]
_COLUMNS = [
    "institution_id", "id", "student_id", "user_id", "class_id", "event_type", "points_awarded", "xp_awarded",
    "badge_id", "occurred_at", "created_at",
]  # fmt: skip


def rewards(
    cohort: Cohort, work: Classroom, assignments: pd.DataFrame, badges: pd.DataFrame
) -> Iterator[tuple[type[Base], pd.DataFrame]]:
    """The events by time, and the badges that they unlocked."""
    rng, until = cohort.rng(23), tick(cohort.scene.as_of)
    earned = pd.concat([_practice(cohort), _handed_in(cohort, work), _acted(cohort, work)], ignore_index=True)
    earned = earned.sort_values(["student", "tick"], kind="stable", ignore_index=True)
    earned["number"] = earned.index
    streak = _streaks(cohort, earned)
    unlocked = _unlocked(cohort, work, earned, streak, badges)
    events = pd.concat([earned, _for_streaks(streak), unlocked, _corrections(earned, assignments)], ignore_index=True)
    events = events[events["tick"] <= until].sort_values(["tick", "student"], kind="stable", ignore_index=True)
    at = shown(events["tick"])
    events = events.assign(
        institution_id=cohort.scene.school.institution_id,
        id=uuids_at(rng, at),
        student_id=cohort.student_ids[events["student"]],
        occurred_at=at,
        created_at=at,
    ).astype({"user_id": "Int64", "class_id": "Int64", "badge_id": "Int64"})
    events["id"] = _with_corrections(events)
    yield GamificationEvent, events[_COLUMNS]
    won = events[events["badge_id"].notna()].rename(columns={"occurred_at": "unlocked_at"})
    yield StudentBadge, won[["institution_id", "student_id", "badge_id", "unlocked_at"]].astype({"badge_id": "int64"})


def _practice(cohort: Cohort) -> pd.DataFrame:
    """One event for each student, class and day with answers, at the last of them."""
    days = cohort.attempts.groupby(["student", "seat", "day"], sort=True).agg(
        tick=("tick", "max"), xp_awarded=("xp_earned", "sum"), right=("is_correct", "sum")
    )
    days = days.reset_index()
    return days.assign(
        class_id=_class(cohort, days["seat"].to_numpy()),
        event_type="practice",
        points_awarded=np.minimum(days["right"], MOST_FOR_A_DAY),
    )[_EVENT]


def _handed_in(cohort: Cohort, work: Classroom) -> pd.DataFrame:
    """One event for each submission, at its moment."""
    made = work.submissions
    return pd.DataFrame(
        {
            "student": made["student"],
            "class_id": _class(cohort, made["seat"].to_numpy()),
            "event_type": "submission",
            "points_awarded": np.where(made["late"], LATE, PUNCTUAL),
            "xp_awarded": SUBMISSION_XP,
            "tick": made["submitted"],
        }
    )


def _acted(cohort: Cohort, work: Classroom) -> pd.DataFrame:
    """One event for each comment that a student acted on, when they did."""
    told = work.feedback[work.feedback["acted"] >= 0].reset_index(drop=True)
    return pd.DataFrame(
        {
            "student": told["student"],
            "class_id": _class(cohort, told["seat"].to_numpy()),
            "event_type": "feedback",
            "points_awarded": ACTED,
            "xp_awarded": COMMENT_XP,
            "tick": told["acted"],
        }
    )


def _class(cohort: Cohort, seat: NDArray[np.int64]) -> pd.Series[int]:
    """The class of each seat; missing for seat -1."""
    return pd.Series(np.append(cohort.seats.class_id, 0)[seat], dtype="Int64").mask(seat < 0)


def _streaks(cohort: Cohort, earned: pd.DataFrame) -> pd.DataFrame:
    """Each student's active days: ``student``, ``length`` of the run up to it, ``tick`` of its first event."""
    day = np.floor(local_days(earned["tick"], cohort.scene.school.year)).astype(np.int64)
    days = earned.assign(day=day).drop_duplicates(["student", "day"])[["student", "day", "tick"]]
    run = days["day"] - np.arange(len(days))
    return days.assign(length=days.groupby(["student", run]).cumcount() + 1).reset_index(drop=True)


def _for_streaks(streak: pd.DataFrame) -> pd.DataFrame:
    reached = streak[streak["length"].isin(list(STREAKS))]
    return reached.assign(
        event_type="streak", points_awarded=reached["length"].map(STREAKS).astype("int64"), xp_awarded=0
    )[["student", "event_type", "points_awarded", "xp_awarded", "tick"]]


def _unlocked(
    cohort: Cohort, work: Classroom, earned: pd.DataFrame, streak: pd.DataFrame, badges: pd.DataFrame
) -> pd.DataFrame:
    """The first time that each student's figure reached what a badge asks for."""
    right = cohort.attempts[cohort.attempts["is_correct"].to_numpy()].sort_values(["student", "tick"], kind="stable")
    made = work.submissions.sort_values(["student", "submitted"], kind="stable").rename(columns={"submitted": "tick"})
    acted = earned[earned["event_type"] == "feedback"]
    figures = {
        "submissions": _counted(made),
        "punctual_submissions": _counted(made[~made["late"]]),
        "comments_acted_on": _counted(acted),
        "correct_answers": _counted(right),
        "current_streak": streak.rename(columns={"length": "value"}),
        "code_quality_score": made.rename(columns={"code_quality_score": "value"}),
        "score": _seen(made, earned),
    }
    parts = []
    for badge, badge_id in zip(BADGES, badges["id"], strict=True):
        figure = figures[badge.figure]
        first = figure[figure["value"] >= badge.least].groupby("student")["tick"].min().reset_index()
        parts.append(first.assign(badge_id=badge_id, points_awarded=POINTS_OF_RARITY[badge.rarity]))
    return pd.concat(parts, ignore_index=True).assign(event_type="achievement", xp_awarded=BADGE_XP)


def _counted(happenings: pd.DataFrame) -> pd.DataFrame:
    """How many a student had by each of them; they are in order."""
    return happenings[["student", "tick"]].assign(value=happenings.groupby("student").cumcount() + 1)


def _seen(made: pd.DataFrame, earned: pd.DataFrame) -> pd.DataFrame:
    """The marks, each when its student was next there: a badge is given to who is there to see it."""
    marked = made[["student", "marked", "score"]].dropna().sort_values("marked", kind="stable")
    there = earned[["student", "tick"]].sort_values("tick", kind="stable")
    seen = pd.merge_asof(marked, there, left_on="marked", right_on="tick", by="student", direction="forward")
    return seen.dropna().rename(columns={"score": "value"}).astype({"tick": "int64"})


def _with_corrections(events: pd.DataFrame) -> pd.Series[Any]:
    """The ids of the events, with that of a correction as it follows from the event that it takes back."""
    of_number = events.dropna(subset="number").set_index("number")["id"]
    taken_back = events["takes_back"].dropna().map(of_number)
    return taken_back.map(correction_of).combine_first(events["id"])


def _corrections(earned: pd.DataFrame, assignments: pd.DataFrame) -> pd.DataFrame:
    """A teacher takes back the points of a submission or two, two days later: the work was somebody else's."""
    handed_in = earned[earned["event_type"] == "submission"].drop_duplicates("student").iloc[5 : 5 + CORRECTIONS]
    teacher = assignments.drop_duplicates("class_id").set_index("class_id")["teacher_id"]
    return handed_in.assign(
        event_type="correction",
        points_awarded=-handed_in["points_awarded"],
        xp_awarded=-handed_in["xp_awarded"],
        user_id=handed_in["class_id"].map(teacher),
        tick=handed_in["tick"] + 2 * DAY + 7 * MINUTE,
        takes_back=handed_in["number"],
    ).drop(columns="number")
