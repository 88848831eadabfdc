"""Practice: every attempt at a question, what follows from them, and the plans that students study by."""

from __future__ import annotations

from datetime import date  # noqa: TC003 - SQLAlchemy reads the annotation
from uuid import UUID  # noqa: TC003

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    Numeric,
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
    Json,
    Moment,
    SourceKey,
    Tenant,
    UpdatedAt,
    at_least,
    json_of,
    to_tenant_row,
    within,
)


class QuestionAttempt(Base):
    """One answer of one student to one question: the big table, so its columns are lean."""

    __tablename__ = "question_attempts"
    __table_args__ = (
        to_tenant_row("students", "student_id"),
        to_tenant_row("questions", "question_id"),
        to_tenant_row("classes", "class_id"),
        within("confidence", 0, 1),
        at_least("time_taken_seconds", 0),
        CheckConstraint("hint_count >= 0", name="hint_count"),
        CheckConstraint("selected_option >= 0", name="selected_option"),
        CheckConstraint("xp_earned >= 0", name="xp_earned"),
        Index("question_attempts_student_idx", "institution_id", "student_id", "sequence"),
        Index(
            "question_attempts_class_idx",
            "institution_id",
            "class_id",
            "sequence",
            postgresql_where="class_id IS NOT NULL",
            sqlite_where=text("class_id IS NOT NULL"),
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
    selected_option: Mapped[int | None] = mapped_column(
        SmallInteger, comment="place of the chosen answer in the question's options, from 0; null: none was chosen"
    )
    xp_earned: Mapped[int | None] = mapped_column(
        SmallInteger, comment="experience points that the answer earned; null: the source had none"
    )


class ConceptMastery(Base):
    """What is believed of one student's mastery of one concept, and the evidence for it."""

    __tablename__ = "concept_mastery"
    __table_args__ = (
        to_tenant_row("students", "student_id", ondelete="CASCADE"),
        to_tenant_row("concepts", "concept_id", ondelete="CASCADE"),
        within("mastery_score", 0, 100),
        within("mastery_low", 0, 100),
        within("mastery_high", 0, 100),
        CheckConstraint("mastery_low <= mastery_score AND mastery_score <= mastery_high", name="interval"),
        CheckConstraint("correct_attempts BETWEEN 0 AND total_attempts", name="attempts"),
        at_least("avg_time_seconds", 0),
        within("avg_confidence", 0, 1),
        within("p_known", 0, 1),
        Index("concept_mastery_concept_id_idx", "institution_id", "concept_id"),
        # An answer changes all rows of its student, which stay where they are as long as their page has room for both.
        {
            "comment": "mastery of a student on a concept, from all their attempts at the institution",
            "postgresql_with": {"fillfactor": 50},
        },
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
    p_known: Mapped[float | None] = mapped_column(
        comment="how likely the student knows the concept, 0-1, by knowledge tracing; null: it is not traced"
    )


class MasteryHistory(Base):
    """Where a student stood on a concept at the end of a week in which they answered on it."""

    __tablename__ = "mastery_history"
    __table_args__ = (
        ForeignKeyConstraint(
            ["institution_id", "student_id", "concept_id"],
            ["concept_mastery.institution_id", "concept_mastery.student_id", "concept_mastery.concept_id"],
            ondelete="CASCADE",
        ),
        CheckConstraint("extract(isodow FROM week) = 1", name="week"),
        within("mastery_score", 0, 100),
        within("mastery_low", 0, 100),
        within("mastery_high", 0, 100),
        CheckConstraint("mastery_low <= mastery_score AND mastery_score <= mastery_high", name="interval"),
        CheckConstraint("correct_attempts BETWEEN 0 AND total_attempts", name="attempts"),
        {"comment": "mastery of a student on a concept at the end of each week with an answer, by what scores it now"},
    )

    institution_id: Mapped[Tenant]
    student_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, comment="whose mastery")
    concept_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, comment="of what")
    week: Mapped[date] = mapped_column(
        primary_key=True, comment="Monday on which the week begins, in the institution's time zone"
    )
    model_id: Mapped[int | None] = mapped_column(
        BigInteger,
        comment="model that scored it; a row of another than the one that serves is out of date; null: the rule",
    )
    mastery_score: Mapped[float] = mapped_column(REAL, comment="0-100: after the last attempt of the week")
    mastery_low: Mapped[float] = mapped_column(REAL, comment="lower end of the score's 90% interval, 0-100")
    mastery_high: Mapped[float] = mapped_column(REAL, comment="upper end of the score's 90% interval, 0-100")
    total_attempts: Mapped[int] = mapped_column(comment="attempts up to then")
    correct_attempts: Mapped[int] = mapped_column(comment="right ones among them")


class TopicProgress(Base):
    """What a student has done and mastered of a topic and the topics below it. A view: it cannot be out of date."""

    __tablename__ = "topic_progress"
    __table_args__ = {  # noqa: RUF012
        "comment": "what a student has done and mastered of a topic and the topics below it; a view",
        "info": {"view": True},
    }

    institution_id: Mapped[Tenant]
    student_id: Mapped[Id] = mapped_column(comment="whose progress")
    topic_id: Mapped[Id] = mapped_column(comment="in what, with the topics below it")
    mastery_score: Mapped[float | None] = mapped_column(
        Numeric(5, 2),
        comment="0-100: mean of the mastery of its concepts that the student has practised; null: none scored",
    )
    questions_completed: Mapped[int] = mapped_column(comment="different questions of it that the student has answered")
    questions_correct: Mapped[int] = mapped_column(comment="those among them that the student once answered rightly")
    last_answered_at: Mapped[Moment | None] = mapped_column(comment="latest answer (UTC); null: no time is known")


class DailyActivity(Base):
    """What a student did on a day of their institution's calendar. A view, from the attempts."""

    __tablename__ = "daily_activity"
    __table_args__ = {  # noqa: RUF012
        "comment": "what a student did on a day of the institution's calendar; a view, from attempts with a time",
        "info": {"view": True},
    }

    institution_id: Mapped[Tenant]
    student_id: Mapped[Id] = mapped_column(comment="whose day")
    active_on: Mapped[date] = mapped_column(primary_key=True, comment="day, in the institution's time zone")
    questions_answered: Mapped[int] = mapped_column(comment="answers on that day")
    questions_correct: Mapped[int] = mapped_column(comment="right ones among them")
    xp_earned: Mapped[int] = mapped_column(comment="experience points earned by answers on that day")
    time_spent_minutes: Mapped[float] = mapped_column(comment="minutes spent on those answers whose time is known")
    streak_count: Mapped[int] = mapped_column(comment="days in a row with an answer, up to and with this one")


class StudyPlan(Base):
    """A schedule of study that was made for a student."""

    __tablename__ = "study_plans"
    __table_args__ = (
        UniqueConstraint("institution_id", "source_key"),
        to_tenant_row("students", "student_id", ondelete="CASCADE"),
        CheckConstraint("ends_on >= starts_on", name="dates"),
        json_of("object", "parameters"),
        Index("study_plans_student_id_idx", "institution_id", "student_id", "starts_on"),
        {"comment": "schedules of study made for a student; their days are in study_plan_items"},
    )

    institution_id: Mapped[Tenant]
    id: Mapped[Id] = mapped_column(comment="id of the plan")
    student_id: Mapped[int] = mapped_column(BigInteger, comment="whose plan")
    title: Mapped[str] = mapped_column(comment="title as shown")
    starts_on: Mapped[date] = mapped_column(comment="first day, in the institution's time zone")
    ends_on: Mapped[date] = mapped_column(comment="last day")
    parameters: Mapped[Json] = mapped_column(server_default="{}", comment="what it was made from, such as hours a day")
    source_key: Mapped[SourceKey]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


class StudyPlanItem(Base):
    """One sitting of a study plan."""

    __tablename__ = "study_plan_items"
    __table_args__ = (
        to_tenant_row("study_plans", "plan_id", ondelete="CASCADE"),
        to_tenant_row("topics", "topic_id"),
        to_tenant_row("concepts", "concept_id"),
        CheckConstraint("minutes > 0", name="minutes"),
        Index("study_plan_items_topic_id_idx", "institution_id", "topic_id"),
        Index("study_plan_items_concept_id_idx", "institution_id", "concept_id"),
        {"comment": "the sittings of a study plan, in order"},
    )

    institution_id: Mapped[Tenant]
    plan_id: Mapped[Id] = mapped_column(comment="plan that it is part of")
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, comment="order in the plan, from 0")
    planned_on: Mapped[date] = mapped_column(comment="day, in the institution's time zone")
    topic_id: Mapped[int] = mapped_column(BigInteger, comment="topic to study")
    concept_id: Mapped[int | None] = mapped_column(BigInteger, comment="concept to study; null: the whole topic")
    minutes: Mapped[int] = mapped_column(comment="how long, in minutes")
    completed_at: Mapped[Moment | None] = mapped_column(comment="when it was done (UTC); null: not yet")
