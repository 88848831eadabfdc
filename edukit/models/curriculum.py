"""The curriculum: a tree of topics, their concepts, and the questions that ask for them."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from edukit.db.base import Base, CreatedAt, Id, SourceKey, Tenant, one_of, to_tenant_row, within

QUESTION_KINDS = ("multiple_choice", "numerical", "true_false", "text")


class Topic(Base):
    """A node of the curriculum; one without a parent is a subject."""

    __tablename__ = "topics"
    __table_args__ = (
        UniqueConstraint("institution_id", "code"),
        UniqueConstraint("institution_id", "source_key"),
        to_tenant_row("topics", "parent_id"),
        CheckConstraint("parent_id <> id", name="parent"),
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


class Question(Base):
    """Something that a student can answer rightly or wrongly."""

    __tablename__ = "questions"
    __table_args__ = (
        UniqueConstraint("institution_id", "source_key"),
        one_of("kind", QUESTION_KINDS),
        within("difficulty", 0, 1),
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


class QuestionConcept(Base):
    """Which concepts a question asks for; it may be several."""

    __tablename__ = "question_concepts"
    __table_args__ = (
        to_tenant_row("questions", "question_id"),
        to_tenant_row("concepts", "concept_id"),
        Index("question_concepts_concept_id_idx", "institution_id", "concept_id"),
        {"comment": "which concepts a question asks for; it may be several"},
    )

    institution_id: Mapped[Tenant]
    question_id: Mapped[Id] = mapped_column(comment="question that asks")
    concept_id: Mapped[Id] = mapped_column(comment="concept that it asks for")
