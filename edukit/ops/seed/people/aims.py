"""What the demo's students aim at: an exam, the hours that they have for it, and their name on GitHub."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from edukit.ops.seed.curriculum.subjects import SUBJECTS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edukit.ops.seed.calendar import SchoolYear
    from edukit.ops.seed.people.names import Person

PREPARES, TELLS_HOURS, ON_GITHUB, CONNECTED = 0.4, 0.55, 0.8, 0.7
"""Share of the students who prepare for an exam and who tell their hours; of those who take computer science,
the share who are on GitHub; and of those, who let edukit read it."""
HOURS = np.array([0.5, 0.75, 1.0, 1.5, 2.0, 3.0])
COMPUTER_SCIENCE = [subject.code for subject in SUBJECTS].index("CSC")
EXAM_BEFORE_END = timedelta(days=24)


def aims(  # noqa: PLR0913 - what aims depend on
    rng: np.random.Generator,
    people: list[Person],
    *,
    domain: str,
    grades: NDArray[np.str_],
    forms: NDArray[np.int64],
    taught: pd.DataFrame,
    year: SchoolYear,
) -> pd.DataFrame:
    """The columns of ``students`` that say what each is after; the first student tells all.

    Once the exam's day is past, nobody prepares for it.
    """
    computing = taught.loc[taught["subject"] == COMPUTER_SCIENCE, "form"]
    prepares, tells, on_github, connected = (
        _some(rng, len(people), share) for share in (PREPARES, TELLS_HOURS, ON_GITHUB, CONNECTED)
    )
    on_github &= np.isin(forms, computing)
    exam_date = year.ends_on - EXAM_BEFORE_END
    prepares &= year.days[-1] <= np.datetime64(exam_date)
    handles = [f"{domain.split('.', maxsplit=1)[0]}-{person.address.replace('.', '-')}"[:39] for person in people]
    subject = rng.integers(0, len(SUBJECTS), len(people))
    exams = [f"{SUBJECTS[of].name}, end of year {grade}" for of, grade in zip(subject, grades, strict=True)]
    return pd.DataFrame(
        {
            "github_username": pd.Series(handles, dtype=object).where(on_github, None),
            "github_connected": on_github & connected,
            "target_exam": pd.Series(exams, dtype=object).where(prepares, None),
            "exam_date": pd.Series(exam_date, index=range(len(people)), dtype=object).where(prepares, None),
            "available_hours_per_day": np.where(tells, rng.choice(HOURS, len(people)), np.nan),
        }
    )


def _some(rng: np.random.Generator, count: int, share: float) -> NDArray[np.bool_]:
    chosen = rng.random(count) < share
    chosen[:1] = True
    return chosen
