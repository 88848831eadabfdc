"""Grievances of the demo: who answers what, and cases in every status with the steps that led there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from edukit.models import Grievance, GrievanceEvent, GrievanceEventDetails
from edukit.models.grievances import CATEGORIES, SEVERITIES, STATUSES
from edukit.ops.seed.grievances.cases import Case, Diary, begins_at, lead
from edukit.ops.seed.grievances.complaints import COMPLAINTS
from edukit.ops.seed.moments import shown, ticks, uuids_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from edukit.models import Base
    from edukit.ops.seed.classroom.work import Classroom
    from edukit.ops.seed.cohort import Cohort
    from edukit.ops.seed.scene import Scene

SHARE = 0.025
"""Share of the students who complain; the first school, however small, shows a grievance in each status."""
SEVERE = (0.35, 0.36, 0.21, 0.08)
STANDS = (0.15, 0.2, 0.25, 0.4)
"""How many are of each severity, and in each status."""
FIRST = tuple(zip(STATUSES, CATEGORIES, reversed(SEVERITIES), strict=True))
"""Status, category and severity of the first ones: one of each."""
STAFF = 3
"""Teachers besides the admin who take grievances over from others."""
_STEPS = [
    "grievance_id", "sequence", "action", "actor_id", "from_status", "to_status", "assigned_to", "routing_rule_id",
    "details", "tick",
]  # fmt: skip


def routing_rules(scene: Scene) -> pd.DataFrame:
    """Who answers what: a teacher for two of the categories, the admin for the others and for all that is critical.

    The rule for grades was another one until a month into the year.
    """
    opened, (admin, *teachers) = scene.ready_at, _staff(scene)
    answers = dict(zip(CATEGORIES, ((teachers or [admin])[-1], (teachers or [admin])[0], admin, admin), strict=True))
    change = shown(ticks(scene.school.year, [20], 12.0))[0]
    rules = [("grade", "low", admin, opened, change), ("grade", "low", answers["grade"], change, None)]
    rules += [(category, "low", answers[category], opened, None) for category in CATEGORIES[1:]]
    rules += [(category, "critical", admin, opened, None) for category in CATEGORIES]
    frame = pd.DataFrame(rules, columns=["category", "minimum_severity", "authority_id", "valid_from", "valid_until"])
    moments = {name: pd.to_datetime(frame[name], utc=True).astype("datetime64[us, UTC]") for name in frame.columns[3:]}
    frame.insert(0, "id", scene.ids.take(len(frame), opened).astype(np.int64))
    return frame.assign(institution_id=scene.school.institution_id, created_at=moments["valid_from"], **moments)


def cases(cohort: Cohort, work: Classroom, assignments: pd.DataFrame, rules: pd.DataFrame) -> list[Case]:
    """The grievances of a block's students, in the order in which they were filed."""
    rng, year = cohort.rng(26), cohort.scene.school.year
    wanted = FIRST if cohort.scene.place == cohort.number == 0 else ()
    count = max(int(rng.binomial(len(cohort.student_ids), SHARE)), len(wanted))
    made = []
    for place, student in enumerate(_complainants(rng, cohort, count).tolist()):
        status, category, severity = (
            wanted[place]
            if place < len(wanted)
            else tuple(
                map(str, (rng.choice(STATUSES, p=STANDS), rng.choice(CATEGORIES), rng.choice(SEVERITIES, p=SEVERE)))
            )
        )
        diary = Diary(rng, year, begins_at(rng, year, status))
        at = diary.later(0, (12.0, 20.5))
        complaint = COMPLAINTS[category][SEVERITIES.index(severity)].about(*_occasion(work, assignments, student, at))
        case = Case(int(cohort.student_ids[student]), category, severity, complaint.description)
        case.step("filed", case.student_id, "Filed by the student.", at, to_status="open")
        lead(diary, case, complaint, status=status, rules=rules, staff=_staff(cohort.scene))
        made.append(case)
    return sorted(made, key=lambda case: int(case.steps[0]["tick"]))


def grievance_rows(cohort: Cohort, made: list[Case]) -> Iterator[tuple[type[Base], pd.DataFrame]]:
    """The cases, their steps and the words of these, as rows."""
    rng, institution_id = cohort.rng(27), cohort.scene.school.institution_id
    filed, last = (np.array([case.steps[end]["tick"] for case in made], dtype=np.int64) for end in (0, -1))
    ids = uuids_at(rng, shown(filed))
    columns = ("student_id", "category", "severity", "description", "status", "assigned_to", "resolution")
    heads = pd.DataFrame({name: [getattr(case, name) for case in made] for name in columns}, dtype=object)
    resolved = np.array([case.resolved or -1 for case in made], dtype=np.int64)
    yield (
        Grievance,
        heads.assign(
            institution_id=institution_id,
            id=ids,
            filed_at=shown(filed),
            resolved_at=pd.Series(shown(np.maximum(resolved, 0))).where(resolved >= 0),
            created_at=shown(filed),
            updated_at=shown(last),
        ),
    )
    steps = [
        {**step, "grievance_id": grievance_id, "sequence": sequence}
        for case, grievance_id in zip(made, ids, strict=True)
        for sequence, step in enumerate(case.steps, start=1)
    ]
    events = pd.DataFrame(steps, dtype=object, columns=_STEPS)
    at = shown(events.pop("tick").astype("int64"))
    events = events.assign(institution_id=institution_id, id=uuids_at(rng, at), occurred_at=at, created_at=at)
    yield GrievanceEvent, events.drop(columns="details")
    yield GrievanceEventDetails, events.rename(columns={"id": "event_id"})[["institution_id", "event_id", "details"]]


def _staff(scene: Scene) -> list[int]:
    """The admin and the teachers who answer grievances, the demo's own teacher before others."""
    users = scene.school.users
    admin, teachers = (users.loc[users["role"] == role, "id"].astype(int).tolist() for role in ("admin", "teacher"))
    return [admin[0], *teachers[:1], *teachers[1:][1 - STAFF :]]


def _complainants(rng: np.random.Generator, cohort: Cohort, count: int) -> NDArray[np.int64]:
    """So many students who have been there all year; where there are too few, some complain again."""
    there = cohort.seats.student[cohort.seats.enrolled.all(axis=1)]
    candidates = np.unique(there) if len(there) else np.arange(len(cohort.student_ids))
    return np.resize(rng.permutation(candidates), count)


def _occasion(work: Classroom, assignments: pd.DataFrame, student: int, at: int) -> tuple[str, int]:
    """Title and score of the weakest of the latest works of a student that had been marked by then."""
    made = work.submissions
    known = made[(made["student"] == student) & made["score"].notna() & (made["marked"] < at)]
    if known.empty:
        return "Diagnostic test", 41
    latest = known.sort_values("marked", kind="stable").tail(5)
    weakest = int(latest["score"].to_numpy().argmin())
    assignment, score = (latest[name].to_numpy()[weakest] for name in ("assignment", "score"))
    return str(assignments["title"].iloc[int(assignment)]), int(score)
