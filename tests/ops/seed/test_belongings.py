"""The demo's people and what belongs to them: guardians, mentors, profiles, plans, study items, texts and chats."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from edukit.models import (
    Account,
    Chat,
    ChatMessage,
    Document,
    DocumentEmbedding,
    Guardianship,
    Mentorship,
    Profile,
    ProgressRecord,
    StudyItem,
    StudyPlan,
    StudyPlanItem,
    Subscription,
    SyncOperation,
    User,
)
from edukit.models.study import STUDY_ITEM_KINDS
from edukit.models.sync import SYNC_STATUSES
from edukit.ops.seed import belongings
from edukit.ops.seed.demo import demo_ids, demo_schools
from edukit.ops.seed.practice.attempts import blocks
from edukit.ops.seed.scene import Scene

if TYPE_CHECKING:
    from edukit.models import Base

AS_OF = datetime(2026, 5, 20, 10, 30, tzinfo=UTC)
STUDENTS = 120
TO_COME = {"next_review_at", "ends_at"}
"""Moments that may lie ahead."""


class Demo:
    """A demo in memory: its scenes, all attempts, and the rows of each table that belong to people."""

    def __init__(self, students: int, as_of: datetime) -> None:
        ids = demo_ids(1)
        schools = demo_schools(seed=1, students=students, as_of=as_of, ids=ids)
        self.scenes = [Scene(school, place, 1, as_of, ids) for place, school in enumerate(schools)]
        self.made: dict[str, list[pd.DataFrame]] = {}
        attempts = []
        for scene in self.scenes:
            for model, rows in belongings.of_school(scene):
                self.made.setdefault(model.__tablename__, []).append(rows)
        for scene in self.scenes:
            for number, block in enumerate(blocks(scene.school, seed=1, place=scene.place, as_of=as_of)):
                attempts.append(block.attempts)
                for model, rows in belongings.of_block(scene, block, number):
                    self.made.setdefault(model.__tablename__, []).append(rows)
        self.attempts = pd.concat(attempts, ignore_index=True)

    def rows(self, model: type[Base]) -> pd.DataFrame:
        """The rows of a table at both schools."""
        return pd.concat([rows for rows in self.made[model.__tablename__] if len(rows)], ignore_index=True)

    def of_schools(self, name: str) -> pd.DataFrame:
        """A frame of both schools, such as their students."""
        return pd.concat([getattr(scene.school, name) for scene in self.scenes], ignore_index=True)


@pytest.fixture(scope="module")
def demo() -> Demo:
    """A demo of 120 students in May."""
    return Demo(STUDENTS, AS_OF)


@pytest.mark.parametrize("students", [1, 2, 7])
@pytest.mark.parametrize(
    "as_of", [AS_OF, datetime(2026, 9, 29, 0, 1, tzinfo=UTC), datetime(2026, 8, 10, 12, tzinfo=UTC)]
)
def test_nothing_happens_later_than_now(students: int, as_of: datetime) -> None:
    """In a year's first weeks, in May and in the holidays, with few students too, nothing is after the moment."""
    demo = Demo(students, as_of)
    for table, frames in demo.made.items():
        for rows in frames:
            for name in rows.select_dtypes("datetimetz").columns.difference(list(TO_COME)):
                assert not (rows[name] > as_of).any(), f"{table}.{name}"
                opened = min(scene.school.opened_at for scene in demo.scenes)
                assert not (rows[name] < opened).any(), f"{table}.{name}"
    assert len(demo.rows(Profile)) == len(demo.of_schools("users")) + len(demo.rows(User))


def test_students_have_guardians(demo: Demo) -> None:
    """Most students have one or two guardians of role parent, some parents several children, all of one name."""
    pairs, users = demo.rows(Guardianship), demo.rows(User).set_index("id")
    students = set(demo.of_schools("students")["id"])
    assert set(pairs["student_id"]) <= students
    assert set(users.loc[pairs["guardian_id"], "role"]) == {"parent"}
    assert pairs.groupby("student_id").size().between(1, 2).all()
    assert 0.85 < pairs["student_id"].nunique() / len(students) < 1
    assert pairs.groupby("guardian_id").size().max() > 1, "somebody has two children here"
    assert set(pairs["relationship"]) == {"mother", "father"}
    names = demo.rows(Profile).set_index("user_id")["last_name"]
    fathers = pairs[pairs["relationship"] == "father"]
    assert (names[fathers["guardian_id"]].to_numpy() == names[fathers["student_id"]].to_numpy()).all()


