"""Chats of the demo's people with an assistant: teachers about a student, students about a concept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from edukit.models.documents import CHAT_ROLES
from edukit.ops.seed.curriculum.lessons import lessons_of, practised
from edukit.ops.seed.documents.dialogues import Standing, Task, about_concept, about_student
from edukit.ops.seed.moments import recent_moments, uuids_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edukit.ops.seed.curriculum.plans import Curriculum
    from edukit.ops.seed.practice.attempts import Block
    from edukit.ops.seed.scene import Scene

TALKED_ABOUT = 0.4
"""Share of the classes a student of whom is talked about."""
LEARNERS = 0.2
"""Share of the students who ask about a concept."""
DAYS = 25


@dataclass(frozen=True)
class _Talk:
    """A chat before it is rows: lines of user and assistant in turn."""

    user_id: int
    student_id: int | None
    title: str
    begins: pd.Timestamp
    lines: list[str]


def chats(
    scene: Scene, block: Block, attempts: pd.DataFrame, number: int
) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """Chats, their messages, and each chat's whole text; ``attempts`` is ``lessons.with_concepts`` of the block."""
    rng = scene.rng(19, number)
    talks = [*_of_teachers(rng, scene, block, attempts), *_of_students(rng, scene, block, attempts)]
    ids = scene.ids.take(len(talks), scene.as_of)
    rows = pd.DataFrame(
        {
            "institution_id": scene.school.institution_id,
            "id": ids,
            "user_id": [talk.user_id for talk in talks],
            "student_id": pd.array([talk.student_id for talk in talks], dtype="Int64"),
            "title": [talk.title for talk in talks],
            "created_at": pd.Series([talk.begins for talk in talks], dtype="datetime64[us, UTC]"),
        }
    )
    return rows, _messages(rng, scene, rows, talks), ["\n".join(talk.lines) for talk in talks]


def _messages(rng: np.random.Generator, scene: Scene, rows: pd.DataFrame, talks: list[_Talk]) -> pd.DataFrame:
    """A message for each line: who asks thinks longer than who answers."""
    count = np.array([len(talk.lines) for talk in talks], dtype=np.int64)
    turn = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    asks = turn % 2 == 0
    pause = np.where(turn == 0, 0, np.where(asks, rng.uniform(15, 90, len(turn)), rng.uniform(2, 8, len(turn))))
    passed = pd.Series(pause).groupby(np.repeat(rows["id"].to_numpy(), count)).cumsum()
    begins = rows["created_at"].repeat(count.tolist()).reset_index(drop=True)
    sent = (begins + pd.to_timedelta(passed, unit="s")).astype("datetime64[us, UTC]")
    return pd.DataFrame(
        {
            "institution_id": scene.school.institution_id,
            "id": uuids_at(rng, sent),
            "chat_id": np.repeat(rows["id"].to_numpy(), count),
            "role": np.where(asks, *CHAT_ROLES),
            "content": [line for talk in talks for line in talk.lines],
            "sent_at": sent,
        }
    )


def _of_teachers(rng: np.random.Generator, scene: Scene, block: Block, attempts: pd.DataFrame) -> Iterator[_Talk]:
    """About one student each of some classes, with the figures of that moment."""
    school, lessons = scene.school, lessons_of(scene.school.curriculum)
    names = school.users.set_index("id")["name"]
    teacher_of = school.class_teachers.drop_duplicates("class_id").set_index("class_id")["teacher_id"]
    subject_of = school.taught.set_index("class_id")["subject"]
    now = school.enrolments[
        school.enrolments["left_at"].isna() & school.enrolments["student_id"].isin(block.student_ids)
    ]
    of_student = attempts.groupby("student_id").indices
    for place, (class_id, members) in enumerate(now.groupby("class_id")["student_id"]):
        if rng.random() > TALKED_ABOUT and place > 0:
            continue
        student = int(rng.choice(members.to_numpy()))
        begins = recent_moments(rng, school.year, 1, hours=(13.5, 17.5), days=DAYS)[0]
        given = attempts.iloc[of_student.get(student, [])]
        given = given[(given["attempted_at"] < begins) & (given["subject"] == subject_of[class_id])]
        standings = [
            Standing(lessons[concept], answers, right)
            for concept, answers, right in practised(given)[["concept_id", "answers", "right"]]
            .to_numpy()
            .astype(int)
            .tolist()
        ]
        if standings:
            name = str(names[student])
            title = f"{name} in {standings[0].lesson.subject.name}"
            yield _Talk(int(teacher_of[class_id]), student, title, begins, about_student(rng, name, standings))


def _of_students(rng: np.random.Generator, scene: Scene, block: Block, attempts: pd.DataFrame) -> Iterator[_Talk]:
    """About one of the concepts that each finds hardest."""
    lessons, tasks = lessons_of(scene.school.curriculum), _tasks(scene.school.curriculum)
    asking = block.student_ids[rng.random(len(block.student_ids)) < LEARNERS]
    hardest = practised(attempts[attempts["student_id"].isin(asking)]).groupby("student_id").head(3)
    begins = recent_moments(rng, scene.school.year, len(asking), hours=(15.5, 21.5), days=DAYS)
    of_student = hardest.groupby("student_id")["concept_id"].agg(list)
    # Who never answered asks nothing.
    for student, concepts, moment in zip(of_student.index.tolist(), of_student, begins, strict=False):
        lesson = lessons[int(rng.choice(concepts))]
        # What the assistant has just said is no task.
        said = (*lesson.concept.facts, lesson.concept.myths[0])
        fresh = [task for task in tasks[lesson.concept_id] if not task.body.endswith(said)]
        task = fresh[int(rng.integers(len(fresh)))]
        yield _Talk(student, None, lesson.concept.name, moment, about_concept(rng, lesson, task))


def _tasks(curriculum: Curriculum) -> dict[Any, list[Task]]:
    """The tasks of each concept that can be put in a chat: calculations, and else statements."""
    asked = curriculum.questions.merge(curriculum.question_concepts, left_on="id", right_on="question_id")
    tasks: dict[Any, list[Task]] = {}
    # Of a concept with both, the later ones count.
    for kind in ("true_false", "numerical"):
        of_kind = asked[asked["kind"] == kind]
        made = [_task(kind, *row) for row in of_kind[["body", "correct_answer", "explanation"]].to_numpy().tolist()]
        tasks |= pd.Series(made, dtype=object).groupby(of_kind["concept_id"].to_numpy()).agg(list).to_dict()
    return tasks


def _task(kind: str, body: str, right: str, explanation: str) -> Task:
    # The explanation begins with the answer itself, which the assistant says anyway.
    why = explanation.partition(". ")[2]
    wrong = ("false" if right == "true" else "true") if kind == "true_false" else f"Is it {round(float(right)) + 1}?"
    return Task(body, right, wrong, why)
