"""What goes on at a school of the demo: work and comments, points, risk, grievances, and the audit of it all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edukit.models import Assignment, Badge, GrievanceRoutingRule, Intervention, RiskModel, RiskPrediction, RiskResponse
from edukit.ops.seed.audit import block_audit, school_audit
from edukit.ops.seed.classroom.assignments import COLUMNS, set_work
from edukit.ops.seed.classroom.work import school_work
from edukit.ops.seed.cohort import Cohort
from edukit.ops.seed.gamification.badges import badge_rows
from edukit.ops.seed.gamification.rewards import rewards
from edukit.ops.seed.grievances.steps import cases, grievance_rows, routing_rules
from edukit.ops.seed.risk.interventions import interventions
from edukit.ops.seed.risk.predictions import model_rows, predictions
from edukit.ops.seed.risk.responses import responses

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from edukit.models import Base
    from edukit.ops.seed.practice.attempts import Block
    from edukit.ops.seed.scene import Scene


@dataclass(frozen=True)
class SchoolLife:
    """What a school has before its students do anything: what is set, what can be earned, and its rules."""

    scene: Scene
    assignments: pd.DataFrame
    badges: pd.DataFrame
    risk_model: pd.DataFrame
    routing_rules: pd.DataFrame

    @classmethod
    def of(cls, scene: Scene) -> SchoolLife:
        """Made in one order, since each takes ids from the demo's one source."""
        return cls(scene, set_work(scene), badge_rows(scene), model_rows(scene), routing_rules(scene))

    def rows(self) -> Iterator[tuple[type[Base], pd.DataFrame]]:
        """The rows of the school as a whole, in the order in which they can be written."""
        yield Assignment, self.assignments[COLUMNS]
        yield Badge, self.badges
        yield RiskModel, self.risk_model
        yield GrievanceRoutingRule, self.routing_rules
        yield from school_audit(self.scene)

    def block_rows(self, block: Block, number: int) -> Iterator[tuple[type[Base], pd.DataFrame]]:
        """The rows of one block of students, in the order in which they can be written."""
        cohort = Cohort.of(self.scene, block, number)
        work = school_work(cohort, self.assignments)
        yield from work.rows()
        yield from rewards(cohort, work, self.assignments, self.badges)
        said = predictions(cohort, work, self.assignments, int(self.risk_model["id"].iloc[0]))
        yield RiskPrediction, said.drop(columns=["student", "week"])
        yield RiskResponse, responses(cohort, said)
        yield Intervention, interventions(cohort, said)
        case, steps, words = grievance_rows(cohort, cases(cohort, work, self.assignments, self.routing_rules))
        yield from (case, steps, words)
        yield from block_audit(cohort, steps[1])
