"""One student, followed answer by answer: a state that goes on from where it stood, and ends where a replay ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from edukit.analytics.concept_evidence import CONCEPT, SCORE, evidence_of, scored_by_rule, with_answers
from edukit.analytics.prediction.arrays import MICROSECONDS
from edukit.analytics.prediction.attempts import NO_CONCEPT, as_skill
from edukit.analytics.prediction.history import States
from edukit.analytics.prediction.recording import SKILL, STUDENT, record
from edukit.analytics.prediction.tables import rates

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from numpy.typing import NDArray

    from edukit.analytics.prediction.model import MasteryModel

    Skill = tuple[Hashable, ...]

STATE_FORMAT: Final = 2
"""Of a stored state: whoever changes ``STUDENT``, ``SKILL``, ``CONCEPT`` or what they mean gives it the next number."""
_COUNT: Final = np.dtype("<i8")


@dataclass(frozen=True)
class StudentState:
    """What is known of a student; empty before the first answer.

    Attributes:
        concepts: (concepts,) of dtype ``CONCEPT``.
        student: (1,) of dtype ``STUDENT``.
        skills: (skills,) of dtype ``SKILL``.
        places: the place in ``skills`` of each skill, in their order.
    """

    concepts: NDArray[Any] = field(default_factory=lambda: np.zeros(0, CONCEPT))
    student: NDArray[Any] = field(default_factory=lambda: np.zeros(1, STUDENT))
    skills: NDArray[Any] = field(default_factory=lambda: np.zeros(0, SKILL))
    places: Mapping[Skill, int] = field(default_factory=dict)


class Follower:
    """Follows one student by a model and the tracing of concepts; by the rule where there is no model.

    Args:
        model: that scores mastery; None: the rule of :mod:`edukit.analytics.mastery` does.
        thetas: shape (5,) of each concept that is traced: see :mod:`edukit.analytics.knowledge_tracing`.
    """

    def __init__(
        self, model: MasteryModel | None = None, thetas: Mapping[int, NDArray[np.float64]] | None = None
    ) -> None:
        self.model = model
        self.thetas = thetas or {}
        # As tables code them: from 1, for 0 is what they do not know.
        self._items = {} if model is None else {item: code for code, item in enumerate(model.items.tolist(), 1)}
        self._skills = {} if model is None else {skill: code for code, skill in enumerate(model.skills, 1)}
        # Right answers and answers of each code, as tables would look them up.
        self._counts = {} if model is None else {
            name: model.tables[name].of(np.arange(len(known) + 1) - 1)
            for name, known in (("skill", self._skills), ("item", self._items))
        }  # fmt: skip

    def follow(self, state: StudentState, answers: NDArray[Any], asked: Mapping[int, tuple[int, ...]]) -> StudentState:
        """The state after some more answers.

        Args:
            state: before them; it is left as it is.
            answers: as :func:`edukit.analytics.concept_evidence.with_answers` takes them.
            asked: the concepts of each question that asks for any.
        """
        concepts = with_answers(state.concepts, answers, asked, self.thetas)
        if self.model is None:
            return StudentState(concepts, state.student, state.skills, state.places)
        return self._advanced(self.model, state, concepts, answers, asked)

    def mastery(self, state: StudentState, *, at: float) -> NDArray[Any]:
        """A row of ``concept_mastery`` for each concept that has answers, of dtype ``MASTERY``.

        Args:
            state: of a student.
            at: moment of it, in seconds since 1970.
        """
        if self.model is None:
            return scored_by_rule(state.concepts)
        rows = evidence_of(state.concepts)
        names = [*zip(rows["concept_id"].tolist())]
        skills = state.skills[[state.places[name] for name in names]]
        # What is new to the model has a code beyond those of its skills.
        unknown = len(self.model.skills) + 1
        codes = np.array([self._skills.get(name, unknown) for name in names], dtype=np.int64) - 1
        pairs = (np.zeros(len(skills), np.int64), codes, np.ones(len(skills), np.bool_))
        scores = self.model.scored(States(state.student, skills, *pairs), at=at)
        for name, values in zip(SCORE, scores, strict=True):
            rows[name] = values
        return rows

    def _advanced(
        self,
        model: MasteryModel,
        state: StudentState,
        concepts: NDArray[Any],
        answers: NDArray[Any],
        asked: Mapping[int, tuple[int, ...]],
    ) -> StudentState:
        questions = answers["question_id"].tolist()
        wanted = [as_skill(asked.get(question, ())) for question in questions]
        place = {**state.places}
        start, touched = [0], []
        for skill in wanted:
            members = [(concept,) for concept in skill] if len(skill) > 1 else []
            touched += [place.setdefault(name, len(place)) for name in (skill, *members)]
            start.append(len(touched))
        item = np.array([self._items.get(question, 0) for question in questions], dtype=np.int64)
        skill_code = np.array([self._skills.get(skill, 0) for skill in wanted], dtype=np.int64)
        of_codes = zip(self._counts.items(), (skill_code, item), strict=True)
        counts = {name: (right[codes], count[codes]) for (name, (right, count)), codes in of_codes}
        found = rates(counts, model.overall)
        student, skills = state.student.copy(), np.zeros(len(place), SKILL)
        skills[: len(state.skills)] = state.skills
        record(
            np.zeros(len(answers), np.int64), item, skill_code, np.array(start), np.array(touched, dtype=np.int64),
            answers["attempted_us"] / MICROSECONDS, answers["is_correct"].astype(float),
            np.column_stack([found["item"], found["skill"]]), student, skills,
        )  # fmt: skip
        return StudentState(concepts, student, skills, place)


def packed_state(state: StudentState) -> bytes:
    """A state as bytes: how many numbers name its skills, how many skills there are, and all of it in turn."""
    named = [number for name in state.places for number in _numbered(name)]
    counts = np.array([len(named), len(state.skills), *named], dtype=_COUNT)
    return b"".join(part.tobytes() for part in (counts, state.student, state.skills, state.concepts))


def unpacked_state(stored: bytes) -> StudentState:
    """The state that :func:`packed_state` made this of, to the last bit.

    Raises:
        ValueError: it is none.
    """
    named, skills = (int(count) for count in np.frombuffer(stored, _COUNT, 2))
    names = np.frombuffer(stored, _COUNT, named, 2 * _COUNT.itemsize).tolist()
    offset = (2 + named) * _COUNT.itemsize
    # Copied: what is compiled is compiled once more for arrays that cannot be written.
    student = np.frombuffer(stored, STUDENT, 1, offset).copy()
    offset += student.nbytes
    of_skills = np.frombuffer(stored, SKILL, skills, offset).copy()
    concepts = np.frombuffer(stored, CONCEPT, -1, offset + of_skills.nbytes)
    return StudentState(concepts, student, of_skills, {name: place for place, name in enumerate(_names(names))})


def _numbered(name: Skill) -> list[Any]:
    """The name of a skill as numbers: how many concepts it has, and their ids."""
    return [0] if name == (NO_CONCEPT,) else [len(name), *name]


def _names(numbers: list[int]) -> list[Skill]:
    names: list[Skill] = []
    place = 0
    while place < len(numbers):
        end = place + 1 + numbers[place]
        names.append(tuple(numbers[place + 1 : end]) or (NO_CONCEPT,))
        place = end
    return names
