"""The Workbench on grievances: what is shown of them, and every step that is taken in them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from edukit.actions import grievances as act
from edukit.analytics.grievances import weekly_figures
from edukit.queries import grievances as ask
from edukit.queries.frames import GRIEVANCE_FIGURES
from edukit.queries.people import institution_of
from edukit.workbench.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    import pandas as pd
    from sqlalchemy.orm import Session

    from edukit.queries.grievances import Complainant


class GrievanceDesk(Desk):
    """Grievances; none of the frames tells who complains."""

    def grievances(self, status: str | None = None) -> pd.DataFrame:
        """The grievances that the viewer may see, the most urgent first: the frame ``grievances``.

        Args:
            status: only those that are open, in_progress, resolved or closed; None: all.

        Raises:
            NotFound: there is no such status.
        """
        with self._reading() as session:
            return ask.grievances(session, as_of=self.now, status=status, user_id=self._looking.user_id)

    def grievance(self, grievance_id: str | UUID) -> pd.DataFrame:
        """One grievance with its words, in one row: the frame ``grievance``.

        Raises:
            NotFound: no such grievance.
        """
        with self._reading() as session:
            institution_id, found = ask.find_grievance(session, grievance_id)
            return ask.grievance(
                session,
                institution_id=institution_id,
                grievance_id=found,
                as_of=self.now,
                user_id=self._looking.user_id,
            )

    def grievance_events(self, grievance_id: str | UUID) -> pd.DataFrame:
        """Every step of a grievance, in order: the frame ``grievance_events``.

        Raises:
            NotFound: no such grievance.
        """
        with self._reading() as session:
            institution_id, found = ask.find_grievance(session, grievance_id)
            return ask.grievance_events(session, institution_id=institution_id, grievance_id=found)

    def grievance_authorities(self, grievance_id: str | UUID) -> pd.DataFrame:
        """Whom a grievance may be assigned to, by name: the frame ``grievance_authorities``.

        Raises:
            NotFound: no such grievance.
        """
        with self._reading() as session:
            institution_id, found = ask.find_grievance(session, grievance_id)
            return ask.grievance_authorities(session, institution_id=institution_id, grievance_id=found)

    def grievance_figures(self) -> pd.DataFrame:
        """What was filed and resolved in each week, and what was open at its end: the frame ``grievance_figures``."""
        with self._reading() as session:
            return GRIEVANCE_FIGURES.typed(weekly_figures(ask.status_steps(session), as_of=self.now))

    def file_grievance(self, student_id: int, category: str, severity: str, description: str) -> str:
        """File a grievance for a student and route it by the rule that holds; its id.

        Args:
            student_id: who complains.
            category: grade, feedback, fairness or other.
            severity: low, medium, high or critical.
            description: what it is about.

        Raises:
            ActionError: an unknown category or severity, no words, the student has left, or the viewer has no part in
                their institution.
            NotFound: no such student.
        """
        with self._writing() as session:
            institution_id = institution_of(session, student_id)
            filed = act.file_grievance(
                session,
                institution_id=institution_id,
                student_id=student_id,
                category=category,
                severity=severity,
                description=description,
                now=self.now,
                by=self._acting,
            )
        return str(filed)

    def assign_grievance(self, grievance_id: str | UUID, user_id: int, words: str = "") -> None:
        """Give a grievance to somebody who is to answer from now on, and say why where there is something to say.

        Args:
            grievance_id: which one.
            user_id: to whom; :meth:`grievance_authorities` lists who can be.
            words: why; may be empty.

        Raises:
            ActionError: they cannot be, are assigned already, or the viewer may not act there.
            NotFound: no such grievance.
        """
        with self._acting_on(grievance_id) as (session, case):
            act.assign(session, **case, user_id=user_id, words=words)

    def comment_on_grievance(self, grievance_id: str | UUID, words: str) -> None:
        """Say something about a grievance.

        Raises:
            ActionError: there are no words, or the viewer may not act there.
            NotFound: no such grievance.
        """
        with self._acting_on(grievance_id) as (session, case):
            act.comment(session, **case, words=words)

    def move_grievance(self, grievance_id: str | UUID, to_status: str, words: str = "") -> None:
        """Take a grievance up or reopen it (``in_progress``), resolve it (``resolved``), or close it (``closed``).

        Args:
            grievance_id: which one.
            to_status: to what.
            words: why; of one that is resolved, how, and then it cannot be empty.

        Raises:
            ActionError: the move is not allowed, a resolution is missing, nobody is assigned, or the viewer may not act
                there.
            NotFound: no such grievance.
        """
        with self._acting_on(grievance_id) as (session, case):
            act.move(session, **case, to_status=to_status, words=words)

    def reveal_complainant(self, grievance_id: str | UUID) -> Complainant:
        """Who complains: ``student_id`` and ``student``. It is recorded, where all can see it, before it is told.

        Raises:
            ActionError: the grievance is not assigned to the viewer, or they may not act there.
            NotFound: no such grievance.
        """
        with self._acting_on(grievance_id) as (session, case):
            act.reveal(session, **case)
        # The database tells it only to who comes back after the commit.
        with self._reading() as session:
            return ask.complainant(session, institution_id=case["institution_id"], grievance_id=case["grievance_id"])

    @contextmanager
    def _acting_on(self, grievance_id: str | UUID) -> Iterator[tuple[Session, dict[str, Any]]]:
        """A writing session, and what every step in a grievance needs: where, which, when and by whom."""
        with self._writing() as session:
            institution_id, found = ask.find_grievance(session, grievance_id)
            yield (
                session,
                {"institution_id": institution_id, "grievance_id": found, "now": self.now, "by": self._acting},
            )