def test_addresses_are_easy_to_remember(demo: Demo) -> None:
    """parent@ is the parent of student@, and mentor@ their mentor, at both schools."""
    emails = pd.concat([demo.of_schools("accounts"), demo.rows(Account)]).set_index("email")["id"]
    assert emails.index.is_unique
    users = pd.concat([demo.of_schools("users"), demo.rows(User)]).drop_duplicates("account_id").set_index("account_id")
    for domain in ("demo.example", "mapleharbour.example"):
        parent, mentor, student = (
            users.loc[emails[f"{name}@{domain}"], "id"] for name in ("parent", "mentor", "student")
        )
        assert ((demo.rows(Guardianship)[["guardian_id", "student_id"]] == [parent, student]).all(axis=1)).any()
        assert ((demo.rows(Mentorship)[["mentor_id", "student_id"]] == [mentor, student]).all(axis=1)).any()


def test_mentors_have_a_few_students(demo: Demo) -> None:
    """Each mentor has one to four students, some mentorships are over, none before it began."""
    pairs, users = demo.rows(Mentorship), demo.rows(User).set_index("id")
    assert set(users.loc[pairs["mentor_id"], "role"]) == {"mentor"}
    assert pairs.groupby("mentor_id").size().between(1, 4).all()
    assert not pairs.duplicated(["mentor_id", "student_id"]).any()
    over = pairs["ended_at"].dropna()
    assert (over > pairs.loc[over.index, "started_at"]).all()


def test_profiles_tell_the_names_of_their_users(demo: Demo) -> None:
    """Everybody has one profile, whose first and last name are parts of the user's name, and parents a telephone."""
    users = pd.concat([demo.of_schools("users"), demo.rows(User)]).set_index("id")
    profiles = demo.rows(Profile).set_index("user_id")
    assert profiles.index.is_unique
    assert set(profiles.index) == set(users.index)
    for user, first, last in profiles[["first_name", "last_name"]].itertuples():
        name = users.loc[user, "name"]
        assert first in name
        assert last in name
        assert first
        assert last
    by_phone = profiles["phone"].notna().groupby(users["role"]).mean()
    assert by_phone["parent"] > 0.5 > by_phone["student"]
    assert set(profiles["theme"]) == {"light", "dark", "system"}
    assert profiles["language"].nunique() > 3


def test_subscriptions_end_after_they_begin(demo: Demo) -> None:
    """Teachers and students have subscribed; a trial that is running has not ended."""
    rows = demo.rows(Subscription)
    roles = demo.of_schools("users").set_index("id").loc[rows["user_id"], "role"]
    assert set(roles) == {"teacher", "student"}
    assert (rows["ends_at"] > rows["starts_at"]).all()
    assert (rows.loc[rows["status"] == "trialing", "ends_at"] > AS_OF).all()


def test_aims_agree_with_the_classes(demo: Demo) -> None:
    """Only who takes computer science is on GitHub, an exam has a date, and student@ tells all of it."""
    for scene in demo.scenes:
        school, students = scene.school, scene.school.students
        computing = {
            form
            for form, subject in school.taught[["form", "subject"]].to_numpy()
            if school.curriculum.plans[subject].name == "Computer Science"
        }
        on_github = students["github_username"].notna()
        assert on_github.any()
        assert set(school.forms[on_github]) <= computing
        assert not (students["github_connected"] & ~on_github).any()
        assert students.loc[on_github, "github_username"].str.fullmatch(r"[a-z][a-z-]{2,38}").all()
        assert (students["target_exam"].isna() == students["exam_date"].isna()).all()
        assert students["available_hours_per_day"].dropna().between(0, 24).all()
        assert students.iloc[0][["target_exam", "available_hours_per_day"]].notna().all()


def test_plans_are_made_from_what_is_weak(demo: Demo) -> None:
    """A plan's sittings are in order within its days, of concepts that the student practised, and some are done."""
    plans, items = demo.rows(StudyPlan), demo.rows(StudyPlanItem)
    both = items.merge(plans, left_on="plan_id", right_on="id")
    assert ((both["planned_on"] >= both["starts_on"]) & (both["planned_on"] <= both["ends_on"])).all()
    assert (items["position"] == items.groupby("plan_id").cumcount()).all()
    assert items.groupby("plan_id")["planned_on"].is_monotonic_increasing.all()
    concept = demo.attempts["question_id"].map(
        pd.concat([scene.school.curriculum.question_concepts for scene in demo.scenes]).set_index("question_id")[
            "concept_id"
        ]
    )
    practised = set(zip(demo.attempts["student_id"], concept, strict=True))
    assert set(zip(both["student_id"], both["concept_id"], strict=True)) <= practised
    past = items["planned_on"] < AS_OF.date()
    assert 0.4 < items.loc[past, "completed_at"].notna().mean() < 1
    assert items.loc[~past, "completed_at"].isna().all()


