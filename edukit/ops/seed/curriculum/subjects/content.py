"""What a subject's content is made of: topics and how they are taught, concepts, and what questions ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Sum:
    """A calculation: its text with gaps, and what fills them (the numbers shown, then the answer) from three digits."""

    text: str
    work: Callable[[int, int, int], tuple[float, ...]]


@dataclass(frozen=True)
class ConceptContent:
    """What a teacher would ask for a concept: calculations, true and false statements, open prompts."""

    name: str
    about: str
    sums: tuple[Sum, ...] = ()
    facts: tuple[str, ...] = ()
    myths: tuple[str, ...] = ()
    prompts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Syllabus:
    """How a topic is taught: its hours, its share of the exam (0-1), the codes of the topics that it needs first.

    One with ``unlock_xp`` is locked until a student has as many experience points.
    """

    hours: float
    exam_weight: float
    needs: tuple[str, ...] = ()
    unlock_xp: int = 0


@dataclass(frozen=True)
class TopicContent:
    """A topic and its concepts, in the order in which they are taught."""

    name: str
    about: str
    syllabus: Syllabus
    concepts: tuple[ConceptContent, ...]


@dataclass(frozen=True)
class SubjectContent:
    """A subject and its topics, in the order in which they are taught."""

    code: str
    name: str
    about: str
    topics: tuple[TopicContent, ...]
