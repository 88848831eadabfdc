"""Grievances: the cases, every step taken in them, and the rules that say who is to answer."""

from __future__ import annotations

from uuid import UUID  # noqa: TC003 - SQLAlchemy reads the annotation

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from edukit.db.base import Base, CreatedAt, Id, Moment, Tenant, UpdatedAt, one_of, real_moments, to_tenant_row

CATEGORIES = ("grade", "feedback", "fairness", "other")
SEVERITIES = ("low", "medium", "high", "critical")
STATUSES = ("open", "in_progress", "resolved", "closed")
ACTIONS = ("filed", "routed", "assigned", "unassigned", "commented", "status_changed", "revealed", "erased")
AUTHORITY_ROLES = ("teacher", "mentor", "admin")
"""Roles of those whom a grievance may be assigned to."""


class GrievanceRoutingRule(Base):
    """Who answers grievances of a category from a severity on, and since when: a change is a new row."""

    __tablename__ = "grievance_routing_rules"
    __table_args__ = (
        to_tenant_row("users", "authority_id"),
        one_of("category", CATEGORIES),
        one_of("minimum_severity", SEVERITIES),
        CheckConstraint("valid_until > valid_from", name="dates"),
        Index("grievance_routing_rules_category_idx", "institution_id", "category", "valid_from"),
        Index(
            "grievance_routing_rules_current_key",
            "institution_id",
            "category",
            "minimum_severity",
            unique=True,
            postgresql_where="valid_until IS NULL",
        ),
        {"comment": "who answers grievances of a category, from a severity on; a change ends a row and adds one"},
    )

    institution_id: Mapped[Tenant] = mapped_column(ForeignKey("institutions.id"))
    id: Mapped[Id] = mapped_column(comment="id of the rule")
    category: Mapped[str] = mapped_column(comment="grade, feedback, fairness or other")
    minimum_severity: Mapped[str] = mapped_column(
        server_default="low", comment="it holds from this severity on: low, medium, high or critical"
    )
    authority_id: Mapped[int] = mapped_column(BigInteger, comment="user who answers")
    valid_from: Mapped[Moment] = mapped_column(comment="since when it holds (UTC)")
    valid_until: Mapped[Moment | None] = mapped_column(comment="until when (UTC); null: it holds")
    created_at: Mapped[CreatedAt]


class Grievance(Base):
    """A student's complaint as it stands now; how it came there is in its events."""

    __tablename__ = "grievances"
    __table_args__ = (
        to_tenant_row("students", "student_id"),
        to_tenant_row("users", "assigned_to"),
        one_of("category", CATEGORIES),
        one_of("severity", SEVERITIES),
        one_of("status", STATUSES),
        CheckConstraint("(status IN ('resolved', 'closed')) = (resolved_at IS NOT NULL)", name="resolved_at"),
        CheckConstraint(
            "CASE WHEN resolved_at IS NULL THEN resolution IS NULL "
            "ELSE (resolution IS NOT NULL AND btrim(resolution) <> '') OR erased_at IS NOT NULL END",
            name="resolution",
        ),
        CheckConstraint("resolved_at >= filed_at", name="dates"),
        real_moments("filed_at", "resolved_at", "erased_at", "created_at"),
        CheckConstraint(
            "CASE WHEN erased_at IS NULL THEN description IS NOT NULL "
            "ELSE description IS NULL AND resolution IS NULL END",
            name="description",
        ),
        Index("grievances_student_id_idx", "institution_id", "student_id", "filed_at"),
        Index("grievances_status_idx", "institution_id", "status", "filed_at"),
        Index("grievances_assigned_to_idx", "institution_id", "assigned_to", "status"),
        {"comment": "students' complaints as they stand now; every step is in grievance_events"},
    )

    institution_id: Mapped[Tenant]
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, comment="made where it was filed")
    student_id: Mapped[int] = mapped_column(BigInteger, comment="student who complains; never changes")
    category: Mapped[str] = mapped_column(comment="grade, feedback, fairness or other")
    severity: Mapped[str] = mapped_column(comment="low, medium, high or critical")
    description: Mapped[str | None] = mapped_column(comment="what it is about; never changes; null: erased")
    filed_at: Mapped[Moment] = mapped_column(comment="when (UTC); never changes")
    status: Mapped[str] = mapped_column(server_default="open", comment="open, in_progress, resolved or closed")
    assigned_to: Mapped[int | None] = mapped_column(BigInteger, comment="user who is to answer; null: nobody yet")
    resolution: Mapped[str | None] = mapped_column(comment="how it was resolved; null: it is not, or erased")
    resolved_at: Mapped[Moment | None] = mapped_column(comment="when it was resolved (UTC); null: it is not")
    erased_at: Mapped[Moment | None] = mapped_column(comment="when its words were emptied (UTC); null: it is whole")
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


