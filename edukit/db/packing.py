"""Rows of numbers and moments as COPY takes them in binary, packed at once and not one by one.

A row is the number of its fields and, of each, its size in bytes and its value, high byte first; a null has the size
-1 and no value. So all rows of one shape are one array of records, less the bytes of what is null.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

SIGNATURE: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
"""What a binary COPY begins with, without flags or extensions."""
END: Final = b"\xff\xff"
SINCE_2000: Final = 946_684_800_000_000
"""Microseconds from 1970 to 2000, from where PostgreSQL counts."""
_WIRE: Final = {
    "int8": ">i8", "int4": ">i4", "int2": ">i2", "float8": ">f8", "float4": ">f4", "bool": "?", "timestamptz": ">i8",
}  # fmt: skip
_KINDS: Final = {"i": "iu", "f": "fiu", "b": "b"}
"""What of numpy's kinds of number may become which of the wire's."""


def packed(columns: Sequence[pd.Series[Any]], types: Sequence[str]) -> bytes | None:
    """The rows of columns as a binary COPY; None: some column is of another type, or of numbers too large for its own.

    Args:
        columns: of one length; what is missing becomes null.
        types: PostgreSQL's name of each one's type.
    """
    found = [_values(column, of) for column, of in zip(columns, types, strict=True)]
    values = [value for value in found if value is not None]
    if len(values) < len(columns):
        return None
    fields = [pair for place, of in enumerate(types) for pair in ((f"size {place}", ">i4"), (str(place), _WIRE[of]))]
    rows = np.empty(len(columns[0]), dtype=[("fields", ">i2"), *fields])
    rows["fields"] = len(types)
    kept = np.ones((len(rows), rows.itemsize), dtype=bool)
    for place, (column, value) in enumerate(zip(columns, values, strict=True)):
        width, offset = rows.dtype[str(place)].itemsize, rows.dtype.fields[str(place)][1]  # type: ignore[index]
        missing = column.isna().to_numpy()
        rows[str(place)], rows[f"size {place}"] = value, np.where(missing, -1, width)
        kept[missing, offset : offset + width] = False
    return SIGNATURE + rows.view(np.uint8).reshape(kept.shape)[kept].tobytes() + END


def _values(column: pd.Series[Any], of: str) -> NDArray[Any] | None:
    """The column's values as the wire has them, anything where one is missing; None: they are none of it."""
    if of == "timestamptz" and getattr(column.dtype, "tz", None) is not None:
        return column.to_numpy("datetime64[us]").view(np.int64) - SINCE_2000
    if of == "timestamptz" or of not in _WIRE or not isinstance(column.dtype, np.dtype):
        return None
    plain, wire = column.to_numpy(), np.dtype(_WIRE[of])
    if plain.dtype.kind not in _KINDS[wire.kind]:
        return None
    if wire.kind == "i" and len(plain) and not np.iinfo(wire).min <= plain.min() <= plain.max() <= np.iinfo(wire).max:
        return None
    return plain
