"""Gamification: badges, the ledger of what earned points, and the standing that follows from it."""

from __future__ import annotations

from datetime import date  # noqa: TC003 - SQLAlchemy reads the annotation
from uuid import UUID  # noqa: TC003

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from edukit.db.base import (
    Base,
    CreatedAt,
    Id,
    Json,
    Moment,
    SourceKey,
    Tenant,
    UpdatedAt,
    json_of,
    one_of,
    real_moments,
    to_tenant_row,
)

RARITIES = ("common", "rare", "epic", "legendary")
EVENT_TYPES = ("submission", "feedback", "achievement", "streak", "practice", "correction")


class Badge(Base):
    """Something that a student can earn by what its criteria say."""

    __tablename__ = "badges"
    __table_args__ = (
        UniqueConstraint("institution_id", "name"),
        UniqueConstraint("institution_id", "source_key"),
        one_of("rarity", RARITIES),
        json_of("object", "criteria"),
        {"comment": "what students can earn, and by what"},
    )

    institution_id: Mapped[Tenant] = mapped_column(ForeignKey("institutions.id"))
    id: Mapped[Id] = mapped_column(comment="id of the badge")
    name: Mapped[str] = mapped_column(comment="name, unique in the institution")
    description: Mapped[str | None] = mapped_column(comment="what it is given for, in words")
    icon_url: Mapped[str | None] = mapped_column(comment="address of its picture; null: none")
    criteria: Mapped[Json] = mapped_column(
        server_default="{}", comment='what earns it, as a figure and its least value, such as {"current_streak": 7}'
    )
    rarity: Mapped[str] = mapped_column(comment="common, rare, epic or legendary")
    source_key: Mapped[SourceKey]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


class StudentBadge(Base):
    """A badge that a student has earned."""

    __tablename__ = "student_badges"
    __table_args__ = (
        to_tenant_row("students", "student_id", ondelete="CASCADE"),
        to_tenant_row("badges", "badge_id"),
        Index("student_badges_badge_id_idx", "institution_id", "badge_id"),
        {"comment": "badges that students have earned"},
    )

    institution_id: Mapped[Tenant]
    student_id: Mapped[Id] = mapped_column(comment="student who earned it")
    badge_id: Mapped[Id] = mapped_column(comment="badge that was earned")
    unlocked_at: Mapped[Moment] = mapped_column(comment="when (UTC)")


class GamificationEvent(Base):
    """One award of points: the ledger that standings and boards follow from. Append-only."""

    __tablename__ = "gamification_events"
    __table_args__ = (
        to_tenant_row("students", "student_id"),
        to_tenant_row("users", "user_id"),
        to_tenant_row("classes", "class_id"),
        to_tenant_row("badges", "badge_id"),
        one_of("event_type", EVENT_TYPES),
        real_moments("occurred_at", "created_at"),
        # Only a correction takes back.
        CheckConstraint("event_type = 'correction' OR (points_awarded >= 0 AND xp_awarded >= 0)", name="awards"),
        Index("gamification_events_student_id_idx", "institution_id", "student_id", "occurred_at"),
        Index("gamification_events_class_id_idx", "institution_id", "class_id", "occurred_at"),
        Index("gamification_events_badge_id_idx", "institution_id", "badge_id"),
        Index(
            "gamification_events_user_id_idx",
            "institution_id",
            "user_id",
            postgresql_where="user_id IS NOT NULL",
            sqlite_where=text("user_id IS NOT NULL"),
        ),
        {"comment": "the ledger of points: one row an award; append-only, a correction is a row of its own"},
    )

    institution_id: Mapped[Tenant]
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, comment="made where it happened")
    student_id: Mapped[int] = mapped_column(BigInteger, comment="student who earned it")
    user_id: Mapped[int | None] = mapped_column(BigInteger, comment="user who awarded it; null: edukit by its rules")
    class_id: Mapped[int | None] = mapped_column(BigInteger, comment="class on whose board it counts; null: on none")
    event_type: Mapped[str] = mapped_column(comment="submission, feedback, achievement, streak, practice or correction")
    points_awarded: Mapped[int] = mapped_column(server_default="0", comment="points; below 0 in a correction only")
    xp_awarded: Mapped[int] = mapped_column(
        server_default="0", comment="experience points; below 0 in a correction only"
    )
    badge_id: Mapped[int | None] = mapped_column(BigInteger, comment="badge that it unlocked; null: none")
    occurred_at: Mapped[Moment] = mapped_column(comment="when it was earned (UTC)")
    created_at: Mapped[CreatedAt]


class StudentPoints(Base):
    """Where a student stands by the ledger: one row a student, computed from their events."""

    __tablename__ = "student_points"
    __table_args__ = (
        to_tenant_row("students", "student_id", ondelete="CASCADE"),
        CheckConstraint("level >= 1", name="level"),
        CheckConstraint("current_streak BETWEEN 0 AND best_streak", name="streak"),
        {"comment": "where a student stands, computed from gamification_events: it can be made again at any time"},
    )

    institution_id: Mapped[Tenant]
    student_id: Mapped[Id] = mapped_column(comment="whose standing")
    points: Mapped[int] = mapped_column(comment="sum of the points awarded")
    xp: Mapped[int] = mapped_column(comment="sum of the experience points awarded")
    level: Mapped[int] = mapped_column(comment="level that the experience points reach, from 1")
    current_streak: Mapped[int] = mapped_column(
        comment="days in a row with an event (no correction), up to the day of computed_at or the one before"
    )
    best_streak: Mapped[int] = mapped_column(comment="most days in a row with an event (no correction), ever")
    last_active_on: Mapped[date | None] = mapped_column(
        comment="day of the latest event (no correction), in the institution's time zone; null: none yet"
    )
    computed_at: Mapped[Moment] = mapped_column(comment="when the row was computed (UTC)")
