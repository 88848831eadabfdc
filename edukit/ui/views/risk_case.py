"""One student's risk: the timeline, the evidence, and what can be said and done."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import ipywidgets as w
import pandas as pd

from edukit.analytics.days import ALL_DAYS, Days
from edukit.analytics.wording import counted
from edukit.errors import EdukitError, NotFound
from edukit.queries.frames import RISK_HISTORY
from edukit.ui.cards import each, heading, lead, notice, refused, sentence
from edukit.ui.charted import Charted
from edukit.ui.days import in_words
from edukit.ui.export import file_name
from edukit.ui.export_menu import Shown
from edukit.ui.faults import unexpected
from edukit.ui.figures import students_in_order
from edukit.ui.page import controls, section, told
from edukit.ui.risk_cards import KINDS, case_title, done_list, is_known, telling
from edukit.ui.risk_figures import scores_chart, scores_legend
from edukit.ui.risk_history import history_sentence, history_table
from edukit.ui.widgets import Panel, group, shows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from edukit.ui.widgets import Group
    from edukit.workbench import Workbench

NONE = 0
"""Value of no student: a Dropdown takes None for nothing selected and shows a blank."""
ANY_STUDENT = ("Choose a student", NONE)
CHOOSE = "Choose a student here, or by “Timeline and actions” above."
ANSWER_LEAD = "What you say stands beside the prediction with your name, and changes no score."
ACT_LEAD = "It is written down as done just now, by you. What came of it is noted later."
SAID = {"acknowledged": "You have acknowledged the prediction.", "dismissed": "You have dismissed the prediction."}
UNCHOSEN = ("Choose", "")
CHOOSE_KIND = "Choose what was done, then log it."
GONE = "The student who was chosen is no longer in this class. Choose another."
LOGGED, NOTED = "The intervention is logged.", "The outcome is noted."


class RiskCase:
    """A picker of students, and the case of the chosen one, fetched anew after each act."""

    def __init__(self, edu: Workbench, *, on_change: Callable[[], object], on_act: Callable[[], object]) -> None:
        self._edu, self._on_change, self._on_act = edu, on_change, on_act
        self._settling = False
        self._frame, self._class_id, self._days = pd.DataFrame({"student_id": []}), NONE, ALL_DAYS
        self._student = w.Dropdown(description="Student", options=[ANY_STUDENT])
        self._notice, self._title, self._told = Panel(live=True), Panel(), Panel(live=True)
        self._scores, self._done = Charted(edu, self._file), Panel()
        self._answer, self._act = self._answer_form(), self._act_form()
        scores = section([Panel(html=heading("Scores over time") + scores_legend()), self._scores.widget])
        forms = [self._told, self._answer, self._act]
        self._body = group([self._title, *forms, scores, section([self._done])])
        choice = controls([self._student])
        self.widget = section([Panel(html=heading("One student")), choice, self._notice, self._body])
        self._student.observe(self._chosen, "value")
        self._done.on_choice(self._record)

    @property
    def student_id(self) -> int | None:
        """The chosen student."""
        return self._student.value or None

    def offer(self, frame: pd.DataFrame, class_id: int, student_id: int | None, days: Days) -> list[str]:
        """Offer the students of a class and choose; a sentence where one is not among them.

        Args:
            frame: the frame ``risk``.
            class_id: of the class.
            student_id: whom to choose; None: nobody.
            days: of which days predictions and interventions are shown.
        """
        self._class_id, self._days = class_id, days
        there = self._offer(frame, student_id)
        self._told.html = ""
        self._show()
        if there or student_id is None:
            return []
        return [f"The link asks for the student {student_id}, not found in this class: no student is chosen."]

    def choose(self, student_id: int | None, _concept_id: int | None = None) -> None:
        """Show a student and bring the reader there; a name that another page still lists may have left the class."""
        there = student_id is None or student_id in self._frame["student_id"].to_numpy()
        with self._settled():
            self._student.value = (student_id or NONE) if there else NONE
        self._chosen()
        if not there:
            self._notice.html = notice([GONE])
        self._title.arrive()

    def renew(self, frame: pd.DataFrame) -> None:
        """Show the chosen student anew, from a class that has been fetched anew; they may have left it."""
        there = self._offer(frame, self.student_id)
        self._show()
        if not there:
            self._notice.html = notice([GONE])
            self._on_change()

    def _offer(self, frame: pd.DataFrame, student_id: int | None) -> bool:
        """Offer the students of the frame, with one chosen; whether they are among them."""
        self._frame = frame
        people = students_in_order(frame.assign(mastery_score=float("nan")), "name")
        ids = people["student_id"].tolist()
        with self._settled():
            self._student.options = [ANY_STUDENT, *zip(people["student"], ids, strict=True)]
            self._student.value = student_id if student_id in ids else NONE
        return student_id in ids

    def _answer_form(self) -> Group:
        # Sent when the reader leaves the field and not at each letter: what is typed must not arrive after the click.
        self._reason = w.Textarea(description="Why it does not apply (to dismiss it)", continuous_update=False, rows=2)
        see, dismiss = w.Button(description="Acknowledge"), w.Button(description="Dismiss")
        see.on_click(lambda _button: self._respond("acknowledged", None))
        dismiss.on_click(lambda _button: self._respond("dismissed", self._reason.value))
        return _form("About the latest prediction", ANSWER_LEAD, [self._reason, controls([see, dismiss])])

    def _act_form(self) -> Group:
        kinds = [UNCHOSEN, *((name, kind) for kind, name in KINDS.items())]
        self._kind = w.Dropdown(description="What was done", options=kinds)
        self._note = w.Textarea(description="What was said or agreed", continuous_update=False, rows=3)
        log = w.Button(description="Log the intervention")
        log.add_class("edukit-send")
        log.on_click(lambda _button: self._log())
        return _form("Log an intervention", ACT_LEAD, [controls([self._kind]), self._note, controls([log])])

    @contextmanager
    def _settled(self) -> Iterator[None]:
        """Several choices change together: answer once, at the end."""
        self._settling = True
        try:
            yield
        finally:
            self._settling = False

    def _chosen(self, _change: object = None) -> None:
        if not self._settling:
            self._told.html = self._reason.value = self._note.value = self._kind.value = ""
            self._show()
            self._on_change()

    def _show(self) -> None:
        if self.student_id is None:
            self._notice.html = sentence(CHOOSE)
            shows(self._body, when=False)
            return
        # A chart that is made where nothing is shown would not know how wide it may be.
        shows(self._body, when=True)
        with told(self._notice, instead_of=self._body):
            self._show_case(self._row())

    def _row(self) -> Any:
        """What is said of the chosen student now."""
        return next(each(self._frame[self._frame["student_id"] == self.student_id]))

    def _show_case(self, row: Any) -> None:
        history = self._days.among(self._edu.risk_history(row.student_id), "predicted_on")
        done = self._days.among(self._edu.interventions(row.student_id), "happened_at")
        may_act, when = self._edu.may_act, in_words(self._days)
        said, self._history = telling(history), history.iloc[::-1]
        self._title.html = case_title(row, self._class_id)
        self._scores.show(
            scores_chart(said, done) if len(said) else None,
            history_sentence(said, done, when),
            "" if history.empty else history_table(history),
        )
        self._scores.menu.label = f"Export ({counted(len(history), 'prediction')})"
        self._done.html = done_list(done, may_act=may_act, when=when)
        shows(self._answer, when=may_act and is_known(row))
        shows(self._act, when=may_act)

    def _file(self) -> Shown:
        """Exactly the predictions of the table, in its order."""
        student_id = self.student_id or NONE
        rows = self._history.assign(predicted_on=self._history["predicted_on"].dt.date)
        return Shown(RISK_HISTORY, rows, file_name("risk", self._student.label), {"student_id": student_id})

    def _respond(self, action: str, reason: str | None) -> None:
        prediction = self._row().prediction_id
        if self._did(lambda: self._edu.respond_to_risk(prediction, action, reason), SAID[action]):
            self._reason.value = ""

    def _log(self) -> None:
        row, kind, note = self._row(), self._kind.value, self._note.value
        if not kind:
            # The second click of a double click finds what the first has logged, and says nothing.
            if self._told.html != notice([LOGGED]):
                self._told.html = refused(CHOOSE_KIND)
            return
        answers = row.prediction_id if is_known(row) else None
        if self._did(lambda: self._edu.log_intervention(row.student_id, kind, note, answers), LOGGED):
            self._kind.value, self._note.value = UNCHOSEN[1], ""

    def _record(self, choice: str) -> None:
        intervention, outcome = choice.split(" ")
        self._did(lambda: self._edu.record_outcome(intervention, outcome), NOTED)

    def _did(self, act: Callable[[], object], done: str) -> bool:
        """Do it, show what has become of it, and say so; where it is refused, what was typed stays."""
        try:
            act()
        except EdukitError as error:
            self._told.html = refused(error)
            if isinstance(error, NotFound):
                # Whoever has left since is not the viewer's to act for any more: the page goes on without them.
                self._on_act()
            return False
        except Exception:
            self._told.html = refused(unexpected())
            raise
        self._on_act()
        self._told.html = notice([done])
        return True


def _form(title: str, how: str, children: list[w.Widget]) -> Group:
    return group([Panel(html=f"<h3>{title}</h3>" + lead(how)), *children], "edukit-form")
