"""A frame of words as an HTML table that reads like a list: left-aligned, in groups, whole."""

from __future__ import annotations

from html import escape

import pandas as pd

NOTHING = '<span class="muted">&ndash;</span>'


def listing(frame: pd.DataFrame, caption: str, *, by: str | None = None) -> str:
    """The rows of a frame, all of them, in the page's style; every text is escaped.

    Args:
        frame: text, numbers or truth values; the first column names the row.
        caption: what the table holds, for those who do not see it.
        by: column whose runs of equal values are the groups, each under a heading of its own; None: no groups.
    """
    shown = frame.drop(columns=by) if by else frame
    head = "".join(f'<th scope="col">{escape(str(name).replace("_", " "))}</th>' for name in shown.columns)
    named = frame[by] if by else pd.Series("", index=frame.index)
    runs = (named != named.shift()).cumsum()
    groups = "".join(_group(named[rows.index[0]], rows) for _, rows in shown.groupby(runs, sort=False))
    # A region that scrolls has to be reachable by keyboard, and so to have a name.
    return (
        f'<div class="edukit"><div class="scroll" role="region" aria-label="{escape(caption)}" tabindex="0">'
        f'<table class="listing"><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead>{groups}</table>'
        "</div></div>"
    )


def _group(name: object, rows: pd.DataFrame) -> str:
    heading = f'<tr class="group"><th scope="rowgroup" colspan="{rows.shape[1]}">{escape(str(name))}</th></tr>'
    body = "".join(
        f'<tr><th scope="row">{_cell(first)}</th>{"".join(f"<td>{_cell(value)}</td>" for value in others)}</tr>'
        for first, *others in rows.itertuples(index=False, name=None)
    )
    return f"<tbody>{heading if name else ''}{body}</tbody>"


def _cell(value: object) -> str:
    if pd.isna(value):  # type: ignore[call-overload]
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    return escape(str(value))
