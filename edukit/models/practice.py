"""Practice: every attempt at a question, and what is believed of a student's mastery from them."""

from __future__ import annotations

from uuid import UUID  # noqa: TC003 - SQLAlchemy reads the annotation

from sqlalchemy import BigInteger, CheckConstraint, Index, SmallInteger, Uuid
from sqlalchemy.dialects.postgresql import REAL
from sqlalchemy.orm import Mapped, mapped_column

from edukit.db.base import Base, Moment, Tenant, to_tenant_row, within


class QuestionAttempt(Base):
    """One answer of one student to one question: the big table, so its columns are lean."""

    __tablename__ = "question_attempts"
    __table_args__ = (
        to_tenant_row("students", "student_id"),
        to_tenant_row("questions", "question_id"),
        to_tenant_row("classes", "class_id"),
        within("confidence", 0, 1),
        CheckConstraint("time_taken_seconds >= 0", name="time_taken_seconds"),
        CheckConstraint("hint_count >= 0", name="hint_count"),
        Index("question_attempts_student_idx", "institution_id", "student_id", "sequence"),
        Index(
            "question_attempts_class_idx",
            "institution_id",
            "class_id",
            "sequence",
            postgresql_where="class_id IS NOT NULL",
            sqlite_where="class_id IS NOT NULL",
        ),
        Index("question_attempts_question_idx", "institution_id", "question_id"),
        Index("question_attempts_attempted_at_idx", "attempted_at", postgresql_using="brin"),
        {"comment": "every answer of a student to a question"},
    )

    institution_id: Mapped[Tenant]
    id: Mapped[UUID] = mapped_column(
        Uuid, primary_key=True, comment="made where the attempt happened, or derived from the row it was imported from"
    )
    student_id: Mapped[int] = mapped_column(BigInteger, comment="student who answered")
    question_id: Mapped[int] = mapped_column(BigInteger, comment="question that was answered")
    class_id: Mapped[int | None] = mapped_column(BigInteger, comment="class it was answered for; null: on their own")
    sequence: Mapped[int] = mapped_column(
        BigInteger,
        comment="order of a student's attempts: microseconds since 1970 where the time is known, "
        "ties in the source's order; the source's own order number where it had no times",
    )
    attempted_at: Mapped[Moment | None] = mapped_column(comment="when (UTC); null: the source had no times")
    is_correct: Mapped[bool] = mapped_column(comment="whether the first answer was right without help")
    time_taken_seconds: Mapped[float | None] = mapped_column(REAL, comment="seconds to the answer; null: unknown")
    hint_count: Mapped[int | None] = mapped_column(SmallInteger, comment="hints asked for; null: unknown")
    confidence: Mapped[float | None] = mapped_column(REAL, comment="the student's own, 0-1; null: not asked")
    answer: Mapped[str | None] = mapped_column(comment="the answer as given; null: not kept")


class ConceptMastery(Base):
    """What is believed of one student's mastery of one concept, and the evidence for it."""

    __tablename__ = "concept_mastery"
    __table_args__ = (
        to_tenant_row("students", "student_id"),
        to_tenant_row("concepts", "concept_id"),
        within("mastery_score", 0, 100),
        within("mastery_low", 0, 100),
        within("mastery_high", 0, 100),
        CheckConstraint("mastery_low <= mastery_score AND mastery_score <= mastery_high", name="interval"),
        CheckConstraint("correct_attempts BETWEEN 0 AND total_attempts", name="attempts"),
        CheckConstraint("avg_time_seconds >= 0", name="avg_time_seconds"),
        within("avg_confidence", 0, 1),
        Index("concept_mastery_concept_id_idx", "institution_id", "concept_id"),
        {"comment": "mastery of a student on a concept, from all their attempts at the institution"},
    )

    institution_id: Mapped[Tenant]
    student_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, comment="whose mastery")
    concept_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, comment="of what")
    mastery_score: Mapped[float] = mapped_column(comment="0-100: how likely the next answer is right, times 100")
    mastery_low: Mapped[float] = mapped_column(comment="lower end of the score's 90% interval, 0-100")
    mastery_high: Mapped[float] = mapped_column(comment="upper end of the score's 90% interval, 0-100")
    total_attempts: Mapped[int] = mapped_column(comment="attempts that the score rests on")
    correct_attempts: Mapped[int] = mapped_column(comment="right ones among them")
    avg_time_seconds: Mapped[float | None] = mapped_column(REAL, comment="mean seconds to an answer; null: unknown")
    avg_confidence: Mapped[float | None] = mapped_column(REAL, comment="mean confidence, 0-1; null: never asked")
    last_attempted_at: Mapped[Moment | None] = mapped_column(comment="latest attempt (UTC); null: no time is known")
    computed_at: Mapped[Moment] = mapped_column(comment="when the score was computed (UTC)")
