"""Questions made from a concept's content: their text, kind, right and wrong answers, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from edukit.ops.seed.curriculum.subjects import ConceptContent, Sum

SUMS_OF_A_TEMPLATE = 4
"""Numerical questions, and as many multiple-choice ones, from each template of a calculation."""
LETTERS = "ABCD"
ANSWERS = 4
"""Answers of a question that the demo's students give: the right one, and three wrong ones."""


@dataclass(frozen=True)
class DemoQuestion:
    """A question's text, its kind, and answers as students give them: the right one, then three wrong ones."""

    kind: str
    body: str
    answers: tuple[str | None, str | None, str | None, str | None]
    options: tuple[str, ...] | None = None
    """What a multiple-choice question offers; its body shows them too, since its answers are their letters."""
    explanation: str | None = None

    @property
    def chosen(self) -> tuple[int, ...]:
        """The place of each answer in the options; -1 without options."""
        if self.options is None:
            return (-1,) * ANSWERS
        return tuple(LETTERS.index(str(letter)) for letter in self.answers)


def questions_of(concept: ConceptContent, rng: np.random.Generator) -> list[DemoQuestion]:
    """The questions of a concept, 8 to 20, in one order for one generator."""
    made = [question for template in concept.sums for question in _calculations(concept, template, rng)]
    made += [
        _true_false(fact, "true", "false", f"True. A common mistake: {concept.myths[0]}") for fact in concept.facts
    ]
    made += [_true_false(myth, "false", "true", f"False. Remember: {concept.facts[0]}") for myth in concept.myths]
    if len(concept.myths) >= len(LETTERS) - 1:
        made += [_statement_choice(concept, fact, rng) for fact in concept.facts]
    prompts = (*concept.prompts, f"Explain in two sentences: {concept.name.lower()}.")
    return made + [DemoQuestion("text", prompt, (None, None, None, None)) for prompt in prompts]


def _true_false(statement: str, right: str, wrong: str, why: str) -> DemoQuestion:
    return DemoQuestion("true_false", f"True or false: {statement}", (right, wrong, wrong, wrong), explanation=why)


def _statement_choice(concept: ConceptContent, fact: str, rng: np.random.Generator) -> DemoQuestion:
    why = f"{fact} The other three are common mistakes."
    return _choice(f"{concept.name}: which statement is right?", fact, list(concept.myths[:3]), why, rng)


def _calculations(concept: ConceptContent, template: Sum, rng: np.random.Generator) -> list[DemoQuestion]:
    made: dict[str, DemoQuestion] = {}
    while len(made) < 2 * SUMS_OF_A_TEMPLATE:
        a, b, c = (int(digit) for digit in rng.integers(2, 10, size=3))
        *shown, answer = template.work(a, b, c)
        text = template.text.format(*shown)
        if text in made:
            continue
        right, *wrong = (_number(answer + step * _step(answer)) for step in (0, 1, -1, 2))
        why = f"The answer is {right}. Remember: {concept.facts[0]}"
        if len(made) < SUMS_OF_A_TEMPLATE:
            made[text] = DemoQuestion("numerical", text, (right, *wrong), explanation=why)  # type: ignore[arg-type]
        else:
            made[text] = _choice(text, right, wrong, why, rng)
    return list(made.values())


def _choice(stem: str, right: str, wrong: list[str], why: str, rng: np.random.Generator) -> DemoQuestion:
    place = int(rng.integers(len(LETTERS)))
    options = [*wrong[:place], right, *wrong[place:]]
    body = "\n".join([stem, *(f"{letter}) {option}" for letter, option in zip(LETTERS, options, strict=True))])
    others = [letter for letter in LETTERS if letter != LETTERS[place]]
    answers = (LETTERS[place], others[0], others[1], others[2])
    return DemoQuestion("multiple_choice", body, answers, tuple(options), why)


def _step(answer: float) -> float:
    """How far a believable mistake is off: one in the second digit."""
    if answer != int(answer):
        return 0.1
    return 10.0 ** max(len(str(abs(int(answer)))) - 2, 0)


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
