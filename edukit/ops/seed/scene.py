"""A school of the demo with what every part of the seed needs to make rows of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from datetime import datetime

    from edukit.db.ids import Ids
    from edukit.ops.seed.school import School


@dataclass(frozen=True)
class Scene:
    """A school, its place in ``PROFILES``, and the seed, the moment and the ids of the whole demo."""

    school: School
    place: int
    seed: int
    as_of: datetime
    ids: Ids

    @property
    def ready_at(self) -> datetime:
        """When the school's people are there, and its rules are made."""
        return self.school.opened_at + timedelta(hours=3)

    def rng(self, part: int, *more: int) -> np.random.Generator:
        """The generator of one part of the seed at this school, so that no part disturbs another.

        ``part`` is the part's own number; ``more`` tells apart what is made in several goes, such as blocks.
        """
        return np.random.default_rng([self.seed, part, self.place, *more])
