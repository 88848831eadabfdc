"""Frames of what follows from mastery: what blocks, who is ready for what, who sits together, what to ask next."""

from __future__ import annotations

from edukit.queries.frames.frame import MOMENT, Column, Frame

_CONCEPT = (
    Column("concept_id", "int64", "id of the concept"),
    Column("topic_id", "int64", "id of its topic"),
    Column("topic", "str", "topic of the concept"),
    Column("concept", "str", "name of the concept"),
    Column("concept_order", "int64", "place of the concept in the curriculum, from 0"),
)

BOTTLENECKS = Frame(
    "bottlenecks",
    (
        *_CONCEPT,
        Column("students", "int64", "students who were looked at"),
        Column("students_answered", "int64", "those among them who have answered on the concept"),
        Column("students_weak", "int64", "those whose score is below the bar after a wrong answer"),
        Column("students_surely_weak", "int64", "those among them whose whole 90% interval is below the bar"),
        Column("attempts", "int64", "answers that the scores of the weak rest on"),
        Column("concepts_blocked", "int64", "later concepts that need this one and that a weak student does not know"),
        Column("blocked", "int64", "sum over the weak students of the later concepts that wait for it"),
        Column("blocked_low", "int64", "the same of the surely weak alone"),
        Column("blocked_high", "int64", "the same of all whose 90% interval reaches below the bar"),
        Column("topic_blocked", "int64", "the same as blocked of those weak on any concept of the topic"),
        Column("evidence", "str", "enough, or few answers: half of the weak students gave fewer than three"),
        Column("reason", "str", "why it stands here, in words"),
    ),
)

HELD_BACK = Frame(
    "held_back",
    (
        Column("student_id", "int64", "id of the student"),
        Column("student", "str", "name of the student"),
        Column("mastery_score", "float64", "0-100: where the student stands on the concept"),
        Column("mastery_low", "float64", "lower end of the score's 90% interval, 0-100"),
        Column("mastery_high", "float64", "upper end of the score's 90% interval, 0-100"),
        Column("total_attempts", "int64", "answers that the score rests on"),
        Column("wrong_attempts", "int64", "wrong ones among them"),
        Column("surely_weak", "bool", "whether the whole interval is below the bar"),
        Column("waiting", "int64", "later concepts that need the concept and that the student does not know"),
        Column("first_waiting", "str", "the earliest of them in the curriculum; missing: none waits", nullable=True),
    ),
)

READY_TO_LEARN = Frame(
    "ready_to_learn",
    (
        Column("student_id", "int64", "id of the student"),
        Column("student", "str", "name of the student"),
        *_CONCEPT,
        Column("mastery_score", "float64", "0-100: where the student stands on it; missing: no answer", nullable=True),
        Column("mastery_low", "float64", "lower end of the score's 90% interval, 0-100", nullable=True),
        Column("mastery_high", "float64", "upper end of the score's 90% interval, 0-100", nullable=True),
        Column("total_attempts", "int64", "answers that the score rests on"),
        Column("needs", "int64", "concepts that it needs directly; the student knows them all"),
        Column("surely_ready", "bool", "whether the whole 90% interval of each of them reaches the bar"),
        Column("weakest_need", "str", "the one among them with the lowest score; missing: none", nullable=True),
        Column("weakest_score", "float64", "its score, 0-100", nullable=True),
        Column("weakest_low", "float64", "lower end of that score's 90% interval, 0-100", nullable=True),
        Column("weakest_high", "float64", "upper end of that score's 90% interval, 0-100", nullable=True),
        Column("weakest_attempts", "int64", "answers that that score rests on"),
        Column("opens", "int64", "later concepts that need this one"),
        Column("reason", "str", "why the student is ready, in words"),
    ),
)

CLASS_READINESS = Frame(
    "class_readiness",
    (
        *_CONCEPT,
        Column("students", "int64", "students who were looked at"),
        Column("students_know", "int64", "those who know the concept"),
        Column("students_ready", "int64", "those who do not, and know all that it needs directly"),
        Column("students_surely_ready", "int64", "those among them for whom every 90% interval says so"),
        Column("students_wait", "int64", "those who do not know all that it needs"),
        Column("waits_for", "str", "the need that most of these lack; missing: nobody waits", nullable=True),
        Column("lack_it", "int64", "how many of them lack that"),
        Column("reason", "str", "the same in words"),
    ),
)

STUDY_GROUPS = Frame(
    "study_groups",
    (
        Column("group", "Int64", "number of the group, from 1; missing: sits in none", nullable=True),
        Column("concept_id", "Int64", "id of the concept that the group works on; missing: no group", nullable=True),
        Column("topic", "str", "topic of that concept", nullable=True),
        Column("concept", "str", "name of that concept", nullable=True),
        Column("student_id", "int64", "id of the student"),
        Column("student", "str", "name of the student"),
        Column("state", "str", "in a group, no gap, or no answers"),
        Column("shares_gap", "bool", "whether the group's concept is a gap of the student: a score below the bar"),
        Column("mastery_score", "float64", "0-100: the student's on that concept; missing: no answer", nullable=True),
        Column("mastery_low", "float64", "lower end of the score's 90% interval, 0-100", nullable=True),
        Column("mastery_high", "float64", "upper end of the score's 90% interval, 0-100", nullable=True),
        Column("total_attempts", "int64", "answers that the score rests on"),
        Column("gaps", "int64", "concepts on which the student's score is below the bar"),
        Column("reason", "str", "why the student sits there, or in no group"),
    ),
)

