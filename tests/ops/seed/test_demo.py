"""The demo school: the same for one seed, believable, and safe to ask for twice."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import text

from edukit.analytics.mastery import concept_mastery
from edukit.errors import SeedError
from edukit.models import Base, Institution, Student, User
from edukit.ops.seed import seed_demo
from edukit.ops.seed.calendar import first_day
from edukit.ops.seed.curriculum.subjects import SUBJECTS
from edukit.ops.seed.demo import demo_schools
from edukit.ops.seed.practice.attempts import blocks
from edukit.ops.seed.practice.learning import Asked, Learners, Model, practise

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from edukit.ops.seed.practice.attempts import Block
    from edukit.ops.seed.school import School

AS_OF = datetime(2026, 5, 20, 10, 30, tzinfo=UTC)
STUDENTS = 60


@pytest.fixture(scope="module")
def made() -> list[tuple[School, list[Block]]]:
    """Both schools and their attempts, in memory."""
    schools = demo_schools(seed=1, students=STUDENTS, as_of=AS_OF)
    return [(school, list(blocks(school, seed=1, place=place, as_of=AS_OF))) for place, school in enumerate(schools)]


@pytest.fixture(scope="module")
def attempts(made: list[tuple[School, list[Block]]]) -> pd.DataFrame:
    """All attempts, with the concept of their question and the local time at the school."""
    frames = []
    for school, parts in made:
        frame = pd.concat([block.attempts for block in parts], ignore_index=True)
        concept = school.curriculum.question_concepts.set_index("question_id")["concept_id"]
        local = frame["attempted_at"].dt.tz_convert(school.profile.time_zone).dt.tz_localize(None)
        frames.append(frame.assign(concept_id=frame["question_id"].map(concept), local=local))
    return pd.concat(frames, ignore_index=True)


def fingerprint(session: Session) -> dict[str, str | None]:
    """A hash of every row of every table but the outbox, in which there is nothing to do after the seed.

    Nor does the seed fit models, or record answers one by one. Views follow from the tables, and add up seconds in any
    order.
    """
    query = "SELECT md5(string_agg(md5(t::text), '' ORDER BY t::text COLLATE \"C\")) FROM {} t"
    beside = {"outbox", "mastery_models", "mastery_states", "concept_tracing"}
    tables = [name for name, table in Base.metadata.tables.items() if not table.info.get("view") and name not in beside]
    return {name: session.scalar(text(query.format(name))) for name in tables}


def test_same_seed_gives_the_same_rows(session: Session) -> None:
    """Two runs with one seed leave equal rows in every table, down to the last byte."""
    prints = []
    for _ in range(2):
        savepoint = session.begin_nested()
        seed_demo(session, seed=3, students=12, as_of=AS_OF)
        prints.append(fingerprint(session))
        savepoint.rollback()
    assert prints[0] == prints[1]
    assert all(prints[0].values()), "every table has rows"


def test_another_seed_gives_other_rows(session: Session) -> None:
    """A different seed changes every table."""
    prints = []
    for seed in (3, 4):
        savepoint = session.begin_nested()
        seed_demo(session, seed=seed, students=12, as_of=AS_OF)
        prints.append(fingerprint(session))
        savepoint.rollback()
    assert all(prints[0][table] != prints[1][table] for table in prints[0])


def test_second_run_changes_nothing(session: Session) -> None:
    """Asking again, on a later day and for another size, writes nothing and says so."""
    first = seed_demo(session, students=12, as_of=AS_OF)
    before = fingerprint(session)
    second = seed_demo(session, students=40, as_of=datetime(2026, 6, 1, tzinfo=UTC))
    assert fingerprint(session) == before
    assert not first.already_there
    assert second.already_there
    assert not second.rows


def test_a_demo_of_an_older_edukit_is_told(session: Session) -> None:
    """One that has students but was never set any work is left alone, and what to do for a whole one is said."""
    school = demo_schools(seed=1, students=1, as_of=AS_OF)[0]
    session.add(Institution(id=school.institution_id, name=school.profile.name, time_zone="UTC", created_at=AS_OF))
    session.flush()
    session.add(User(institution_id=school.institution_id, id=1, role="student", name="A"))
    session.flush()
    session.add(Student(institution_id=school.institution_id, id=1))
    session.flush()
    report = seed_demo(session, students=4, as_of=AS_OF)
    assert report.already_there
    assert re.search(r"older edukit: .* such as assignments, are empty\. Set EDUKIT_HOME", str(report))


def test_another_seed_beside_the_demo_is_refused(session: Session) -> None:
    """A second demo school of another seed is an error that names the seed, and writes nothing."""
    seed_demo(session, seed=1, students=4, as_of=AS_OF)
    before = fingerprint(session)
    with pytest.raises(SeedError, match="seed 2"):
        seed_demo(session, seed=2, students=4, as_of=AS_OF)
    assert fingerprint(session) == before


def test_other_data_stays(session: Session) -> None:
    """An institution that was there before is the same after."""
    session.add(Institution(id=7, name="A real school", time_zone="UTC", created_at=AS_OF))
    session.flush()
    query = text("SELECT institutions::text FROM institutions WHERE id = 7")
    before = session.scalar(query)
    seed_demo(session, students=4, as_of=AS_OF)
    assert session.scalar(query) == before


@pytest.mark.parametrize(("students", "as_of"), [(0, AS_OF), (5, datetime(2026, 5, 20))])  # noqa: DTZ001 - the point
def test_impossible_wishes_are_refused(session: Session, students: int, as_of: datetime) -> None:
    """No students, or a moment without a time zone, are named in one sentence."""
    with pytest.raises(SeedError, match=r"students is 0|must carry a time zone"):
        seed_demo(session, students=students, as_of=as_of)


@pytest.mark.parametrize("students", [1, 2, 7, 30])
def test_small_schools(session: Session, students: int) -> None:
    """A handful of students make a whole, smaller demo, which is reported as it is in the tables."""
    shares: list[float] = []
    report = seed_demo(session, students=students, as_of=AS_OF, progress=lambda _what, share: shares.append(share))
    for name, table in Base.metadata.tables.items():
        if not table.info.get("view"):
            assert session.scalar(text(f"SELECT count(*) FROM {name}")) == report.rows.get(name, 0), name
    assert report.rows["students"] == students
    assert report.rows["question_attempts"] > 0
    assert f" {students} students" in str(report)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_rows_follow_the_number_of_students(session: Session) -> None:
    """Sixty students answer about 330 times each and have mastery of what they answered."""
    report = seed_demo(session, students=STUDENTS, as_of=AS_OF)
    assert report.rows["students"] == STUDENTS
    assert 200 * STUDENTS < report.rows["question_attempts"] < 500 * STUDENTS
    assert 20 * STUDENTS < report.rows["concept_mastery"] < 78 * STUDENTS
    late = text(
        "SELECT count(*) FROM question_attempts WHERE attempted_at > :as_of"
        " OR sequence <> (extract(epoch FROM attempted_at) * 1000000)::bigint"
    )
    assert session.scalar(late, {"as_of": AS_OF}) == 0
    outside = text(
        "SELECT count(*) FROM question_attempts a WHERE class_id IS NOT NULL AND NOT EXISTS (SELECT FROM enrolments e"
        " WHERE e.institution_id = a.institution_id AND e.class_id = a.class_id AND e.student_id = a.student_id"
        " AND e.enrolled_at <= a.attempted_at AND a.attempted_at < coalesce(e.left_at + interval '1 day', 'infinity'))"
    )
    assert session.scalar(outside) == 0


def test_attempts_are_in_order(attempts: pd.DataFrame) -> None:
    """No attempt is later than asked, no student has two at one moment, no id occurs twice."""
    assert attempts["attempted_at"].max() <= AS_OF
    assert attempts["attempted_at"].max() > AS_OF - pd.Timedelta(days=5)
    assert not attempts.duplicated(["student_id", "sequence"]).any()
    assert attempts["id"].is_unique
    assert {made.version for made in attempts["id"]} == {7}


def test_days_and_hours(attempts: pd.DataFrame) -> None:
    """Classwork is on weekdays in lesson hours, own practice mostly after them; holidays are quiet, not empty."""
    lessons = attempts[attempts["class_id"].notna() & attempts["local"].dt.hour.between(8, 14)]
    own = attempts[attempts["class_id"].isna()]
    assert len(lessons) > 0.5 * len(attempts)
    assert (lessons["local"].dt.day_of_week < 5).mean() > 0.98
    assert 0.05 < (own["local"].dt.day_of_week >= 5).mean() < 0.35
    assert (own["local"].dt.hour.isin([*range(15, 24), 0, 1]) | (own["local"].dt.day_of_week >= 5)).all()
    weekly = attempts.set_index("local").resample("W")["is_correct"].count()
    christmas = weekly[datetime(2025, 12, 28) : datetime(2026, 1, 4)].mean()  # noqa: DTZ001 - local
    assert 0 < christmas < 0.3 * weekly.median()


def test_students_differ(attempts: pd.DataFrame) -> None:
    """Some practise thrice as much as others, some stop early, some are far better."""
    of_student = attempts.groupby("student_id").agg(
        n=("id", "size"), right=("is_correct", "mean"), last=("local", "max")
    )
    low, high = of_student["n"].quantile([0.1, 0.9])
    assert high > 2 * low
    assert of_student["right"].quantile(0.9) - of_student["right"].quantile(0.1) > 0.15
    assert (of_student["last"] < attempts["local"].max() - pd.Timedelta(days=28)).any()


def test_practice_helps(attempts: pd.DataFrame) -> None:
    """Within a student's concept, later answers are right more often than the first ones."""
    ordered = attempts.sort_values(["student_id", "sequence"])
    cells = ordered.groupby(["student_id", "concept_id"])
    ordered = ordered.assign(opportunity=cells.cumcount(), size=cells["id"].transform("size"))
    long = ordered[ordered["size"] >= 8]
    right = long.groupby("opportunity")["is_correct"].mean()
    assert right[4:8].mean() > right[0:2].mean() + 0.04


