"""What classes of the demo are set, by subject: titles and tasks for a concept."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Work:
    """A kind of homework; ``{concept}`` in its title and ``{quoted}`` in its task stand for what is being taught."""

    title: str
    task: str


WORKS: dict[str, tuple[Work, ...]] = {
    "MAT": (
        Work("Practice sheet: {concept}", "Work through the sheet on {quoted}. Show each step, not only the result."),
        Work("Explain it: {concept}", "Explain {quoted} to a younger student, with one example of your own."),
        Work("Find the mistake: {concept}", "Three worked examples on {quoted} are wrong. Find and mend the mistakes."),
    ),
    "PHY": (
        Work("Report: {concept}", "Write up our experiment on {quoted}: question, method, readings and conclusion."),
        Work("Problems: {concept}", "Solve the problems on {quoted}. Give a unit with every result."),
        Work("At home: {concept}", "Find an example at home that goes with {quoted}, and describe it."),
    ),
    "ENG": (
        Work("Exercise: {concept}", "Do the exercise on {quoted} and say for each sentence how you decided."),
        Work("Short text: {concept}", "Write about 150 words in which you make use of {quoted}."),
        Work("Close reading: {concept}", "Read the extract again and answer the questions on {quoted}."),
    ),
    "BIO": (
        Work("Diagram: {concept}", "Draw and label a diagram on {quoted}, and add three sentences of explanation."),
        Work("Report: {concept}", "Describe what we saw in the lesson on {quoted}, and what follows from it."),
        Work("Questions: {concept}", "Answer the questions on {quoted} in whole sentences."),
    ),
    "CSC": (
        Work("Program: {concept}", "Write a small program for the task on {quoted}. Test it with three inputs."),
        Work("Notebook: {concept}", "Complete the notebook on {quoted} and explain your code in comments."),
        Work("Mend the code: {concept}", "The program on {quoted} has two faults. Mend them and add a test."),
    ),
}
"""By the code of the subject."""

STRONG_BODIES = (
    "{fact} I checked this with two examples of my own, and both agree. {closing}",
    "The main point of {quoted} is this: {fact} {closing}",
    "I began with what we said in the lesson: {fact} Then I worked through the rest step by step. {closing}",
    "{fact} At first I thought otherwise, but the example on the board convinced me. {closing}",
)
FAIR_BODIES = (
    "{fact} I could do most of it, but I am not sure about the last part. {closing}",
    "This is how I understand {quoted}: {fact} The second example took me a long time. {closing}",
    "{fact} I left out one question because I did not know how to begin. {closing}",
)
WEAK_BODIES = (
    "I was not sure about {quoted}. I think: {myth} {closing}",
    "{myth} That is what I wrote in the lesson too. {closing}",
    "I only had time for the first half. {myth} {closing}",
)
AGAIN = "I have gone through it again with your comments. "
CLOSINGS = (
    "",
    "My working is on the sheet.",
    "I would like to go through it once more in class.",
    "The drawing is on the back.",
    "I did this without the book.",
)
"""Bodies by how good the work is; ``{fact}`` is right, ``{myth}`` a believable mistake."""


def quoted(name: str) -> str:
    """The name of a concept within a sentence: in quotation marks, since some are no nouns, such as "Using a ..."."""
    return f'"{name}"'
