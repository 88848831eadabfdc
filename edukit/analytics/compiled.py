"""Functions compiled by numba, kept between processes where there is a folder for it.

Importing this module imports numba, which takes half a second: import what it compiles where it is first needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, cast

from numba import njit

if TYPE_CHECKING:
    from collections.abc import Callable

Function = TypeVar("Function", bound="Callable[..., object]")


def compiled(function: Function) -> Function:
    """Compile a function when it is first called; dividing by zero gives what it gives in numpy."""
    try:
        kept = njit(cache=True, nogil=True, error_model="numpy")(function)
    except RuntimeError:  # neither beside the package nor in a folder of the user's own can a file be written
        kept = njit(nogil=True, error_model="numpy")(function)
    return cast("Function", kept)
