"""The curriculum: a tree of topics, what each needs first, their concepts, and the questions that ask for them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from edukit.db.base import Base, CreatedAt, Id, SourceKey, Tenant, UpdatedAt, at_least, one_of, to_tenant_row, within

QUESTION_KINDS = ("multiple_choice", "numerical", "true_false", "text")
DIFFICULTY_LEVELS = ("easy", "medium", "hard")


class Topic(Base):
    """A node of the curriculum; one without a parent is a subject."""

    __tablename__ = "topics"
    __table_args__ = (
        UniqueConstraint("institution_id", "code"),
        UniqueConstraint("institution_id", "source_key"),
        to_tenant_row("topics", "parent_id"),
        CheckConstraint("parent_id <> id", name="parent"),
        within("exam_weight", 0, 1),
        at_least("estimated_hours", 0),
        CheckConstraint("unlock_xp >= 0", name="unlock_xp"),
        Index("topics_parent_id_idx", "institution_id", "parent_id"),
        {"comment": "the curriculum as a tree: a topic without a parent is a subject"},
    )

    institution_id: Mapped[Tenant] = mapped_column(ForeignKey("institutions.id"))
    id: Mapped[Id] = mapped_column(comment="id of the topic")
    parent_id: Mapped[int | None] = mapped_column(BigInteger, comment="topic above it; null: a subject")
    code: Mapped[str | None] = mapped_column(comment="short text code, unique in the institution")
    name: Mapped[str] = mapped_column(comment="name as shown")
    description: Mapped[str | None] = mapped_column(comment="what the topic is about")
    position: Mapped[int] = mapped_column(server_default="0", comment="order among its siblings, from 0")
    source_key: Mapped[SourceKey]
    created_at: Mapped[CreatedAt]
    exam_weight: Mapped[float | None] = mapped_column(comment="share of the exam that asks for it, 0-1; null: unknown")
    estimated_hours: Mapped[float | None] = mapped_column(comment="hours that it takes to learn; null: unknown")
    is_locked: Mapped[bool] = mapped_column(
        server_default=text("false"), comment="whether a student must first have unlock_xp to open it"
    )
    unlock_xp: Mapped[int] = mapped_column(server_default="0", comment="experience points that open it, where locked")
    updated_at: Mapped[UpdatedAt]


class TopicPrerequisite(Base):
    """Which topic must be known before which other; together they form no circle, the database sees to it."""

    __tablename__ = "topic_prerequisites"
    __table_args__ = (
        to_tenant_row("topics", "topic_id", name="topic_prerequisites_topic_fk", ondelete="CASCADE"),
        to_tenant_row("topics", "prerequisite_id", name="topic_prerequisites_prerequisite_fk", ondelete="CASCADE"),
        CheckConstraint("prerequisite_id <> topic_id", name="prerequisite"),
        Index("topic_prerequisites_prerequisite_id_idx", "institution_id", "prerequisite_id"),
        {"comment": "which topic must be known before which other; the database refuses a circle"},
    )

    institution_id: Mapped[Tenant]
    topic_id: Mapped[Id] = mapped_column(comment="topic that needs the other")
    prerequisite_id: Mapped[Id] = mapped_column(comment="topic that must be known first")
    created_at: Mapped[CreatedAt]


class Concept(Base):
    """The smallest thing that mastery is told of."""

    __tablename__ = "concepts"
    __table_args__ = (
        UniqueConstraint("institution_id", "source_key"),
        to_tenant_row("topics", "topic_id"),
        Index("concepts_topic_id_idx", "institution_id", "topic_id"),
        {"comment": "learning units of a topic: the smallest thing that mastery is told of"},
    )

    institution_id: Mapped[Tenant]
    id: Mapped[Id] = mapped_column(comment="id of the concept")
    topic_id: Mapped[int] = mapped_column(BigInteger, comment="topic that the concept is part of")
    name: Mapped[str] = mapped_column(comment="name as shown")
    position: Mapped[int] = mapped_column(server_default="0", comment="order within its topic, from 0")
    source_key: Mapped[SourceKey]
    created_at: Mapped[CreatedAt]
    description: Mapped[str | None] = mapped_column(comment="what the concept is about")
    updated_at: Mapped[UpdatedAt]


class Question(Base):
    """Something that a student can answer rightly or wrongly."""

    __tablename__ = "questions"
    __table_args__ = (
        UniqueConstraint("institution_id", "source_key"),
        one_of("kind", QUESTION_KINDS),
        within("difficulty", 0, 1),
        one_of("difficulty_level", DIFFICULTY_LEVELS),
        CheckConstraint(
            "correct_option IS NULL OR (correct_option >= 0 AND options IS NOT NULL)", name="correct_option"
        ),
        # SQLite has no such functions; what it takes in comes from here or is checked here later.
        CheckConstraint(
            "CASE jsonb_typeof(options) WHEN 'array' "
            "THEN jsonb_array_length(options) > greatest(correct_option, 1) ELSE options IS NULL END",
            name="options",
        ).ddl_if(dialect="postgresql"),
        {"comment": "what students answer; its concepts are in question_concepts"},
    )

    institution_id: Mapped[Tenant] = mapped_column(ForeignKey("institutions.id"))
    id: Mapped[Id] = mapped_column(comment="id of the question")
    kind: Mapped[str | None] = mapped_column(
        comment="multiple_choice, numerical, true_false or text; null: the source did not say"
    )
    body: Mapped[str | None] = mapped_column(comment="text of the question; null: the source did not have it")
    difficulty: Mapped[float | None] = mapped_column(comment="expected share of wrong answers, 0-1; null: unknown")
    source_key: Mapped[SourceKey]
    created_at: Mapped[CreatedAt]
    difficulty_level: Mapped[str | None] = mapped_column(
        comment="easy, medium or hard, as its author judged; null: not judged"
    )
    options: Mapped[list[Any] | None] = mapped_column(
        JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql"),
        comment="what a multiple-choice question offers, in order, as a JSON list of two or more; null: offers nothing",
    )
    correct_option: Mapped[int | None] = mapped_column(
        SmallInteger, comment="place of the right one in options, from 0; null: no options, or not known"
    )
    correct_answer: Mapped[str | None] = mapped_column(
        comment="the right answer of any other kind of question; null: open, or not known"
    )
    explanation: Mapped[str | None] = mapped_column(comment="why the right answer is right; null: none")
    image_url: Mapped[str | None] = mapped_column(comment="address of a picture that belongs to it; null: none")
    updated_at: Mapped[UpdatedAt]


class QuestionConcept(Base):
    """Which concepts a question asks for; it may be several."""

    __tablename__ = "question_concepts"
    __table_args__ = (
        to_tenant_row("questions", "question_id", ondelete="CASCADE"),
        to_tenant_row("concepts", "concept_id", ondelete="CASCADE"),
        Index("question_concepts_concept_id_idx", "institution_id", "concept_id"),
        {"comment": "which concepts a question asks for; it may be several"},
    )

    institution_id: Mapped[Tenant]
    question_id: Mapped[Id] = mapped_column(comment="question that asks")
    concept_id: Mapped[Id] = mapped_column(comment="concept that it asks for")
