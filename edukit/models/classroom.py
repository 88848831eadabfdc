"""Classrooms: classes, who teaches them, who is enrolled, what they are set, hand in and are told about it."""

from __future__ import annotations

from datetime import date  # noqa: TC003 - SQLAlchemy reads the annotation
from uuid import UUID  # noqa: TC003

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import REAL
from sqlalchemy.orm import Mapped, mapped_column

from edukit.db.base import (
    Base,
    CreatedAt,
    Id,
    Moment,
    SourceKey,
    Tenant,
    UpdatedAt,
    real_moments,
    to_tenant_row,
    within,
)


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
    updated_at: Mapped[UpdatedAt]
    archived_at: Mapped[Moment | None] = mapped_column(
        comment="when it was put away, its history kept (UTC); null: in use"
    )


class ClassTeacher(Base):
    """Who teaches which class."""

    __tablename__ = "class_teachers"
    __table_args__ = (
        to_tenant_row("classes", "class_id", ondelete="CASCADE"),
        to_tenant_row("users", "teacher_id", ondelete="CASCADE"),
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
        to_tenant_row("classes", "class_id", ondelete="CASCADE"),
        to_tenant_row("students", "student_id", ondelete="CASCADE"),
        CheckConstraint("left_at >= enrolled_at", name="left_at"),
        Index("enrolments_class_id_idx", "institution_id", "class_id"),
        Index("enrolments_student_id_idx", "institution_id", "student_id"),
        Index(
            "enrolments_current_key",
            "institution_id",
            "class_id",
            "student_id",
            unique=True,
            postgresql_where="left_at IS NULL",
            sqlite_where=text("left_at IS NULL"),
        ),
        {"comment": "which student is or was in which class; leaving sets left_at, the row stays"},
    )

    institution_id: Mapped[Tenant]
    id: Mapped[Id] = mapped_column(comment="id of the enrolment")
    class_id: Mapped[int] = mapped_column(BigInteger, comment="class that the student joined")
    student_id: Mapped[int] = mapped_column(BigInteger, comment="student who joined")
    enrolled_at: Mapped[Moment | None] = mapped_column(comment="when the student joined (UTC); null: not known")
    left_at: Mapped[Moment | None] = mapped_column(comment="when the student left (UTC); null: still enrolled")


class Assignment(Base):
    """Work that a class is set."""

    __tablename__ = "assignments"
    __table_args__ = (
        UniqueConstraint("institution_id", "source_key"),
        to_tenant_row("classes", "class_id", ondelete="CASCADE"),
        to_tenant_row("topics", "topic_id"),
        CheckConstraint("due_at >= assigned_at", name="dates"),
        Index("assignments_class_id_idx", "institution_id", "class_id", "due_at"),
        Index("assignments_topic_id_idx", "institution_id", "topic_id"),
        {"comment": "work that a class is set"},
    )

    institution_id: Mapped[Tenant]
    id: Mapped[Id] = mapped_column(comment="id of the assignment")
    class_id: Mapped[int] = mapped_column(BigInteger, comment="class that it is set")
    topic_id: Mapped[int | None] = mapped_column(BigInteger, comment="topic that it is about; null: none told")
    title: Mapped[str] = mapped_column(comment="title as shown")
    description: Mapped[str | None] = mapped_column(comment="what is to be done")
    assigned_at: Mapped[Moment | None] = mapped_column(comment="when it was set (UTC); null: not known")
    due_at: Mapped[Moment | None] = mapped_column(comment="when it must be handed in (UTC); null: open")
    source_key: Mapped[SourceKey]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


