"""Tables in text files: headers, delimiters, quotes, and the line that each row stands on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edukit.errors import LoadError
from edukit.importers import delimited
from edukit.importers.delimited import DelimitedFile
from edukit.importers.report import BadRows

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Write


def read(path: Path) -> tuple[list[tuple[str, ...]], list[int], BadRows]:
    bad_rows = BadRows(path)
    chunks = list(DelimitedFile(path, required=("a", "b")).chunks(bad_rows))
    rows = [row for chunk in chunks for row in zip(chunk.columns["a"], chunk.columns["b"], strict=True)]
    return rows, [line for chunk in chunks for line in chunk.lines], bad_rows


@pytest.mark.parametrize(
    "content",
    [
        "a\tb\n1\t2\n",
        "b,a\n2,1\n",
        "\ufeffa,b\n1,2",
        '\ufeff"A" , B \r\n1,2\r\n',
        "\n  \n A \tx y\t B\n1\t0\t2\n\n\n",
        "a,b\r1,2\r",
        ',a,b,\n0,1,2,"x, ""y"""\n',
    ],
)
def test_headers_and_line_ends_of_all_kinds_are_read(write: Write, content: str) -> None:
    """Order, case, spaces, byte order marks, unnamed columns, blank lines and line ends do not matter."""
    assert read(write(content))[0] == [("1", "2")]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("a;b\n1;2\n", "seem separated by semicolons; found, separated by"),
        ("a b\n1 2\n", "lacks the columns 'a', 'b'; found, separated by"),
        ("a\tc\td\n1\t2\t3\n", "lacks the column 'b'; found, separated by tabs: 'a', 'c', 'd'"),
        (",".join(f"c{number}" for number in range(50)), "'c7' and 42 more"),
        ("a,b,A\n1,2,3\n", "names 'a' more than once"),
        ("a,b" + ",x" * 2_000, "2,002 columns, over 1,000"),
        (",".join(f"c{number}" for number in range(1_000_000)), "line 1 is longer than"),
        ("z" * 200_000, "is longer than 131,072 characters"),
        (" \n\n", "nothing but blank lines"),
        ('a,b\n1,2\n3,"4\n5,6\n', "a quotation mark on or after line 3 is not closed"),
        ('a,b\n1,"' + "x,\n" * 100_000, "on or after line 2"),
    ],
)
def test_a_broken_structure_is_refused_with_the_reason(write: Write, content: str, reason: str) -> None:
    """Each failure says what was expected and what was found."""
    with pytest.raises(LoadError, match="cannot be loaded: ") as caught:
        read(write(content))
    assert reason in str(caught.value)
    assert len(str(caught.value)) < 1_000


def test_lines_are_those_of_the_file_whatever_stands_between(write: Write) -> None:
    """Blank lines and quoted line breaks count, and a row with other fields is told of by its line."""
    rows, lines, bad_rows = read(write('\na,b\n1,2\n\n3,"4\n4"\n5\n6,7,8\n9,10\n'))
    assert rows == [("1", "2"), ("3", "4\n4"), ("9", "10")]
    assert lines == [3, 6, 9]
    assert [(row.line, row.value) for row in bad_rows.first] == [(7, "1 fields"), (8, "3 fields")]


def test_chunks_put_together_are_the_file(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cutting into chunks by rows or by size loses and doubles nothing."""
    path = write([("a", "b"), *((number, "x" * (number % 50)) for number in range(100_000))])
    whole = read(path)[:2]
    for limit in ("CHUNK_ROWS", "CHUNK_CHARACTERS"):
        with monkeypatch.context() as patched:
            patched.setattr(delimited, limit, 999)
            assert read(path)[:2] == whole
    assert whole[1] == list(range(2, 100_002))
