"""People, as frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import func, or_, select

from edukit.errors import ActionError, NotFound
from edukit.models import Account, Institution, Student, User

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from edukit.models import GamificationEvent, Grievance, Intervention, RiskPrediction, Submission

    Held = GamificationEvent | Grievance | Intervention | RiskPrediction | Submission


def institution_of(session: Session, student_id: int | None) -> int:
    """The institution of a student.

    Raises:
        NotFound: the session sees no such student.
    """
    found = session.scalar(select(Student.institution_id).where(Student.id == student_id))
    if found is None:
        message = f"There is no student {student_id!r} among those you may see; the frames list their student_id."
        raise NotFound(message)
    return found


def institution_holding(session: Session, model: type[Held], row_id: UUID) -> int | None:
    """The institution of something that happened, by its id alone; None: the session sees no such row."""
    # By way of the institutions, which are few: keys begin with theirs, and the id alone is the start of none.
    there = select(model.id).where(model.institution_id == Institution.id, model.id == row_id).exists()
    return session.scalar(select(Institution.id).where(there))


class Looking(NamedTuple):
    """Whose login a session's is: a user, or None for whoever keeps the machine; as what they look, and where."""

    user_id: int | None
    role: str
    time_zone: str
    """IANA name, of the days of their institution."""


def looking(session: Session) -> Looking:
    """Whose login the session's is: it was minted for them."""
    viewer = func.viewer().table_valued("user_id", "role", "institution_id")
    zone = select(Institution.time_zone).where(Institution.id == viewer.c.institution_id).scalar_subquery()
    return Looking(*session.execute(select(viewer.c.user_id, viewer.c.role, zone)).one())


def acting_user(session: Session, account: str, institution_id: int) -> int:
    """The user of an institution in whose name an account acts there, given by its e-mail address or username.

    Raises:
        ActionError: the account has no user there who is still there.
    """
    user = (
        select(User.id)
        .join(Account, Account.id == User.account_id)
        .where(
            User.institution_id == institution_id,
            User.departed_at.is_(None),
            is_called(account),
        )
    )
    found = session.scalars(user.order_by(User.id).limit(1)).first()
    if found is None:
        message = (
            f"{account} has no part in this institution, and nothing was done: set EDUKIT_USER to an account that has."
        )
        raise ActionError(message)
    return found


def is_called(account: str) -> ColumnElement[bool]:
    """A condition on accounts: it is the one of that e-mail address or username."""
    return or_(func.lower(Account.email) == account.lower(), func.lower(Account.username) == account.lower())
