"""What a load did, and which rows it could not take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edukit.errors import LoadError

if TYPE_CHECKING:
    from os import PathLike

SHOWN = 20
_VALUE_CHARACTERS = 60


@dataclass(frozen=True)
class BadRow:
    """A row that breaks a rule: where, which rule of which column, and the value that breaks it."""

    file: str
    line: int
    column: str
    rule: str
    value: str

    def __str__(self) -> str:
        return f"line {self.line:,}: {self.column} {self.rule}; it is {self.value}"


@dataclass(frozen=True)
class LoadReport:
    """What a load read, added and left out."""

    rows_read: int
    attempts_added: int
    attempts_already_there: int
    institutions_added: int
    classes_added: int
    students_added: int
    concepts_added: int
    questions_added: int
    bad_row_count: int = 0
    bad_rows: tuple[BadRow, ...] = ()
    """The first 20, in the order of the file."""
    notes: tuple[str, ...] = ()
    """What was read otherwise than it stands, such as times that cannot be."""

    def __str__(self) -> str:
        added = ", ".join(
            f"{getattr(self, f'{things}_added'):,} {things}"
            for things in ("institutions", "classes", "students", "concepts", "questions")
        )
        attempts = f"{self.attempts_added:,} attempts are new, {self.attempts_already_there:,} were there already"
        lines = [f"Read {self.rows_read:,} rows: {attempts}.", f"Added {added}.", *self.notes]
        if self.bad_row_count:
            lines += [f"Left out {self.bad_row_count:,} bad rows:", *(f"  {row}" for row in self.bad_rows)]
        return "\n".join(lines)


def shortened(value: str) -> str:
    """A value as a message shows it: a field of a broken file may be a megabyte."""
    return value if len(value) <= _VALUE_CHARACTERS else value[:_VALUE_CHARACTERS] + "…"


class BadRows:
    """The rows of a file that break a rule: the first twenty and how many there are."""

    def __init__(self, path: str | PathLike[str]) -> None:
        self._file = str(path)
        self._first: list[BadRow] = []
        self.count = 0

    @property
    def first(self) -> tuple[BadRow, ...]:
        """The first twenty, in the order of the file."""
        return tuple(sorted(self._first, key=lambda row: row.line)[:SHOWN])

    def add(self, line: int, column: str, rule: str, value: str) -> None:
        """Note a row."""
        self.count += 1
        self._first.append(BadRow(self._file, line, column, rule, shortened(value)))
        if len(self._first) > 10 * SHOWN:
            self._first = list(self.first)

    def refuse(self, rows_read: int) -> None:
        """Raise when there are any.

        Raises:
            LoadError: at least one row breaks a rule.
        """
        if not self.count:
            return
        listed = "\n".join(f"  {row}" for row in self.first)
        rest = f"\n  and {self.count - SHOWN:,} more" if self.count > SHOWN else ""
        message = (
            f"{self._file} cannot be loaded: {self.count:,} of {rows_read:,} rows break a rule; nothing was loaded.\n"
            f"{listed}{rest}\nMend them, or load the other rows with --skip-bad-rows."
        )
        raise LoadError(message)
