"""The demo school: two invented institutions with a school year of everything that edukit keeps.

``demo`` composes. A ``school`` is its people and classes, in the days of its ``calendar``; a ``scene`` is a school
with the seed and the moment of the demo. ``belongings`` are the rows of what people have and write on their own,
``life`` those of what happens between them, for a ``cohort`` of students at a time. What the rows say is made in
the folders, one a domain. To add rows of a further table, make them from a scene in one of these two; draw from a
generator of their own (``scene.rng(number)``), so that the rest stays as it is.
"""

from edukit.ops.seed.demo import SeedReport, seed_demo
from edukit.ops.seed.school import DEMO_TEACHER

__all__ = ["DEMO_TEACHER", "SeedReport", "seed_demo"]
