"""The figure of a student's weeks."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import pytest

from edukit.analytics.activity import weekly
from edukit.queries.frames import ACTIVITY
from edukit.ui.student_figures import LABELS, weekly_answers


@pytest.mark.parametrize("count", [1, 2, 6, 7, 53])
def test_weeks_are_drawn(count: int) -> None:
    """A bar for each week, a point where there are answers, and no more names below than a phone has room for."""
    monday = date(2026, 1, 5)
    rows = [(monday + timedelta(weeks=week), week % 3, int(week % 3 > 0), 1, 1) for week in range(count)]
    weeks = weekly(ACTIVITY.of(rows), until=pd.Timestamp(rows[-1][0]))
    figure = weekly_answers(weeks)
    bars, line = figure.data
    assert list(bars.y) == [week % 3 for week in range(count)]
    assert [share is None for share in line.y] == [week % 3 == 0 for week in range(count)]
    assert 1 <= len(figure.layout.xaxis.tickvals) <= LABELS
    assert figure.layout.xaxis.ticktext[0] == "5 Jan"
    assert bars.hovertext[0].startswith("Week of 5 Jan 2026<br>0 answers")
