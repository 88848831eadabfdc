"""Pieces of the page on the next lesson as HTML: the answer, what blocks, whom, and who sits together. All escaped."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd

from edukit.analytics.study_groups import NO_ANSWERS, NO_GAP, TOGETHER
from edukit.analytics.wording import counted
from edukit.ui.cards import each, heading, lead, legend, sentence
from edukit.ui.links import link, student_link
from edukit.ui.score_words import whole
from edukit.ui.tables import table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edukit.analytics.next_lesson import NextLesson
    from edukit.analytics.topic_map import TopicMap

CARDS_SHOWN, ROWS_SHOWN, GROUPS_SHOWN = 3, 12, 12
"""Bottlenecks as cards, students of one in its table and groups before what is folded."""
BLOCKS_LEAD = (
    "Topics from left to right, each after what it needs. Orange is weak, blue is well; the number is what a topic "
    "holds up: its weak students, times the later concepts that each of them does not know yet. Choose a topic to see "
    "who."
)
NO_PREREQUISITES = (
    "The curriculum names no prerequisites here, so nothing is known to wait for anything. Your administrator loads "
    "them with the curriculum."
)
NOTHING_BLOCKS = "Nothing that anybody is weak on keeps later concepts waiting."
TOGETHER_LEAD = (
    "Who has the same gap sits together; the number is the score on it. Sizes differ by one at most, and when new "
    "answers come in, who still has the gap of their group rather stays in it."
)
NO_GROUPS = "Nobody has shown a gap yet, so there are no groups to form."


def answer_card(lesson: NextLesson) -> str:
    """What to teach next and why, and what that rests on."""
    rests = f'<p class="muted">{escape(lesson.evidence)}</p>' if lesson.evidence else ""
    return f'<div class="card answer"><h2>What to teach next</h2><p>{escape(lesson.sentence)}</p>{rests}</div>'


def how_to_read(thresholds: Sequence[float]) -> str:
    """What the drawing of the topics means; where there is no room for it, it is not shown either."""
    return f'<div class="drawn">{lead(BLOCKS_LEAD)}{legend(thresholds)}</div>'


def map_sentence(drawn: TopicMap, blocking: pd.DataFrame) -> str:
    """What the drawing of the topics shows, for those who do not see it."""
    topics = drawn.topics
    if topics.empty:
        return NO_PREREQUISITES
    apart = f" {counted(drawn.apart, 'more topic')} {_stands(drawn.apart)} in no relation." if drawn.apart else ""
    steps = f"{counted(len(topics), 'topic')} in {counted(int(topics['step'].max()) + 1, 'step')}"
    holding = topics[topics["blocked"] > 0].sort_values("blocked", ascending=False, kind="stable")
    if holding.empty:
        return f"{steps}: {NOTHING_BLOCKS[0].lower()}{NOTHING_BLOCKS[1:]}{apart}"
    most = ", ".join(f"{row.topic} ({row.blocked:,})" for row in each(holding.head(CARDS_SHOWN)))
    return (
        f"{steps}: {len(holding):,} {'holds' if len(holding) == 1 else 'hold'} something up, by "
        f"{counted(len(blocking), 'weak concept')}; most: {most}.{apart}"
    )


def block_cards(blocking: pd.DataFrame) -> str:
    """The worst bottlenecks as a list in order, each with why it stands there and a button that shows who."""
    cards = "".join(
        f'<li class="card"><h3>{escape(row.concept)}</h3><p>{escape(row.reason)}</p>'
        f'<button type="button" data-concept="{row.concept_id}" aria-label="Show who: {escape(row.concept)}">'
        f"Show who ({row.students_weak:,})</button></li>"
        for row in each(blocking.head(CARDS_SHOWN))
    )
    return f'<ol class="needs blocks">{cards}</ol>' if cards else ""


def block_table(blocking: pd.DataFrame) -> str:
    """The bottlenecks as a table, the worst first: the frame ``bottlenecks``."""
    names = ("Concept", "Topic", "Weak", "Surely weak", "Answered", "Later concepts", "Holds up", "At least", "At most")
    head = "".join(f'<th scope="col">{name}</th>' for name in names)
    body = "".join(
        f'<tr><th scope="row">{escape(row.concept)}</th><td>{escape(row.topic)}</td>'
        + "".join(
            f'<td class="number">{figure:,}</td>'
            for figure in (
                row.students_weak, row.students_surely_weak, row.students_answered, row.concepts_blocked, row.blocked,
                row.blocked_low, row.blocked_high,
            )
        )
        + "</tr>"
        for row in each(blocking)
    )  # fmt: skip
    return table("What holds the class up, the worst first", head, body, kind="answers") if body else ""


def held_table(held: pd.DataFrame, concept: str, class_id: int, concept_id: int) -> str:
    """Whom a concept holds back, each with their score and its interval as a link to the answers it rests on."""
    if held.empty:
        return sentence(f"Nobody is weak on {concept} any more.")
    names = ("Student", "Score, 90% interval", "Answers", "Waiting", "First of them")
    head = "".join(f'<th scope="col">{name}</th>' for name in names)
    body = "".join(
        f'<tr><th scope="row"><bdi>{student_link(row.student, row.student_id, class_id)}</bdi></th>'
        f"<td>{whole(row.mastery_score)}, {whole(row.mastery_low)} to {whole(row.mastery_high)}"
        f"{', surely' if row.surely_weak else ''}</td>"
        f"<td>{_answers(row, class_id, concept_id)}</td>"
        f'<td class="number">{row.waiting:,}</td><td>{_text(row.first_waiting)}</td></tr>'
        for row in each(held)
    )
    surely, waits = int(held["surely_weak"].sum()), counted(int(held["waiting"].sum()), "time")
    said = f"{counted(len(held), 'student')} on {concept}, {surely:,} surely: {waits} in all a later concept waits."
    return lead(said) + table(f"Whom {concept} holds back", head, body, kind="answers held")


def group_cards(groups: pd.DataFrame, class_id: int) -> str:
    """Who sits together, a card a group with its gap, and then who sits in none: the frame ``study_groups``."""
    seated = groups[groups["state"] == TOGETHER]
    if seated.empty:
        return sentence(NO_GROUPS) + _apart(groups, class_id)
    cards = [_group(rows, class_id) for _, rows in seated.groupby("group")]
    shown = f'<ul class="needs seats">{"".join(cards[:GROUPS_SHOWN])}</ul>'
    if more := cards[GROUPS_SHOWN:]:
        folded = f"<details><summary>and {counted(len(more), 'more group')}</summary>"
        shown += f'{folded}<ul class="needs seats">{"".join(more)}</ul></details>'
    return shown + _apart(groups, class_id)


def _group(rows: pd.DataFrame, class_id: int) -> str:
    names = "".join(
        f"<li><bdi>{student_link(row.student, row.student_id, class_id)}</bdi> "
        f'<span class="muted">{_seat(row)}</span></li>'
        for row in each(rows)
    )
    concept, topic = escape(rows["concept"].iloc[0]), escape(rows["topic"].iloc[0])
    return f'<li class="card"><h3>{rows["group"].iloc[0]}. {concept}</h3><p>{topic}</p><ul>{names}</ul></li>'


def _seat(row: Any) -> str:
    """Where a student stands on the group's concept; who has another gap is said so."""
    stands = "no answer on it" if pd.isna(row.mastery_score) else whole(row.mastery_score)
    return stands if row.shares_gap else f"{stands}, to keep the groups even"


