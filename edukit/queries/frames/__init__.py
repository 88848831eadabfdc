"""The columns of every frame that edukit gives out, declared once, by domain."""

from __future__ import annotations

from edukit.queries.frames.audit import AUDIT
from edukit.queries.frames.catalog import COLUMNS, SOURCES, TABLES
from edukit.queries.frames.classroom import CLASS_NAMES, CLASSES
from edukit.queries.frames.frame import Column, Frame
from edukit.queries.frames.gamification import BADGES, LEADERBOARD, POINTS_LEDGER
from edukit.queries.frames.grievances import (
    GRIEVANCE,
    GRIEVANCE_AUTHORITIES,
    GRIEVANCE_EVENTS,
    GRIEVANCE_FIGURES,
    GRIEVANCES,
)
from edukit.queries.frames.home import HOME, ME
from edukit.queries.frames.learning import (
    BOTTLENECKS,
    CLASS_COMPARISON,
    CLASS_READINESS,
    CONCEPT_EXPLANATIONS,
    FORGETTING,
    HELD_BACK,
    ITEM_ANALYSIS,
    NEXT_QUESTIONS,
    READY_TO_LEARN,
    STUDY_GROUPS,
)
from edukit.queries.frames.mastery import MASTERY_CHANGES, MASTERY_DATES, MASTERY_HISTORY
from edukit.queries.frames.practice import ATTEMPTS, CLASS_MASTERY
from edukit.queries.frames.risk import INTERVENTIONS, RISK, RISK_HISTORY
from edukit.queries.frames.search import FOUND
from edukit.queries.frames.student import ACTIVITY, FEEDBACK, STUDENT, STUDENT_MASTERY, STUDENTS, SUBMISSIONS

__all__ = [
    "ACTIVITY",
    "ATTEMPTS",
    "AUDIT",
    "BADGES",
    "BOTTLENECKS",
    "CLASSES",
    "CLASS_COMPARISON",
    "CLASS_MASTERY",
    "CLASS_NAMES",
    "CLASS_READINESS",
    "COLUMNS",
    "CONCEPT_EXPLANATIONS",
    "FEEDBACK",
    "FORGETTING",
    "FOUND",
    "FRAMES",
    "GRIEVANCE",
    "GRIEVANCES",
    "GRIEVANCE_AUTHORITIES",
    "GRIEVANCE_EVENTS",
    "GRIEVANCE_FIGURES",
    "HELD_BACK",
    "HOME",
    "INTERVENTIONS",
    "ITEM_ANALYSIS",
    "LEADERBOARD",
    "MASTERY_CHANGES",
    "MASTERY_DATES",
    "MASTERY_HISTORY",
    "ME",
    "NEXT_QUESTIONS",
    "POINTS_LEDGER",
    "READY_TO_LEARN",
    "RISK",
    "RISK_HISTORY",
    "SOURCES",
    "STUDENT",
    "STUDENTS",
    "STUDENT_MASTERY",
    "STUDY_GROUPS",
    "SUBMISSIONS",
    "TABLES",
    "Column",
    "Frame",
]

FRAMES = {
    frame.name: frame
    for frame in (
        ME,
        HOME,
        FOUND,
        CLASS_NAMES,
        CLASSES,
        CLASS_MASTERY,
        ATTEMPTS,
        BOTTLENECKS,
        HELD_BACK,
        READY_TO_LEARN,
        CLASS_READINESS,
        STUDY_GROUPS,
        CLASS_COMPARISON,
        NEXT_QUESTIONS,
        ITEM_ANALYSIS,
        MASTERY_DATES,
        MASTERY_HISTORY,
        MASTERY_CHANGES,
        FORGETTING,
        CONCEPT_EXPLANATIONS,
        TABLES,
        COLUMNS,
        SOURCES,
        RISK,
        RISK_HISTORY,
        INTERVENTIONS,
        STUDENTS,
        STUDENT,
        STUDENT_MASTERY,
        ACTIVITY,
        SUBMISSIONS,
        FEEDBACK,
        GRIEVANCES,
        GRIEVANCE,
        GRIEVANCE_EVENTS,
        GRIEVANCE_AUTHORITIES,
        GRIEVANCE_FIGURES,
        LEADERBOARD,
        BADGES,
        POINTS_LEDGER,
        AUDIT,
    )
}
"""Every frame by its name."""
