"""Frames of risk: what the rule is given, what was predicted, and what was done about it."""

from __future__ import annotations

from edukit.queries.frames.frame import MOMENT, Column, Frame

DAY = "datetime64[s]"
"""A day of the institution's calendar, at its midnight, without a time zone."""
WORK_DAYS, PRACTICE_DAYS, COMMENT_DAYS, ANSWER_DAYS = 28, 14, 42, 14
"""How far each factor looks back: work and marks, answers, comments; and how long a comment waits for an answer."""
CHANGE_DAYS, LEAST_CHANGE_DAYS = 28, 14
"""A score is compared with the one of so many days before, or of so many at least."""

RISK_FACTORS = Frame(
    "risk_factors",
    (
        Column("student_id", "int64", "id of the student"),
        Column("predicted_on", DAY, "day at whose beginning this was known; nothing later is in it"),
        Column("known_days", "float64", "days since the student was first enrolled; missing: not known", nullable=True),
        Column("work_due", "float64", f"pieces of work due in the {WORK_DAYS} days before"),
        Column("work_handed_in", "float64", "those of them that were handed in, early or late, before the day"),
        Column("answers", "float64", f"answers for the student's classes in the {PRACTICE_DAYS} days before"),
        Column("usual_answers", "float64", "sum of the medians of these classes, the student included"),
        Column("classes", "float64", "classes that the student was in as the day began"),
        Column(
            "mark_change",
            "float64",
            f"mean mark (of programs: code quality) of the {WORK_DAYS} days before, less the mean of all earlier "
            "ones, -100 to 100; missing: fewer than two of either",
            nullable=True,
        ),
        Column(
            "response_hours",
            "float64",
            f"mean hours from a comment to the next practice for its class, {24 * ANSWER_DAYS} where there was none: "
            f"of the comments settled so in the {COMMENT_DAYS} days before, unless all of the class paused; missing: "
            "there are none",
            nullable=True,
        ),
    ),
)

_PREDICTED = (
    Column("risk_score", "float64", "0 (no sign) to 100: how much speaks for falling behind", nullable=True),
    Column("risk_level", "str", "low, medium, high or critical", nullable=True),
    Column("confidence", "float64", "0-1: how much is known of the student, however good or bad it is", nullable=True),
)
_FACTORS = (
    Column(
        "submission_frequency",
        "float64",
        f"pieces a week handed in of the work of {WORK_DAYS} days; missing: none due",
        nullable=True,
    ),
    Column(
        "code_quality_trend", "float64", "change of the mean mark, -100 to 100; missing: too few marks", nullable=True
    ),
    Column(
        "engagement_score", "float64", "0-100: answers against the classes' usual number, which is 50", nullable=True
    ),
    Column("feedback_response_hours", "float64", "hours from a comment to the next practice", nullable=True),
    Column("reasons", "str", "at most three sentences, the weightiest first, a line each", nullable=True),
)
_RESPONSE = (
    Column("response", "str", "acknowledged or dismissed; missing: nobody has answered", nullable=True),
    Column("responded_by", "str", "name of who answered", nullable=True),
    Column("responded_at", MOMENT, "when they did", nullable=True),
    Column("response_reason", "str", "why it was dismissed", nullable=True),
)

RISK = Frame(
    "risk",
    (
        Column("student_id", "int64", "id of the student"),
        Column("student", "str", "name of the student"),
        Column("prediction_id", "str", "id of the latest prediction; missing: there is none yet", nullable=True),
        Column("predicted_on", DAY, "day at whose beginning it was made", nullable=True),
        *_PREDICTED,
        Column(
            "change", "float64", "points of the score since compared_on; missing: nothing to compare", nullable=True
        ),
        Column(
            "compared_on",
            DAY,
            f"day of the prediction {CHANGE_DAYS} days before, or of one near that, {LEAST_CHANGE_DAYS} to "
            f"{2 * CHANGE_DAYS} days before",
            nullable=True,
        ),
        *_FACTORS,
        *_RESPONSE,
        Column(
            "responded_to",
            DAY,
            f"day of the prediction that was answered last, of the last {CHANGE_DAYS} days before predicted_on",
            nullable=True,
        ),
        Column("responded_level", "str", "its level: the answer holds until that is exceeded", nullable=True),
        Column("interventions", "int64", f"interventions of the last {CHANGE_DAYS} days"),
        Column("last_intervention_at", MOMENT, "the latest of them", nullable=True),
    ),
)

RISK_HISTORY = Frame(
    "risk_history",
    (
        Column("prediction_id", "str", "id of the prediction"),
        Column("student_id", "int64", "id of the student"),
        Column("predicted_on", DAY, "day at whose beginning it was made"),
        Column("model", "str", "name of the rule or model that made it"),
        Column("version", "int64", "its version, from 1"),
        *_PREDICTED,
        *_FACTORS,
        *_RESPONSE,
    ),
)

INTERVENTIONS = Frame(
    "interventions",
    (
        Column("intervention_id", "str", "id of the intervention"),
        Column("student_id", "int64", "id of the student"),
        Column("student", "str", "name of the student"),
        Column("happened_at", MOMENT, "when it was done"),
        Column("kind", "str", "conversation, message_home, tutoring, study_plan, referral or other"),
        Column("note", "str", "what was said or agreed", nullable=True),
        Column("made_by", "str", "name of who did it"),
        Column("prediction_id", "str", "id of the prediction that it answers; missing: none", nullable=True),
        Column("predicted_on", DAY, "day of that prediction", nullable=True),
        Column("risk_score", "float64", "score of that prediction, 0-100", nullable=True),
        Column("outcome", "str", "improved, unchanged or worsened; missing: not known yet", nullable=True),
        Column("outcome_at", MOMENT, "when the outcome was noted", nullable=True),
    ),
)