def test_study_items_are_reviewed_in_time(demo: Demo) -> None:
    """Reviews follow the making and are followed by the next; what was never reviewed has no progress."""
    rows = demo.rows(StudyItem)
    assert set(rows["kind"]) == set(STUDY_ITEM_KINDS) - {"other"}
    reviewed = rows[rows["last_reviewed_at"].notna()]
    assert (reviewed["last_reviewed_at"] >= reviewed["created_at"]).all()
    assert (reviewed["next_review_at"] > reviewed["last_reviewed_at"]).all()
    assert (rows.loc[rows["last_reviewed_at"].isna(), "progress"] == 0).all()
    assert rows["progress"].between(0, 1).all()
    assert rows["content"].map(bool).all()


def test_records_are_what_the_attempts_say(demo: Demo) -> None:
    """A monthly figure is the share of right answers of that month, in per cent."""
    records = demo.rows(ProgressRecord)
    record = records.iloc[0]
    school = demo.scenes[0].school
    subject = [plan.name.lower().replace(" ", "_") for plan in school.curriculum.plans].index(record["category"])
    mine = demo.attempts[
        (demo.attempts["student_id"] == record["user_id"])
        & demo.attempts["question_id"].isin(school.curriculum.plans[subject].question_ids)
    ]
    month = mine["attempted_at"].dt.tz_convert(school.profile.time_zone).dt.strftime("%Y-%m")
    right = mine.loc[month == record["details"]["month"], "is_correct"]
    assert record["score"] == round(100 * right.mean(), 1)
    assert record["details"]["answers"] == len(right)
    assert records["score"].between(0, 100).all()


def test_chats_are_said_in_turn(demo: Demo) -> None:
    """A chat begins when its first line is said, user and assistant take turns, and the figures told are true."""
    chats, messages = demo.rows(Chat), demo.rows(ChatMessage)
    ordered = messages.sort_values(["chat_id", "sent_at"], kind="stable")
    first = ordered.groupby("chat_id")["sent_at"].min()
    assert (chats.set_index("id")["created_at"] == first).all()
    turns = ordered.groupby("chat_id")["role"].agg(list)
    assert all(turn == (["user", "assistant"] * len(turn))[: len(turn)] for turn in turns)
    about = chats[chats["student_id"].notna()]
    assert len(about) > 1
    teachers = demo.of_schools("users").set_index("id")["role"]
    assert set(teachers[about["user_id"]]) == {"teacher"}
    chat = about.iloc[0]
    told = ordered[ordered["chat_id"] == chat["id"]]["content"].iloc[1]
    subject = next(plan for plan in demo.scenes[0].school.curriculum.plans if plan.name in chat["title"])
    before = demo.attempts[
        (demo.attempts["student_id"] == chat["student_id"])
        & (demo.attempts["attempted_at"] < chat["created_at"])
        & demo.attempts["question_id"].isin(subject.question_ids)
    ]
    assert f"{len(before)} answer" in told
    assert f"{before['is_correct'].sum()} of them right" in told


def test_texts_have_no_gaps(demo: Demo) -> None:
    """No text of a document or a chat has a gap that was not filled, and texts differ."""
    documents = demo.rows(Document)
    assert set(documents["kind"]) == {"lesson_plan", "note", "essay"}
    said = pd.concat([documents["content"], documents["title"], demo.rows(ChatMessage)["content"]])
    assert not said.str.contains(r"[{}]|\bnan\b|None").any()
    assert documents["content"].nunique() > 0.6 * len(documents)
    assert len(demo.rows(DocumentEmbedding)) == len(documents)


def test_offline_changes_are_in_every_state(demo: Demo) -> None:
    """Each status occurs, only what waits is not settled, and what was applied is there."""
    rows = demo.rows(SyncOperation)
    assert set(rows["status"]) == set(SYNC_STATUSES)
    assert (rows["settled_at"].isna() == (rows["status"] == "pending")).all()
    assert (rows["error"].notna() == (rows["status"] == "failed")).all()
    there = set(demo.attempts["id"].astype(str))
    inserts = rows[rows["operation"] == "insert"]
    assert (inserts["row_id"].isin(there) == (inserts["status"] == "applied")).all()
