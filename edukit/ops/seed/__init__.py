"""The demo school: two invented institutions with a school year of practice.

``demo`` composes; ``school`` and ``enrolments`` make people and classes, ``curriculum`` and ``questions``
what is taught (its content in ``subjects``), ``habits`` and ``sessions`` who practises when, ``learning``
what comes of it, ``practice`` the attempts. To add rows of a further table, make them from a
:class:`~edukit.ops.seed.school.School` and write them in :func:`~edukit.ops.seed.demo.seed_demo`; draw from a
generator of their own (``[seed, number, ...]``), so that the rest stays as it is.
"""

from edukit.ops.seed.demo import SeedReport, seed_demo

__all__ = ["SeedReport", "seed_demo"]
