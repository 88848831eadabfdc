"""What the classes of the demo are set, by whom it is marked, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from edukit.ops.seed.classroom.works import WORKS, quoted
from edukit.ops.seed.curriculum.subjects import SUBJECTS
from edukit.ops.seed.moments import HOUR, shown, tick, ticks
from edukit.ops.seed.practice.sessions import CONCEPTS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edukit.ops.seed.calendar import SchoolYear
    from edukit.ops.seed.scene import Scene

EVERY_DAYS = (7, 22)
"""A class is set something every one to three weeks."""
DUE_AFTER_DAYS = (4, 15)
DUE_HOURS = np.array([18.0, 20.0, 21.0, 22.0])
SECOND_MARKS = 0.25
"""Share of the work that the second teacher marks where there are two."""
COLUMNS = [
    "institution_id", "id", "class_id", "topic_id", "title", "description", "assigned_at", "due_at", "created_at",
]  # fmt: skip


def set_work(scene: Scene) -> pd.DataFrame:
    """Every assignment of a school up to the demo's moment, in the order of class and time.

    The columns of the table, and what the rest of the demo needs: ``subject`` and ``concept`` (places in
    ``SUBJECTS`` and in the subject), ``name`` (of the concept), ``teacher_id`` (who marks it), and as
    microseconds ``assigned``, ``due`` and ``marked`` (when its marking begins).
    """
    rng, school = scene.rng(20), scene.school
    year = school.year
    place, day = _days(rng, len(school.taught), year)
    subject = school.taught["subject"].to_numpy()[place]
    assigned = ticks(year, day, rng.uniform(9.0, 15.0, len(day)))
    known = assigned <= tick(scene.as_of) - HOUR
    place, day, subject, assigned = place[known], day[known], subject[known], assigned[known]
    last_day = (year.ends_on - year.starts_on).days
    due_day = np.minimum(day + rng.integers(*DUE_AFTER_DAYS, len(day)), last_day)
    frame = pd.DataFrame({"class_id": school.taught["class_id"].to_numpy()[place], "subject": subject})
    frame["concept"] = _concept(subject, year.progress[day], year)
    frame["assigned"] = assigned
    frame["due"] = ticks(year, due_day, rng.choice(DUE_HOURS, len(day)))
    frame["marked"] = ticks(year, due_day + rng.integers(1, 7, len(day)), rng.uniform(15.0, 19.0, len(day)))
    frame["teacher_id"] = _markers(rng, school.class_teachers, frame["class_id"].to_numpy())
    frame["id"] = scene.ids.take(len(frame), scene.ready_at)
    frame["institution_id"] = school.institution_id
    frame["assigned_at"], frame["due_at"] = shown(frame["assigned"]), shown(frame["due"])
    return _described(rng, scene, frame.assign(created_at=frame["assigned_at"]))


def _days(rng: np.random.Generator, classes: int, year: SchoolYear) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Place of the class and day of the year of everything that is set: school days, in the order of both."""
    count = len(year.days) // EVERY_DAYS[0] + 1
    day = np.cumsum(rng.integers(*EVERY_DAYS, (classes, count)), axis=1) - rng.integers(0, 6, (classes, 1))
    # What would fall on a day off is set on the next school day; in the last holidays nothing is.
    lessons = np.append(np.flatnonzero(year.is_school_day), len(year.days))
    day = lessons[np.searchsorted(lessons, np.minimum(day, len(year.days)))]
    fresh = np.diff(day, axis=1, prepend=-1) > 0
    place, column = np.nonzero(fresh & (day < len(year.days)))
    return place, day[place, column]


def _concept(subject: NDArray[np.int64], progress: NDArray[np.float64], year: SchoolYear) -> NDArray[np.int64]:
    """What classes are taught at the time, as they practise it (``sessions``), but for each one's own pace."""
    concepts, so_far = CONCEPTS[subject], year.progress[-1]
    covered = np.minimum(concepts * (0.55 + 0.45 * so_far), 2 + 1.5 * year.weeks)
    reached: NDArray[np.int64] = np.minimum((covered * progress / so_far).astype(np.int64), concepts - 1)
    return reached


def _markers(rng: np.random.Generator, class_teachers: pd.DataFrame, class_id: NDArray[np.int64]) -> NDArray[np.int64]:
    of_class = class_teachers.groupby("class_id")["teacher_id"]
    first, last = of_class.first()[class_id].to_numpy(), of_class.last()[class_id].to_numpy()
    return np.where(rng.random(len(class_id)) < SECOND_MARKS, last, first)


def _described(rng: np.random.Generator, scene: Scene, frame: pd.DataFrame) -> pd.DataFrame:
    """With the topic, the title and the task of each."""
    plans, concepts = scene.school.curriculum.plans, scene.school.curriculum.concepts.set_index("id")
    pairs = zip(frame["subject"], frame["concept"], strict=True)
    concept_ids = [int(plans[subject].concept_ids[concept]) for subject, concept in pairs]
    names = concepts.loc[concept_ids, "name"].tolist()
    kinds = rng.integers(0, 1 << 20, len(frame)).tolist()
    works = [
        WORKS[SUBJECTS[subject].code][kind % len(WORKS[SUBJECTS[subject].code])]
        for subject, kind in zip(frame["subject"], kinds, strict=True)
    ]
    return frame.assign(
        topic_id=concepts.loc[concept_ids, "topic_id"].to_numpy(),
        name=names,
        title=[work.title.format(concept=name) for work, name in zip(works, names, strict=True)],
        description=[work.task.format(quoted=quoted(name)) for work, name in zip(works, names, strict=True)],
    )
