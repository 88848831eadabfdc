"""What the demo's teachers say about work, by how good it is: parts that fit together in any combination."""

from __future__ import annotations

OPENINGS: tuple[tuple[str, ...], ...] = (
    (
        "{name}, this is not what you can do.",
        "{name}, please come and see me about this one.",
        "There is not enough here yet to mark it fairly, {name}.",
    ),
    (
        "{name}, you have made a start, but much of {quoted} is still missing.",
        "I can see where you were going, {name}, but the reasoning breaks off.",
        "{name}, the first part is fine; from there on it gets confused.",
    ),
    (
        "A fair piece of work, {name}.",
        "{name}, you have the idea of {quoted}, with some gaps.",
        "Half of this is good, {name}; the other half was done in a hurry.",
    ),
    (
        "Good work, {name}.",
        "{name}, you have understood {quoted} well.",
        "Clear and complete, {name}, with one or two slips.",
    ),
    (
        "Excellent, {name}.",
        "{name}, this is a pleasure to read.",
        "You have {quoted} entirely under control, {name}.",
    ),
)
"""By rating, from 1."""
REMARKS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "MAT": (
        ("Several steps are missing, so I cannot tell where it went wrong.", "Check each result against the question."),
        ("Every step is there and can be followed.", "Your check at the end is just what I hoped for."),
    ),
    "PHY": (
        ("Half of your results have no unit.", "Your conclusion does not follow from your readings."),
        ("Your table of readings is exemplary.", "You say not only what happens but why."),
    ),
    "ENG": (
        ("Your sentences run on; read them aloud and you will hear it.", "You retell where you should explain."),
        ("Your quotations are well chosen.", "I like how each paragraph leads to the next."),
    ),
    "BIO": (
        ("The labels of your diagram are incomplete.", "You describe what is there, but not what it does."),
        ("Your diagram says more than a page of text.", "You use the technical terms with care."),
    ),
    "CSC": (
        ("The program stops at an empty input.", "Names like x2 and tmp make it hard to follow."),
        ("Your tests cover the cases that matter.", "Short functions with good names: easy to read."),
    ),
}
"""By the code of the subject: for weak work, and for good."""
NEXT_STEPS: tuple[tuple[str, ...], ...] = (
    ("Do the first two tasks again and hand them in by Friday.", "Come to the support lesson on Thursday."),
    ("Look at our example on {quoted} again and then correct it.", "Go through the practice on {quoted} once more."),
    ("Next time, leave ten minutes to read it through.", "Correct the marked places, then move on."),
    ("Try the harder question next time.", "Explain it to your neighbour: that is the best test."),
    ("Would you show it to the class?", "Try the extension task if you like."),
)
"""By rating, from 1."""
SUGGESTED = (
    "The submission addresses little of the task on {quoted}. Ask the student to redo the first steps.",
    "The submission shows partial knowledge of {quoted}. Point to a worked example.",
    "The submission is adequate; some steps on {quoted} are missing or unchecked.",
    "The submission shows good command of {quoted} with minor errors.",
    "The submission is complete and correct. Suggest an extension of {quoted}.",
)
"""What a model suggested, by rating."""
CORRECTIONS = (
    "Correction: I had overlooked your second page, {name}. It is better than I said.",
    "I have to correct myself, {name}: your method for {quoted} is different from mine, but it is right.",
    "Correction of my comment: that was about an older version. The one you handed in is better, {name}.",
)
