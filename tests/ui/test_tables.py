"""Tables say in text what charts say in colour."""

from __future__ import annotations

import pandas as pd

from edukit.analytics.mastery_marks import marked
from edukit.ui.tables import ANSWERS_SHOWN, answer_strips, answers_table, score_table

THRESHOLDS = (50.0, 80.0, 95.0)


def test_headers_have_a_scope(school: type) -> None:
    """Every header cell says whether it heads a row or a column; the region that scrolls can be reached."""
    html = score_table(marked(school((3, 4)).class_mastery(1000), None, THRESHOLDS), "need")
    assert html.count('scope="col"') == 1 + 4
    assert html.count('scope="row"') == 3
    assert 'tabindex="0"' in html


def test_names_are_links(school: type) -> None:
    """Each student's name leads to their page, with the class where there is one."""
    frame = marked(school((3, 1)).class_mastery(1000), None, THRESHOLDS)
    assert score_table(frame, "name", 1000).count('<a href="student.ipynb?student=1000000') == 3
    assert score_table(frame, "name", 1000).count("&amp;class=1000") == 3
    assert "class=1000" not in score_table(frame, "name")


def test_gaps_are_not_zeros(school: type) -> None:
    """A pair without answers is a dash with its meaning."""
    frame = marked(school((3, 4)).class_mastery(1000), None, THRESHOLDS)
    assert score_table(frame, "need").count("no answers yet") == frame["mastery_score"].isna().sum()


def test_a_cell_tells_level_interval_and_trend(school: type) -> None:
    """Whoever does not see colour and shape is told the same in words."""
    frame = marked(school((1, 1)).class_mastery(1000), None, THRESHOLDS)
    row = {"mastery_score": 49.9, "mastery_low": 30.2, "mastery_high": 85.0, "level": "beginning"}
    frame = frame.assign(**row, unsure=True, change=12.4)
    assert '<td class="beginning">49 beginning, 30 to 85, unsure, up 12</td>' in score_table(frame, "need")
    assert "85, down 1</td>" in score_table(frame.assign(unsure=False, change=-0.2), "need")


def test_strips_use_shape_and_text(school: type) -> None:
    """Right and wrong differ by sign and words, in the order of the answers."""
    edu = school((1, 2))
    attempts = edu.attempts(1000, concept_id=500)
    html = answer_strips(attempts, edu.class_mastery(1000).head(1))
    spoken = ", ".join("right" if right else "wrong" for right in attempts["is_correct"])
    assert f'aria-label="In order: {spoken}"' in html
    assert html.count("✓") == attempts["is_correct"].sum()


def test_strips_tell_concepts_apart_by_id(school: type) -> None:
    """Two concepts of one name, and one whose id begins another's, each have their own answers."""
    attempts = school((1, 1)).attempts(1000).head(3)
    attempts = attempts.assign(concepts="Sets", concept_ids=["7", "70", "5,7"], is_correct=True)
    concepts = pd.DataFrame({"concept_id": [7, 70, 5], "concept": ["Sets", "Sets", "Order, of things"]})
    html = answer_strips(attempts, concepts)
    assert [part.split("<")[0] for part in html.split('class="tally">')[1:]] == [
        "2 of 2 right",
        "1 of 1 right",
        "1 of 1 right",
    ]


def test_unknown_times_are_said(school: type) -> None:
    """Without a time there is no date, and without a value a dash."""
    html = answers_table(school((1, 1)).attempts(1000).assign(attempted_at=pd.NaT))
    assert "no time recorded" in html
    assert "<time" not in html


def test_answers_are_escaped_and_bounded(school: type) -> None:
    """A question that is HTML stays text; a long history ends with how many are not listed."""
    attempts = school((1, 1), answers=ANSWERS_SHOWN + 5).attempts(1000).assign(question="<img src=x>")
    html = answers_table(attempts)
    assert "<img" not in html
    assert html.count("<tr>") == ANSWERS_SHOWN + 1
    assert "5 older answers not listed" in html
