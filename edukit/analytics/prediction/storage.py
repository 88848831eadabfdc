"""A model as JSON and back: numbers, names and packed arrays, never code."""

from __future__ import annotations

import base64
import zlib
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from edukit.analytics.prediction.ability import Ability
from edukit.analytics.prediction.logistic import Logistic
from edukit.analytics.prediction.model import MasteryModel
from edukit.analytics.prediction.recording import FEATURES, KEYS
from edukit.analytics.prediction.tables import RATE_FEATURES, CountTable
from edukit.analytics.prediction.trees import Trees
from edukit.errors import EdukitError
from edukit.models.mastery import MODEL_FORMAT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

_TYPES: Final = ("<f8", "<i8")
_LAYOUT: Final = {"format": MODEL_FORMAT, "features": [*RATE_FEATURES, *FEATURES], "keys": list(KEYS)}


def as_json(model: MasteryModel) -> dict[str, Any]:
    """The model as what JSON can hold.

    Args:
        model: whose items, and concepts, are text or whole numbers.
    """
    return {
        **_LAYOUT,
        "overall": model.overall,
        "items": model.items.tolist(),
        "skills": [list(skill) for skill in model.skills],
        "tables": {name: _packed_fields(table) for name, table in model.tables.items()},
        "kind": model.name,
        "chosen": _packed_fields(model.chosen),
        "calibration": _packed_fields(model.calibration),
        "ability": {
            **_packed_fields(model.ability),
            "answers": _packed_fields(model.ability.answers),
            "bends": _packed_fields(model.ability.bends),
        },
        "median_logit": packed(model.median_logit),
        "losses": model.losses,
    }


def from_json(stored: Mapping[str, Any]) -> MasteryModel:
    """The model that :func:`as_json` made this of; it predicts the same to the last bit.

    Raises:
        EdukitError: it was stored by an edukit whose features are others.
    """
    found = {name: stored.get(name) for name in _LAYOUT}
    if found != _LAYOUT:
        message = (
            f"The stored mastery model has format {found['format']!r}, or features, that this edukit does not know; "
            f"it reads format {MODEL_FORMAT}. Fit the model again."
        )
        raise EdukitError(message)
    ability = stored["ability"]
    return MasteryModel(
        float(stored["overall"]),
        np.array(stored["items"], dtype=object),
        [tuple(skill) for skill in stored["skills"]],
        {name: CountTable(**_unpacked_fields(table)) for name, table in stored["tables"].items()},
        (Trees if stored["kind"] == "boosted" else Logistic)(**_unpacked_fields(stored["chosen"])),
        Logistic(**_unpacked_fields(stored["calibration"])),
        Ability(
            Logistic(**_unpacked_fields(ability["answers"])),
            unpacked(ability["knots"]),
            Logistic(**_unpacked_fields(ability["bends"])),
            unpacked(ability["spread"]),
        ),
        unpacked(stored["median_logit"]),
        dict(stored["losses"]),
    )


def packed(array: NDArray[Any]) -> dict[str, Any]:
    """An array of numbers as its type, shape and compressed bytes in Base64: exact, and a tenth of a list's text."""
    kind = "<i8" if array.dtype.kind in "iu" else "<f8"
    data = zlib.compress(np.ascontiguousarray(array, dtype=kind).tobytes())
    return {"dtype": kind, "shape": list(array.shape), "zlib": base64.b64encode(data).decode("ascii")}


def unpacked(stored: Mapping[str, Any]) -> NDArray[Any]:
    """The array that :func:`packed` made this of.

    Raises:
        EdukitError: it is not such a one.
    """
    kind, shape = stored["dtype"], tuple(stored["shape"])
    if kind not in _TYPES:
        message = f"A stored array has the type {kind!r}; it must be one of {', '.join(_TYPES)}. Fit the model again."
        raise EdukitError(message)
    return np.frombuffer(zlib.decompress(base64.b64decode(stored["zlib"])), dtype=kind).reshape(shape).copy()


def _packed_fields(holder: Any) -> dict[str, Any]:
    return {name: packed(value) if isinstance(value, np.ndarray) else value for name, value in vars(holder).items()}


def _unpacked_fields(stored: Mapping[str, Any]) -> dict[str, Any]:
    return {name: unpacked(value) if isinstance(value, dict) else value for name, value in stored.items()}
