"""Passwords: which may be chosen, and what is kept of one.

The rules are NIST SP 800-63B-4's (section 3.1.1.2) for a password that is the only factor: length counts, what it is
made of does not, and what many choose or what is near to the person is refused. What is kept is a hash by Argon2id
(RFC 9106). No message tells a password or a part of it.
"""

from __future__ import annotations

import re
import secrets
import threading
import unicodedata
from contextlib import suppress
from typing import TYPE_CHECKING

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError, VerifyMismatchError

from edukit.errors import ActionError

if TYPE_CHECKING:
    from collections.abc import Iterable

SHORTEST, LONGEST = 15, 256
"""Code points that a password has at least and at most."""
LOWEST_SCORE = 3
"""Of zxcvbn's, 0 to 4: 10^8 guesses and more."""
SHORTEST_KNOWN = 3
"""Letters of a known word that is left out when a password is judged."""
# Its time grows with the third power and more: 72 code points, its own limit, took 4 s at the worst, 256 took 41 s.
_JUDGED = 72
# Control characters, halves of characters, those that no standard knows yet or ever, and ends of lines.
_REFUSED = frozenset({"Cc", "Cs", "Cn", "Co", "Zl", "Zp"})
_NEXT_STEP = "nothing was done; take three or more uncommon words, which are easy to remember"
_HASHER = PasswordHasher(memory_cost=19 * 1024, time_cost=2, parallelism=1)
# Verifying against it takes as long as against any other, and no password is known to give a digest of noughts.
_NOBODYS = f"$argon2id$v=19$m={_HASHER.memory_cost},t={_HASHER.time_cost},p={_HASHER.parallelism}${'A' * 22}${'A' * 43}"
# Each takes 19 MiB: a crowd at the door waits rather than fills the memory.
_AT_WORK = threading.BoundedSemaphore(2)
# zxcvbn keeps the words about the person in a table that all threads share.
_JUDGING = threading.Lock()
_LETTERS, _GROUPS, _OF_A_GROUP = "abcdefghjkmnpqrstuvwxyz", 4, 5


def sound(password: str, *, about: Iterable[str] = ()) -> str:
    """A password as it is kept: in Unicode's form NFKC.

    Args:
        password: as it was typed.
        about: what is known of the person and the place, such as names and addresses; it is as good as guessed.

    Raises:
        ActionError: it is shorter than 15 code points or longer than 256, has a control character, or is too easy
            to guess.
    """
    chosen = _normalised(password)
    if not SHORTEST <= len(chosen) <= LONGEST:
        message = f"A password has {SHORTEST} to {LONGEST} characters, and this one has {len(chosen)}: {_NEXT_STEP}."
        raise ActionError(message)
    if any(unicodedata.category(letter) in _REFUSED for letter in chosen):
        message = f"A password has printable characters and spaces only, and this one has others: {_NEXT_STEP}."
        raise ActionError(message)
    if _score(chosen, about) < LOWEST_SCORE:
        message = (
            "This password is too easy to guess, for it is what many people choose, or made of names that others "
            f"know: {_NEXT_STEP}."
        )
        raise ActionError(message)
    return chosen


def hashed(password: str) -> str:
    """What is kept of a password: its Argon2id hash with a salt of its own and the costs, as a PHC string."""
    with _AT_WORK:
        return _HASHER.hash(_bytes(password))


def is_right(password: str, kept: str | None) -> bool:
    """Whether a password is the one of which this was kept.

    It takes as long for an account that there is not (None) or that has no readable hash, and is never right there.
    """
    tried = _bytes(password)
    with _AT_WORK:
        try:
            return _HASHER.verify(kept or _NOBODYS, tried)
        except VerifyMismatchError:
            return False
        except (VerificationError, ValueError):
            with suppress(VerifyMismatchError):
                _HASHER.verify(_NOBODYS, tried)
            return False


def is_outdated(kept: str) -> bool:
    """Whether what is kept of a password has other costs than a hash of today, or cannot be read."""
    try:
        return _HASHER.check_needs_rehash(kept)
    except ValueError:
        return True


def invented() -> str:
    """A new random password of 20 letters in groups, 90 bits; none of them is easily taken for another."""
    groups = ("".join(secrets.choice(_LETTERS) for _ in range(_OF_A_GROUP)) for _ in range(_GROUPS))
    return "-".join(groups)


def _normalised(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


def _bytes(password: str) -> bytes:
    # What is no text matches nothing; an error on it would carry the password.
    return _normalised(password).encode(errors="surrogatepass")


def _score(password: str, about: Iterable[str]) -> int:
    """How hard it is to guess, 0 to 4, without the words that are known; of a long one, by its beginning."""
    from zxcvbn import zxcvbn

    known = [_normalised(text).lower() for text in ("edukit", *about)]
    words = {word for text in known for word in (text, *re.split(r"[\W_]+", text)) if len(word) >= SHORTEST_KNOWN}
    # zxcvbn takes any three words for hard to guess, also three that are known.
    pattern = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    left = re.sub(pattern, "", password, flags=re.IGNORECASE)
    with _JUDGING:
        return int(zxcvbn(left[:_JUDGED], user_inputs=sorted(words))["score"])
