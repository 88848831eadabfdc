"""Passwords: the rules by which they are chosen, and what is kept of them."""

from __future__ import annotations

import re
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from argon2 import PasswordHasher, extract_parameters
from hypothesis import given, settings
from hypothesis import strategies as st

from edukit import passwords
from edukit.errors import ActionError
from edukit.passwords import hashed, invented, is_outdated, is_right, sound

if TYPE_CHECKING:
    from collections.abc import Callable

GOOD = "purple gravel teapot"
OLD = PasswordHasher(memory_cost=8 * 1024, time_cost=1, parallelism=1)


def wide(text: str) -> str:
    """The text in letters of full width, as another keyboard types it."""
    return "".join(letter if letter == " " else chr(ord(letter) + 0xFEE0) for letter in text)


@pytest.fixture(scope="module")
def kept() -> str:
    """What is kept of the good password."""
    return hashed(GOOD)


@pytest.fixture
def verified(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The hashes against which a password was worked out, in order."""
    found: list[str] = []
    verify = PasswordHasher.verify

    def counting(self: PasswordHasher, kept: str, password: bytes) -> bool:
        found.append(kept)
        return verify(self, kept, password)

    monkeypatch.setattr(PasswordHasher, "verify", counting)
    return found


@pytest.mark.parametrize(
    "password",
    [
        GOOD,
        "kqzvb-mtrwp-hxdle-cgnsf",
        "ヴィーナスの誕生は美しい絵画だと思う",
        "👩‍🏫 teaches 👨‍🎓 quietly on Ganymede",
        "xK7 " * 3 + "correct horse battery",
    ],
)
def test_any_printable_character_is_taken(password: str) -> None:
    """Words, spaces, letters of any script and joined emoji; nothing is demanded of what it is made of."""
    assert sound(password) == passwords._normalised(password)


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("", "15 to 256 characters, and this one has 0"),
        ("tr8-Vq2!zLw9#k", "15 to 256 characters, and this one has 14"),
        (GOOD + "y" * 237, "15 to 256 characters, and this one has 257"),
        ("purple\tgravel teapot", "printable"),
        ("purple\0gravel teapot", "printable"),
        ("purple\u2028gravel teapot", "printable"),
        ("purple\udc80gravel teapot", "printable"),
        ("purple\U000e0000gravel teapot", "printable"),
        ("aaaaaaaaaaaaaaa", "too easy"),
        ("qwertyuiopasdfgh", "too easy"),
        ("Passwort12345678", "too easy"),
        ("password1234567", "too easy"),
        ("P4$$w0rdP4$$w0rd", "too easy"),
        ("abc" * 85, "too easy"),
        ("edukit edukit edukit", "too easy"),
    ],
)
def test_what_may_not_be_chosen_is_told(password: str, reason: str) -> None:
    """Too short, too long, not printable, or what many choose: one sentence with the rule and the next step."""
    with pytest.raises(ActionError, match=rf"{reason}.*nothing was done; take three or more uncommon words") as refused:
        sound(password)
    assert len(re.findall(r"\.(?: |$)", str(refused.value))) == 1


def test_the_longest_is_taken_whole() -> None:
    """256 code points are taken and kept to the last, whatever they take as bytes."""
    longest = (GOOD + " ") * 12 + "жу" * 2
    assert len(longest) == 256
    kept = hashed(sound(longest))
    assert is_right(longest, kept)
    assert not is_right(longest[:-1] + "ю", kept)


def test_what_is_known_of_the_person_is_as_good_as_guessed() -> None:
    """Their names, their address and the institution make no password, in whatever form; words beside them do."""
    chosen = "Zoraquill-Lindenfeld 7"
    assert sound(chosen) == chosen
    for about in (
        ["zoraquill@lindenfeld.example"],
        ["Dr Zoraquill", "Lindenfeld School"],
        [wide("ZORAQUILL"), "lindenfeld"],
    ):
        with pytest.raises(ActionError, match="too easy"):
            sound(chosen, about=about)
        assert sound(f"{chosen} wears yellow socks", about=about)
    assert sound(chosen) == chosen


def test_it_is_normalised_before_everything_else() -> None:
    """One password typed on two keyboards is one; its length counts after that."""
    composed, decomposed = "Café crème brûlée", "Cafe\u0301 cre\u0300me bru\u0302le\u0301e"
    assert sound(decomposed) == sound(composed)
    assert is_right(decomposed, hashed(composed))
    assert is_right(wide(GOOD), hashed(GOOD))
    with pytest.raises(ActionError, match="has 14"):
        sound("e\u0301" * 14)


@settings(max_examples=60)
@given(st.text(max_size=280))
def test_a_message_never_holds_the_password(password: str) -> None:
    """Whatever is typed, it is taken or refused by an ActionError that tells nothing of it."""
    told = "never-there-before" + password + "it-is-mine"
    try:
        assert sound(told) == passwords._normalised(told)
    except ActionError as error:
        for text in (str(error), repr(error), "".join(traceback.format_exception(error))):
            assert "never-there-before" not in text
            assert "it-is-mine" not in text


def test_judging_takes_seconds_at_most() -> None:
    """The longest password of signs that stand for letters, zxcvbn's worst, is judged by its beginning."""
    began = time.thread_time()
    sound("4@8({[<369!|1$5+70%2"[::-1] * 12 + "4@8({[<369!|1$5+")
    assert time.thread_time() - began < 20


def test_equal_passwords_have_different_hashes(kept: str) -> None:
    """Each hash has a salt of its own, the costs that were agreed, and nothing of the password."""
    again = hashed(GOOD)
    assert again != kept
    assert is_right(GOOD, again)
    assert is_right(GOOD, kept)
    costs = extract_parameters(kept)
    assert (costs.memory_cost, costs.time_cost, costs.parallelism) == (19 * 1024, 2, 1)
    assert kept.startswith("$argon2id$v=19$")
    assert "purple" not in kept


@pytest.mark.parametrize(
    "tried", ["", "purple gravel teapo", "Purple gravel teapot", GOOD + " ", "\udc80" * 20, GOOD * 99]
)
def test_another_password_is_wrong(kept: str, tried: str) -> None:
    """Part of it, other letters, more, none, and what is no text are wrong, and no error."""
    assert not is_right(tried, kept)


def test_an_unknown_account_takes_one_verification_as_well(kept: str, verified: list[str]) -> None:
    """Right, wrong and unknown: each works out one hash of the same costs, and only the first is right."""
    answers = [is_right(GOOD, kept), is_right("purple gravel teacup", kept), is_right(GOOD, None)]
    assert answers == [True, False, False]
    assert len(verified) == 3
    assert [extract_parameters(one) for one in verified] == [extract_parameters(kept)] * 3


@pytest.mark.parametrize("broken", ["", "x", "$argon2id$", "$2b$12$abcdefghijklmnopqrstuv", "naïve", "{}$", "A{}"])
def test_a_broken_hash_is_never_right(kept: str, verified: list[str], broken: str) -> None:
    """What is kept but cannot be read is no exception: a whole hash is worked out all the same."""
    assert not is_right(GOOD, broken.format(kept))
    assert verified[-1] == passwords._NOBODYS
    assert is_outdated(broken.format(kept))


def test_a_hash_of_other_costs_is_outdated(kept: str) -> None:
    """A cheaper one is still right, and is to be made anew; one of today is not."""
    cheap = OLD.hash(GOOD)
    assert is_right(GOOD, cheap)
    assert is_outdated(cheap)
    assert not is_outdated(kept)
    assert not is_outdated(passwords._NOBODYS)


@pytest.mark.parametrize("work", [lambda: hashed(GOOD), lambda: is_right(GOOD, None)], ids=["hashed", "is_right"])
def test_two_hashes_at_once_at_most(monkeypatch: pytest.MonkeyPatch, work: Callable[[], object]) -> None:
    """Of eight threads that want to hash or verify, never more than two do at a time."""
    at_work, most, lock = 0, 0, threading.Lock()

    def busy(function: Callable[..., object]) -> Callable[..., object]:
        def counting(*given: object) -> object:
            nonlocal at_work, most
            with lock:
                at_work += 1
                most = max(most, at_work)
            time.sleep(0.02)
            try:
                return function(*given)
            finally:
                with lock:
                    at_work -= 1

        return counting

    monkeypatch.setattr(PasswordHasher, "hash", busy(PasswordHasher.hash))
    monkeypatch.setattr(PasswordHasher, "verify", busy(PasswordHasher.verify))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: work(), range(8)))
    assert most == 2


def test_an_invented_password_is_random_and_sound() -> None:
    """Each is another one, and passes the rules."""
    made = {invented() for _ in range(20)}
    assert len(made) == 20
    for password in made:
        assert re.fullmatch(r"[a-z]{5}(-[a-z]{5}){3}", password)
    assert sound(next(iter(made)))
