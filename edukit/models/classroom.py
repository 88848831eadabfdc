"""Classrooms: classes, who teaches them and who is enrolled."""

from __future__ import annotations

from datetime import date  # noqa: TC003 - SQLAlchemy reads the annotation

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from edukit.db.base import Base, CreatedAt, Id, Moment, SourceKey, Tenant, to_tenant_row


class Class(Base):
    """A group of students taught together, usually one subject for one year."""

    __tablename__ = "classes"
    __table_args__ = (
        UniqueConstraint("institution_id", "source_key"),
        to_tenant_row("topics", "subject_id"),
        CheckConstraint("starts_on <= ends_on", name="dates"),
        Index("classes_subject_id_idx", "institution_id", "subject_id"),
        {"comment": "groups of students taught together"},
    )

    institution_id: Mapped[Tenant] = mapped_column(ForeignKey("institutions.id"))
    id: Mapped[Id] = mapped_column(comment="id of the class")
    name: Mapped[str] = mapped_column(comment="name as shown, such as 7B Mathematics")
    description: Mapped[str | None] = mapped_column(comment="what the class is about")
    subject_id: Mapped[int | None] = mapped_column(
        BigInteger, comment="topic without parent that the class is taught; null: any"
    )
    starts_on: Mapped[date | None] = mapped_column(comment="first day; null: unknown")
    ends_on: Mapped[date | None] = mapped_column(comment="last day; null: unknown or open")
    source_key: Mapped[SourceKey]
    created_at: Mapped[CreatedAt]


class ClassTeacher(Base):
    """Who teaches which class."""

    __tablename__ = "class_teachers"
    __table_args__ = (
        to_tenant_row("classes", "class_id"),
        to_tenant_row("users", "teacher_id"),
        Index("class_teachers_teacher_id_idx", "institution_id", "teacher_id"),
        {"comment": "who teaches which class"},
    )

    institution_id: Mapped[Tenant]
    class_id: Mapped[Id] = mapped_column(comment="class that is taught")
    teacher_id: Mapped[Id] = mapped_column(comment="user who teaches it")
    created_at: Mapped[CreatedAt]


class Enrolment(Base):
    """A student's membership of a class, from a day to a day: rosters change, history stays."""

    __tablename__ = "enrolments"
    __table_args__ = (
        to_tenant_row("classes", "class_id"),
        to_tenant_row("students", "student_id"),
        CheckConstraint("left_at >= enrolled_at", name="left_at"),
        Index("enrolments_student_id_idx", "institution_id", "student_id"),
        Index(
            "enrolments_current_key",
            "institution_id",
            "class_id",
            "student_id",
            unique=True,
            postgresql_where="left_at IS NULL",
            sqlite_where="left_at IS NULL",
        ),
        {"comment": "which student is or was in which class; leaving sets left_at, the row stays"},
    )

    institution_id: Mapped[Tenant]
    id: Mapped[Id] = mapped_column(comment="id of the enrolment")
    class_id: Mapped[int] = mapped_column(BigInteger, comment="class that the student joined")
    student_id: Mapped[int] = mapped_column(BigInteger, comment="student who joined")
    enrolled_at: Mapped[Moment | None] = mapped_column(comment="when the student joined (UTC); null: not known")
    left_at: Mapped[Moment | None] = mapped_column(comment="when the student left (UTC); null: still enrolled")
