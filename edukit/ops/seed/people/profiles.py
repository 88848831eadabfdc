"""How the demo's people are reached and want to see edukit, and what some of them have subscribed to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from edukit.ops.seed.moments import moments

if TYPE_CHECKING:
    from edukit.ops.seed.people.names import Person
    from edukit.ops.seed.scene import Scene

SPEAKS = (0.7, 0.3)
"""Share of those who use the school's own language, and of those who use another."""
THEMES, THEME_SHARES = ("system", "light", "dark"), (0.6, 0.2, 0.2)
REACHED_BY_PHONE = {"parent": 0.8, "mentor": 0.6, "teacher": 0.3, "admin": 1.0}
"""Share of those of a role who gave a telephone number."""
SUBSCRIBED = {"teacher": 0.3, "student": 0.12}
PLANS = {"teacher": ("classroom", "classroom plus"), "student": ("study", "study plus")}
STATUSES, STATUS_SHARES = ("active", "trialing", "past_due", "cancelled"), (0.6, 0.2, 0.08, 0.12)
TRIAL, YEAR = pd.Timedelta(days=30), pd.Timedelta(days=365)


def profiles(scene: Scene, users: pd.DataFrame, people: list[Person], *, part: int) -> pd.DataFrame:
    """A profile for each of the users, whose names are those of ``people``; ``part`` is the generator's number."""
    rng, profile = scene.rng(part), scene.school.profile
    count = len(users)
    others = len(profile.languages) - 1
    language = rng.choice(profile.languages, count, p=[SPEAKS[0], *[SPEAKS[1] / others] * others])
    phone = [profile.phone.format(*pair) for pair in rng.integers(0, 100, (count, 2)).tolist()]
    reached = rng.random(count) < users["role"].map(REACHED_BY_PHONE).fillna(0.0).to_numpy()
    wishes = zip(*(rng.random(count) < share for share in (0.55, 0.15, 0.08)), strict=True)
    return pd.DataFrame(
        {
            "institution_id": users["institution_id"].to_numpy(),
            "user_id": users["id"].to_numpy(),
            "first_name": [person.given for person in people],
            "last_name": [person.family for person in people],
            "phone": pd.Series(phone, dtype=object).where(reached, None),
            "language": pd.Series(language, dtype=object).where(rng.random(count) < 0.9, None),  # noqa: PLR2004 - a share
            "theme": rng.choice(THEMES, count, p=THEME_SHARES),
            "preferences": pd.Series([_preferences(*map(bool, wish)) for wish in wishes], dtype=object),
            "created_at": users["created_at"].array,
        }
    )


def _preferences(by_email: bool, weekly: bool, large: bool) -> dict[str, object]:  # noqa: FBT001 - as they are drawn
    told: dict[str, object] = {"notify_by_email": by_email}
    if weekly:
        told["digest"] = "weekly"
    if large:
        told["text_size"] = "large"
    return told


def subscriptions(scene: Scene) -> pd.DataFrame:
    """What some teachers and students have subscribed to; the first teacher has, whatever the draw."""
    rng, school = scene.rng(14), scene.school
    users = school.users[school.users["role"].isin(SUBSCRIBED)].reset_index(drop=True)
    chosen = rng.random(len(users)) < users["role"].map(SUBSCRIBED).to_numpy(dtype=float)
    chosen[:1] = True
    users = users[chosen]
    count = len(users)
    status = rng.choice(STATUSES, count, p=STATUS_SHARES)
    last = len(school.year.days) - 2
    # A trial that is running began not long ago.
    day = np.where(status == "trialing", last - rng.integers(0, 20, count), rng.integers(0, last, count))
    starts = pd.Series(moments(school.year, day, rng.uniform(8, 20, count)))
    plan = [PLANS[role][which] for role, which in zip(users["role"], rng.integers(0, 2, count), strict=True)]
    return pd.DataFrame(
        {
            "institution_id": school.institution_id,
            "id": scene.ids.take(count, school.opened_at),
            "user_id": users["id"].to_numpy(),
            "plan": plan,
            "status": status,
            "starts_at": starts,
            "ends_at": (starts + YEAR).where(status != "trialing", starts + TRIAL),
            "created_at": starts,
        }
    )
