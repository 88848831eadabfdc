"""Cards say who needs help, in plain words and safe HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from edukit.analytics.help import needs_help
from edukit.errors import NotFound, StoreError
from edukit.ui.cards import (
    CONCEPTS_SHOWN,
    GOES_ON,
    STUDENTS_SHOWN,
    error_card,
    figures,
    figures_row,
    help_list,
    legend,
    moment,
)
from edukit.ui.student_cards import mastery_sentence
from edukit.ui.summary import ClassSummary, chart_sentence

if TYPE_CHECKING:
    import pytest

THRESHOLDS = (50.0, 80.0, 95.0)


def test_a_handful_and_how_many_more(school: type) -> None:
    """A few concepts and names stand open, the others are folded under their number; none is lost."""
    needs = needs_help(school((30, 24)).class_mastery(1000), THRESHOLDS)
    html = help_list(needs, THRESHOLDS)
    first = needs[needs["concept_id"] == needs["concept_id"].iloc[0]]
    assert f"and {len(first) - STUDENTS_SHOWN} more<" in html
    assert f"and {needs['concept_id'].nunique() - CONCEPTS_SHOWN} more concepts" in html
    assert html.count("data-student=") == len(needs)


def test_levels_begin_where_they_were_chosen(school: type) -> None:
    """A threshold with a decimal is told as it is, and not as another."""
    edu, chosen = school((3, 2)), (49.5, 79.5, 95.0)
    frame = edu.class_mastery(1000)
    assert "below 49.5 whose whole 90% interval lies below 79.5" in help_list(needs_help(frame, chosen), chosen)
    summary = ClassSummary(3, 9, 0.5, 50.0, 6, 2, 0)
    assert "Scores below 49.5" in figures_row(summary, chosen)
    assert "below 49.5" in chart_sentence(frame, chosen)
    assert "below 49.5" in mastery_sentence(frame.assign(topic="Sums"), chosen)


def test_nobody_needs_help(school: type) -> None:
    """Nobody below is a sentence."""
    assert "Nobody for now" in help_list(school((1, 1)).class_mastery(1000).head(0), THRESHOLDS)


def test_figures_are_grouped_and_escaped() -> None:
    """A number has its thousands apart, a text is as it is, and no name is read as HTML."""
    html = figures([("Answers", 12345, "of <i>all</i>"), ("Score <b>", "48", "middle")])
    assert "<b>12,345</b><span>of &lt;i&gt;all" in html
    assert "Score &lt;b&gt;</dt><dd><b>48</b>" in html


def test_a_moment_is_the_readers() -> None:
    """It is machine-readable, so that the page can tell it in the reader's zone; none is said to be none."""
    at = pd.Timestamp("2026-06-30T20:00:00Z")
    assert moment(at) == '<time datetime="2026-06-30T20:00:00+00:00">2026-06-30 20:00 UTC</time>'
    assert "no time recorded" in moment(pd.NaT)


def test_errors_are_escaped() -> None:
    """What an error quotes stays text."""
    assert "<b>" not in error_card("no class '<b>'")


def test_the_legend_names_every_level() -> None:
    """Each level stands with its range, and the gaps with theirs."""
    html = legend((50.0, 80.0, 95.5))
    for words in ("beginning <span>0 to below 50", "mastered <span>95.5 to 100", "no answers yet"):
        assert words in html


def test_a_page_without_its_store_goes_on_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only where the store is away, and only in a page of edukit's own server, and it says so."""
    away, other = StoreError("PostgreSQL does not answer."), NotFound("There is no class 7.")
    assert "data-retry" not in error_card(away)
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5")
    assert "data-retry" in error_card(away)
    assert GOES_ON in error_card(away)
    assert "data-retry" not in error_card(other)