class GrievanceEvent(Base):
    """One step in a grievance. Append-only."""

    __tablename__ = "grievance_events"
    __table_args__ = (
        UniqueConstraint("institution_id", "grievance_id", "sequence"),
        to_tenant_row("grievances", "grievance_id"),
        to_tenant_row("users", "actor_id", name="grievance_events_actor_fk"),
        to_tenant_row("users", "assigned_to", name="grievance_events_assigned_to_fk"),
        to_tenant_row("grievance_routing_rules", "routing_rule_id"),
        one_of("action", ACTIONS),
        one_of("from_status", STATUSES),
        one_of("to_status", STATUSES),
        CheckConstraint("sequence >= 1", name="sequence"),
        real_moments("occurred_at", "created_at"),
        CheckConstraint(
            "CASE action WHEN 'status_changed' THEN from_status IS NOT NULL AND to_status IS NOT NULL "
            "AND from_status <> to_status WHEN 'filed' THEN from_status IS NULL AND to_status IS NOT NULL "
            "ELSE from_status IS NULL AND to_status IS NULL END",
            name="status",
        ),
        CheckConstraint(
            "CASE WHEN action IN ('routed', 'assigned') THEN assigned_to IS NOT NULL ELSE assigned_to IS NULL END",
            name="assigned_to",
        ),
        Index("grievance_events_actor_id_idx", "institution_id", "actor_id"),
        Index("grievance_events_assigned_to_idx", "institution_id", "assigned_to"),
        Index("grievance_events_routing_rule_id_idx", "institution_id", "routing_rule_id"),
        {"comment": "every step of every grievance, in order; append-only, its words in grievance_event_details"},
    )

    institution_id: Mapped[Tenant]
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, comment="made where it happened")
    grievance_id: Mapped[UUID] = mapped_column(Uuid, comment="grievance that it is a step of")
    sequence: Mapped[int] = mapped_column(comment="order in the grievance, from 1")
    action: Mapped[str] = mapped_column(
        comment="filed, routed, assigned, unassigned, commented, status_changed, revealed or erased"
    )
    actor_id: Mapped[int | None] = mapped_column(BigInteger, comment="user who did it; null: edukit by its rules")
    from_status: Mapped[str | None] = mapped_column(comment="status before, where it changed")
    to_status: Mapped[str | None] = mapped_column(comment="status after, where it changed")
    assigned_to: Mapped[int | None] = mapped_column(BigInteger, comment="user whom it went to, where it was assigned")
    routing_rule_id: Mapped[int | None] = mapped_column(
        BigInteger, comment="rule that it was routed by; null: not by a rule"
    )
    occurred_at: Mapped[Moment] = mapped_column(comment="when (UTC)")
    created_at: Mapped[CreatedAt]


class GrievanceEventDetails(Base):
    """The words of a step: they never change, and only an erasure empties them."""

    __tablename__ = "grievance_event_details"
    __table_args__ = (
        to_tenant_row("grievance_events", "event_id"),
        CheckConstraint("(details IS NULL) = (erased_at IS NOT NULL)", name="details"),
        real_moments("erased_at"),
        {"comment": "the words of a grievance's step; they never change, and only an erasure empties them"},
    )

    institution_id: Mapped[Tenant]
    event_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, comment="event whose words these are")
    details: Mapped[str | None] = mapped_column(comment="what was said or decided, and why; null: erased")
    erased_at: Mapped[Moment | None] = mapped_column(comment="when it was emptied (UTC); null: it is whole")
