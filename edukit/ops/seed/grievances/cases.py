"""How a grievance of the demo goes: who takes which step, with what words, and when."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from edukit.analytics.grievances import rule_for
from edukit.ops.seed.moments import MINUTE, shown, ticks

if TYPE_CHECKING:
    import pandas as pd

    from edukit.ops.seed.calendar import SchoolYear
    from edukit.ops.seed.grievances.complaints import Complaint

COMES_BACK, REVEALED, HANDED_ON = 0.3, 0.6, 0.3
"""Share of the resolved ones that were reopened once; of all, those in which who complains was looked up, and those
that somebody else took over."""
LONGEST = 16
"""School days from the first step to the last, at most."""


@dataclass
class Case:
    """A grievance and its steps so far."""

    student_id: int
    category: str
    severity: str
    description: str
    status: str = "open"
    assigned_to: int | None = None
    resolution: str | None = None
    resolved: int | None = None
    steps: list[dict[str, Any]] = field(default_factory=list)

    def step(self, action: str, actor: int | None, words: str, at: int, **more: int | str) -> None:
        """Take a step."""
        if action == "status_changed":
            more["from_status"] = self.status
        self.steps.append({"action": action, "actor_id": actor, "details": words, "tick": at, **more})
        self.status = str(more.get("to_status", self.status))
        self.assigned_to = int(more["assigned_to"]) if "assigned_to" in more else self.assigned_to

    def resolve(self, words: str, at: int) -> None:
        """Whoever is to answer says how it is resolved."""
        self.step("status_changed", self.assigned_to, words, at, to_status="resolved")
        self.resolution, self.resolved = words, at

    def reopen(self, words: str, at: int) -> None:
        """The student is not content."""
        self.step("status_changed", self.student_id, words, at, to_status="in_progress")
        self.resolution, self.resolved = None, None


@dataclass
class Diary:
    """School days on which things happen one after the other, at the school's hours."""

    rng: np.random.Generator
    year: SchoolYear
    place: int
    """Among the school days, of the latest step."""
    latest: int = 0

    def later(self, days: int, hours: tuple[float, float] = (8.0, 17.0)) -> int:
        """A moment so many school days after the latest, which it becomes."""
        lessons = np.flatnonzero(self.year.is_school_day)
        self.place = min(self.place + days, len(lessons) - 2)
        at = int(ticks(self.year, lessons[[self.place]], self.rng.uniform(*hours))[0])
        self.latest = max(at, self.latest + 7 * MINUTE)
        return self.latest


def begins_at(rng: np.random.Generator, year: SchoolYear, status: str) -> int:
    """The place among the school days of the first step of a case that is to stand so at the end of them."""
    whole = int(year.is_school_day.sum()) - 1
    if status == "open":
        return max(whole - 1 - int(rng.integers(0, 3)), 0)
    if status == "in_progress":
        return max(whole - 1 - int(rng.integers(6, 10)), 0)
    return int(rng.integers(0, max(whole - LONGEST, 1)))


def lead(  # noqa: PLR0913 - what a case depends on
    diary: Diary, case: Case, complaint: Complaint, *, status: str, rules: pd.DataFrame, staff: list[int]
) -> None:
    """Take the filed case to where it stands, step by step."""
    rng, when = diary.rng, shown([diary.latest])[0].to_pydatetime()
    rule = rule_for(rules, category=case.category, severity=case.severity, at=when)
    if rule is not None:
        to = {"assigned_to": rule.authority_id, "routing_rule_id": rule.id}
        case.step("routed", None, rule.words, diary.latest + MINUTE, **to)
    if status == "open":
        return
    _take_up(diary, case, complaint, staff)
    if status == "in_progress":
        return
    case.resolve(complaint.resolution, diary.later(2))
    if rng.random() < COMES_BACK:
        case.reopen(complaint.reopened, diary.later(2, (12.0, 20.0)))
        case.step("commented", case.assigned_to, "Looked into it once more.", diary.later(1))
        case.resolve(f"{complaint.resolution} Checked again after it came back.", diary.later(2))
    if status == "closed":
        case.step(
            "status_changed",
            case.assigned_to,
            "No objection within a week: closed.",
            diary.later(5),
            to_status="closed",
        )


def _take_up(diary: Diary, case: Case, complaint: Complaint, staff: list[int]) -> None:
    """Somebody begins to work on it."""
    others = [user for user in staff if user != case.assigned_to]
    if others and diary.rng.random() < HANDED_ON:
        taker = others[int(diary.rng.integers(len(others)))]
        words = "Handed on: it is about somebody whom I work with closely."
        case.step("assigned", case.assigned_to, words, diary.later(1), assigned_to=taker)
    case.step("status_changed", case.assigned_to, "Taken up.", diary.later(1), to_status="in_progress")
    if diary.rng.random() < REVEALED:
        words = "Looked up who complains, to talk with them."
        case.step("revealed", case.assigned_to, words, diary.later(0))
    case.step("commented", case.assigned_to, complaint.comment, diary.later(1))
