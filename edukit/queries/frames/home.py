"""Frames of the first page: who is looking, and how their classes are doing."""

from __future__ import annotations

from edukit.queries.frames.frame import MOMENT, Column, Frame

ME = Frame(
    "me",
    (
        Column("institution", "str", "name of the institution that they look into"),
        Column("user_id", "int64", "id of the user who looks"),
        Column("name", "str", "their name"),
        Column("role", "str", "student, teacher, mentor, parent, admin or analyst"),
        Column("grievances", "int64", "grievances assigned to them that are open or in progress"),
    ),
)

HOME = Frame(
    "home",
    (
        Column("institution", "str", "name of the institution"),
        Column("class_id", "int64", "id of the class"),
        Column("class_name", "str", "name of the class"),
        Column("subject", "str", "subject taught", nullable=True),
        Column("taught", "bool", "whether the viewer teaches it; else it is one that they may see"),
        Column("students", "int64", "students enrolled now"),
        Column("answers", "int64", "answers given for the class in the last 7 days (168 hours)"),
        Column("correct_answers", "int64", "right ones among them"),
        Column("earlier_answers", "int64", "answers given for the class in the 7 days before those"),
        Column(
            "need_help",
            "int64",
            "enrolled students below the first threshold of mastery on a concept that the class has practised, "
            "whose whole 90% interval lies below the second",
        ),
        Column("predicted", "int64", "enrolled students with a prediction of risk that rests on something"),
        Column("at_risk", "int64", "those at high or critical risk whom nobody has looked at since"),
        Column(
            "waiting",
            "int64",
            "submissions of enrolled students that have no feedback, of assignments that are due or have no day due: "
            "of each the student's latest only",
        ),
        Column("waiting_since", MOMENT, "when the oldest of these was handed in; missing: none waits", nullable=True),
        Column("waiting_student_id", "Int64", "id of the student who waits longest; missing: nobody", nullable=True),
        Column("waiting_student", "str", "name of that student", nullable=True),
        Column("due", "int64", "assignments that fall due in the next 7 days"),
        Column("next_due_at", MOMENT, "when the first of these falls due; missing: none does", nullable=True),
        Column("next_due", "str", "title of that assignment", nullable=True),
    ),
)
