"""Changes that some of the demo's students made offline: taken in, outdated, refused and waiting."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd

from edukit.ops.seed.moments import uuids_at

if TYPE_CHECKING:
    from datetime import datetime

    import numpy as np

    from edukit.ops.seed.practice.attempts import Block
    from edukit.ops.seed.scene import Scene

SHARE = 0.04
"""Share of the students who worked offline of late."""
STATUSES = ("applied", "superseded", "failed", "pending")
DEVICES = ("phone", "tablet", "laptop")
TRIES = {"applied": 1, "superseded": 1, "failed": 3, "pending": 0}
IMPOSSIBLE_SECONDS = -4.0


def sync_operations(scene: Scene, block: Block, number: int) -> pd.DataFrame:
    """A few operations of each status: latest answers as they were taken in or refused, and wishes for a theme."""
    rng = scene.rng(17, 1, number)
    latest = block.attempts.drop_duplicates("student_id", keep="last")
    latest = latest.iloc[rng.permutation(len(latest))[: max(len(STATUSES), int(SHARE * len(latest)))]]
    made = [
        _operation(rng, row, STATUSES[place % len(STATUSES)], scene.as_of)
        for place, row in enumerate(latest.astype(object).to_dict("records"))
    ]
    rows = pd.DataFrame(made)
    if not made:
        return rows
    # What was refused never became a row: its key is its own.
    rows["id"], own = uuids_at(rng, rows["changed_at"]), uuids_at(rng, rows["changed_at"])
    rows["row_id"] = rows["row_id"].where(rows["status"] != "failed", own.astype(str))
    rows["device"] = rng.choice(DEVICES, len(rows))
    return rows.assign(institution_id=scene.school.institution_id)


def _operation(rng: np.random.Generator, answer: dict[Any, Any], status: str, as_of: datetime) -> dict[str, Any]:
    """One change by the student of an answer: the answer itself, or a wish that stands apart from it."""
    wait, delay = (timedelta(seconds=float(seconds)) for seconds in rng.uniform((60, 30), (600, 7200)))
    waits = status == "pending"
    changed = as_of - wait if waits else answer["attempted_at"]
    settled = min(changed + delay, as_of)
    answered = status in {"applied", "failed"}
    payload = {name: answer[name] for name in ("question_id", "is_correct", "sequence", "time_taken_seconds")}
    if status == "failed":
        payload["time_taken_seconds"] = IMPOSSIBLE_SECONDS
    return {
        "user_id": answer["student_id"],
        "operation": "insert" if answered else "update",
        "table_name": "question_attempts" if answered else "profiles",
        "row_id": str(answer["id"] if answered else answer["student_id"]),
        "payload": payload if answered else {"theme": "dark"},
        "changed_at": changed,
        "status": status,
        "attempts": TRIES[status],
        "error": _refusal(status),
        "settled_at": None if waits else settled,
        "created_at": changed if waits else settled,
    }


def _refusal(status: str) -> str | None:
    if status != "failed":
        return None
    return f"time_taken_seconds is {IMPOSSIBLE_SECONDS:g}: it must be 0 or more. Correct it on the device."
