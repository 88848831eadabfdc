"""A listing holds every row of its frame, in groups, as text."""

from __future__ import annotations

import re

import pandas as pd

from edukit.ui.listing import NOTHING, listing

FRAME = pd.DataFrame(
    {
        "model": ["User", "User", "Class", "User"],
        "lives_in": ["users.id", "users.name", "classes.id", "users.role"],
        "in_key": [True, False, True, False],
        "note": ["edukit's own", None, None, "<lower> case"],
    }
)


def rows(html: str) -> list[list[str]]:
    """The cells of each row of the table's body, groups' headings among them."""
    body = html.partition("</thead>")[2]
    return [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in re.findall(r"<tr.*?</tr>", body)]


def test_every_row_is_there_in_its_group() -> None:
    """Rows keep their order; a run of equal values is a group under its own heading, and no column of its own."""
    html = listing(FRAME, "Fields", by="model")
    assert rows(html) == [
        ["User"],
        ["users.id", "yes", "edukit&#x27;s own"],
        ["users.name", "no", NOTHING],
        ["Class"],
        ["classes.id", "yes", NOTHING],
        ["User"],
        ["users.role", "no", "&lt;lower&gt; case"],
    ]
    assert re.findall(r'scope="col">(.*?)<', html) == ["lives in", "in key", "note"]


def test_without_groups_there_is_no_heading() -> None:
    """A plain frame is a plain table."""
    assert [row[0] for row in rows(listing(FRAME, "Fields"))] == FRAME["model"].tolist()


def test_an_empty_frame_is_a_table_without_rows() -> None:
    """Nothing to list still says what would be."""
    html = listing(FRAME.iloc[:0], "Fields", by="model")
    assert rows(html) == []
    assert "<caption>Fields</caption>" in html
    assert "lives in" in html


def test_its_name_is_text() -> None:
    """What a caption says is said, not obeyed."""
    assert 'aria-label="a &quot;b&quot; &lt;c&gt;"' in listing(FRAME, 'a "b" <c>')
