"""Cards say who needs help, in plain words and safe HTML."""

from __future__ import annotations

from edukit.analytics.help import needs_help
from edukit.ui.cards import CONCEPTS_SHOWN, STUDENTS_SHOWN, error_card, help_list, legend

THRESHOLDS = (50.0, 80.0, 95.0)


def test_a_handful_and_how_many_more(school: type) -> None:
    """A few concepts and names stand open, the others are folded under their number; none is lost."""
    needs = needs_help(school((30, 24)).class_mastery(1000), THRESHOLDS)
    html = help_list(needs, THRESHOLDS)
    first = needs[needs["concept_id"] == needs["concept_id"].iloc[0]]
    assert f"and {len(first) - STUDENTS_SHOWN} more<" in html
    assert f"and {needs['concept_id'].nunique() - CONCEPTS_SHOWN} more concepts" in html
    assert html.count("data-student=") == len(needs)


def test_nobody_needs_help(school: type) -> None:
    """Nobody below is a sentence."""
    assert "Nobody for now" in help_list(school((1, 1)).class_mastery(1000).head(0), THRESHOLDS)


def test_errors_are_escaped() -> None:
    """What an error quotes stays text."""
    assert "<b>" not in error_card("no class '<b>'")


def test_the_legend_names_every_level() -> None:
    """Each level stands with its range, and the gaps with theirs."""
    html = legend((50.0, 80.0, 95.5))
    for words in ("beginning <span>0 to below 50", "mastered <span>95.5 to 100", "no answers yet"):
        assert words in html
