"""Opening foreign files: what cannot be read is refused in a sentence, in bounded memory."""

from __future__ import annotations

import gzip
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from edukit.errors import LoadError
from edukit.importers.source_files import BLOCK_BYTES, MAX_LINE_BYTES, SourceFile

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Write

ENCODINGS = ("utf-8",)


@pytest.mark.parametrize("pack", [False, True])
@pytest.mark.parametrize("ending", [b"", b"\n"])
def test_blocks_give_every_byte_and_end_with_a_line(write: Write, ending: bytes, *, pack: bool) -> None:
    """Blocks put together are the file, packed or not, and no line is cut."""
    data = b"".join(b"line %d\n" % number for number in range(300_000)) + b"last" + ending
    blocks = list(SourceFile(write(data, pack=pack)).blocks())
    assert b"".join(blocks) == data
    assert len(blocks) > 2
    assert all(block.endswith(b"\n") for block in blocks[:-1])


def test_progress_counts_stored_bytes_up_to_the_size(write: Write) -> None:
    """Progress never falls, and ends at the packed size."""
    path = write("some line\n" * 500_000, pack=True)
    told: list[tuple[int, int]] = []
    list(SourceFile(path).blocks(lambda done, total: told.append((done, total))))
    assert told == sorted(told)
    assert told[-1] == (path.stat().st_size,) * 2


REFUSED = {
    "empty": (b"", "it is empty"),
    "empty packed": (gzip.compress(b""), "it is empty"),
    "cut gzip": (gzip.compress(b"a\tb\n" * 9999)[:-20], "ends too early"),
    "damaged gzip": (gzip.compress(b"a\tb\n" * 9999)[:-8] + b"12345678", "is damaged"),
    "zip": (b"PK\x03\x04rest", "a ZIP archive or an Excel workbook"),
    "zip in gzip": (gzip.compress(b"PK\x03\x04rest"), "a ZIP archive"),
    "xz": (b"\xfd7zXZ\x00rest", "an xz archive"),
    "utf-16 with mark": ("user_id\n".encode("utf-16"), "UTF-16"),
    "utf-16 without mark": ("user_id\n".encode("utf-16-be"), "UTF-16"),
    "utf-32 with mark": ("user_id\n".encode("utf-32"), "UTF-16 or UTF-32"),
    "utf-32 without mark": ("user_id\n".encode("utf-32-le"), "UTF-16 or UTF-32"),
    "nul": (b"a\tb\n" * 999 + b"c\0d\n", "line 1,000 holds a NUL byte"),
    "latin-1": (("a\n" * 1_200_000 + "é\n").encode("latin-1"), "line 1,200,001 holds the byte 0xe9"),
    "long line": (b"a\n" + b"x" * (2 * MAX_LINE_BYTES), "line 2 is longer than 1,048,576 bytes"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_text_is_refused_with_the_reason(write: Write, name: str) -> None:
    """Each broken file is refused in one sentence that names the file, the rule and a next step."""
    data, reason = REFUSED[name]
    path = write(data)
    with pytest.raises(LoadError) as caught:
        SourceFile(path).check(ENCODINGS)
    assert reason in str(caught.value)
    assert str(caught.value).startswith(f"{path} cannot be loaded: ")
    assert str(caught.value).count(". ") >= 1


def test_a_line_over_the_limit_is_found_wherever_it_lies(write: Write) -> None:
    """The length of a line counts across the edges of blocks, and the limit itself is allowed."""
    before = b"a\n" * (BLOCK_BYTES // 4)
    SourceFile(write(before + b"x" * MAX_LINE_BYTES + b"\n")).check(ENCODINGS)
    with pytest.raises(LoadError, match="is longer than"):
        SourceFile(write(before + b"x" * (MAX_LINE_BYTES + 1) + b"\n")).check(ENCODINGS)


@pytest.mark.parametrize("path", ["missing.tsv", ".", "/dev/zero", "nul\0.tsv", "x" * 5000])
def test_what_is_no_file_is_refused(path: str) -> None:
    """A missing file, a folder, a device and an impossible path are each refused."""
    with pytest.raises(LoadError, match=r"cannot be loaded: (there is no|it is a folder|it cannot be opened)"):
        SourceFile(path).check(ENCODINGS)


def test_the_first_encoding_that_fits_all_of_it_is_taken(write: Write) -> None:
    """One byte at the end decides: UTF-8, then Windows-1252, then Latin-1."""
    encodings = ("utf-8", "cp1252", "latin-1")
    start = b"a\n" * 1_000_000
    assert SourceFile(write(start + "é".encode())).check(encodings) == "utf-8"
    assert SourceFile(write(start + b"\x92")).check(encodings) == "cp1252"
    assert SourceFile(write(start + b"\x92\n\x81")).check(encodings) == "latin-1"


BOMB = """
import resource, sys
from edukit.errors import LoadError
from edukit.importers.delimited import DelimitedFile
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
before = peak()
try:
    DelimitedFile(sys.argv[1], required=("a", "b"), max_unpacked_bytes=256 << 20)
except LoadError as error:
    print(peak() - before, error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the module resource is Unix's")
@pytest.mark.parametrize("line", [b"1\t2\n", b"\n", b"x" * (64 << 10)])
def test_a_bomb_is_refused_early_and_in_bounded_memory(tmp_path: Path, line: bytes) -> None:
    """What unpacks to far more than the limit is refused with little memory, whatever it is made of."""
    path = tmp_path / "bomb.gz"
    piece = line * ((1 << 20) // len(line))
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(b"a\tb\n")
        for _ in range(300):
            file.write(piece)
    assert path.stat().st_size < 8 << 20
    told = subprocess.run([sys.executable, "-c", BOMB, path], capture_output=True, text=True, check=True, timeout=60)
    grown, message = told.stdout.split(" ", 1)
    unit = 1 if sys.platform == "darwin" else 1024
    assert int(grown) * unit < 32 << 20
    assert "268,435,456 bytes, the limit" in message or "is longer than" in message
