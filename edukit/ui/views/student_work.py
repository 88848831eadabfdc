"""A student's assignments with what was said of them, and the form to say more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets as w
import pandas as pd

from edukit.analytics.days import ALL_DAYS, Days
from edukit.analytics.wording import counted
from edukit.errors import EdukitError
from edukit.queries.frames import SUBMISSIONS
from edukit.ui.cards import each, heading, notice, refused, sentence
from edukit.ui.days import in_words
from edukit.ui.export import file_name
from edukit.ui.export_menu import ExportMenu, Shown
from edukit.ui.faults import unexpected
from edukit.ui.page import controls, section
from edukit.ui.widgets import Panel, group, shows
from edukit.ui.work_cards import RATINGS, form_title, work_cards

if TYPE_CHECKING:
    from collections.abc import Callable

    from edukit.ui.widgets import Group
    from edukit.workbench import Workbench

CARDS = 8
"""Assignments shown at first, and how many more at each asking."""
ANY = "any"
STATES = ("waiting for feedback", "missing", "open", "handed in", "has feedback")
UNRATED = 0
"""Value of no rating: a choice among options takes None for nothing chosen."""
HOW_TO_READ = "The assignments of the student's classes, the one due last first, with what was said of each."
NOTHING_SET = "Nothing was set or handed in yet."
SAID, CORRECTED = "Your feedback stands above.", "Your correction stands above, with what it corrects."
UNSEEN = "It was sent, and does not stand here yet: reload the page, and do not send it again."


class StudentWork:
    """Cards of assignments, the chosen one with a form below it; feedback that is sent stands there at once."""

    def __init__(self, edu: Workbench, *, on_said: Callable[[pd.DataFrame], object]) -> None:
        self._edu, self._on_said = edu, on_said
        self._student_id, self._name, self._may_tell = 0, "", False
        self._work, self._feedback, self._shown = pd.DataFrame(), pd.DataFrame(), pd.DataFrame()
        self._days = ALL_DAYS
        self._count = CARDS
        self._at: str | None = None
        self._corrects: str | None = None
        self._state = w.Dropdown(description="Show")
        self._above, self._told, self._below, self._refused = Panel(), Panel(live=True), Panel(), Panel(live=True)
        self._more = w.Button(description="Show more")
        self._menu = ExportMenu(edu, self._file)
        self._form = self._built_form()
        title = Panel(html=heading("Work and feedback", HOW_TO_READ))
        cards = [self._above, self._told, self._form, self._below, self._more]
        self.widget = section([title, controls([self._state]), *cards, self._menu])
        self._state.observe(self._change_state, "value")
        self._more.on_click(lambda _button: self._show_more())
        for cards in (self._above, self._below):
            cards.on_choice(self._choose)

    def _built_form(self) -> Group:
        self._title = Panel()
        # Sent when the reader leaves the field and not at each letter: what is typed must not arrive after the click.
        self._words = w.Textarea(
            description="What you say",
            placeholder="What was good, and what to do next",
            continuous_update=False,
            rows=6,
        )
        options = [("not rated", UNRATED), *((f"{rating} {word}", rating) for rating, word in RATINGS.items())]
        self._rating = w.RadioButtons(description="Rating", options=options)
        send, cancel = w.Button(description="Send feedback"), w.Button(description="Cancel")
        send.on_click(lambda _button: self._say())
        cancel.on_click(lambda _button: self._leave_form())
        send.add_class("edukit-send")
        return group([self._title, self._words, self._rating, controls([send, cancel]), self._refused], "edukit-form")

    def show(  # noqa: PLR0913 - one argument for each part of what is shown
        self, student_id: int, name: str, work: pd.DataFrame, feedback: pd.DataFrame, days: Days, *, may_tell: bool
    ) -> None:
        """Show a student's work; where it is still the same student's, what is being typed stays.

        Args:
            student_id: whose it is.
            name: their name, for the file.
            work: the frame ``submissions``.
            feedback: the frame ``feedback``.
            days: only work that was due or handed in on these days is shown.
            may_tell: whether there is somebody to give feedback to.
        """
        again = student_id == self._student_id
        self._student_id, self._name, self._may_tell, self._days = student_id, name, may_tell, days
        self._work, self._feedback = on_days(work, days), feedback
        self._offer_states()
        if again:
            self._draw()
        else:
            self._change_state()

    def _offer_states(self) -> None:
        """Offer each state with how many there are of it; the chosen one stays."""
        counts = self._work["state"].value_counts()
        chosen = self._state.value
        of_each = ((f"{state} ({counts.get(state, 0):,})", state) for state in STATES)
        self._state.unobserve(self._change_state, "value")
        self._state.options = [(f"all ({len(self._work):,})", ANY), *of_each]
        self._state.value = chosen or ANY
        self._state.observe(self._change_state, "value")

    def _change_state(self, _change: object = None) -> None:
        """Begin at the first card of the chosen state."""
        self._count, self._at = CARDS, None
        self._leave_form()

    def _show_more(self) -> None:
        self._count += CARDS
        self._draw()

    def _choose(self, choice: str) -> None:
        """Open the form below the card that was chosen: ``tell`` a submission, or ``correct`` a feedback."""
        act, chosen = choice.split(" ", 1)
        self._empty_form()
        self._at, self._corrects = chosen, None
        if act == "correct":
            (said,) = each(self._feedback[self._feedback["feedback_id"] == chosen])
            self._at, self._corrects = said.submission_id, chosen
            self._words.value = "" if pd.isna(said.content) else said.content
            self._rating.value = UNRATED if pd.isna(said.rating) else int(said.rating)
        (work,) = each(self._work[self._work["submission_id"] == self._at])
        self._title.html = form_title(work.assignment, corrects=act == "correct")
        shows(self._form, when=True)
        self._draw()
        self._title.arrive()

    def _empty_form(self) -> None:
        self._told.html = self._refused.html = self._words.value = ""
        self._rating.value = UNRATED

    def _leave_form(self) -> None:
        """Put the form away, empty."""
        self._empty_form()
        shows(self._form, when=False)
        self._draw()

    def _say(self) -> None:
        """Send what was typed; where it is refused it stays in the form."""
        if self._at is None:
            return
        rating = self._rating.value or None
        try:
            self._edu.give_feedback(self._at, self._words.value, rating, supersedes_id=self._corrects)
        except EdukitError as error:
            self._refused.html = refused(error)
            return
        except Exception:
            self._refused.html = notice([unexpected()])
            raise
        # What is sent is sent, whatever becomes of showing it: the form must not hold it any longer.
        self._leave_form()
        self._show_said()

    def _show_said(self) -> None:
        """Fetch what stands now, with what was just sent."""
        try:
            work, self._feedback = self._edu.submissions(self._student_id), self._edu.feedback(self._student_id)
        except EdukitError as error:
            self._told.html = notice([UNSEEN]) + refused(error)
            return
        except Exception:
            self._told.html = notice([UNSEEN, unexpected()])
            raise
        self._work = on_days(work, self._days)
        self._offer_states()
        self._draw()
        self._told.html = notice([CORRECTED if self._corrects else SAID])
        self._above.arrive()
        self._on_said(work)

    def _draw(self) -> None:
        """The cards up to the chosen one, where the form is, and the cards after it."""
        # What has just been answered stays in sight, though it is no longer in the state that is shown.
        wanted = (self._work["state"] == self._state.value) | (self._work["submission_id"] == self._at)
        rows = self._work if self._state.value == ANY else self._work[wanted]
        self._shown = rows.head(self._count)
        ids = self._shown["submission_id"].tolist()
        place = ids.index(self._at) + 1 if self._at in ids else len(ids)
        above, below = (
            work_cards(part, self._feedback, may_tell=self._may_tell, arrival=self._at)
            for part in (self._shown.iloc[:place], self._shown.iloc[place:])
        )
        self._above.html = above if ids else sentence(self._nothing())
        self._below.html = below
        self._more.description = f"Show {min(CARDS, len(rows) - len(ids)):,} more of {len(rows):,}"
        shows(self._more, when=len(rows) > len(ids))
        self._menu.label = f"Export ({counted(len(ids), 'assignment')})"

    def _nothing(self) -> str:
        if len(self._work):
            return f"No work is in the state “{self._state.value}”."
        return NOTHING_SET if self._days.all else f"Nothing was due or handed in {in_words(self._days)}."

    def _file(self) -> Shown:
        """Exactly the assignments that are shown, in the order shown."""
        return Shown(SUBMISSIONS, self._shown, file_name("work", self._name), {"student_id": self._student_id})


def on_days(work: pd.DataFrame, days: Days) -> pd.DataFrame:
    """The rows of the frame ``submissions`` that were due or handed in on these days."""
    return days.among(work, "due_at", "submitted_at", "first_submitted_at")
