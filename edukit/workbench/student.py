"""The Workbench on one student, and on what they are told about their work."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from edukit.actions import classroom as act
from edukit.analytics.mastery import with_levels
from edukit.queries import classroom, people, student, student_work
from edukit.workbench.desk import Desk, uuid_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    import pandas as pd
    from sqlalchemy.orm import Session


class StudentDesk(Desk):
    """One student: who they are, what they master, do, hand in and are told."""

    def students(self, class_: int | str | None = None) -> pd.DataFrame:
        """Who is enrolled in a class now, or all whom the viewer may see, by name: the frame ``students``.

        Args:
            class_: id of the class, or its name where only one class has it; None: whatever class they are in.

        Raises:
            NotFound: no such class, or several of that name.
        """
        with self._reading() as session:
            if class_ is None:
                return student.own_students(session)
            institution_id, class_id = classroom.find_class(session, class_)
            return student.students(session, institution_id=institution_id, class_id=class_id)

    def student(self, student_id: int) -> pd.DataFrame:
        """Who a student is and where they stand, in one row: the frame ``student``.

        Raises:
            NotFound: no such student.
        """
        with self._about(student_id) as (session, institution_id):
            return student.student(session, institution_id=institution_id, student_id=student_id, now=self.now)

    def student_mastery(self, student_id: int) -> pd.DataFrame:
        """A student's mastery of every concept that they have answered on: the frame ``student_mastery``.

        Raises:
            NotFound: no such student.
        """
        with self._about(student_id) as (session, institution_id):
            frame = student.student_mastery(session, institution_id=institution_id, student_id=student_id)
            return with_levels(frame, self._thresholds(session))

    def activity(self, student_id: int, days: int | None = None) -> pd.DataFrame:
        """What a student did on each day of the institution's calendar, in order: the frame ``activity``.

        Args:
            student_id: whose days.
            days: only of so many days up to today; None: of all. A day on which nothing was done has no row.

        Raises:
            NotFound: no such student.
        """
        with self._about(student_id) as (session, institution_id):
            return student.activity(
                session, institution_id=institution_id, student_id=student_id, now=self.now, days=days
            )

    def submissions(self, student_id: int) -> pd.DataFrame:
        """Every assignment that a student was set or handed in, the one due last first: the frame ``submissions``.

        Raises:
            NotFound: no such student.
        """
        with self._about(student_id) as (session, institution_id):
            return student_work.submissions(session, institution_id=institution_id, student_id=student_id, now=self.now)

    def feedback(self, student_id: int) -> pd.DataFrame:
        """Everything that a student was told about their work, the latest first: the frame ``feedback``.

        Raises:
            NotFound: no such student.
        """
        with self._about(student_id) as (session, institution_id):
            return student_work.feedback(session, institution_id=institution_id, student_id=student_id)

    def give_feedback(
        self,
        submission_id: str | UUID,
        content: str,
        rating: int | None = None,
        supersedes_id: str | UUID | None = None,
    ) -> UUID:
        """Tell a student what a piece of their work is like, in the viewer's name; the id of the feedback.

        Args:
            submission_id: work that it is about.
            content: what is said: words are needed, 10,000 letters at most.
            rating: 1 (poor) to 5 (excellent); None: not rated.
            supersedes_id: the latest feedback on the submission, which this corrects; None: it corrects nothing.

        Raises:
            NotFound: no such submission.
            ActionError: it is against a rule, or the viewer's login only reads; nothing was sent.
        """
        work = uuid_of("submission", submission_id)
        with self._writing() as session:
            institution_id = student_work.institution_of_submission(session, work)
            return act.give_feedback(
                session,
                institution_id=institution_id,
                submission_id=work,
                content=content,
                rating=rating,
                supersedes_id=None if supersedes_id is None else uuid_of("feedback", supersedes_id),
                now=self.now,
                by=self._acting,
            )

    @contextmanager
    def _about(self, student_id: int) -> Iterator[tuple[Session, int]]:
        """A session that reads, and the student's institution."""
        with self._reading() as session:
            yield session, people.institution_of(session, student_id)
