"""Those who stand by the demo's students: parents, who may have several children at the school, and mentors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from edukit.ops.seed.moments import moments
from edukit.ops.seed.people.guardian_names import GIVEN
from edukit.ops.seed.people.names import CULTURES, Person, addresses, draw_people, named
from edukit.ops.seed.school import Register

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edukit.ops.seed.scene import Scene
    from edukit.ops.seed.school import School

SIBLING, TWIN = 0.5, 0.2
"""Chance that a student of a family name that occurs already is a sister or brother of the one before: in another
form, and in the same."""
BOTH, ONE = 0.62, 0.33
"""Share of the families with two guardians in edukit, and with one; the others have none."""
OWN_NAME = 0.35
"""Share of the mothers who have a family name of their own."""
STUDENTS_OF_A_MENTOR = 4
MENTORED = 0.06
"""Share of the students who have a mentor."""
ENDED = 0.25
"""Share of the mentorships that are over."""


@dataclass(frozen=True)
class Circle:
    """The guardians and mentors of a school, and for whom they are there."""

    accounts: pd.DataFrame
    users: pd.DataFrame
    people: list[Person]
    guardianships: pd.DataFrame
    mentorships: pd.DataFrame


def circle_of(scene: Scene) -> Circle:
    """The school's guardians and mentors; parent@ and mentor@ belong to student@."""
    rng, school = scene.rng(11), scene.school
    register = Register(scene.ids, school.opened_at + timedelta(hours=3), school.institution_id)
    taken = set(school.accounts["email"])
    guardianships = _guardians(rng, school, register, taken)
    mentorships = _mentors(rng, school, register, taken)
    return Circle(
        accounts=pd.concat(register.accounts, ignore_index=True),
        users=pd.concat(register.users, ignore_index=True),
        people=register.people,
        guardianships=guardianships.assign(institution_id=school.institution_id, created_at=register.now),
        mentorships=mentorships.assign(institution_id=school.institution_id),
    )


def _guardians(rng: np.random.Generator, school: School, register: Register, taken: set[str]) -> pd.DataFrame:
    children = school.people[len(school.people) - len(school.students) :]
    household = _households(rng, children, school.forms)
    people, family_of, relationship = [], [], []
    for number, first in enumerate(np.unique(household, return_index=True)[1].tolist()):
        for relation in _relations(rng, certain=number == 0):
            people.append(_parent(rng, children[first], relation))
            family_of.append(number)
            relationship.append(relation)
    emails = addresses(people, school.profile.domain, taken)
    emails[:1] = [f"parent@{school.profile.role_domain}"][: len(emails)]
    guardians = pd.DataFrame(
        {
            "guardian_id": register.take_on(people, emails, "parent"),
            "household": np.array(family_of, dtype=np.int64),
            "relationship": pd.Series(relationship, dtype=object),
        }
    )
    students = pd.DataFrame({"student_id": school.students["id"], "household": household})
    return guardians.merge(students, on="household").drop(columns="household")


def _households(rng: np.random.Generator, children: list[Person], forms: NDArray[np.int64]) -> NDArray[np.int64]:
    """The number of each child's family: some children of one family name are siblings."""
    chance = rng.random(len(children))
    latest: dict[tuple[int, str], int] = {}
    household = np.zeros(len(children), dtype=np.int64)
    families = 0
    for child, person in enumerate(children):
        before = latest.get((person.culture, person.family))
        latest[person.culture, person.family] = child
        if (
            before is not None
            and chance[child] < (TWIN if forms[before] == forms[child] else SIBLING)
            and children[before].given != person.given
        ):
            household[child] = household[before]
        else:
            household[child] = families
            families += 1
    return household


def _relations(rng: np.random.Generator, *, certain: bool) -> tuple[str, ...]:
    """Who of a family is in edukit; at least one where it is certain."""
    draw, which = rng.random(2)
    one = ("mother", "father")[int(which < 0.4)]  # noqa: PLR2004 - a share
    if draw < BOTH:
        return ("mother", "father")
    return (one,) if certain or draw < BOTH + ONE else ()


def _parent(rng: np.random.Generator, child: Person, relation: str) -> Person:
    culture = CULTURES[child.culture]
    given, own = GIVEN[child.culture][relation], rng.random() < OWN_NAME
    spelled = {family.partition("|")[0]: family for family in culture.family}
    family = (
        str(rng.choice(culture.family)) if own and relation == "mother" else spelled.get(child.family, child.family)
    )
    return named(str(rng.choice(given)), family, child.culture)


def _mentors(rng: np.random.Generator, school: School, register: Register, taken: set[str]) -> pd.DataFrame:
    """Mentors, and whom they are assigned to: mentor@ to student@, the others to a few students each."""
    students, days = school.students["id"].to_numpy(), len(school.year.days)
    count = 1 + int(MENTORED * len(students) / STUDENTS_OF_A_MENTOR)
    people = draw_people(rng, count)
    emails = addresses(people, school.profile.domain, taken)
    emails[0] = f"mentor@{school.profile.role_domain}"
    mentors = register.take_on(people, emails, "mentor")
    mentored = 1 + rng.permutation(max(len(students) - 1, 0))[: count * STUDENTS_OF_A_MENTOR - 1]
    mentored = np.append(0, mentored)[: len(students)]
    start = rng.integers(5, days // 2, len(mentored))
    end = start + rng.integers(5, days // 2, len(mentored))
    over = (rng.random(len(mentored)) < ENDED) & (end < days - 1) & (mentored > 0)
    hour = np.full(len(mentored), 16.0)
    return pd.DataFrame(
        {
            "mentor_id": mentors[np.arange(len(mentored)) // STUDENTS_OF_A_MENTOR],
            "student_id": students[mentored],
            "started_at": moments(school.year, start, hour),
            "ended_at": pd.Series(moments(school.year, end, hour)).where(over),
            "created_at": moments(school.year, start, hour),
        }
    )