NEXT_QUESTIONS = Frame(
    "next_questions",
    (
        Column("place", "int64", "from 1, the best question first"),
        Column("question_id", "int64", "id of the question"),
        Column("question", "str", "text of the question, or its key where the source had no text"),
        Column("concept_id", "int64", "id of its concept; of several, that on which the chance is lowest"),
        Column("topic", "str", "topic of that concept"),
        Column("concept", "str", "name of that concept"),
        Column("p_correct", "float64", "chance that the student's answer is right, 0-1"),
        Column("p_low", "float64", "lower end of its 90% interval, 0-1"),
        Column("p_high", "float64", "upper end of its 90% interval, 0-1"),
        Column("information", "float64", "Fisher information of an answer, 0-0.25"),
        Column("share_right", "float64", "share of right answers to the question, drawn towards the usual, 0-1"),
        Column("answers", "int64", "answers to the question in the student's classes, as far as you may see them"),
        Column("total_attempts", "int64", "answers of the student on the concept"),
        Column("reason", "str", "why this question, in words"),
    ),
)

ITEM_ANALYSIS = Frame(
    "item_analysis",
    (
        Column("question_id", "int64", "id of the question"),
        Column("question", "str", "text of the question, or its key where the source had no text"),
        Column("concepts", "str", "its concepts, comma-separated"),
        Column("answers", "int64", "answers given for the class"),
        Column("students", "int64", "students who gave them; the first answer of each counts"),
        Column("students_right", "int64", "those whose first answer was right"),
        Column("share_right", "float64", "share of these, 0-1: the higher, the easier"),
        Column("share_low", "float64", "lower end of the share's 90% interval, 0-1"),
        Column("share_high", "float64", "upper end of the share's 90% interval, 0-1"),
        Column("discrimination", "float64", "corrected item-total correlation, -1 to 1; missing: none", nullable=True),
        Column("discrimination_low", "float64", "lower end of its 90% interval, -1 to 1", nullable=True),
        Column("discrimination_high", "float64", "upper end of its 90% interval, -1 to 1", nullable=True),
        Column("compared", "int64", "students among these who answered three or more other questions"),
        Column("timed", "int64", "first answers whose time is known"),
        Column("fast", "int64", "those given in less than a tenth of the median time, or a second"),
        Column("suspicions", "int64", "how many things look wrong"),
        Column("words", "str", "what looks wrong, or that nothing does, or too few answers"),
    ),
)

FORGETTING = Frame(
    "forgetting",
    (
        Column("gap", "str", "time since the last answer on the same concept"),
        Column("from_days", "float64", "shortest such time in days, included"),
        Column("to_days", "float64", "longest such time in days, not included; missing: no end", nullable=True),
        Column("answers", "int64", "answers after such a time"),
        Column("students", "int64", "students who gave them"),
        Column("concepts", "int64", "concepts that they were on"),
        Column("right", "int64", "right ones among them"),
        Column("share_right", "float64", "share of these, 0-1; missing: no answers", nullable=True),
        Column("share_low", "float64", "lower end of the share's 90% interval, 0-1"),
        Column("share_high", "float64", "upper end of the share's 90% interval, 0-1"),
        Column("evidence", "str", "enough, few answers (under ten), or no answers"),
    ),
)

CLASS_COMPARISON = Frame(
    "compare_classes",
    (
        Column("topic_id", "int64", "id of the topic"),
        Column("topic", "str", "name of the topic"),
        Column("class_id", "Int64", "id of the class; missing: the classes that are told, together", nullable=True),
        Column("class_name", "str", "name of the class"),
        Column("suppressed", "bool", "whether fewer than five have answered, so that nothing is told of them"),
        Column("students_answered", "Int64", "students with answers on the topic; missing: too few", nullable=True),
        Column(
            "beginning",
            "Int64",
            "those whose mean score on its concepts has this level; missing: too few",
            nullable=True,
        ),
        Column("developing", "Int64", "the same of this level", nullable=True),
        Column("proficient", "Int64", "the same of this level", nullable=True),
        Column("mastered", "Int64", "the same of this level", nullable=True),
        Column("share_proficient", "float64", "share of them who are proficient or mastered it, 0-1", nullable=True),
        Column("share_low", "float64", "lower end of the share's 90% interval, 0-1", nullable=True),
        Column("share_high", "float64", "upper end of the share's 90% interval, 0-1", nullable=True),
    ),
)

_SHARES = {
    "prior": "students who know it before their first answer",
    "learn": "those who do not know it who learn it at an answer",
    "forget": "those who know it who forget it by the next answer",
    "guess": "answers of those who do not know it that are right",
    "slip": "answers of those who know it that are wrong",
}
CONCEPT_EXPLANATIONS = Frame(
    "concept_explanations",
    (
        *_CONCEPT,
        Column("evidence", "str", "enough, or too few answers: of fewer than ten students, or not fitted yet"),
        Column("explanation", "str", "how far its answers can be trusted, in words"),
        Column("guessed_share", "float64", "share of right answers that were guesses, 0-1", nullable=True),
        Column("slipped_share", "float64", "share of wrong answers that were slips, 0-1", nullable=True),
        *(Column(name, "float64", f"share of {of}, 0-1", nullable=True) for name, of in _SHARES.items()),
        *(
            Column(
                f"{name}_se", "float64", f"standard error of {name}; missing: the answers do not tell it", nullable=True
            )
            for name in _SHARES
        ),
        Column("students", "Int64", "students, of any class, whose answers it was fitted to", nullable=True),
        Column("attempts", "Int64", "those answers", nullable=True),
        Column("fitted_at", MOMENT, "when it was fitted", nullable=True),
    ),
)
