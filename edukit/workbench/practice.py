"""The Workbench on what students answer, and on the mastery that follows."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

import pandas as pd

from edukit.analytics.mastery import mastery_level
from edukit.queries import classroom, people, practice
from edukit.queries.answers import answers_seen
from edukit.queries.frames import CLASS_MASTERY
from edukit.workbench.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Callable

    from edukit.analytics.prediction.report import MasteryBacktest


class PracticeDesk(Desk):
    """Mastery and answers."""

    @property
    def mastery_thresholds(self) -> tuple[float, float, float]:
        """Scores (0-100) at which *developing*, *proficient* and *mastered* begin."""
        return self._settings.mastery_thresholds

    def class_mastery(self, class_: int | str) -> pd.DataFrame:
        """Mastery of every enrolled student on every concept that the class has practised: ``class_mastery``.

        A student who has not answered on a concept has a row with no score and no attempts.

        Args:
            class_: id of the class, or its name where only one class has it.

        Raises:
            NotFound: no such class, or several of that name.
        """
        with self._reading() as session:
            institution_id, class_id = classroom.find_class(session, class_)
            frame = self._kept(
                session,
                "chapter_mastery",
                (institution_id, class_id),
                CLASS_MASTERY,
                lambda: practice.class_mastery(session, institution_id=institution_id, class_id=class_id),
            )
        level = pd.Series(mastery_level(frame["mastery_score"], self.mastery_thresholds), index=frame.index)
        return frame.assign(level=level.astype("str"))

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
        if class_ is None and student_id is None:
            message = "attempts() needs a class or a student_id: all attempts at once would not fit a notebook"
            raise TypeError(message)
        with self._reading() as session:
            class_id = None
            if class_ is not None:
                institution_id, class_id = classroom.find_class(session, class_)
            else:
                institution_id = people.institution_of(session, student_id)
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
