"""One institution of the demo: its people, forms, classes, teachers and enrolments."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from edukit.ops.seed.calendar import SchoolYear, school_year
from edukit.ops.seed.curriculum.plans import Curriculum, build_curriculum
from edukit.ops.seed.curriculum.subjects import SUBJECTS
from edukit.ops.seed.people.aims import aims
from edukit.ops.seed.people.enrolments import enrol
from edukit.ops.seed.people.names import Person, addresses, draw_people, draw_students

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edukit.db.ids import Ids

FORM_SIZE = 25
GRADES = ("7", "8", "9")
SUBJECTS_OF_A_FORM = ((2, 0.25), (3, 0.5), (4, 0.25))
CLASSES_OF_A_TEACHER = 5
NAMED_SHARE = 0.6
"""Share of the students who agree to be named to classmates on leaderboards."""


@dataclass(frozen=True)
class Profile:
    """What an institution of the demo is, before it has people."""

    name: str
    domain: str
    time_zone: str
    half_term_day: int
    role_domain: str
    """Domain of the addresses teacher@, admin@, student@, parent@ and mentor@, which are easy to remember."""
    phone: str
    """What a telephone number is made from: none of these is given to anybody."""
    languages: tuple[str, ...]
    """What is spoken at home, the commonest first, as BCP 47."""


PROFILES = (
    Profile("Lindenfeld International School", "lindenfeld.example", "Europe/Zurich", 19, "demo.example",
            "+41 70 555 {:02d} {:02d}", ("de-CH", "en-GB", "fr-CH", "it-CH")),
    Profile("Maple Harbour School", "mapleharbour.example", "America/Toronto", 12, "mapleharbour.example",
            "+1 416 555 01{:02d}", ("en-CA", "fr-CA", "es")),
)  # fmt: skip
DEMO_TEACHER = f"teacher@{PROFILES[0].role_domain}"
ANALYST = Person("Nadia Ferrante", "nadia.ferrante", "Nadia", "Ferrante")
ANALYST_EMAIL = "analyst@demo.example"
"""One account, a user of both institutions: an analyst of the district."""


@dataclass(frozen=True)
class Premises:
    """An institution before it has people: its year, and what is taught there."""

    profile: Profile
    institution_id: int
    year: SchoolYear
    opened_at: datetime
    curriculum: Curriculum


@dataclass(frozen=True)
class School(Premises):
    """An institution and every row about it but the attempts.

    ``forms`` gives each student's form, from 0; ``taught`` the form and the subject of each class
    (``class_id``, ``form``, ``subject``: place in ``SUBJECTS``); ``people`` who each of the ``users`` is.
    """

    accounts: pd.DataFrame
    users: pd.DataFrame
    people: list[Person]
    students: pd.DataFrame
    classes: pd.DataFrame
    class_teachers: pd.DataFrame
    enrolments: pd.DataFrame
    forms: NDArray[np.int64]
    taught: pd.DataFrame


@dataclass
class Register:
    """The people who were taken on so far, in order."""

    ids: Ids
    now: datetime
    institution_id: int
    accounts: list[pd.DataFrame] = field(default_factory=list)
    users: list[pd.DataFrame] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)

    def take_on(self, people: list[Person], emails: list[str], role: str) -> NDArray[np.int64]:
        """Accounts and users for the people; the users' ids."""
        accounts = pd.DataFrame({"id": self.ids.take(len(people), self.now), "email": emails})
        self.accounts.append(accounts.assign(created_at=self.now))
        return self.add_users(people, accounts["id"].to_numpy(), role)

    def add_users(self, people: list[Person], account_ids: NDArray[np.int64], role: str) -> NDArray[np.int64]:
        """Users of accounts that exist."""
        users = pd.DataFrame({"id": self.ids.take(len(people), self.now), "account_id": account_ids})
        users["name"] = [person.name for person in people]
        self.users.append(users.assign(institution_id=self.institution_id, role=role, created_at=self.now))
        self.people += people
        return users["id"].to_numpy()


def build_school(  # noqa: PLR0913 - a school is made of all of these
    place: int,
    institution_id: int,
    *,
    seed: int,
    students: int,
    as_of: datetime,
    ids: Ids,
    analyst_account: int | None = None,
) -> School:
    """The school at ``place`` in ``PROFILES`` with so many students.

    ``analyst_account`` is the analyst's account at the first school; None: make it.
    """
    premises = _premises(place, institution_id, seed, as_of, ids)
    rng = np.random.default_rng([seed, 2, place])
    forms = form_of_each(rng, students)
    classes = _classes(rng, forms, premises)
    classes.insert(0, "id", ids.take(len(classes), premises.opened_at + timedelta(hours=1)))
    taught = classes[["id", "form", "subject"]].rename(columns={"id": "class_id"})
    register = Register(ids, premises.opened_at + timedelta(hours=2), institution_id)
    class_teachers = _staff(rng, premises.profile, classes, register, analyst_account)
    learners = _students(rng, premises.profile, forms, register)
    aim = _aims(np.random.default_rng([seed, 10, place]), premises, learners, register, forms, taught)
    agreed = np.random.default_rng([seed, 31, place]).random(len(learners)) < NAMED_SHARE
    enrolments = enrol(rng, learners["id"].to_numpy(), forms, classes, premises.year, ids, register.now)
    return School(
        **vars(premises),
        accounts=pd.concat(register.accounts, ignore_index=True),
        users=pd.concat(register.users, ignore_index=True),
        people=register.people,
        students=learners.join(aim).assign(named_on_boards=agreed),
        classes=classes.drop(columns=["form", "subject"]),
        class_teachers=class_teachers,
        enrolments=enrolments.assign(institution_id=institution_id),
        forms=forms,
        taught=taught,
    )


