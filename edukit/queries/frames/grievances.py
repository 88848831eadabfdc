"""Frames of grievances. None but a student's own steps leads to who complains, and those tell no name."""

from __future__ import annotations

from edukit.queries.frames.frame import MOMENT, Column, Frame

_CASE = (
    Column("institution", "str", "name of the institution"),
    Column("grievance_id", "str", "id of the grievance"),
    Column("category", "str", "grade, feedback, fairness or other"),
    Column("severity", "str", "low, medium, high or critical"),
    Column("status", "str", "open, in_progress, resolved or closed"),
    Column("assigned_to", "str", "name of who is to answer; missing: nobody yet", nullable=True),
    Column("mine", "bool", "whether the viewer is to answer"),
    Column("filed_at", MOMENT, "when it was filed"),
    Column("resolved_at", MOMENT, "when it was resolved; missing: it is not", nullable=True),
    Column("age_days", "float64", "days from filing to its resolution, or to now where it has none"),
    Column("last_step", "str", "latest step, such as commented; missing: none is recorded", nullable=True),
    Column("last_step_at", MOMENT, "when that was; missing: none is recorded", nullable=True),
    Column("steps", "int64", "steps so far"),
)

GRIEVANCES = Frame("grievances", _CASE)

GRIEVANCE = Frame(
    "grievance",
    (
        *_CASE,
        Column(
            "description",
            "str",
            "what it is about, in the complainant's words; missing: erased, or not told",
            nullable=True,
        ),
        Column(
            "resolution", "str", "how it was resolved; missing: it is not, it is erased, or not told", nullable=True
        ),
    ),
)

GRIEVANCE_EVENTS = Frame(
    "grievance_events",
    (
        Column("grievance_id", "str", "id of the grievance"),
        Column("sequence", "int64", "order of the step in the grievance, from 1"),
        Column(
            "action",
            "str",
            "filed, routed, assigned, unassigned, commented, status_changed, revealed or erased",
        ),
        Column("actor", "str", "name of the member of staff, the complainant, another student, a parent, or edukit"),
        Column("from_status", "str", "status before, where it changed", nullable=True),
        Column("to_status", "str", "status after, where it changed", nullable=True),
        Column("assigned_to", "str", "name of whom it went to, where it was assigned", nullable=True),
        Column("routing_rule_id", "Int64", "rule that it was routed by; missing: not by a rule", nullable=True),
        Column("details", "str", "what was said; missing: nothing, erased, or not told", nullable=True),
        Column("erased", "bool", "whether what was said has been erased"),
        Column("occurred_at", MOMENT, "when the step was taken"),
    ),
)

GRIEVANCE_AUTHORITIES = Frame(
    "grievance_authorities",
    (
        Column("user_id", "int64", "id of a member of staff of the grievance's institution"),
        Column("user", "str", "name of that member"),
        Column("role", "str", "teacher, mentor or admin"),
        Column("assigned", "bool", "whether the grievance is assigned to them"),
        Column("waiting", "int64", "grievances that wait for them: open or in progress"),
    ),
)

GRIEVANCE_FIGURES = Frame(
    "grievance_figures",
    (
        Column("week_start", "datetime64[us]", "Monday on which the week begins, by the institution's calendar"),
        Column("filed", "int64", "grievances filed in the week"),
        Column("resolved", "int64", "resolutions in the week, also of those that came back later"),
        Column("reopened", "int64", "times that a resolved or closed one was reopened"),
        Column("open_at_end", "int64", "open or in progress at the end of the week, or now"),
        Column(
            "median_days_to_resolve",
            "float64",
            "median days from filing to the week's resolutions; missing: there were none",
            nullable=True,
        ),
    ),
)
