"""Opening a file that somebody else made: plain or gzip, its bytes checked before anything is written."""

from __future__ import annotations

import gzip
import zlib
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, NoReturn

from edukit.errors import LoadError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from os import PathLike

    Progress = Callable[[int, int], object]
    """Called with the bytes read so far and the file's size, both as stored (compressed)."""

BLOCK_BYTES = 1 << 20
MAX_LINE_BYTES = BLOCK_BYTES  # a longer line must cross the edge of a block: only edges need a look
MAX_UNPACKED_BYTES = 4 << 30

_GZIP = b"\x1f\x8b"
_OTHER_FORMATS = {
    b"PK\x03\x04": "a ZIP archive or an Excel workbook",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ\x00": "an xz archive",
    b"\x28\xb5\x2f\xfd": "a Zstandard archive",
    b"PAR1": "a Parquet file",
}
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")


class SourceFile:
    """A file of lines, read in blocks of bounded size.

    Args:
        path: of a regular file, plain or gzip; its content decides, not its name.
        max_unpacked_bytes: what unpacks to more is refused.
    """

    def __init__(self, path: str | PathLike[str], *, max_unpacked_bytes: int = MAX_UNPACKED_BYTES) -> None:
        self.path = Path(path)
        self._max_unpacked_bytes = max_unpacked_bytes

    def check(self, encodings: Sequence[str]) -> str:
        """Read it all once and write nothing: the first of ``encodings`` that all of it decodes in.

        A second reading costs little beside writing rows, and a file that is torn, endless or in another
        alphabet is refused before the first row is sent rather than after the last.

        Raises:
            LoadError: it cannot be read to its end as text in one of the encodings.
        """
        possible = list(encodings)
        line = 1
        for block in self.blocks():
            if not block.isascii():
                left = [encoding for encoding in possible if _decodes(block, encoding)]
                possible = left or self._refuse_encoding(block, possible[-1], line)
            line += block.count(b"\n")
        return possible[0]

    def blocks(self, progress: Progress | None = None) -> Iterator[bytes]:
        """Its unpacked bytes in blocks that end where a line ends.

        Raises:
            LoadError: it is not there, not readable, torn, too large, or not lines of text.
        """
        carry, line, unpacked = b"", 1, 0
        for piece in self._pieces(progress):
            if not unpacked:
                self._refuse_other_formats(piece)
            unpacked += len(piece)
            self._check_size(unpacked)
            self._check_piece(piece, len(carry), line)
            end = piece.rfind(b"\n") + 1
            if not end:
                carry += piece
                continue
            block, carry = carry + piece[:end], piece[end:]
            line += block.count(b"\n")
            yield block
        if not unpacked:
            self.refuse("it is empty", "Check that the download or export was finished")
        if carry:
            yield carry

    def refuse(self, what: str, step: str) -> NoReturn:
        """Raise the LoadError that says what is wrong with the file and what to do."""
        message = f"{self.path} cannot be loaded: {what}. {step}."
        raise LoadError(message)

    def _pieces(self, progress: Progress | None) -> Iterator[bytes]:
        with self._opened() as raw:
            size = self.path.stat().st_size
            packed = raw.read(2) == _GZIP
            raw.seek(0)
            stream: IO[bytes] = gzip.GzipFile(fileobj=raw) if packed else raw  # type: ignore[assignment]
            while piece := self._read(stream):
                yield piece
                if progress:
                    progress(min(raw.tell(), size), size)

    @contextmanager
    def _opened(self) -> Iterator[IO[bytes]]:
        try:
            if not self.path.exists():
                self.refuse("there is no such file", "Check the path")
            if not self.path.is_file():
                self.refuse("it is a folder or a device, not a file", "Give the path of the file itself")
            raw = self.path.open("rb")
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            self.refuse(f"it cannot be opened ({reason})", "Check its path and permissions")
        with raw:
            yield raw

    def _read(self, stream: IO[bytes]) -> bytes:
        try:
            return stream.read(BLOCK_BYTES)
        except EOFError:
            self.refuse("its gzip data ends too early", "Fetch it again: the download was cut off")
        except (gzip.BadGzipFile, zlib.error) as error:
            self.refuse(f"its gzip data is damaged ({error})", "Fetch it again, or pack it again")
        except OSError as error:
            self.refuse(f"reading it failed ({error.strerror})", "Check the disk that it is on")

    def _check_size(self, unpacked: int) -> None:
        if unpacked > self._max_unpacked_bytes:
            self.refuse(
                f"it unpacks to more than {self._max_unpacked_bytes:,} bytes, the limit",
                "If it is meant to be that large, raise the limit with --max-unpacked-bytes",
            )

    def _check_piece(self, piece: bytes, carried: int, line: int) -> None:
        first = piece.find(b"\n")
        if carried + (len(piece) if first < 0 else first) > MAX_LINE_BYTES:
            self.refuse(
                f"line {line:,} is longer than {MAX_LINE_BYTES:,} bytes, the limit",
                "Check that it is a table with one row a line",
            )
        nul = piece.find(b"\0")
        if nul >= 0:
            at = line + piece.count(b"\n", 0, nul)
            self.refuse(f"line {at:,} holds a NUL byte, which text never does", "Export it again as UTF-8 text")

    def _refuse_other_formats(self, start: bytes) -> None:
        for magic, name in _OTHER_FORMATS.items():
            if start.startswith(magic):
                self.refuse(f"it is {name}", "Unpack or export it as tab- or comma-separated text, plain or gzip")
        head = start[:1000]
        # Latin letters in UTF-16 or UTF-32 are every second byte, or three of four, zero.
        if start.startswith(_WIDE_MARKS) or head.count(b"\0") * 4 >= len(head):
            self.refuse("it is in UTF-16 or UTF-32", "Save it as UTF-8")

    def _refuse_encoding(self, block: bytes, encoding: str, line: int) -> NoReturn:
        try:
            block.decode(encoding)
        except UnicodeDecodeError as error:
            at = line + block.count(b"\n", 0, error.start)
            byte = f"0x{block[error.start]:02x}"
            self.refuse(f"line {at:,} holds the byte {byte}, which is not UTF-8", "Save it as UTF-8")
        raise AssertionError


def _decodes(block: bytes, encoding: str) -> bool:
    try:
        block.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
