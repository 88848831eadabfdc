"""The four systems that edukit unifies: each model and field of theirs, and where it lives now.

Their Redis keys are not here: what they cached is made again from the tables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from edukit.errors import MigrationError
from edukit.importers.sources import education_platform, learning_engine, quiz_backend, study_assistant
from edukit.models import Base
from edukit.queries.frames import SOURCES

if TYPE_CHECKING:
    from edukit.importers.sources.place import Places

SYSTEMS: dict[str, Places] = {
    "AI education platform": education_platform.PLACES,
    "Study assistant": study_assistant.PLACES,
    "Adaptive learning engine": learning_engine.PLACES,
    "XP and quiz backend": quiz_backend.PLACES,
}
"""Of each source system: its models, their fields, and the place of each."""


def located(columns: pd.DataFrame) -> pd.DataFrame:
    """Every field of every source system where it lives in a database: the frame ``sources``.

    A field that is split has a row for each of its columns. What needs an extension that the server lacks has
    its row, without type and comment.

    Args:
        columns: the frame ``columns`` of the database.

    Raises:
        MigrationError: a column in which a field lives is not there.
    """
    rows = [
        (system, model, field, *column.split("."), place.note or None)
        for system, models in SYSTEMS.items()
        for model, fields in models.items()
        for field, place in fields.items()
        for column in place.columns
    ]
    places = pd.DataFrame(rows, columns=["system", "model", "field", "table", "column", "note"])
    found = places.merge(columns[["table", "column", "type", "comment"]], how="left", on=["table", "column"])
    gone = found[found["type"].isna() & ~found["table"].isin(_optional())]
    if not gone.empty:
        first = gone.iloc[0]
        message = (
            f"{first['model']}.{first['field']} of the {first['system']} lives in {first['table']}.{first['column']}, "
            "which this database does not have: run `edukit migrate upgrade`, or correct edukit/importers/sources."
        )
        raise MigrationError(message)
    return SOURCES.typed(found)


def _optional() -> set[str]:
    """The tables that are there only where the server has an extension."""
    return {table.name for table in Base.metadata.tables.values() if "extension" in table.info}
