"""The badges of the demo, and the figures that earn them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from edukit.ops.seed.scene import Scene


@dataclass(frozen=True)
class DemoBadge:
    """A badge and what earns it: the first moment at which a figure has its least value."""

    name: str
    description: str
    rarity: str
    figure: str
    least: int


BADGES = (
    DemoBadge("First Step", "Hand in your first piece of work.", "common", "submissions", 1),
    DemoBadge("Good Listener", "Act on five comments of your teachers.", "common", "comments_acted_on", 5),
    DemoBadge("Hundred Right", "Answer a hundred questions rightly.", "common", "correct_answers", 100),
    DemoBadge("Three in a Row", "Do something on three days in a row.", "common", "current_streak", 3),
    DemoBadge("On the Dot", "Hand in twenty pieces of work on time.", "rare", "punctual_submissions", 20),
    DemoBadge("Clean Code", "Hand in a program of quality 90 or better.", "rare", "code_quality_score", 90),
    DemoBadge("Whole Week", "Do something on seven days in a row.", "rare", "current_streak", 7),
    DemoBadge("Deep Roots", "Answer 250 questions rightly.", "epic", "correct_answers", 250),
    DemoBadge("Masterpiece", "Earn a mark of 98 or better.", "epic", "score", 98),
    DemoBadge("Ten in a Row", "Do something on ten days in a row.", "legendary", "current_streak", 10),
)


def badge_rows(scene: Scene) -> pd.DataFrame:
    """The rows of ``badges``, in the order of ``BADGES``."""
    return pd.DataFrame(
        {
            "institution_id": scene.school.institution_id,
            "id": scene.ids.take(len(BADGES), scene.ready_at).astype(np.int64),
            "name": [badge.name for badge in BADGES],
            "description": [badge.description for badge in BADGES],
            "criteria": [{badge.figure: badge.least} for badge in BADGES],
            "rarity": [badge.rarity for badge in BADGES],
            "created_at": scene.ready_at,
        }
    )
