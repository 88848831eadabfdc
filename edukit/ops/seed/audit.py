"""What the demo's audit has to tell: who signed in, took data out, changed a role, or looked up who complains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from edukit.models import AuditEvent, AuditEventDetails
from edukit.ops.seed.moments import HOUR, MINUTE, shown, tick, ticks, ticks_of, uuids_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from edukit.models import Base
    from edukit.ops.seed.cohort import Cohort
    from edukit.ops.seed.scene import Scene

STAFF_DAYS, STUDENT_DAYS = 30, 14
"""Sign-ins are kept for so many days before the demo's moment."""
SIGNS_IN, MISTYPES = 0.55, 0.04
"""Chance that a member of staff signs in on a school day, and share of all sign-ins before which one failed."""
EXPORTS_A_WEEK = 0.4
"""By each teacher and analyst."""
STAFF_ROLES = ("admin", "teacher", "mentor", "analyst")
BROWSERS = ("Firefox 139 on Linux", "Chrome 137 on Windows", "Safari 18 on macOS", "Chrome 137 on Android")
EXPORTED = ("class_mastery", "attempts", "submissions")


def school_audit(scene: Scene) -> Iterator[tuple[type[Base], pd.DataFrame]]:
    """What staff did: sign-ins of the last weeks, exports of the year, and a teacher who became the analyst."""
    rng, year, users = scene.rng(28), scene.school.year, scene.school.users
    staff = users.loc[users["role"].isin(STAFF_ROLES), "id"].to_numpy(dtype=np.int64)
    day = np.flatnonzero(year.is_school_day)[-STAFF_DAYS:]
    who, when = np.nonzero(rng.random((len(staff), len(day))) < SIGNS_IN)
    signed_in = _sign_ins(rng, staff[who], ticks(year, day[when], rng.uniform(7.0, 18.0, len(who))))
    exporters = users.loc[users["role"].isin(["teacher", "analyst"]), "id"].to_numpy(dtype=np.int64)
    parts = [signed_in, _exports(rng, scene, exporters), _role_change(scene)]
    yield from _rows(rng, scene, pd.concat(parts, ignore_index=True))


def block_audit(cohort: Cohort, steps: pd.DataFrame) -> Iterator[tuple[type[Base], pd.DataFrame]]:
    """What a block's students and their cases leave: sign-ins before practice, and each look at who complains.

    ``steps`` are the rows of ``grievance_events``.
    """
    rng, scene = cohort.rng(29), cohort.scene
    recent = cohort.attempts[cohort.attempts["tick"] > tick(scene.as_of) - STUDENT_DAYS * 24 * HOUR]
    first = recent.groupby(["student", "day"], sort=True)["tick"].min().reset_index()
    signed_in = _sign_ins(rng, cohort.student_ids[first["student"]], first["tick"].to_numpy() - MINUTE)
    seen = steps[steps["action"] == "revealed"]
    revealed = pd.DataFrame(
        {
            "user_id": seen["actor_id"],
            "action": "reveal",
            "resource": [f"grievances/{grievance_id}" for grievance_id in seen["grievance_id"]],
            "tick": ticks_of(seen["occurred_at"]),
            "details": [{"grievance_event": str(event_id)} for event_id in seen["id"]],
        }
    )
    yield from _rows(rng, scene, pd.concat([signed_in, revealed], ignore_index=True))


def _sign_ins(rng: np.random.Generator, user_id: NDArray[np.int64], at: NDArray[np.int64]) -> pd.DataFrame:
    """A sign-in of each user at each moment, some after a failed one; each has its own device and address."""
    fails = rng.random(len(at)) < MISTYPES
    users = np.concatenate([user_id, user_id[fails]])
    details = [
        {"address": f"192.0.2.{user % 254 + 1}", "browser": BROWSERS[user % len(BROWSERS)]} for user in users.tolist()
    ]
    return pd.DataFrame(
        {
            "user_id": users,
            "action": np.repeat(["sign_in", "sign_in_failed"], [len(at), int(fails.sum())]),
            "resource": None,
            "tick": np.concatenate([at, at[fails] - MINUTE // 4]),
            "details": details,
        }
    )


def _exports(rng: np.random.Generator, scene: Scene, user_id: NDArray[np.int64]) -> pd.DataFrame:
    """Frames that teachers and analysts took out as files, on school days of the whole year."""
    year = scene.school.year
    lessons = np.flatnonzero(year.is_school_day)
    # A school without classes has nothing to take out.
    chance = EXPORTS_A_WEEK / 5 * (len(scene.school.classes) > 0)
    who, day = np.nonzero(rng.random((len(user_id), len(lessons))) < chance)
    what = rng.integers(0, len(EXPORTED), len(who))
    classes = scene.school.classes["id"].to_numpy()[rng.integers(0, max(len(scene.school.classes), 1), len(who))]
    rows = rng.integers(40, 4000, len(who)).tolist()
    return pd.DataFrame(
        {
            "user_id": user_id[who],
            "action": "export",
            "resource": [f"classes/{class_id}" for class_id in classes],
            "tick": ticks(year, lessons[day], rng.uniform(8.0, 17.0, len(who))),
            "details": [
                {"frame": EXPORTED[frame], "format": "csv", "rows": count}
                for frame, count in zip(what, rows, strict=True)
            ],
        }
    )


def _role_change(scene: Scene) -> pd.DataFrame:
    """A teacher whom the admin made the analyst when the year began."""
    users = scene.school.users.set_index("role")["id"].groupby(level=0).last()
    details: dict[str, Any] = {"from": "teacher", "to": "analyst"}
    return pd.DataFrame(
        {
            "user_id": [int(users["admin"])],
            "action": ["change_role"],
            "resource": [f"users/{int(users['analyst'])}"],
            "tick": ticks(scene.school.year, [1], 9.0),
            "details": [details],
        }
    )


def _rows(rng: np.random.Generator, scene: Scene, done: pd.DataFrame) -> Iterator[tuple[type[Base], pd.DataFrame]]:
    known = done[done["tick"] <= tick(scene.as_of)].sort_values(["tick", "user_id"], kind="stable", ignore_index=True)
    at = shown(known["tick"].astype("int64"))
    rows = known.assign(institution_id=scene.school.institution_id, id=uuids_at(rng, at), occurred_at=at, created_at=at)
    yield AuditEvent, rows.drop(columns=["tick", "details"])
    yield AuditEventDetails, rows.rename(columns={"id": "event_id"})[["institution_id", "event_id", "details"]]