def _apart(groups: pd.DataFrame, class_id: int) -> str:
    """Who sits in no group, and why."""
    told = (
        (NO_GAP, "No gap shown; may help a group, or go on"),
        (NO_ANSWERS, "No answers yet, so nothing is known of gaps: ask something first"),
    )
    parts = []
    for state, words in told:
        rows = groups[groups["state"] == state]
        links = ", ".join(f"<bdi>{student_link(row.student, row.student_id, class_id)}</bdi>" for row in each(rows))
        if links:
            parts.append(f'<h3>{words} ({len(rows):,})</h3><p class="people">{links}</p>')
    return f'<div class="apart">{"".join(parts)}</div>' if parts else ""


def _answers(row: Any, class_id: int, concept_id: int) -> str:
    said = f"{counted(row.total_attempts, 'answer')}, {row.wrong_attempts:,} wrong"
    return link(said, "class_mastery", class_=class_id, student=row.student_id, concept=concept_id)


def _text(value: object) -> str:
    return "&ndash;" if pd.isna(value) else escape(str(value))  # type: ignore[call-overload]


def _stands(count: int) -> str:
    return "stands" if count == 1 else "stand"


def who_heading(concept: str) -> str:
    """The heading over whom a concept holds back."""
    return heading(f"Whom {concept} holds back", arrival=True)
