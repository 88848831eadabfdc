"""The figures of the page on the next lesson: each shows its frame, whatever the size, and is said in its sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from edukit.analytics.bottlenecks import bottlenecks
from edukit.analytics.readiness import class_readiness
from edukit.analytics.topic_map import TopicMap, topic_map
from edukit.ui.comparison_figure import HIDDEN, comparison_chart, comparison_sentence, comparison_table
from edukit.ui.figure_state import pieces
from edukit.ui.lesson_cards import block_cards, block_table, map_sentence
from edukit.ui.lesson_tables import readiness_sentence
from edukit.ui.theme import BANDS, UNANSWERED
from edukit.ui.topic_figure import topic_graph

if TYPE_CHECKING:
    import pandas as pd

THRESHOLDS = (50.0, 80.0, 95.0)


def drawn(lessons: type, students: int, topics: int) -> tuple[TopicMap, pd.DataFrame]:
    """The map of a chain of topics, and what blocks."""
    standing = lessons((students, topics)).class_knowledge(1)
    blocking = bottlenecks(*standing)
    return topic_map(*standing, blocking), blocking


def test_topics_by_hand(lessons: type) -> None:
    """A line to each need, a circle a topic with its number, size and colour; a click names the concept that blocks."""
    found, blocking = drawn(lessons, 12, 4)
    lines, topics = topic_graph(found, THRESHOLDS).data
    assert lines.x[2::3] == (None,) * 3
    assert [round(place) for place in lines.x if place is not None] == [0, 1, 1, 2, 2, 3]
    assert set(lines.y) == {0, None}
    assert list(topics.x) == [0, 1, 2, 3]
    assert list(topics.y) == [0, 0, 0, 0]
    assert list(topics.text) == [f"{number:,}" if number else "" for number in found.topics["blocked"]]
    assert topics.text[0] == f"{blocking['topic_blocked'].iloc[0]}"
    assert list(topics.customdata) == [102, 103, 104, -1]
    assert np.argmax(topics.marker.size) == found.topics["blocked"].argmax()
    assert topics.marker.color[-1] == UNANSWERED
    assert set(topics.marker.color[:-1]) <= {ends[0] for ends in BANDS.values()}
    assert topics.hovertext[-1] == "<b>Topic &lt;5&gt;</b><br>No answers yet"


@pytest.mark.parametrize(("students", "topics"), [(1, 2), (2, 9), (400, 40)])
def test_every_size_is_drawn(lessons: type, students: int, topics: int) -> None:
    """Nothing is missing in what the page is sent, and labels stay in a few lines."""
    figure = topic_graph(drawn(lessons, students, topics)[0], THRESHOLDS)
    assert pieces(figure)["figure"]["traces"]
    assert all(label.text.count("<br>") < 3 for label in figure.layout.annotations)
    assert figure.layout.width > 0


def test_a_long_name_is_cut(lessons: type) -> None:
    """In three lines, and what is markup stays a name."""
    found, _ = drawn(lessons, 12, 2)
    found.topics.loc[0, "topic"] = (
        "<b>Adding</b> and subtracting fractions of unlike denominators, and what is meant by it"
    )
    label = topic_graph(found, THRESHOLDS).layout.annotations[0].text
    assert label.startswith("&lt;b&gt;Adding&lt;/b&gt;")
    assert label.endswith("…")


def test_the_map_in_words(lessons: type) -> None:
    """How many topics and steps, how many hold something up, and the worst; the cards and the table say the same."""
    found, blocking = drawn(lessons, 12, 4)
    said = map_sentence(found, blocking)
    assert said.startswith("4 topics in 4 steps: 3 hold something up, by 3 weak concepts; most: Topic <2> (")
    assert block_cards(blocking).count("<li") == 3
    assert block_table(blocking).count("<tr>") == 1 + 3
    assert "Concept &lt;2&gt;" in block_cards(blocking)
    assert map_sentence(*drawn(lessons, 0, 3)).endswith("nothing that anybody is weak on keeps later concepts waiting.")


def test_classes_side_by_side(lessons: type) -> None:
    """Bars of a row add up to the whole, the interval stands at what is proficient, and a small group has no bar."""
    rows = lessons((12, 4), (4, 4), (9, 4)).compare_classes(1)
    *bars, interval = comparison_chart(rows).data
    assert [bar.name for bar in bars] == ["mastered", "proficient", "developing", "beginning"]
    assert np.sum([bar.x for bar in bars], axis=0) == pytest.approx(100)
    assert len(interval.x) == 2 * 3
    assert list(interval.x) == pytest.approx(np.add(bars[0].x, bars[1].x))
    assert len(set(bars[0].y)) == 6
    words = [note.text for note in comparison_chart(rows).layout.annotations]
    assert words.count(HIDDEN) == 2
    assert words.count("<b>Topic &lt;2&gt;</b>") == 1


def test_every_group_is_small(lessons: type) -> None:
    """Classes of which none is told are drawn all the same, each with its words and without a bar."""
    rows = lessons((4, 4), (3, 4)).compare_classes(1)
    *bars, interval = comparison_chart(rows).data
    assert [list(trace.x) for trace in (*bars, interval)] == [[]] * 5
    assert [note.text for note in comparison_chart(rows).layout.annotations].count(HIDDEN) == 4
    assert comparison_sentence(rows).startswith("2 classes on 2 topics. 4 groups are not told.")


def test_names_of_topics_begin_at_the_edge(lessons: type) -> None:
    """Those of 44 letters have a phone's whole width, and the words for what has no bar stand in its place."""
    layout = comparison_chart(lessons((12, 4), (4, 4)).compare_classes(1)).layout
    shifts = {note.text: note.xshift for note in layout.annotations}
    assert shifts["<b>Topic &lt;2&gt;</b>"] == -layout.margin.l
    assert shifts[HIDDEN] == 0


def test_what_most_are_ready_for_in_words(lessons: type) -> None:
    """The first concept with how many are ready, and no claim that these are most."""
    rows = class_readiness(*lessons((12, 4)).class_knowledge(1))
    first = rows.iloc[0]
    said = readiness_sentence(rows)
    assert said.startswith(f"First {first['concept']}: {first['students_ready']} of 12 students are ready for it.")
    assert readiness_sentence(rows.assign(students_ready=1)).startswith(
        f"First {first['concept']}: 1 of 12 students is ready for it."
    )


def test_classes_in_words(lessons: type) -> None:
    """The table has every row; what is not told is said, and why nothing lets it be computed."""
    rows = lessons((12, 4), (4, 4), (9, 4)).compare_classes(1)
    said = comparison_sentence(rows)
    assert said.startswith("3 classes on 2 topics: the largest share who are proficient has Class ")
    assert "2 groups are not told." in said
    assert comparison_table(rows).count("<tr>") == 1 + len(rows)
    assert comparison_table(rows).count(HIDDEN) == 2
    alone = comparison_sentence(lessons((12, 4)).compare_classes(1))
    assert "not told" not in alone
    assert alone == "1 class on 2 topics."
    assert comparison_sentence(rows.iloc[:0]) == "Nobody in these classes has answered yet."
