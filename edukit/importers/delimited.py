"""A table in a text file: header, delimiter, and its rows in chunks of bounded size."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from edukit.importers.report import shortened
from edukit.importers.source_files import MAX_UNPACKED_BYTES, SourceFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from os import PathLike

    from edukit.importers.report import BadRows
    from edukit.importers.source_files import Progress

CHUNK_ROWS = 50_000
CHUNK_CHARACTERS = 8 << 20  # wide rows: parsed text takes some ten times the memory of the file's
MAX_COLUMNS = 1_000
_DELIMITERS = {"\t": "tabs", ",": "commas"}
_FOREIGN_DELIMITERS = {";": "semicolons", "|": "vertical bars", ":": "colons", " ": "spaces"}


@dataclass(frozen=True)
class Chunk:
    """Some consecutive rows: the fields of each wanted column, and the line that each row ends on."""

    columns: dict[str, list[str]]
    lines: list[int]


class DelimitedFile:
    """A tab- or comma-separated file with a header, plain or gzip, its structure checked when made.

    Args:
        path: of the file.
        required: names of columns that must be there; case, spaces around and a byte order mark do not matter.
        optional: names of columns that are read when they are there.
        encodings: to try in this order.
        max_unpacked_bytes: what unpacks to more is refused.
        progress: called with the bytes read and the file's size as rows are read.

    Raises:
        LoadError: its structure is not that of such a table.
    """

    def __init__(  # noqa: PLR0913 - what a table file may differ in
        self,
        path: str | PathLike[str],
        *,
        required: Sequence[str],
        optional: Sequence[str] = (),
        encodings: Sequence[str] = ("utf-8",),
        max_unpacked_bytes: int = MAX_UNPACKED_BYTES,
        progress: Progress | None = None,
    ) -> None:
        self.path = path
        self._source = SourceFile(path, max_unpacked_bytes=max_unpacked_bytes)
        self.encoding = self._source.check(encodings)
        self._lines = _Lines(self._source.blocks(progress), self.encoding)
        rows = iter(self._lines)
        header = next((line for line in rows if line.strip()), "")
        self._before = self._lines.count
        self._delimiter, self._names = self._read_header(header, required)
        wanted = (*required, *optional)
        self._positions = {name: self._names.index(name) for name in wanted if name in self._names}
        self.extra = [name for name in self._names if name and name not in wanted]
        self._reader = csv.reader(rows, delimiter=self._delimiter)

    def chunks(self, bad_rows: BadRows) -> Iterator[Chunk]:
        """Its rows; one with a wrong number of fields goes to ``bad_rows`` instead.

        Raises:
            LoadError: a quotation mark is never closed, or the file changed while it was read.
        """
        rows: list[list[str]] = []
        lines: list[int] = []
        since, width = self._lines.characters, len(self._names)
        for row in self._records():
            line = self._before + self._reader.line_num
            if len(row) == width:
                rows.append(row)
                lines.append(line)
            elif row:
                bad_rows.add(line, "fields", f"must be {width}, as in the header", f"{len(row):,} fields")
            if len(rows) >= CHUNK_ROWS or self._lines.characters - since > CHUNK_CHARACTERS:
                yield self._chunk(rows, lines)
                rows, lines, since = [], [], self._lines.characters
        yield self._chunk(rows, lines)

    def _records(self) -> Iterator[list[str]]:
        """Records, an empty list for a blank line."""
        start = 0
        try:
            for row in self._reader:
                if self._lines.ended:  # the reader wanted a further line to finish this record
                    self._refuse_quote(self._before + start + 1)
                yield row
                start = self._reader.line_num
        except csv.Error:
            self._refuse_quote(self._before + start + 1)

    def _chunk(self, rows: list[list[str]], lines: list[int]) -> Chunk:
        return Chunk({name: [row[at] for row in rows] for name, at in self._positions.items()}, lines)

    def _read_header(self, header: str, required: Sequence[str]) -> tuple[str, list[str]]:
        if not header:
            self._source.refuse("it holds nothing but blank lines", "Check that the export was finished")
        splits = {delimiter: self._split(header, delimiter) for delimiter in _DELIMITERS}
        delimiter = max(splits, key=lambda one: (len(set(required) & set(splits[one])), len(splits[one])))
        names = splits[delimiter]
        if missing := [name for name in required if name not in names]:
            self._refuse_missing(missing, names, delimiter)
        if len(names) > MAX_COLUMNS:
            self._source.refuse(f"it has {len(names):,} columns, over {MAX_COLUMNS:,}", "Keep those that are needed")
        if twice := sorted({name for name in names if name and names.count(name) > 1}):
            self._source.refuse(f"its header names {_listed(twice)} more than once", "Keep one column of each name")
        return delimiter, names

    def _split(self, header: str, delimiter: str) -> list[str]:
        try:
            return ["_".join(name.casefold().split()) for name in next(csv.reader([header], delimiter=delimiter))]
        except csv.Error:
            self._refuse_quote(self._before)

    def _refuse_missing(self, missing: Sequence[str], names: Sequence[str], delimiter: str) -> NoReturn:
        found = f"found, separated by {_DELIMITERS[delimiter]}: {_listed(names)}"
        foreign = next((word for mark, word in _FOREIGN_DELIMITERS.items() if mark in names[0]), None)
        if len(names) == 1 and foreign:
            self._source.refuse(f"its columns seem separated by {foreign}; {found}", "Save it with tabs or commas")
        word = "column" if len(missing) == 1 else "columns"
        self._source.refuse(
            f"its header lacks the {word} {_listed(missing)}; {found}", "Rename or add the columns, or check the format"
        )

    def _refuse_quote(self, line: int) -> NoReturn:
        self._source.refuse(
            f"a quotation mark on or after line {line:,} is not closed, or a field there is longer than "
            f"{csv.field_size_limit():,} characters",
            'Close it, or double it ("") where it is part of the text',
        )


class _Lines:
    """The lines of a file, with how many characters were handed out and whether a reader ran past the end."""

    def __init__(self, blocks: Iterable[bytes], encoding: str) -> None:
        self._blocks = blocks
        self._encoding = encoding
        self.characters = 0
        self.count = 0
        self.ended = False

    def __iter__(self) -> Iterator[str]:
        for block in self._blocks:
            text = block.decode(self._encoding)
            if not self.characters:
                text = text.removeprefix("\ufeff")
            self.characters += len(text)
            for line in io.StringIO(text, newline=""):
                self.count += 1
                yield line
        self.ended = True


def _listed(names: Sequence[str], most: int = 8) -> str:
    shown = ", ".join(repr(shortened(name)) for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most:,} more"
