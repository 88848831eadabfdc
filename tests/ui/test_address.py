"""The address of a page is read carefully: anybody can write a link."""

from __future__ import annotations

from urllib.parse import urlencode

from hypothesis import given
from hypothesis import strategies as st

from edukit.ui.address import Wanted

IDS = st.none() | st.integers(1, 2**53 - 1)


@given(IDS, IDS, IDS, st.sampled_from(["need", "group", "name"]), st.sampled_from(["curriculum", "weakest"]))
def test_what_is_kept_is_read_again(
    class_id: int | None, student_id: int | None, concept_id: int | None, order: str, concept_order: str
) -> None:
    """The parameters of a state read as that state."""
    wanted = Wanted(class_id, student_id, concept_id, order, concept_order)
    assert Wanted.of(urlencode(wanted.parameters())) == wanted


@given(st.text())
def test_any_text_is_read(query: str) -> None:
    """No query raises, and no id is more than a browser's number holds."""
    wanted = Wanted.of(query)
    assert all(id_ is None or 0 <= id_ < 2**53 for id_ in (wanted.class_id, wanted.student_id, wanted.concept_id))


def test_faults_are_sentences() -> None:
    """Each thing that cannot be read is told in a sentence with its value; the rest is used."""
    wanted = Wanted.of("class=7&student=Zoë&concept=-1&sort=shoe&voila-theme=dark")
    assert (wanted.class_id, wanted.student_id, wanted.concept_id, wanted.order) == (7, None, None, "need")
    assert len(wanted.faults) == 3
    assert "'Zoë'" in wanted.faults[0]


def test_a_long_value_is_cut() -> None:
    """A value of any length does not fill the page."""
    assert len(Wanted.of("class=" + "x" * 10_000).faults[0]) < 150
