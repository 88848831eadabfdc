"""The Workbench on risk: what is predicted of students, what people make of it, and what they do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edukit.actions import risk as act
from edukit.queries import classroom, people, risk
from edukit.workbench.desk import Desk, uuid_of

if TYPE_CHECKING:
    import pandas as pd


class RiskDesk(Desk):
    """Predictions, answers to them, interventions and their outcomes."""

    def risk(self, class_: int | str) -> pd.DataFrame:
        """Every enrolled student of a class with the latest prediction, the highest score first: ``risk``.

        A student of whom nothing was predicted yet has a row without a score; ``edukit models score risk`` predicts.

        Args:
            class_: id of the class, or its name where only one class has it.

        Raises:
            NotFound: no such class, or several of that name.
        """
        with self._reading() as session:
            institution_id, class_id = classroom.find_class(session, class_)
            return risk.risk(session, institution_id=institution_id, class_id=class_id, as_of=self.now)

    def risk_history(self, student_id: int) -> pd.DataFrame:
        """All predictions of a student, the earliest first: the frame ``risk_history``.

        Raises:
            NotFound: no such student.
        """
        with self._reading() as session:
            institution_id = people.institution_of(session, student_id)
            return risk.risk_history(session, institution_id=institution_id, student_id=student_id)

    def interventions(self, student_id: int | None = None, class_: int | str | None = None) -> pd.DataFrame:
        """What was done for students, the latest first: the frame ``interventions``.

        Args:
            student_id: only for this student. Give a student, a class or both.
            class_: only for students who are enrolled in this class (id or name).

        Raises:
            NotFound: no such class or student, or several classes of that name.
            TypeError: neither a student nor a class was given.
        """
        with self._reading() as session:
            institution_id, class_id = self._of_those(session, "interventions", class_, student_id)
            return risk.interventions(session, institution_id=institution_id, student_id=student_id, class_id=class_id)

    def respond_to_risk(self, prediction_id: str, action: str, reason: str | None = None) -> None:
        """Acknowledge a prediction, or dismiss it and say why; the latest answer to a prediction counts.

        Args:
            prediction_id: as the frames ``risk`` and ``risk_history`` give it.
            action: acknowledged or dismissed.
            reason: why it is dismissed.

        Raises:
            NotFound: no such prediction.
            ActionError: another action, a dismissal without a reason or an acknowledgement with one, or nobody is
                told in whose name.
        """
        said = uuid_of("prediction", prediction_id)
        with self._writing() as session:
            institution_id = risk.institution_of_prediction(session, said)
            act.respond(
                session,
                institution_id=institution_id,
                prediction_id=said,
                action=action,
                reason=reason,
                now=self.now,
                by=self._acting,
            )

    def log_intervention(
        self, student_id: int, kind: str, note: str | None = None, prediction_id: str | None = None
    ) -> str:
        """Write down what was done for a student just now; its id.

        Args:
            student_id: for whom.
            kind: conversation, message_home, tutoring, study_plan, referral or other.
            note: what was said or agreed; an intervention of another kind needs it.
            prediction_id: prediction that it answers, as the frame ``risk`` gives it.

        Raises:
            NotFound: no such student or prediction.
            ActionError: another kind, another student's prediction, a student who has left, or nobody is told in
                whose name.
        """
        said = None if prediction_id is None else uuid_of("prediction", prediction_id)
        with self._writing() as session:
            institution_id = people.institution_of(session, student_id)
            made = act.log_intervention(
                session,
                institution_id=institution_id,
                student_id=student_id,
                kind=kind,
                note=note,
                prediction_id=said,
                now=self.now,
                by=self._acting,
            )
        return str(made)

    def record_outcome(self, intervention_id: str, outcome: str) -> None:
        """Write down what came of an intervention; what was written before is replaced.

        Args:
            intervention_id: as the frame ``interventions`` gives it.
            outcome: improved, unchanged or worsened.

        Raises:
            NotFound: no such intervention.
            ActionError: another outcome, or nobody is told in whose name.
        """
        done = uuid_of("intervention", intervention_id)
        with self._writing() as session:
            institution_id = risk.institution_of_intervention(session, done)
            act.record_outcome(
                session,
                institution_id=institution_id,
                intervention_id=done,
                outcome=outcome,
                now=self.now,
                by=self._acting,
            )