def test_ability_tells() -> None:
    """Learners of high ability answer the same questions better, and know more in the end."""
    model = Model.of(demo_schools(seed=1, students=1, as_of=AS_OF)[0].curriculum.plans)
    count, answers = 200, 12
    learners = Learners(
        ability=np.repeat([-1.0, 1.0], count // 2),
        subject=np.zeros(count, dtype=np.int64),
        guesses=np.zeros(count, dtype=bool),
        prior=np.zeros(count),
    )
    learner = np.repeat(np.arange(count), answers)
    asked = Asked(
        learner, np.tile(np.arange(answers, dtype=float), count), np.zeros_like(learner), np.zeros_like(learner)
    )
    outcome = practise(np.random.default_rng(0), model, learners, asked, last_day=30.0)
    weak, able = outcome.is_correct.reshape(2, -1).mean(axis=1)
    assert able > weak + 0.2
    assert outcome.knowledge[count // 2 :, 0].mean() > outcome.knowledge[: count // 2, 0].mean() + 1


def test_mastery_tells_the_truth(made: list[tuple[School, list[Block]]], attempts: pd.DataFrame) -> None:
    """What edukit computes as mastery goes with what the model knows to be true, more so with more evidence."""
    truth = pd.concat([block.truth for _, parts in made for block in parts])
    both = concept_mastery(attempts).merge(truth, on=["student_id", "concept_id"], validate="one_to_one")
    known = both[both["total_attempts"] >= 8]
    assert both["mastery_score"].corr(both["p_correct"]) > 0.55
    assert known["mastery_score"].corr(known["p_correct"]) > 0.6


def test_heatmap_has_structure(attempts: pd.DataFrame) -> None:
    """Concepts differ in difficulty, later ones have less evidence, and a class has gaps."""
    maths = {concept.name for topic in SUBJECTS[0].topics for concept in topic.concepts}
    concepts = np.sort(attempts["concept_id"].unique())[: len(maths)]
    cells = attempts[attempts["concept_id"].isin(concepts)].groupby(["student_id", "concept_id"])["is_correct"]
    right, count = (
        cells.agg(what).reset_index().pivot_table("is_correct", "student_id", "concept_id") for what in ("mean", "size")
    )
    assert right.mean().std() > 0.05
    assert count.notna().mean().iloc[:10].mean() > count.notna().mean().iloc[-4:].mean()
    assert 0.02 < right.isna().to_numpy().mean() < 0.5


def test_reactions_are_consistent(attempts: pd.DataFrame) -> None:
    """Hints go with wrong answers only, wrong answers take longer, confidence goes with being right."""
    assert (attempts.loc[attempts["is_correct"], "hint_count"] == 0).all()
    assert attempts["hint_count"].max() > 0
    told = attempts["confidence"].dropna()
    assert 0.2 < len(told) / len(attempts) < 0.7
    assert told.between(0, 1).all()
    assert told.corr(attempts.loc[told.index, "is_correct"].astype(float)) > 0.1
    assert (attempts["time_taken_seconds"] > 0).all()
    right = attempts[attempts["is_correct"] & attempts["answer"].notna()]
    assert right["question_id"].nunique() == len(right[["question_id", "answer"]].drop_duplicates()), "one right answer"


def test_first_run_in_september_shows_the_year_before() -> None:
    """Until a school year is four weeks old the demo shows the last one."""
    assert first_day(datetime(2026, 9, 10, tzinfo=UTC)).year == 2025
    assert first_day(datetime(2026, 10, 10, tzinfo=UTC)).year == 2026
    assert first_day(datetime(2027, 2, 10, tzinfo=UTC)).year == 2026


def test_people_are_enrolled_as_in_a_school(made: list[tuple[School, list[Block]]]) -> None:
    """Each student is in two to four classes at a time; each class has a teacher; each role has someone."""
    assert len({ZoneInfo(school.profile.time_zone) for school, _ in made}) == 2, "two schools, two time zones"
    for school, _ in made:
        now = school.enrolments[school.enrolments["left_at"].isna()]
        assert now.groupby("student_id").size().between(2, 4).all()
        assert set(school.class_teachers["class_id"]) == set(school.classes["id"])
        assert set(school.users["role"]) == {"admin", "analyst", "teacher", "student"}
        assert school.classes["name"].str.fullmatch(r"[789][A-Z]+ [A-Z].+").all()
    first = made[0][0]
    teacher = first.accounts.set_index("email").loc["teacher@demo.example", "id"]
    assert first.users.set_index("account_id").loc[teacher, "role"] == "teacher"
