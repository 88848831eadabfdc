"""What is said in the demo's chats: lines of a user and the assistant in turn, the assistant's from facts alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from edukit.ops.seed.curriculum.lessons import Lesson

ASKS_ABOUT = (
    "How is {name} doing in {subject}?",
    "I meet {name}'s parents this week. What should I tell them about {subject}?",
    "{name} was quiet in the last lessons. What do the answers in {subject} show?",
)
THANKS = ("Thank you, I will set that.", "Thanks, that is a good start.", "Good. I will try it in the next lesson.")
DOES_NOT_GET = (
    'I keep getting "{name}" wrong. Can you explain it?',
    'We have a test on {topic} and I am not sure about "{name}".',
    'What is there to remember about "{name}"?',
)
WRONG_SHARE = 0.3
"""Share of the dialogues in which the student's own try is wrong."""


@dataclass(frozen=True)
class Standing:
    """What a student's answers on a concept show."""

    lesson: Lesson
    answers: int
    right: int


@dataclass(frozen=True)
class Task:
    """A question that can be put in a chat: its text, the right answer, a wrong one, and why."""

    body: str
    right: str
    wrong: str
    why: str


def about_student(rng: np.random.Generator, name: str, standings: list[Standing]) -> list[str]:
    """A teacher asks about a student; ``standings`` are of one subject, the weakest first, and at least one."""
    weakest, strongest = standings[0], standings[-1]
    subject, concept = weakest.lesson.subject.name, weakest.lesson.concept
    answers, right = sum(of.answers for of in standings), sum(of.right for of in standings)
    told = f"{name} has given {_counted(answers, 'answer')} in {subject}, {right} of them right."
    if len(standings) > 1:
        told += f' The strongest concept is "{strongest.lesson.concept.name}" ({_share(strongest)}),'
        told += f' the weakest is "{concept.name}" ({_share(weakest)}).'
    advice = (
        f"It is about this: {concept.about} The rule to begin with: {concept.facts[0]} A mistake that many make: "
        f"{concept.myths[0]} A task that shows whether it is understood: {concept.prompts[0]}"
    )
    return [
        str(rng.choice(ASKS_ABOUT)).format(name=name, subject=subject),
        told,
        f'What could help with "{concept.name}"?',
        advice,
        str(rng.choice(THANKS)),
    ]


def about_concept(rng: np.random.Generator, lesson: Lesson, task: Task) -> list[str]:
    """A student asks about a concept, and tries a task."""
    concept = lesson.concept
    wrong = rng.random() < WRONG_SHARE
    return [
        str(rng.choice(DOES_NOT_GET)).format(name=concept.name, topic=lesson.topic.name),
        f'"{concept.name}" is about this: {concept.about} The sentence to remember: {concept.facts[0]}',
        f"So is this right? {concept.myths[0]}",
        f"No, that is a common mistake. Hold on to this: {concept.facts[-1]} Would you like to try one?",
        "Yes, please.",
        task.body,
        task.wrong if wrong else task.right,
        f"Not quite: the answer is {task.right}. {task.why}" if wrong else f"That is right. {task.why}",
    ]


def _share(standing: Standing) -> str:
    return f"{standing.right} of {_counted(standing.answers, 'answer')} right"


def _counted(count: int, thing: str) -> str:
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"
