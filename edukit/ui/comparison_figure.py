"""Classes side by side: the chart, the sentence that says it, and the table beside it."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from edukit.analytics.class_comparison import TOGETHER
from edukit.analytics.mastery import LEVELS
from edukit.analytics.suppression import LEAST_GROUP
from edukit.analytics.wording import counted
from edukit.ui.cards import each
from edukit.ui.figures import shortened
from edukit.ui.tables import table
from edukit.ui.theme import BANDS, LIGHT, template

if TYPE_CHECKING:
    import pandas as pd

ROW, TITLE, CLASS_LENGTH, TOPIC_LENGTH = 24, 1.25, 16, 44
"""Pixels of a class's row; rows that the name of a topic takes; letters of names, at most."""
MARGIN = 24 + 7 * CLASS_LENGTH
"""Pixels before the bars, for the names of classes."""
FROM_BEST = tuple(reversed(LEVELS))
"""Levels from the left: what is proficient or above ends where its interval stands."""
HIDDEN = f"fewer than {LEAST_GROUP} with answers"
NOTHING = "Nobody in these classes has answered yet."
SAID = (
    f"Groups of fewer than {LEAST_GROUP} students with answers are not told, and “{TOGETHER}” leaves them out, so that "
    "nothing can be computed of them where nobody is in two of the classes."
)


def comparison_chart(rows: pd.DataFrame) -> go.Figure:
    """A bar for each class and topic, divided by level, with the interval of the share who are proficient or above.

    Args:
        rows: the frame ``compare_classes``, of one topic at least.
    """
    # Places before rows are left out: to an empty frame pandas would add a row for each.
    placed = rows.assign(at=_places(rows))
    known = placed[placed["students_answered"].fillna(0) > 0]
    hover = [_hover(row) for row in each(known)]
    common = {"y": known["at"].tolist(), "hovertext": hover, "hoverinfo": "text"}
    shares = {level: (100 * known[level] / known["students_answered"]).astype("float64").tolist() for level in LEVELS}
    bars = [
        go.Bar(x=shares[level], orientation="h", name=level, marker={"color": BANDS[level][0]}, **common)
        for level in FROM_BEST
    ]
    low, middle, high = ((100 * known[name]).tolist() for name in ("share_low", "share_proficient", "share_high"))
    interval = go.Scatter(
        x=middle,
        mode="markers",
        marker={"color": LIGHT["ink"], "size": 5},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [end - mid for end, mid in zip(high, middle, strict=True)],
            "arrayminus": [mid - start for start, mid in zip(low, middle, strict=True)],
            "color": LIGHT["ink"],
            "thickness": 1.5,
            "width": 4,
        },
        name="90% interval",
        **common,
    )
    return go.Figure([*bars, interval], _layout(placed))


def comparison_sentence(rows: pd.DataFrame) -> str:
    """What the chart shows, for those who do not see it."""
    classes = rows[rows["class_id"].notna()]
    if classes.empty:
        return NOTHING
    known = classes.dropna(subset="share_proficient")
    text = (
        f"{counted(classes['class_id'].nunique(), 'class', 'classes')} on {counted(rows['topic'].nunique(), 'topic')}"
    )
    # Of one class alone there is nothing to compare.
    if len(known.drop_duplicates("class_id")) > 1:
        shares = known["share_proficient"]
        best, least = known.iloc[int(shares.argmax())], known.iloc[int(shares.argmin())]
        text += f": the largest share who are proficient has {_share(best)}, the least {_share(least)}"
        apart = _apart(known)
        text += f"; on {counted(apart, 'topic')} the intervals of two classes lie apart"
    hidden = int(classes["suppressed"].sum())
    return (
        f"{text}. {counted(hidden, 'group')} {'is' if hidden == 1 else 'are'} not told. {SAID}"
        if hidden
        else f"{text}."
    )


def comparison_table(rows: pd.DataFrame) -> str:
    """The same as a table, by topic."""
    names = ("Topic", "Class", "Students with answers", *(level.title() for level in LEVELS), "Proficient or above")
    head = "".join(f'<th scope="col">{name}</th>' for name in names)
    body = "".join(
        f'<tr><th scope="row">{escape(row.topic)}</th><td>{escape(row.class_name)}</td>{_figures(row)}</tr>'
        for row in each(rows)
    )
    return table("Classes side by side, by topic", head, body, kind="answers compared")


def _figures(row: Any) -> str:
    if row.suppressed:
        return f'<td colspan="{len(LEVELS) + 2}">{HIDDEN}</td>'
    if not row.students_answered:
        return f'<td colspan="{len(LEVELS) + 2}">no answers yet</td>'
    counts = "".join(f'<td class="number">{getattr(row, level):,}</td>' for level in LEVELS)
    share = f"{row.share_proficient:.0%}, {row.share_low:.0%} to {row.share_high:.0%}"
    return f'<td class="number">{row.students_answered:,}</td>{counts}<td>{share}</td>'


def _share(row: Any) -> str:
    return f"{row['class_name']} on {row['topic']} ({row['share_proficient']:.0%})"


def _apart(known: pd.DataFrame) -> int:
    """On how many topics the highest lower end is above the lowest upper end."""
    ends = known.groupby("topic_id").agg(low=("share_low", "max"), high=("share_high", "min"))
    return int((ends["low"] > ends["high"]).sum())


def _hover(row: Any) -> str:
    spread = "<br>".join(f"{getattr(row, level):,} {level}" for level in FROM_BEST)
    return (
        f"<b>{escape(row.class_name)}</b><br>{escape(row.topic)}<br>{counted(row.students_answered, 'student')}<br>"
        f"{spread}<br>{row.share_proficient:.0%} proficient or above,<br>90% interval {row.share_low:.0%} to "
        f"{row.share_high:.0%}"
    )


def _places(rows: pd.DataFrame) -> pd.Series[float]:
    """How far down each row stands: the name of its topic stands above the first of the topic."""
    begins = rows["topic_id"] != rows["topic_id"].shift()
    return rows.index.to_series() + TITLE * begins.cumsum()


def _layout(rows: pd.DataFrame) -> go.Layout:
    last = float(rows["at"].max()) + 0.7
    titles = rows.drop_duplicates("topic_id")
    hidden = rows[rows["students_answered"].fillna(0) == 0]
    plain = {"showarrow": False, "xref": "paper", "x": 0, "xanchor": "left"}
    # A topic's name begins at the page's edge: behind the margin a phone would cut it.
    words = [(row.at - 0.95, f"<b>{escape(shortened(row.topic, TOPIC_LENGTH))}</b>", -MARGIN) for row in each(titles)]
    words += [(row.at, HIDDEN if row.suppressed else "no answers yet", 0) for row in each(hidden)]
    return go.Layout(
        template=template(),
        height=int(ROW * last) + 44,
        margin={"l": MARGIN, "r": 16, "t": 4, "b": 40},
        barmode="stack",
        bargap=0.22,
        showlegend=False,
        xaxis={"range": [0, 101], "ticksuffix": "%", "tickvals": [0, 25, 50, 75, 100]},
        yaxis={
            "range": [last, 0],
            "tickvals": rows["at"].tolist(),
            "ticktext": [escape(shortened(name, CLASS_LENGTH)) for name in rows["class_name"]],
        },
        annotations=[
            {**plain, "y": at, "text": text, "xshift": shift, "font": {"size": 13}} for at, text, shift in words
        ],
    )
