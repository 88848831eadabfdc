"""Boards: the points of those enrolled in classes, and by what one knows that a board has fallen behind."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import Numeric, and_, cast, func, select, true

from edukit.models import Class, Enrolment, GamificationEvent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Row
    from sqlalchemy.orm import InstrumentedAttribute, Session

    Key = tuple[int, int]
    """Ids of an institution and of a class of it."""

ENROLLED = Enrolment.left_at.is_(None)


@dataclass(frozen=True)
class Board:
    """The board of a class, and the state of the ledger and of the class that it follows from."""

    institution_id: int
    class_id: int
    students: int
    state: str
    """As long as it is the same, so are the points."""
    points: dict[int, int] = field(default_factory=dict)
    """By student: all who are enrolled now."""


def board_states(session: Session, classes: Sequence[Key] | None = None) -> list[Board]:
    """The boards of the classes (None: of all), without their points.

    The ledger is append-only: as many events are the same events. Who is enrolled is told by their number and sum.
    """
    event = GamificationEvent
    earned = (
        select(event.institution_id, event.class_id, func.count().label("events"))
        .where(event.class_id.is_not(None), _among(event.institution_id, event.class_id, classes))
        .group_by(event.institution_id, event.class_id)
        .subquery()
    )
    enrolled = (
        select(
            Enrolment.institution_id,
            Enrolment.class_id,
            func.count().label("students"),
            func.sum(cast(Enrolment.student_id, Numeric)).label("ids"),
        )
        .where(ENROLLED, _among(Enrolment.institution_id, Enrolment.class_id, classes))
        .group_by(Enrolment.institution_id, Enrolment.class_id)
        .subquery()
    )
    counts = (earned.c.events, enrolled.c.students, enrolled.c.ids)
    query = select(Class.institution_id, Class.id, *(func.coalesce(count, 0) for count in counts)).where(
        _among(Class.institution_id, Class.id, classes)
    )
    for counted in (earned, enrolled):
        query = query.outerjoin(
            counted, and_(counted.c.institution_id == Class.institution_id, counted.c.class_id == Class.id)
        )
    return [Board(row[0], row[1], row[3], f"{row[2]}/{row[3]}/{row[4]}") for row in session.execute(query)]


def boards(session: Session, classes: Sequence[Key]) -> list[Board]:
    """The boards of the classes: who is enrolled now stands on them, at 0 without events."""
    # The states first: points that come in between make a board newer than it says, and it is written once more.
    states = board_states(session, classes)
    found = {key: board for board in states if (key := (board.institution_id, board.class_id)) in classes}
    for institution_id, class_id, student_id, points in enrolled_points(session, classes):
        if (institution_id, class_id) in found:
            found[institution_id, class_id].points[student_id] = points
    return list(found.values())


def enrolled_points(session: Session, classes: Sequence[Key]) -> Sequence[Row[int, int, int, int]]:
    """Everybody who is enrolled in the classes now: institution, class, student, and the points of the ledger there.

    In several institutions also those in classes of the same ids.
    """
    event = GamificationEvent
    # Summed first: looked up student by student, the whole class's events would be read for each of them.
    sums = (
        select(event.institution_id, event.class_id, event.student_id, func.sum(event.points_awarded).label("points"))
        .where(_among(event.institution_id, event.class_id, classes))
        .group_by(event.institution_id, event.class_id, event.student_id)
        .subquery()
    )
    query = (
        select(Enrolment.institution_id, Enrolment.class_id, Enrolment.student_id, func.coalesce(sums.c.points, 0))
        .outerjoin(
            sums,
            and_(
                sums.c.institution_id == Enrolment.institution_id,
                sums.c.class_id == Enrolment.class_id,
                sums.c.student_id == Enrolment.student_id,
            ),
        )
        .where(ENROLLED, _among(Enrolment.institution_id, Enrolment.class_id, classes))
    )
    return session.execute(query).all()


def _among(
    institution_id: InstrumentedAttribute[int],
    class_id: InstrumentedAttribute[int] | InstrumentedAttribute[int | None],
    classes: Sequence[Key] | None,
) -> ColumnElement[bool]:
    """Whether a row is of one of the classes, or of one of the same id in another of their institutions."""
    if classes is None:
        return true()
    institutions, ids = ({key[place] for key in classes} for place in range(2))
    return and_(institution_id == func.any(sorted(institutions)), class_id == func.any(sorted(ids)))
