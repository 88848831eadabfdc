"""What a subject's content is made of: topics, concepts, and what questions ask for."""

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
    sums: tuple[Sum, ...] = ()
    facts: tuple[str, ...] = ()
    myths: tuple[str, ...] = ()
    prompts: tuple[str, ...] = ()


@dataclass(frozen=True)
class TopicContent:
    """A topic and its concepts, in the order in which they are taught."""

    name: str
    concepts: tuple[ConceptContent, ...]


@dataclass(frozen=True)
class SubjectContent:
    """A subject and its topics, in the order in which they are taught."""

    code: str
    name: str
    topics: tuple[TopicContent, ...]
