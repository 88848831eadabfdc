"""What people say in an action: there, not too long, and text."""

from __future__ import annotations

from edukit.errors import ActionError

LONGEST = 10_000
"""Letters at most."""


def spoken(what: str, words: str | None, *, needed: str | None = None) -> str:
    """What was said, without the space around it.

    Args:
        what: what the words are, such as "The comment".
        words: as they were typed; None: nothing.
        needed: what they should say, where they cannot be left out.

    Raises:
        ActionError: nothing was said that is needed, too much, or what is no text.
    """
    said = (words or "").strip()
    if needed is not None and not said:
        message = f"{what} has no words, and nothing was done: say {needed}."
        raise ActionError(message)
    if len(said) > LONGEST:
        message = f"{what} may have {LONGEST:,} letters, this has {len(said):,}, and nothing was done: shorten it."
        raise ActionError(message)
    if any(letter == "\0" or "\ud800" <= letter <= "\udfff" for letter in said):
        message = f"{what} holds a letter that is none, and nothing was done: type it anew."
        raise ActionError(message)
    return said
