"""Sync: changes made offline that wait to be taken in, and changes that copies elsewhere have yet to follow."""

from __future__ import annotations

from typing import Any
from uuid import UUID  # noqa: TC003 - SQLAlchemy reads the annotation

from sqlalchemy import JSON, BigInteger, CheckConstraint, Index, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from edukit.db.base import Base, CreatedAt, Moment, Tenant, json_of, one_of, to_tenant_row
from edukit.db.functions import transaction_number

OPERATIONS = ("insert", "update", "delete")
SYNC_STATUSES = ("pending", "applied", "superseded", "failed")


class SyncOperation(Base):
    """One change made offline; where two touch the same row, the latest wins and the other is superseded."""

    __tablename__ = "sync_operations"
    __table_args__ = (
        to_tenant_row("users", "user_id", ondelete="CASCADE"),
        one_of("operation", OPERATIONS),
        one_of("status", SYNC_STATUSES),
        CheckConstraint("attempts >= 0", name="attempts"),
        CheckConstraint("(status = 'pending') = (settled_at IS NULL)", name="settled_at"),
        CheckConstraint("(status = 'failed') = (error IS NOT NULL)", name="error"),
        CheckConstraint("operation = 'delete' OR payload IS NOT NULL", name="operation_payload"),
        json_of("object", "payload"),
        Index(
            "sync_operations_pending_idx",
            "institution_id",
            "changed_at",
            postgresql_where="status = 'pending'",
            sqlite_where=text("status = 'pending'"),
        ),
        Index("sync_operations_user_id_idx", "institution_id", "user_id"),
        {"comment": "changes made offline: pending ones wait, of two to one row the latest wins"},
    )

    institution_id: Mapped[Tenant]
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, comment="made on the device: a retry is the same row")
    user_id: Mapped[int] = mapped_column(BigInteger, comment="user who made the change")
    device: Mapped[str] = mapped_column(comment="device it was made on")
    operation: Mapped[str] = mapped_column(comment="insert, update or delete")
    table_name: Mapped[str] = mapped_column(comment="table that it changes")
    row_id: Mapped[str] = mapped_column(comment="key of the row in that table, without the institution")
    payload: Mapped[dict[str, Any] | None] = mapped_column(
        JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql"),
        comment="columns and their new values; null: the row is deleted",
    )
    changed_at: Mapped[Moment] = mapped_column(comment="when it was made, by the device's clock (UTC)")
    status: Mapped[str] = mapped_column(server_default="pending", comment="pending, applied, superseded or failed")
    attempts: Mapped[int] = mapped_column(server_default="0", comment="how often it was tried")
    error: Mapped[str | None] = mapped_column(comment="why it failed; null: it did not")
    settled_at: Mapped[Moment | None] = mapped_column(comment="when it was applied or given up (UTC); null: pending")
    created_at: Mapped[CreatedAt]


class OutboxEntry(Base):
    """A class, student or grievance of which something has changed: the server's worker renews and tells of it."""

    __tablename__ = "outbox"
    __table_args__ = (
        to_tenant_row("classes", "class_id", ondelete="CASCADE"),
        to_tenant_row("students", "student_id", ondelete="CASCADE"),
        to_tenant_row("grievances", "grievance_id", ondelete="CASCADE"),
        CheckConstraint("num_nonnulls(class_id, student_id, grievance_id) >= 1", name="of_something"),
        Index("outbox_class_id_idx", "institution_id", "class_id"),
        Index("outbox_student_id_idx", "institution_id", "student_id"),
        Index("outbox_grievance_id_idx", "institution_id", "grievance_id"),
        {"comment": "of which classes, students and grievances something has changed; the server's worker empties it"},
    )

    institution_id: Mapped[Tenant]
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, comment="made by the writer")
    class_id: Mapped[int | None] = mapped_column(BigInteger, comment="class that it is about; null: none")
    student_id: Mapped[int | None] = mapped_column(BigInteger, comment="student whom it is about; null: nobody")
    grievance_id: Mapped[UUID | None] = mapped_column(Uuid, comment="grievance that it is about; null: none")
    transaction: Mapped[int] = mapped_column(
        BigInteger, server_default=transaction_number(), comment="number of the transaction that changed it"
    )
    created_at: Mapped[CreatedAt] = mapped_column(comment="when (UTC)")
