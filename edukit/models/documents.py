"""Documents: texts and conversations with an assistant, and the vectors that find them by meaning."""

from __future__ import annotations

from typing import Any
from uuid import UUID  # noqa: TC003 - SQLAlchemy reads the annotation

from pgvector.sqlalchemy import VECTOR
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
    json_of,
    one_of,
    to_tenant_row,
)

CHAT_ROLES = ("user", "assistant")
DIMENSIONS = 1536


class Document(Base):
    """A text that somebody keeps or shares."""

    __tablename__ = "documents"
    __table_args__ = (
        to_tenant_row("users", "user_id", ondelete="CASCADE"),
        UniqueConstraint("institution_id", "source_key"),
        json_of("object", "details"),
        Index("documents_user_id_idx", "institution_id", "user_id"),
        {"comment": "texts that people keep; their vectors are in document_embeddings where the server has them"},
    )

    institution_id: Mapped[Tenant]
    id: Mapped[Id] = mapped_column(comment="id of the document")
    user_id: Mapped[int] = mapped_column(BigInteger, comment="whose document")
    kind: Mapped[str] = mapped_column(comment="what it is, such as lesson_plan, essay or web_page")
    title: Mapped[str | None] = mapped_column(comment="title as shown; null: none")
    content: Mapped[str] = mapped_column(comment="the text")
    details: Mapped[Json] = mapped_column(server_default="{}", comment="what else is known of it, by name")
    source_key: Mapped[SourceKey]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


class DocumentEmbedding(Base):
    """The meaning of a document as a vector; the table is there only where the server has pgvector."""

    __tablename__ = "document_embeddings"
    __table_args__ = (
        to_tenant_row("documents", "document_id", ondelete="CASCADE"),
        {"comment": "the meaning of documents as vectors", "info": {"extension": "vector"}},
    )

    institution_id: Mapped[Tenant]
    document_id: Mapped[Id] = mapped_column(comment="document whose meaning it is")
    model: Mapped[str] = mapped_column(comment="model that made the vector: only vectors of one model compare")
    embedding: Mapped[Any] = mapped_column(VECTOR(DIMENSIONS), comment="the vector")
    created_at: Mapped[CreatedAt]


class Chat(Base):
    """A conversation of a user with an assistant."""

    __tablename__ = "chats"
    __table_args__ = (
        UniqueConstraint("institution_id", "source_key"),
        to_tenant_row("users", "user_id", ondelete="CASCADE"),
        to_tenant_row("students", "student_id", ondelete="CASCADE"),
        Index("chats_user_id_idx", "institution_id", "user_id"),
        Index("chats_student_id_idx", "institution_id", "student_id"),
        {"comment": "conversations of a user with an assistant; what was said is in chat_messages"},
    )

    institution_id: Mapped[Tenant]
    id: Mapped[Id] = mapped_column(comment="id of the conversation")
    user_id: Mapped[int] = mapped_column(BigInteger, comment="who talks with the assistant")
    student_id: Mapped[int | None] = mapped_column(
        BigInteger, comment="student it is about; null: nobody in particular"
    )
    title: Mapped[str | None] = mapped_column(comment="title as shown; null: none")
    source_key: Mapped[SourceKey]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


class ChatEmbedding(Base):
    """The context of a conversation as a vector; the table is there only where the server has pgvector."""

    __tablename__ = "chat_embeddings"
    __table_args__ = (
        to_tenant_row("chats", "chat_id", ondelete="CASCADE"),
        {"comment": "the context of conversations as vectors", "info": {"extension": "vector"}},
    )

    institution_id: Mapped[Tenant]
    chat_id: Mapped[Id] = mapped_column(comment="conversation whose context it is")
    model: Mapped[str] = mapped_column(comment="model that made the vector: only vectors of one model compare")
    embedding: Mapped[Any] = mapped_column(VECTOR(DIMENSIONS), comment="the vector")
    created_at: Mapped[CreatedAt]


class ChatMessage(Base):
    """Something said in a conversation."""

    __tablename__ = "chat_messages"
    __table_args__ = (
        to_tenant_row("chats", "chat_id", ondelete="CASCADE"),
        one_of("role", CHAT_ROLES),
        Index("chat_messages_chat_id_idx", "institution_id", "chat_id", "sent_at"),
        {"comment": "what was said in conversations, by time"},
    )

    institution_id: Mapped[Tenant]
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, comment="made where it was said")
    chat_id: Mapped[int] = mapped_column(BigInteger, comment="conversation that it is part of")
    role: Mapped[str] = mapped_column(comment="user or assistant: who said it")
    content: Mapped[str] = mapped_column(comment="what was said")
    sent_at: Mapped[Moment] = mapped_column(comment="when (UTC)")
