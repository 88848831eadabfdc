"""Pieces of the risk page as HTML: the class in figures, who may need somebody, and what was done."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from edukit.analytics.risk import TREND_POINTS, TRENDS, answer_holds, risk_trend, says_something
from edukit.analytics.wording import counted
from edukit.models.risk import OUTCOMES, RISK_LEVELS
from edukit.queries.frames import Column, Frame
from edukit.ui.cards import each, figures, heading, lead, moment, sentence
from edukit.ui.links import student_link
from edukit.ui.listing import listing
from edukit.ui.score_words import whole
from edukit.ui.student_cards import day

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

HINT = (
    "A score is a hint and not a verdict. One rule for all weighs missing work, practice against classmates, marks, "
    "and comments that nobody practised on: 0 is no sign of falling behind, 100 every sign. Its confidence says how "
    "much is known of the student, not how bad it looks. Nothing happens by itself: what follows is yours to decide."
)
NO_PREDICTIONS = (
    "Nothing has been predicted for this class yet. On the server, “edukit models score risk” does it, as often as you "
    "like."
)
TOO_LITTLE = "Too little is known of this student yet."
TOO_LITTLE_OF_ALL = "Too little is known of these students yet to predict anything."
STALE_DAYS = 10
"""Predictions that are older are told to be."""
WORRYING = RISK_LEVELS[2:]
ARROWS = {"rising": "▲ rising", "steady": "● steady", "falling": "▼ falling", "new": "new"}
LEVELS = Frame(
    "risk_levels",
    (
        Column("level", "str", "low, medium, high or critical"),
        *(Column(trend, "int64", f"students of that level whose trend is {trend}") for trend in TRENDS),
        Column("students", "int64", "students of that level"),
    ),
)
"""What the chart of levels shows."""
KINDS = {
    "conversation": "Conversation",
    "message_home": "Message home",
    "tutoring": "Tutoring",
    "study_plan": "Study plan",
    "referral": "Referral",
    "other": "Something else",
}
"""What each kind of intervention is called."""


def predicted(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of the frame ``risk`` that have a prediction which says something, with their ``trend``."""
    rows = telling(frame)
    return rows.assign(trend=risk_trend(rows["change"]))


def telling(predictions: pd.DataFrame) -> pd.DataFrame:
    """The predictions that say something: rows of the frame ``risk`` or ``risk_history``."""
    known = [says_something(*told) for told in zip(predictions["risk_level"], predictions["confidence"], strict=True)]
    rows: pd.DataFrame = predictions[np.array(known, dtype=bool)]
    return rows


def nothing_predicted(frame: pd.DataFrame) -> str:
    """Why nobody of the class has a prediction that says something."""
    return NO_PREDICTIONS if frame["risk_score"].isna().all() else TOO_LITTLE_OF_ALL


def risk_figures(frame: pd.DataFrame) -> str:
    """The class in four figures, each with what it means: the frame ``risk``."""
    rows = predicted(frame)
    worrying = rows[rows["risk_level"].isin(WORRYING)]
    unanswered = int((~answer_holds(worrying["risk_level"], worrying["responded_level"])).sum())
    of = f"of {counted(len(rows), 'student')} predicted"
    without = len(frame) - len(rows)
    cards = (
        ("Students", len(frame), f"{without:,} of whom too little is known" if without else "enrolled now"),
        ("High or critical", len(worrying), of),
        ("Rising", int((rows["trend"] == "rising").sum()), f"by {TREND_POINTS:.0f} points or more in about four weeks"),
        ("To be looked at", unanswered, "high or critical, and nobody has answered since it came to that"),
    )
    return figures(cards) + lead(HINT)


def age_of(frame: pd.DataFrame, now: datetime) -> list[str]:
    """A sentence where the latest predictions of a class are old."""
    latest = frame["predicted_on"].max()
    if pd.isna(latest):
        return []
    days = (pd.Timestamp(now).tz_localize(None).normalize() - latest).days
    if days <= STALE_DAYS:
        return []
    return [f"The latest predictions are {days:,} days old. On the server, “edukit models score risk” makes new ones."]