def _premises(place: int, institution_id: int, seed: int, as_of: datetime, ids: Ids) -> Premises:
    """The school opens two weeks before its year begins, with all that it will teach."""
    profile = PROFILES[place]
    year = school_year(as_of, profile.time_zone, half_term_day=profile.half_term_day)
    opened_at = year.moment(year.starts_on - timedelta(days=14))
    curriculum = build_curriculum(institution_id, seed=seed, ids=ids, now=opened_at)
    return Premises(profile, institution_id, year, opened_at, curriculum)


def form_of_each(rng: np.random.Generator, students: int) -> NDArray[np.int64]:
    """The form of each student, from 0: forms of 20 to 30 where there are enough students."""
    count = max(1, round(students / FORM_SIZE))
    sizes = np.full(count, students // count)
    sizes[: students % count] += 1
    # Neighbours give and take: forms of one size would look made.
    shift = rng.integers(-4, 5, size=count // 2)
    sizes[: 2 * len(shift) : 2] += shift
    sizes[1 : 2 * len(shift) : 2] -= shift
    return np.repeat(np.arange(count), np.maximum(sizes, 0))


def _classes(rng: np.random.Generator, forms: NDArray[np.int64], premises: Premises) -> pd.DataFrame:
    """The classes of each form, without ids, with their form and the place of their subject."""
    counts, shares = zip(*SUBJECTS_OF_A_FORM, strict=True)
    rows = []
    for form in np.unique(forms):
        # The first form, which the demo teacher opens first, shows the widest choice.
        count = max(counts) if form == 0 else int(rng.choice(counts, p=shares))
        others = 1 + rng.permutation(len(SUBJECTS) - 1)[: count - 1]
        rows += [(int(form), int(subject)) for subject in (0, *sorted(others))]
    classes = pd.DataFrame(rows, columns=["form", "subject"]).astype("int64")
    plans, year = premises.curriculum.plans, premises.year
    classes["name"] = [f"{form_name(form)} {plans[subject].name}" for form, subject in rows]
    classes["subject_id"] = [plans[subject].subject_id for _, subject in rows]
    return classes.assign(
        starts_on=year.starts_on,
        ends_on=year.ends_on,
        institution_id=premises.institution_id,
        created_at=premises.opened_at,
    )


def form_name(form: int) -> str:
    """7A, 8A, 9A, 7B, ..., and 7AA after 9Z."""
    grade, letter = GRADES[form % len(GRADES)], form // len(GRADES)
    return grade + (chr(64 + letter // 26) if letter >= 26 else "") + chr(65 + letter % 26)  # noqa: PLR2004 - letters


def _staff(
    rng: np.random.Generator,
    profile: Profile,
    classes: pd.DataFrame,
    register: Register,
    analyst_account: int | None,
) -> pd.DataFrame:
    """Admin, analyst and teachers; who teaches which class."""
    register.take_on(draw_people(rng, 1), [f"admin@{profile.role_domain}"], "admin")
    if analyst_account is None:
        register.take_on([ANALYST], [ANALYST_EMAIL], "analyst")
    else:
        register.add_users([ANALYST], np.array([analyst_account]), "analyst")
    teacher = _teacher_of_each(classes)
    people = draw_people(rng, int(teacher.max(initial=0)) + 1)
    emails = addresses(people, profile.domain, set())
    emails[0] = f"teacher@{profile.role_domain}"
    teacher_ids = register.take_on(people, emails, "teacher")
    pairs = pd.DataFrame({"class_id": classes["id"], "teacher_id": teacher_ids[teacher]})
    # Now and then two teach together.
    second = pairs.iloc[7::8].assign(teacher_id=teacher_ids[(teacher[7::8] + 1) % len(people)])
    both = pd.concat([pairs, second], ignore_index=True).drop_duplicates()
    return both.assign(institution_id=register.institution_id, created_at=register.now)


def _teacher_of_each(classes: pd.DataFrame) -> NDArray[np.int64]:
    """The teacher of each class, from 0: each teaches one subject, in up to five classes."""
    place = classes.groupby("subject").cumcount() // CLASSES_OF_A_TEACHER
    return (
        pd.MultiIndex.from_arrays([classes["subject"], place]).factorize(sort=True)[0].astype(np.int64)
        if len(classes)
        else np.zeros(0, dtype=np.int64)
    )


def _students(rng: np.random.Generator, profile: Profile, forms: NDArray[np.int64], register: Register) -> pd.DataFrame:
    people = draw_students(rng, len(forms))
    # Teachers of the same name have the plain address already.
    taken = {email for accounts in register.accounts for email in accounts["email"]}
    emails = addresses(people, profile.domain, taken)
    emails[:1] = [f"student@{profile.role_domain}"][: len(emails)]
    rows = pd.DataFrame(
        {"id": register.take_on(people, emails, "student"), "grade": np.array(GRADES)[forms % len(GRADES)]}
    )
    return rows.assign(institution_id=register.institution_id, created_at=register.now)


def _aims(  # noqa: PLR0913, PLR0917 - what aims depend on
    rng: np.random.Generator,
    premises: Premises,
    learners: pd.DataFrame,
    register: Register,
    forms: NDArray[np.int64],
    taught: pd.DataFrame,
) -> pd.DataFrame:
    """The students' aims; they are the last whom the register took on."""
    return aims(
        rng,
        register.people[len(register.people) - len(learners) :],
        domain=premises.profile.domain,
        grades=learners["grade"].to_numpy(),
        forms=forms,
        taught=taught,
        year=premises.year,
    )