class Submission(Base):
    """One student's work for an assignment, handed in; handing in again is another row."""

    __tablename__ = "submissions"
    __table_args__ = (
        UniqueConstraint("institution_id", "id", "student_id"),
        to_tenant_row("assignments", "assignment_id"),
        to_tenant_row("students", "student_id"),
        within("score", 0, 100),
        within("code_quality_score", 0, 100),
        within("complexity_score", 0, 100),
        Index("submissions_assignment_id_idx", "institution_id", "assignment_id", "student_id"),
        Index("submissions_student_id_idx", "institution_id", "student_id", "submitted_at"),
        {"comment": "a student's work for an assignment; handing in again is another row"},
    )

    institution_id: Mapped[Tenant]
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, comment="made where the work was handed in")
    assignment_id: Mapped[int] = mapped_column(BigInteger, comment="assignment that it answers")
    student_id: Mapped[int] = mapped_column(BigInteger, comment="student who handed it in")
    submitted_at: Mapped[Moment] = mapped_column(comment="when (UTC)")
    body: Mapped[str | None] = mapped_column(comment="the work as text; null: elsewhere, or erased")
    github_url: Mapped[str | None] = mapped_column(comment="address of the work on GitHub; null: none, or erased")
    score: Mapped[float | None] = mapped_column(REAL, comment="mark, 0-100; null: not marked")
    code_quality_score: Mapped[float | None] = mapped_column(REAL, comment="quality of its code, 0-100; null: no code")
    complexity_score: Mapped[float | None] = mapped_column(REAL, comment="complexity of its code, 0-100; null: no code")
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


class Feedback(Base):
    """What a teacher told a student about a submission. Append-only: a correction is a row that supersedes."""

    __tablename__ = "feedback"
    __table_args__ = (
        # What it corrects is feedback on the same submission, and is corrected once.
        UniqueConstraint("institution_id", "id", "submission_id"),
        UniqueConstraint("institution_id", "supersedes_id"),
        ForeignKeyConstraint(
            ["institution_id", "submission_id", "student_id"],
            ["submissions.institution_id", "submissions.id", "submissions.student_id"],
            name="feedback_submissions_fk",
        ),
        ForeignKeyConstraint(
            ["institution_id", "supersedes_id", "submission_id"],
            ["feedback.institution_id", "feedback.id", "feedback.submission_id"],
            name="feedback_supersedes_fk",
        ),
        to_tenant_row("users", "teacher_id"),
        within("rating", 1, 5),
        CheckConstraint("supersedes_id <> id", name="supersedes"),
        real_moments("created_at"),
        Index("feedback_submission_id_idx", "institution_id", "submission_id"),
        Index("feedback_student_id_idx", "institution_id", "student_id", "created_at"),
        Index("feedback_teacher_id_idx", "institution_id", "teacher_id", "created_at"),
        {"comment": "what a teacher told a student about a submission; append-only, its words in feedback_contents"},
    )

    institution_id: Mapped[Tenant]
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, comment="made where the feedback was given")
    submission_id: Mapped[UUID] = mapped_column(Uuid, comment="submission that it is about")
    student_id: Mapped[int] = mapped_column(BigInteger, comment="student whom it is for: the submission's")
    teacher_id: Mapped[int] = mapped_column(BigInteger, comment="user who gave it")
    rating: Mapped[int | None] = mapped_column(SmallInteger, comment="1 (poor) to 5 (excellent); null: not rated")
    ai_suggested: Mapped[bool] = mapped_column(
        server_default=text("false"), comment="whether the teacher used a model's suggestion"
    )
    supersedes_id: Mapped[UUID | None] = mapped_column(
        Uuid, comment="earlier feedback on the same submission that this corrects; null: none"
    )
    created_at: Mapped[CreatedAt] = mapped_column(comment="when it was given (UTC); never changes")


class FeedbackContent(Base):
    """The words of feedback: they never change, and only an erasure empties them."""

    __tablename__ = "feedback_contents"
    __table_args__ = (
        to_tenant_row("feedback", "feedback_id"),
        CheckConstraint("(content IS NULL) = (erased_at IS NOT NULL)", name="content"),
        real_moments("erased_at"),
        {"comment": "the words of feedback; they never change, and only an erasure empties them"},
    )

    institution_id: Mapped[Tenant]
    feedback_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, comment="feedback whose words these are")
    content: Mapped[str | None] = mapped_column(comment="what was said; null: erased")
    ai_suggestion: Mapped[str | None] = mapped_column(comment="what a model had suggested; null: nothing, or erased")
    erased_at: Mapped[Moment | None] = mapped_column(comment="when it was emptied (UTC); null: it is whole")