def levels_sentence(frame: pd.DataFrame) -> str:
    """What the chart of levels shows, for those who do not see it."""
    rows = predicted(frame)
    if rows.empty:
        return nothing_predicted(frame)
    levels = ", ".join(f"{int((rows['risk_level'] == level).sum()):,} {level}" for level in reversed(RISK_LEVELS))
    moved = {trend: int((rows["trend"] == trend).sum()) for trend in TRENDS}
    new = f"; {moved['new']:,} had no score before" if moved["new"] else ""
    return (
        f"Predicted on {day(rows['predicted_on'].max())}: {levels}. In about four weeks {moved['rising']:,} went up by "
        f"{TREND_POINTS:.0f} points or more and {moved['falling']:,} down{new}."
    )


def levels(frame: pd.DataFrame) -> pd.DataFrame:
    """How many students of the frame ``risk`` are at each level, by where their scores go: ``LEVELS``."""
    rows = predicted(frame)
    counts = pd.crosstab(rows["risk_level"], rows["trend"]).reindex(
        index=list(reversed(RISK_LEVELS)), columns=list(TRENDS), fill_value=0
    )
    return LEVELS.typed(counts.assign(students=counts.sum(axis=1)).rename_axis("level").reset_index())


def levels_table(frame: pd.DataFrame) -> str:
    """The same as a table."""
    shown = levels(frame).astype(object)
    return f'<div class="levels">{listing(shown, "Students by level and trend")}</div>'


def ranked(rows: pd.DataFrame, class_id: int) -> str:
    """Students with their scores, reasons, and what was made of it, a card each, in the order given.

    Args:
        rows: of the frame ``risk``, with ``trend``.
        class_id: class that links keep.
    """
    cards = "".join(_card(row, class_id) for row in each(rows))
    return f'<ol class="ranked">{cards}</ol>'


