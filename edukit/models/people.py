"""People: institutions, sign-in accounts, their memberships, students, and those who stand by a student."""

from __future__ import annotations

from datetime import date  # noqa: TC003 - SQLAlchemy reads the annotation

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
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
    within,
)

ROLES = ("student", "teacher", "mentor", "parent", "admin", "analyst")
THEMES = ("light", "dark", "system")
SUBSCRIPTION_STATUSES = ("trialing", "active", "past_due", "cancelled")


class Institution(Base):
    """A school or university; everything that belongs to one carries its id."""

    __tablename__ = "institutions"
    __table_args__ = {"comment": "schools and universities; every tenant row carries the id of one"}  # noqa: RUF012

    id: Mapped[Id] = mapped_column(comment="id of the institution")
    name: Mapped[str] = mapped_column(unique=True, comment="name, unique, as people say it")
    domain: Mapped[str | None] = mapped_column(comment="internet domain of its e-mail addresses")
    time_zone: Mapped[str] = mapped_column(server_default="UTC", comment="IANA time zone of its school days")
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]
    closed_at: Mapped[Moment | None] = mapped_column(
        comment="when it left edukit (UTC): its people are pseudonymous then; null: it is here"
    )


class Account(Base):
    """What a person signs in with, across institutions."""

    __tablename__ = "accounts"
    __table_args__ = (
        Index("accounts_email_key", text("lower(email)"), unique=True),
        Index("accounts_username_key", text("lower(username)"), unique=True),
        CheckConstraint("email IS NOT NULL OR username IS NOT NULL", name="name"),
        {"comment": "what a person signs in with; one account may be a user of several institutions"},
    )

    id: Mapped[Id] = mapped_column(comment="id of the account")
    email: Mapped[str | None] = mapped_column(
        comment="e-mail address, unique whatever its case; null: by username only"
    )
    password_hash: Mapped[str | None] = mapped_column(comment="Argon2id hash; null: cannot sign in by password")
    created_at: Mapped[CreatedAt]
    username: Mapped[str | None] = mapped_column(
        comment="name to sign in by, unique whatever its case; null: by e-mail only"
    )
    updated_at: Mapped[UpdatedAt]
    disabled_at: Mapped[Moment | None] = mapped_column(
        comment="when it was disabled, so that nobody signs in by it (UTC); null: it is enabled"
    )
    signed_out_at: Mapped[Moment | None] = mapped_column(
        comment="when it was signed out everywhere: what was signed in before counts no more (UTC); null: never"
    )


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
    updated_at: Mapped[UpdatedAt]
    departed_at: Mapped[Moment | None] = mapped_column(
        comment="when they left and became a pseudonym without personal data (UTC); null: still here"
    )
    reads_names: Mapped[bool] = mapped_column(
        server_default=text("false"), comment="whether an analyst reads names and words, and not pseudonyms alone"
    )


class Profile(Base):
    """How a user is reached and wants to see edukit: all of it personal, and deleted when they leave."""

    __tablename__ = "profiles"
    __table_args__ = (
        to_tenant_row("users", "user_id", ondelete="CASCADE"),
        one_of("theme", THEMES),
        json_of("object", "preferences"),
        {"comment": "how a user is reached and wants to see edukit; deleted when they leave"},
    )

    institution_id: Mapped[Tenant]
    user_id: Mapped[Id] = mapped_column(comment="whose profile")
    first_name: Mapped[str | None] = mapped_column(comment="given name; null: not told")
    last_name: Mapped[str | None] = mapped_column(comment="family name; null: not told")
    phone: Mapped[str | None] = mapped_column(comment="telephone number as given; null: not told")
    avatar_url: Mapped[str | None] = mapped_column(comment="address of a picture; null: none")
    language: Mapped[str | None] = mapped_column(
        comment="preferred language as BCP 47, such as de-CH; null: the browser's"
    )
    theme: Mapped[str] = mapped_column(server_default="system", comment="light, dark or system")
    preferences: Mapped[Json] = mapped_column(server_default="{}", comment="other wishes, by name")
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


