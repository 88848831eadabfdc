"""Study: what people learn from on their own, and how far they have come with it."""

from __future__ import annotations

from uuid import UUID  # noqa: TC003 - SQLAlchemy reads the annotation

from sqlalchemy import BigInteger, Index, UniqueConstraint, Uuid
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
    finite,
    json_of,
    one_of,
    to_tenant_row,
    within,
)

STUDY_ITEM_KINDS = ("flashcard", "note", "quiz", "summary", "other")


class StudyItem(Base):
    """A flashcard, a note or a quiz of a user's own, and when to look at it again."""

    __tablename__ = "study_items"
    __table_args__ = (
        UniqueConstraint("institution_id", "source_key"),
        to_tenant_row("users", "user_id", ondelete="CASCADE"),
        to_tenant_row("topics", "topic_id"),
        one_of("kind", STUDY_ITEM_KINDS),
        within("progress", 0, 1),
        json_of("object", "content"),
        Index("study_items_user_id_idx", "institution_id", "user_id", "next_review_at"),
        Index("study_items_topic_id_idx", "institution_id", "topic_id"),
        {"comment": "flashcards, notes and quizzes of a user's own, and when to look at them again"},
    )

    institution_id: Mapped[Tenant]
    id: Mapped[Id] = mapped_column(comment="id of the item")
    user_id: Mapped[int] = mapped_column(BigInteger, comment="whose item")
    topic_id: Mapped[int | None] = mapped_column(BigInteger, comment="topic that it is about; null: none told")
    kind: Mapped[str] = mapped_column(comment="flashcard, note, quiz, summary or other")
    content: Mapped[Json] = mapped_column(comment="what stands on it, by the kind: front and back, text, questions")
    progress: Mapped[float] = mapped_column(server_default="0", comment="how far it is learned, 0-1")
    last_reviewed_at: Mapped[Moment | None] = mapped_column(comment="latest review (UTC); null: never")
    next_review_at: Mapped[Moment | None] = mapped_column(comment="when it is due again (UTC); null: not planned")
    source_key: Mapped[SourceKey]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


class ProgressRecord(Base):
    """A figure of somebody's progress as it was recorded at a moment, in edukit or by a source."""

    __tablename__ = "progress_records"
    __table_args__ = (
        to_tenant_row("users", "user_id", ondelete="CASCADE"),
        finite("score"),
        json_of("object", "details"),
        Index("progress_records_user_id_idx", "institution_id", "user_id", "category", "recorded_at"),
        {"comment": "figures of progress as they were recorded at a moment, such as those that a source had computed"},
    )

    institution_id: Mapped[Tenant]
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, comment="made where it was recorded")
    user_id: Mapped[int] = mapped_column(BigInteger, comment="whose progress")
    category: Mapped[str] = mapped_column(comment="what is measured, such as reading or chapter_mastery")
    score: Mapped[float] = mapped_column(comment="the figure, in the unit of its category")
    recorded_at: Mapped[Moment] = mapped_column(comment="as of when (UTC)")
    details: Mapped[Json] = mapped_column(server_default="{}", comment="what else the recorder told, by name")
