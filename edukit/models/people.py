"""People: institutions, sign-in accounts, their memberships, and students."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from edukit.db.base import Base, CreatedAt, Id, SourceKey, Tenant, one_of, to_tenant_row

ROLES = ("student", "teacher", "mentor", "parent", "admin", "analyst")


class Institution(Base):
    """A school or university; everything that belongs to one carries its id."""

    __tablename__ = "institutions"
    __table_args__ = {"comment": "schools and universities; every tenant row carries the id of one"}  # noqa: RUF012

    id: Mapped[Id] = mapped_column(comment="id of the institution")
    name: Mapped[str] = mapped_column(unique=True, comment="name, unique, as people say it")
    domain: Mapped[str | None] = mapped_column(comment="internet domain of its e-mail addresses")
    time_zone: Mapped[str] = mapped_column(server_default="UTC", comment="IANA time zone of its school days")
    created_at: Mapped[CreatedAt]


class Account(Base):
    """What a person signs in with, across institutions."""

    __tablename__ = "accounts"
    __table_args__ = (
        Index("accounts_email_key", text("lower(email)"), unique=True),
        {"comment": "what a person signs in with; one account may be a user of several institutions"},
    )

    id: Mapped[Id] = mapped_column(comment="id of the account")
    email: Mapped[str] = mapped_column(comment="e-mail address, unique whatever its case")
    password_hash: Mapped[str | None] = mapped_column(comment="Argon2id hash; null: cannot sign in by password")
    created_at: Mapped[CreatedAt]


class User(Base):
    """A person at one institution: an account's membership there, with its role."""

    __tablename__ = "users"
    __table_args__ = (
        UniqueConstraint("institution_id", "source_key"),
        UniqueConstraint("institution_id", "account_id", "role"),
        one_of("role", ROLES),
        Index("users_account_id_idx", "account_id"),
        {"comment": "people at one institution: an account's membership there, with its role"},
    )

    institution_id: Mapped[Tenant] = mapped_column(ForeignKey("institutions.id"))
    id: Mapped[Id] = mapped_column(comment="id of the user")
    account_id: Mapped[int | None] = mapped_column(
        ForeignKey("accounts.id"), comment="account that signs in as this user; null: nobody can"
    )
    role: Mapped[str] = mapped_column(comment="student, teacher, mentor, parent, admin or analyst")
    name: Mapped[str] = mapped_column(comment="name as shown")
    source_key: Mapped[SourceKey]
    created_at: Mapped[CreatedAt]


class Student(Base):
    """What is known of a user as a learner; the id is the user's."""

    __tablename__ = "students"
    __table_args__ = (
        to_tenant_row("users", "id"),
        {"comment": "learners; a student's id is the id of their user"},
    )

    institution_id: Mapped[Tenant]
    id: Mapped[Id] = mapped_column(comment="id of the student, equal to the user's")
    grade: Mapped[str | None] = mapped_column(comment="school year or grade, in the institution's words")
    created_at: Mapped[CreatedAt]
