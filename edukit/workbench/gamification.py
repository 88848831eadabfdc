"""The Workbench on points: boards, badges, the ledger, and awarding."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from edukit.actions import gamification as act
from edukit.analytics import leaderboard as boards
from edukit.errors import NotFound
from edukit.queries import classroom, gamification, people
from edukit.queries.audit import moment_of
from edukit.queries.frames import LEADERBOARD
from edukit.queries.outbox import is_pending
from edukit.workbench.desk import Desk, uuid_of

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session


class GamificationDesk(Desk):
    """Boards, badges and the ledger of points."""

    def leaderboard(
        self, class_: int | str, since: datetime | str | None = None, until: datetime | str | None = None
    ) -> pd.DataFrame:
        """The board of a class: everybody who is enrolled now, by rank and name: the frame ``leaderboard``.

        Args:
            class_: id of the class, or its name where only one class has it.
            since: points of this moment and later are the recent ones, such as ``"2026-06-01"``, in UTC without a time
                zone; None, and no ``until``: those of the last seven days.
            until: only those before this moment; None: up to now.

        Raises:
            ActionError: since or until is no moment.
            NotFound: no such class, or several of that name.
        """
        first, last = moment_of("since", since), moment_of("until", until)
        with self._reading() as session:
            institution_id, class_id = classroom.find_class(session, class_)
            students = gamification.board_students(
                session, institution_id=institution_id, class_id=class_id, now=self.now, since=first, until=last
            )
            points = self._board_points(
                session,
                institution_id=institution_id,
                class_id=class_id,
                student_ids=students["student_id"].tolist(),
            )
        return LEADERBOARD.typed(boards.board(points, students))

    def _board_points(
        self, session: Session, *, institution_id: int, class_id: int, student_ids: list[int]
    ) -> pd.DataFrame:
        """The points of everybody who is enrolled in a class, from its board in Redis where that is not behind."""
        if not is_pending(session, institution_id=institution_id, class_id=class_id):
            board = self._cache.board(institution_id, class_id)
            if board is not None and board.keys() == set(student_ids):
                return pd.DataFrame({"student_id": board.keys(), "points": board.values()}, dtype="int64")
        return gamification.board_points(session, institution_id=institution_id, class_id=class_id)

    def neighbours(self, class_: int | str, student_id: int, around: int = 2) -> pd.DataFrame:
        """Who stands next to a student on a class's board: rows of the frame ``leaderboard``.

        Args:
            class_: id of the class, or its name where only one class has it.
            student_id: whose neighbours.
            around: how many above and below them.

        Raises:
            NotFound: no such class, or the student is not enrolled in it now.
        """
        found = boards.neighbours(self.leaderboard(class_), student_id, around=around)
        if found.empty:
            message = f"There is no student {student_id} on the board of class {class_}; leaderboard() lists who is."
            raise NotFound(message)
        return found

    def badges(self, student_id: int) -> pd.DataFrame:
        """The badges that a student has earned, the latest first: the frame ``badges``.

        Raises:
            NotFound: no such student.
        """
        with self._reading() as session:
            institution_id = people.institution_of(session, student_id)
            return gamification.badges(session, institution_id=institution_id, student_id=student_id)

    def points_ledger(self, student_id: int) -> pd.DataFrame:
        """Every award to a student and every one taken back, the latest first: the frame ``points_ledger``.

        Raises:
            NotFound: no such student.
        """
        with self._reading() as session:
            institution_id = people.institution_of(session, student_id)
            return gamification.points_ledger(session, institution_id=institution_id, student_id=student_id)

    def award_points(  # noqa: PLR0913 - each is a part of the award
        self,
        class_: int | str,
        student_id: int,
        points: int,
        event_type: str = "achievement",
        *,
        xp: int | None = None,
        event_id: UUID | None = None,
    ) -> UUID:
        """Give a student points on a class's board, in the viewer's name; the id of the award.

        Args:
            class_: id of the class, or its name where only one class has it.
            student_id: who earned them: enrolled in the class now.
            points: 0 to 100.
            event_type: what for: submission, feedback, achievement, streak or practice.
            xp: experience points, 0 to 1,000; None: as many as points.
            event_id: made by the caller, so that a second try is the same award; None: make one.

        Raises:
            NotFound: no such class, or several of that name.
            ActionError: it is against a rule, or the viewer's login only reads; nothing was awarded.
        """
        with self._writing() as session:
            institution_id, class_id = classroom.find_class(session, class_)
            return act.award(
                session,
                institution_id=institution_id,
                student_id=student_id,
                class_id=class_id,
                event_type=event_type,
                points=points,
                xp=points if xp is None else xp,
                now=self.now,
                by=self._acting,
                event_id=event_id,
            )

    def correct_points(self, event_id: str | UUID) -> UUID:
        """Take back an award, in the viewer's name; the id of the correction in the ledger.

        Args:
            event_id: the award, as the frame ``points_ledger`` lists it.

        Raises:
            NotFound: no such award.
            ActionError: it is against a rule, or the viewer's login only reads; nothing was changed.
        """
        event = uuid_of("award", event_id)
        with self._writing() as session:
            institution_id = gamification.institution_of_event(session, event)
            return act.correct(
                session,
                institution_id=institution_id,
                event_id=event,
                now=self.now,
                by=self._acting,
            )
