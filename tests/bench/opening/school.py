"""The data that every side shows: two classes with a score of each student on each concept, the same at each run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from opening.apps import dashboard

if TYPE_CHECKING:
    from pathlib import Path

CLASSES = ("7A", "7B")
CONCEPTS = 30
GIVEN = [
    "Ada",
    "Ben",
    "Cleo",
    "Dan",
    "Eva",
    "Finn",
    "Gia",
    "Hugo",
    "Ines",
    "Jon",
    "Kim",
    "Leo",
    "Mia",
    "Noah",
    "Olga",
    "Paul",
    "Quinn",
    "Rosa",
    "Sam",
    "Tara",
]
FAMILY = [
    "Abel",
    "Brand",
    "Costa",
    "Diaz",
    "Engel",
    "Fuchs",
    "Grau",
    "Haas",
    "Ito",
    "Jung",
    "Klein",
    "Lang",
    "Maas",
    "Noll",
    "Ortiz",
    "Park",
    "Quast",
    "Rau",
    "Sand",
    "Thal",
]


@dataclass(frozen=True)
class School:
    """What a page has to show."""

    students: int
    first: dict[str, str]
    """The student in the first row of each class's table."""

    @property
    def expected(self) -> dict[str, Any]:
        """For the script that watches a page."""
        return {
            "heading": dashboard.HEADING,
            "classes": CLASSES,
            "students": self.students,
            "concepts": CONCEPTS,
            "labels": self.students * CONCEPTS <= dashboard.TEXT_CELLS,
            "first": self.first,
        }


def make_school(folder: Path, students: int) -> School:
    """Write the file of scores into a folder."""
    rng = np.random.default_rng(2026)
    names = [f"{given} {chr(65 + middle)}. {family}" for given in GIVEN for middle in range(3) for family in FAMILY]
    chosen = rng.permutation(names)[: students * len(CLASSES)]
    ability = rng.normal(60, 15, size=(students * len(CLASSES), 1))
    difficulty = rng.normal(0, 12, size=(1, CONCEPTS))
    scores = np.clip(ability - difficulty + rng.normal(0, 10, size=(len(chosen), CONCEPTS)), 0, 100).round(1)
    frame = pd.DataFrame(
        {
            "class": np.repeat(CLASSES, students * CONCEPTS),
            "student": np.repeat(chosen, CONCEPTS),
            "concept": np.tile([f"Concept {n + 1:02}" for n in range(CONCEPTS)], len(chosen)),
            "score": scores.ravel(),
        }
    )
    frame.to_csv(folder / dashboard.FILE, index=False)
    return School(students, frame.groupby("class")["student"].min().to_dict())