class Subscription(Base):
    """What a user has subscribed to, and until when."""

    __tablename__ = "subscriptions"
    __table_args__ = (
        UniqueConstraint("institution_id", "source_key"),
        to_tenant_row("users", "user_id", ondelete="CASCADE"),
        one_of("status", SUBSCRIPTION_STATUSES),
        CheckConstraint("ends_at > starts_at", name="dates"),
        Index("subscriptions_user_id_idx", "institution_id", "user_id"),
        {"comment": "what a user has subscribed to, and until when"},
    )

    institution_id: Mapped[Tenant]
    id: Mapped[Id] = mapped_column(comment="id of the subscription")
    user_id: Mapped[int] = mapped_column(BigInteger, comment="who subscribed")
    plan: Mapped[str] = mapped_column(comment="name of the plan")
    status: Mapped[str] = mapped_column(comment="trialing, active, past_due or cancelled")
    starts_at: Mapped[Moment] = mapped_column(comment="first moment of it (UTC)")
    ends_at: Mapped[Moment | None] = mapped_column(comment="moment when it ends (UTC); null: open")
    source_key: Mapped[SourceKey]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


class Student(Base):
    """What is known of a user as a learner; the id is the user's."""

    __tablename__ = "students"
    __table_args__ = (
        to_tenant_row("users", "id", ondelete="CASCADE"),
        within("available_hours_per_day", 0, 24),
        {"comment": "learners; a student's id is the id of their user"},
    )

    institution_id: Mapped[Tenant]
    id: Mapped[Id] = mapped_column(comment="id of the student, equal to the user's")
    grade: Mapped[str | None] = mapped_column(comment="school year or grade, in the institution's words")
    created_at: Mapped[CreatedAt]
    github_username: Mapped[str | None] = mapped_column(comment="name on GitHub; null: none told")
    github_connected: Mapped[bool] = mapped_column(
        server_default=text("false"), comment="whether the student has let edukit read their GitHub activity"
    )
    target_exam: Mapped[str | None] = mapped_column(comment="exam that the student prepares for; null: none")
    exam_date: Mapped[date | None] = mapped_column(comment="day of that exam; null: not known")
    available_hours_per_day: Mapped[float | None] = mapped_column(
        comment="hours a day that the student has for study, 0-24; null: not told"
    )
    updated_at: Mapped[UpdatedAt]
    named_on_boards: Mapped[bool] = mapped_column(
        server_default=text("false"), comment="whether the student has agreed to be named to classmates on leaderboards"
    )


class Guardianship(Base):
    """Which parent or guardian stands by which student."""

    __tablename__ = "guardianships"
    __table_args__ = (
        to_tenant_row("users", "guardian_id", ondelete="CASCADE"),
        to_tenant_row("students", "student_id", ondelete="CASCADE"),
        CheckConstraint("guardian_id <> student_id", name="guardian"),
        Index("guardianships_student_id_idx", "institution_id", "student_id"),
        {"comment": "which parent or guardian stands by which student"},
    )

    institution_id: Mapped[Tenant]
    guardian_id: Mapped[Id] = mapped_column(comment="user who is the parent or guardian")
    student_id: Mapped[Id] = mapped_column(comment="student whom they stand by")
    relationship: Mapped[str | None] = mapped_column(comment="mother, father, grandmother, ...; null: not told")
    created_at: Mapped[CreatedAt]


class Mentorship(Base):
    """Which mentor is assigned to which student."""

    __tablename__ = "mentorships"
    __table_args__ = (
        to_tenant_row("users", "mentor_id", ondelete="CASCADE"),
        to_tenant_row("students", "student_id", ondelete="CASCADE"),
        CheckConstraint("mentor_id <> student_id", name="mentor"),
        CheckConstraint("ended_at >= started_at", name="dates"),
        Index("mentorships_student_id_idx", "institution_id", "student_id"),
        {"comment": "which mentor is or was assigned to which student"},
    )

    institution_id: Mapped[Tenant]
    mentor_id: Mapped[Id] = mapped_column(comment="user who mentors")
    student_id: Mapped[Id] = mapped_column(comment="student who is mentored")
    started_at: Mapped[Moment] = mapped_column(comment="when it began (UTC)")
    ended_at: Mapped[Moment | None] = mapped_column(comment="when it ended (UTC); null: it goes on")
    created_at: Mapped[CreatedAt]
