"""Figures hold what the frame says, and nothing else."""

from __future__ import annotations

import numpy as np
import pandas as pd

from edukit.analytics.mastery_marks import marked
from edukit.ui.figures import concepts_in_order, mastery_heatmap, shortened, students_in_order
from edukit.ui.score_words import last_seen

THRESHOLDS = (50.0, 80.0, 95.0)


def test_scores_stand_at_their_places(school: type) -> None:
    """Each cell of the heatmap is the score of its student and concept."""
    frame = school((30, 24)).class_mastery(1000)
    scores, _ = mastery_heatmap(frame, THRESHOLDS).data
    wanted = frame.set_index(["student_id", "concept_id"])["mastery_score"]
    for row in (0, 7, 29):
        for column in (0, 11, 23):
            student_id, concept_id = scores.customdata[row][column]
            assert np.isclose(scores.z[row][column], wanted[student_id, concept_id], equal_nan=True)


def test_by_need_and_by_name(school: type) -> None:
    """The lowest mean stands at the top by need; the alphabet rules by name."""
    frame = school((30, 24)).class_mastery(1000)
    means = students_in_order(frame, "need")["mean_score"]
    assert means.is_monotonic_increasing
    assert students_in_order(frame, "name")["student"].is_monotonic_increasing
    figure = mastery_heatmap(frame, THRESHOLDS, order="name")
    assert list(figure.data[0].customdata[:, 0, 0]) == sorted(frame["student_id"].unique())
    assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1]


def test_students_without_a_score_stand_last() -> None:
    """Nobody is called most in need for having no answers."""
    frame = pd.DataFrame({"student_id": [1, 2], "student": ["A", "B"], "mastery_score": [np.nan, 99.0]})
    assert students_in_order(frame, "need")["student_id"].tolist() == [2, 1]


def test_gaps_are_not_zeros(school: type) -> None:
    """A cell without answers has no score, a ground of its own, and says so on hover."""
    frame = school((30, 24)).class_mastery(1000)
    scores, gaps = mastery_heatmap(frame, THRESHOLDS).data
    missing = np.isnan(scores.z)
    assert missing.sum() == frame["mastery_score"].isna().sum() > 0
    assert (~np.isnan(gaps.z) == missing).all()
    assert all("No answers yet" in text for text in gaps.hovertext[missing])


def test_hover_tells_the_evidence(school: type) -> None:
    """A cell says who, what, the score with its interval, how many answers and when the last was."""
    frame = school((2, 2)).class_mastery(1000)
    text = mastery_heatmap(frame, THRESHOLDS, order="name").data[0].hovertext[0][0]
    row = frame.iloc[0]
    assert f"{row.student}</b><br>{row.concept}" in text
    interval = f"90% interval {int(row.mastery_low)} to {int(row.mastery_high)}"
    assert f"Score {int(row.mastery_score)} ({row.level}), {interval}" in text
    assert f"6 answers, {row.correct_attempts} right" in text
    assert "Jun 2026" in text


def test_a_score_below_a_threshold_never_reads_as_it(school: type) -> None:
    """49.9 is below 50 and is printed 49, as its colour says."""
    frame = school((1, 1)).class_mastery(1000).assign(mastery_score=49.9, mastery_low=30.0, mastery_high=70.0)
    assert mastery_heatmap(frame, THRESHOLDS).data[0].text[0][0] == "49"


def test_doubt_and_trend_are_marked(school: type) -> None:
    """Beside the number, and in words on hover; where nothing is known of then there is no trend."""
    frame = school((1, 1)).class_mastery(1000)
    frame = frame.assign(mastery_score=72.0, mastery_low=40.0, mastery_high=90.0)
    changes = frame[["student_id", "concept_id"]].assign(change=12.4)
    for told, word in ((None, "~72"), (changes, "~72▲"), (changes.assign(change=-3.0), "~72▼")):
        cell = mastery_heatmap(marked(frame, told, THRESHOLDS), THRESHOLDS).data[0]
        assert cell.text[0][0] == word
        assert "Unsure" in cell.hovertext[0][0]
        assert ("since last week" in cell.hovertext[0][0]) == (told is not None)


