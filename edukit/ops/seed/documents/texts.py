"""Texts of the demo's people: teachers' lesson plans and notes, students' essays, on what they teach and learn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from edukit.ops.seed.curriculum.lessons import lessons_of
from edukit.ops.seed.moments import moments

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np

    from edukit.ops.seed.curriculum.lessons import Lesson
    from edukit.ops.seed.practice.attempts import Block
    from edukit.ops.seed.scene import Scene

OF_A_TEACHER = 5
PLANS = 0.6
"""Share of a teacher's documents that are lesson plans; the others are notes."""
WRITERS = 0.3
"""Share of the students who wrote an essay."""
OPENINGS = (
    "Begin with a question on the board: {prompt} Two minutes alone, two in pairs.",
    "Begin with a vote, without comment: {myth} Count the hands; the class comes back to it at the end.",
    "Begin with what they know: everyone writes down one sentence on {name}.",
)
PRACTICE = (
    "Practise in edukit for fifteen minutes; walk round and look for this mistake: {myth}",
    "Groups of three get four statements, one of them wrong: {myth} Each group says why.",
    "Everyone works on this task, the quick ones explain it to others: {prompt}",
)
REMARKS = (
    "Several still think: {myth} Comparing it with this one helped: {fact}",
    "The task went well in pairs: {prompt} It needs ten minutes more than I had planned.",
    "After the holidays I must come back to this: {fact} In the quiz every third answer was wrong.",
)
ESSAYS = (
    "Before this topic I thought that I knew all about it. I did not.",
    "My teacher asked us: {prompt} At first I did not know where to start.",
    "If I had to explain {name} to a younger student, I would begin with an example.",
)


def teachers_documents(scene: Scene) -> pd.DataFrame:
    """A few documents of each teacher, about concepts of their subject that had been taught by then."""
    rng, school = scene.rng(18, 0), scene.school
    taught = school.class_teachers.merge(school.taught, on="class_id").drop_duplicates("teacher_id")
    writers = taught.loc[taught.index.repeat(OF_A_TEACHER), ["teacher_id", "form", "subject"]]
    day = rng.integers(0, len(school.year.days) - 1, len(writers))
    lessons = list(lessons_of(school.curriculum).values())
    made = []
    for teacher, subject, written in zip(writers["teacher_id"], writers["subject"], day, strict=True):
        of_subject = [lesson for lesson in lessons if lesson.place == subject]
        lesson = of_subject[int(school.year.progress[written] * (len(of_subject) - 1))]
        kind = "lesson_plan" if rng.random() < PLANS else "note"
        made.append((int(teacher), kind, lesson, _plan(rng, lesson) if kind == "lesson_plan" else _note(rng, lesson)))
    return _rows(scene, made, pd.Series(moments(school.year, day, rng.uniform(13, 19, len(day)))))


def essays(scene: Scene, block: Block, known: pd.DataFrame, number: int) -> pd.DataFrame:
    """Essays of some students about a concept that they know well; ``known`` is ``lessons.practised`` of the block."""
    rng, school = scene.rng(18, 1, number), scene.school
    lessons = lessons_of(school.curriculum)
    best = known.drop_duplicates("student_id", keep="last")
    writers = best[best["student_id"].isin(block.student_ids[rng.random(len(block.student_ids)) < WRITERS])]
    day = len(school.year.days) - 2 - rng.integers(0, 25, len(writers))
    made = [
        (student, "essay", lessons[concept], _essay(rng, lessons[concept]))
        for student, concept in writers[["student_id", "concept_id"]].to_numpy().tolist()
    ]
    return _rows(scene, made, pd.Series(moments(school.year, day, rng.uniform(15.5, 21.5, len(day)))))


def _rows(scene: Scene, made: list[tuple[int, str, Lesson, str]], written: pd.Series[pd.Timestamp]) -> pd.DataFrame:
    titles = {"lesson_plan": "Lesson plan: {}", "note": "Notes: {}", "essay": "What I learned: {}"}
    rows = pd.DataFrame(
        [
            (user, kind, titles[kind].format(lesson.concept.name), text, _details(lesson, text))
            for user, kind, lesson, text in made
        ],
        columns=["user_id", "kind", "title", "content", "details"],
    )
    return rows.assign(
        institution_id=scene.school.institution_id, id=scene.ids.take(len(rows), scene.as_of), created_at=written
    ).astype({"user_id": "int64"})


def _details(lesson: Lesson, text: str) -> dict[str, object]:
    return {"subject": lesson.subject.name, "topic": lesson.topic.name, "words": len(text.split())}


def _plan(rng: np.random.Generator, lesson: Lesson) -> str:
    concept = lesson.concept
    return _text(
        rng,
        lesson,
        (
            f"{lesson.subject.name}, {lesson.topic.name}: {concept.name}. One lesson of 45 minutes.",
            f"Aim: {concept.about} By the end everyone can say why this is so: {concept.facts[-1]}",
            OPENINGS,
            PRACTICE,
            f"To close, true or false: {concept.myths[-1]} Whoever says true meets me before the next lesson.",
        ),
    )


def _note(rng: np.random.Generator, lesson: Lesson) -> str:
    return _text(
        rng, lesson, (f"{lesson.concept.name}, after the lesson.", REMARKS, f"The aim was: {lesson.concept.about}")
    )


def _essay(rng: np.random.Generator, lesson: Lesson) -> str:
    concept = lesson.concept
    parts = (
        ESSAYS,
        f'"{concept.name}" is about this: {concept.about[0].lower()}{concept.about[1:]}',
        f"The most important sentence in my notes is: {' And: '.join(concept.facts)}",
        f"I tested myself, true or false: {concept.myths[0]} I nearly said true, and then I saw the mistake.",
    )
    return _text(rng, lesson, parts)


def _text(rng: np.random.Generator, lesson: Lesson, parts: Iterable[str | tuple[str, ...]]) -> str:
    """Paragraphs: each as it stands, or one of several to choose from, with the lesson's content in the gaps."""
    concept = lesson.concept
    chosen = (part if isinstance(part, str) else str(rng.choice(part)) for part in parts)
    gaps = {"name": concept.name, "fact": concept.facts[0], "myth": concept.myths[0], "prompt": concept.prompts[0]}
    return "\n\n".join(part.format(**gaps) if "{" in part else part for part in chosen)