def everybody(rows: pd.DataFrame, class_id: int) -> str:
    """Students with their scores as a table; the frame ``risk``, in the order given."""
    names = ("Student", "Score", "Level", "Change", "Confidence", "Latest answer", "Interventions", "Act")
    head = "".join(f'<th scope="col">{name}</th>' for name in names)
    body = "".join(_line(row, class_id) for row in each(rows))
    caption = "Students by risk, the highest score first"
    return (
        f'<div class="scroll" role="region" aria-label="{caption}" tabindex="0"><table class="everybody">'
        f"<caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def case_title(row: Any, class_id: int) -> str:
    """The heading of one student, to which the reader is brought, and what is said of them now."""
    name = f'<h2 tabindex="-1">{student_link(row.student, row.student_id, class_id)}</h2>'
    if pd.isna(row.risk_score):
        return name + sentence("Nothing has been predicted of this student yet.")
    return f'{name}<div class="card risk">{_said(row)}</div>'


def done_list(done: pd.DataFrame, *, may_act: bool, when: str = "") -> str:
    """What was done for a student, the latest first: the frame ``interventions``; who may act says what came of it.

    Args:
        done: the frame.
        may_act: whether the reader may act.
        when: of which days it is, in words; empty: of all.
    """
    head = heading("What was done")
    if done.empty:
        return head + sentence(f"Nothing was logged for this student {when or 'yet'}.")
    return head + done_items(done, outcomes=OUTCOMES if may_act else ())


def _card(row: Any, class_id: int) -> str:
    name = student_link(row.student, row.student_id, class_id)
    return f'<li class="card risk"><h3><bdi>{name}</bdi></h3>{_said(row)}{_choose(row)}</li>'


def _said(row: Any) -> str:
    """Score, reasons, answer and interventions of one student."""
    if not is_known(row):
        return f'{prediction(row)}<p class="muted">{_acts(row)}</p>'
    return f'{prediction(row, f"{_change(row)}, ")}<p class="muted">{_answer(row)} {_acts(row)}</p>'


def prediction(row: Any, change: str = "") -> str:
    """Score, level, confidence and reasons of a prediction, where enough is known for one."""
    if not is_known(row):
        return f"<p>{TOO_LITTLE}</p>"
    reasons = [] if pd.isna(row.reasons) else [reason for reason in row.reasons.splitlines() if reason]
    why = "".join(f"<li>{escape(reason)}</li>" for reason in reasons)
    return (
        f"<p>{level_badge(row.risk_level)}<b>{whole(row.risk_score)}</b> of 100, {change}"
        f"confidence {row.confidence:.0%}</p>"
    ) + (f"<ul>{why}</ul>" if why else sentence("Nothing speaks for falling behind."))


def is_known(row: Any) -> bool:
    """Whether a prediction rests on anything."""
    return says_something(row.risk_level, row.confidence)


def level_badge(level: str) -> str:
    """A level in words and as so many of four bars: never by colour alone."""
    reached = RISK_LEVELS.index(level) + 1
    bars = "▮" * reached + "▯" * (len(RISK_LEVELS) - reached)
    return f'<b class="state risk-{level}"><span aria-hidden="true">{bars}</span> {level}</b> '


def _change(row: Any) -> str:
    (trend,) = risk_trend([row.change])
    if trend == "new":
        return "new: no score before"
    return f"{ARROWS[trend]} ({row.change:+.0f} since {day(row.compared_on)})"


def _answer(row: Any) -> str:
    if pd.isna(row.response):
        return "Nobody has answered yet."
    about = "" if row.responded_to == row.predicted_on else f" about the prediction of {day(row.responded_to)}"
    if not answer_holds(pd.Series([row.risk_level]), pd.Series([row.responded_level])).all():
        about += f", which was {row.responded_level}: it is worse now, and to be looked at anew"
    return answered(row, about)


def answered(row: Any, about: str = "") -> str:
    """Who answered a prediction how and when, and why."""
    why = "" if pd.isna(row.response_reason) else f": “{escape(row.response_reason)}”"
    who = f"<bdi>{escape(row.responded_by)}</bdi>"
    return f"{row.response.capitalize()} by {who}, {moment(row.responded_at)}{about}{why}."


def _acts(row: Any) -> str:
    if not row.interventions:
        return "No intervention in the last four weeks."
    acts = counted(row.interventions, "intervention")
    return f"{acts} in the last four weeks, the latest {moment(row.last_intervention_at)}."


def _choose(row: Any) -> str:
    name = escape(row.student, quote=True)
    return (
        f'<button type="button" data-student="{row.student_id}" aria-label="Timeline and actions: {name}">'
        "Timeline and actions</button>"
    )


def _line(row: Any, class_id: int) -> str:
    name = f'<th scope="row"><bdi>{student_link(row.student, row.student_id, class_id)}</bdi></th>'
    if not is_known(row):
        why = "not predicted yet" if pd.isna(row.risk_score) else "too little known yet"
        cells = ["&ndash;", why, "&ndash;", "&ndash;", "&ndash;"]
    else:
        answer = "none yet" if pd.isna(row.response) else f"{row.response} {moment(row.responded_at)}"
        change = "new" if pd.isna(row.change) else f"{row.change:+.0f}"
        cells = [whole(row.risk_score), level_badge(row.risk_level), change, f"{row.confidence:.0%}", answer]
    cells += [f"{row.interventions:,}", _choose(row)]
    return f"<tr>{name}{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def done_items(done: pd.DataFrame, *, outcomes: Sequence[str] = ()) -> str:
    """What was done for a student, with a choice among these outcomes: the frame ``interventions``."""
    return f'<ul class="log">{"".join(_done(row, outcomes) for row in each(done))}</ul>'


def _done(row: Any, outcomes: Sequence[str]) -> str:
    note = "" if pd.isna(row.note) else f'<p class="words">{escape(row.note)}</p>'
    about = "" if pd.isna(row.risk_score) else f" · after a score of {whole(row.risk_score)} on {day(row.predicted_on)}"
    known = "outcome not known yet" if pd.isna(row.outcome) else f"outcome: <b>{row.outcome}</b>"
    choices = "".join(
        f'<button type="button" data-choice="{escape(row.intervention_id)} {outcome}">{outcome.capitalize()}</button>'
        for outcome in outcomes
        if outcome != row.outcome
    )
    acts = f'<div class="acts" role="group" aria-label="What came of it">{choices}</div>' if choices else ""
    return (
        f"<li><b>{KINDS[row.kind]}</b>{note}"
        f'<p class="muted"><bdi>{escape(row.made_by)}</bdi>, {moment(row.happened_at)}{about} · {known}</p>{acts}</li>'
    )