def test_study_groups_stand_together(school: type) -> None:
    """By group: each group's students are next to each other under its number; who is in none stands last."""
    edu = school((5, 4))
    frame = edu.class_mastery(1000)
    groups = edu.study_groups(1000).set_index("student_id")["group"]
    ordered = students_in_order(frame.assign(group=frame["student_id"].map(groups)), "group")
    assert [name.partition(" · ")[0] for name in ordered["student"]] == ["1", "1", "2", "2", "no group"]
    assert (
        students_in_order(frame, "group")["student_id"].tolist()
        == students_in_order(frame, "need")["student_id"].tolist()
    )


def test_the_weakest_topic_first() -> None:
    """Topics by their mean, those without a score last; within a topic the curriculum's order holds."""
    frame = pd.DataFrame(
        {"concept_id": [1, 2, 3, 4], "concept": list("abcd"), "topic": ["S", "T", "S", "U"],
         "concept_order": range(4), "mastery_score": [90.0, 40.0, 50.0, np.nan]}
    )  # fmt: skip
    assert concepts_in_order(frame, "weakest")["concept_id"].tolist() == [2, 1, 3, 4]
    assert concepts_in_order(frame)["concept_id"].tolist() == [1, 2, 3, 4]


def test_no_made_up_date() -> None:
    """Where no time was recorded there is no date."""
    assert last_seen(pd.NaT) == "time not recorded"
    assert last_seen(pd.Timestamp("2026-06-03T10:00Z")) == "3 Jun 2026 (UTC)"


def test_markup_in_names_is_text(school: type) -> None:
    """Plotly reads markup in labels and hovers: a name with some stays a name."""
    figure = mastery_heatmap(school((1, 1), name="<b>x</b>").class_mastery(1000), THRESHOLDS)
    assert "&lt;b&gt;" in figure.layout.yaxis.ticktext[0]
    assert "&lt;b&gt;x" in figure.data[0].hovertext[0][0]


def test_same_names_are_two_rows(school: type) -> None:
    """Two students of one name are two rows, told apart by a number that does not change with the order."""
    frame = school((2, 2)).class_mastery(1000).assign(student="Sam Lee")
    figure = mastery_heatmap(frame, THRESHOLDS)
    assert len(figure.layout.yaxis.tickvals) == 2
    orders = [students_in_order(frame, order).set_index("student_id")["student"] for order in ("need", "name")]
    assert orders[0].sort_index().tolist() == orders[1].sort_index().tolist() == ["Sam Lee (1)", "Sam Lee (2)"]


def test_long_names_are_shortened() -> None:
    """A label is at most as long as it may be; a short one is whole."""
    assert shortened("Fractions", 9) == "Fractions"
    assert shortened("Fractions, decimals", 11) == "Fractions,…"
    assert len(shortened("x" * 100, 18)) == 18


def test_figures_leave_plotly_alone(school: type) -> None:
    """Drawing registers no template and changes no default."""
    import plotly.io as pio

    before = pio.templates.default, list(pio.templates)
    mastery_heatmap(school((2, 2)).class_mastery(1000), THRESHOLDS)
    assert (pio.templates.default, list(pio.templates)) == before


def test_cells_are_wide_enough_to_touch(school: type) -> None:
    """However many concepts, a cell is at least 30 pixels each way."""
    figure = mastery_heatmap(school((5, 149)).class_mastery(1000), THRESHOLDS)
    margin = figure.layout.margin
    assert (figure.layout.width - margin.l - margin.r) / 149 >= 30
    assert (figure.layout.height - margin.t - margin.b) / 5 >= 30
