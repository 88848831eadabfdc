"""The Workbench on what students answer, and on the mastery that follows."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

import pandas as pd

from edukit.analytics.mastery import with_levels
from edukit.analytics.mastery_changes import mastery_changes
from edukit.analytics.mastery_dates import mastery_dates
from edukit.analytics.mastery_weeks import last_monday
from edukit.queries import classroom, mastery_history, people, practice
from edukit.queries.answers import answers_seen
from edukit.queries.frames import CLASS_MASTERY
from edukit.workbench.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from edukit.analytics.prediction.report import MasteryBacktest


class PracticeDesk(Desk):
    """Mastery and answers."""

    def class_mastery(self, class_: int | str) -> pd.DataFrame:
        """Mastery of every enrolled student on every concept that the class has practised: ``class_mastery``.

        A student who has not answered on a concept has a row with no score and no attempts.

        Args:
            class_: id of the class, or its name where only one class has it.

        Raises:
            NotFound: no such class, or several of that name.
        """
        with self._reading() as session:
            return with_levels(self._of_class(session, class_)[0], self._thresholds(session))

    def _of_class(self, session: Session, class_: int | str) -> tuple[pd.DataFrame, int]:
        """The mastery of a class, without levels, and the id of its institution."""
        institution_id, class_id = classroom.find_class(session, class_)
        frame = self._kept(
            session,
            "chapter_mastery",
            (institution_id, class_id),
            CLASS_MASTERY,
            lambda: practice.class_mastery(session, institution_id=institution_id, class_id=class_id),
        )
        return frame, institution_id

    def mastery_changes(self, class_: int | str) -> pd.DataFrame:
        """Whose mastery of what has changed since last week by more than chance: the frame ``mastery_changes``.

        Last week's Monday is six to twelve days ago. What was never answered on before has not changed.

        Args:
            class_: id of the class, or its name where only one class has it.

        Raises:
            NotFound: no such class, or several of that name.
        """
        since = last_monday(self.today)
        with self._reading() as session:
            frame, institution_id = self._of_class(session, class_)
            # Whoever has not answered since has not changed: their weeks are not read.
            is_later = frame["last_attempted_at"] >= pd.Timestamp(since, tz=self.time_zone)
            then = mastery_history.mastery_then(
                session,
                institution_id=institution_id,
                student_ids=frame.loc[is_later, "student_id"].unique().tolist(),
                before=since,
            )
            thresholds = self._thresholds(session)
            return mastery_changes(with_levels(frame, thresholds), then, since=since, thresholds=thresholds)

    def mastery_history(self, student_id: int) -> pd.DataFrame:
        """A student's mastery after each week with an answer, by concept and week: the frame ``mastery_history``.

        By what scores mastery now, so that the last week's is the score of today but for the time that has passed; of
        the past year. Answers of unknown time are in no week.

        Raises:
            NotFound: no such student.
        """
        with self._reading() as session:
            institution_id = people.institution_of(session, student_id)
            frame = mastery_history.mastery_history(session, institution_id=institution_id, student_id=student_id)
            return with_levels(frame, self._thresholds(session))

    def mastery_dates(self, student_id: int) -> pd.DataFrame:
        """The week in which a student mastered each concept, and lost it again: the frame ``mastery_dates``.

        By the weeks of :meth:`mastery_history`, and so of the past year. Lost is what falls below *proficient*: one
        slip takes nothing away.

        Raises:
            NotFound: no such student.
        """
        return mastery_dates(self.mastery_history(student_id), self.mastery_thresholds)

    def attempts(
        self, class_: int | str | None = None, *, student_id: int | None = None, concept_id: int | None = None
    ) -> pd.DataFrame:
        """Answers, by student and in order: the frame ``attempts``.

        Args:
            class_: only those given for this class (id or name); None: for any.
            student_id: only those of this student. Give a class, a student or both.
            concept_id: only those at questions that ask for this concept.

        Raises:
            NotFound: no such class or student, or several classes of that name.
            TypeError: neither a class nor a student was given.
        """
        with self._reading() as session:
            institution_id, class_id = self._of_those(session, "attempts", class_, student_id)
            return practice.attempts(
                session,
                institution_id=institution_id,
                class_id=class_id,
                student_id=student_id,
                concept_id=concept_id,
            )

    def backtest_mastery(
        self, *, folds: int = 5, seed: int = 1, progress: Callable[[str, float], None] = lambda _stage, _share: None
    ) -> MasteryBacktest:
        """How well the mastery model predicts the answers that the viewer sees, of students that it has not seen.

        Nothing is written. Beside it stand what simple rules and knowledge tracing predict of the same answers, and
        the model's measures by concept and by the class that an answer was given for.

        Args:
            folds: parts that the students fall into; each is predicted by a model that was fitted to the others.
            seed: the same number makes the same parts and models.
            progress: called with what is being done and the share done (0-1).
        """
        # What is compiled is imported by those who ask for it: pages do not.
        from edukit.analytics.prediction.arrays import coded_answers
        from edukit.analytics.prediction.backtest import by_student
        from edukit.analytics.prediction.report import backtest_beside_baselines

        with self._reading() as session:
            seen = answers_seen(session)
        attempts = coded_answers(seen.answers, seen.concepts)
        return backtest_beside_baselines(
            pd.Series(seen.classes, dtype=object),
            attempts,
            by_student(attempts, seed=seed, folds=folds),
            total=folds,
            seed=seed,
            seconds=perf_counter,
            progress=progress,
        )
