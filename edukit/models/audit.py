"""Audit: who did what to what, and when."""

from __future__ import annotations

from typing import Any
from uuid import UUID  # noqa: TC003 - SQLAlchemy reads the annotation

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from edukit.db.base import Base, CreatedAt, Moment, Tenant, json_of, real_moments, to_tenant_row


class AuditEvent(Base):
    """One act that must be accounted for. Append-only."""

    __tablename__ = "audit_events"
    __table_args__ = (
        to_tenant_row("users", "user_id"),
        real_moments("occurred_at", "created_at"),
        Index("audit_events_occurred_at_idx", "institution_id", "occurred_at"),
        Index("audit_events_user_id_idx", "institution_id", "user_id", "occurred_at"),
        {"comment": "who did what to what, and when; append-only, its particulars in audit_event_details"},
    )

    institution_id: Mapped[Tenant] = mapped_column(ForeignKey("institutions.id"))
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, comment="made where it happened")
    user_id: Mapped[int | None] = mapped_column(BigInteger, comment="user who did it; null: edukit itself")
    action: Mapped[str] = mapped_column(comment="what was done, such as sign_in, export or erase")
    resource: Mapped[str | None] = mapped_column(comment="to what, as table/id; null: to nothing in particular")
    occurred_at: Mapped[Moment] = mapped_column(comment="when (UTC)")
    created_at: Mapped[CreatedAt]


class AuditEventDetails(Base):
    """The particulars of an act: they never change, and only an erasure empties them."""

    __tablename__ = "audit_event_details"
    __table_args__ = (
        to_tenant_row("audit_events", "event_id"),
        CheckConstraint("(details IS NULL) = (erased_at IS NOT NULL)", name="erased"),
        json_of("object", "details"),
        real_moments("erased_at"),
        {"comment": "the particulars of audit events; they never change, and only an erasure empties them"},
    )

    institution_id: Mapped[Tenant]
    event_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, comment="event whose particulars these are")
    details: Mapped[dict[str, Any] | None] = mapped_column(
        JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql"),
        comment="what else is to be known, such as the network address; null: erased",
    )
    erased_at: Mapped[Moment | None] = mapped_column(comment="when it was emptied (UTC); null: it is whole")
