"""One grievance: its facts, its words, its steps, and what can be done now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as w
import pandas as pd

from edukit.analytics.grievances import MOVES
from edukit.errors import EdukitError
from edukit.ui.cards import heading, notice, refused
from edukit.ui.faults import unexpected
from edukit.ui.grievance_cards import back, confirm_reveal, facts, may_reveal, revealed, timeline
from edukit.ui.page import controls, section
from edukit.ui.widgets import Panel, group, shows

if TYPE_CHECKING:
    from collections.abc import Callable

    from edukit.ui.clicks import Clicks
    from edukit.ui.widgets import Group
    from edukit.workbench import Workbench

NOBODY = 0
"""Value of no person: a Dropdown takes None for nothing selected and shows a blank."""
ACT_LEAD = (
    "Your words go with the step that you take: to comment and to resolve, they are needed. They cannot be changed "
    "afterwards. Do not name the student in them."
)
SAID, ASSIGNED = "Your comment stands among the steps.", "It is assigned to {} now."
MOVES_SHOWN = {
    ("open", "in_progress"): ("Take up", "It is in progress now."),
    ("in_progress", "resolved"): ("Resolve", "It is resolved now, in your words."),
    ("resolved", "closed"): ("Close", "It is closed now."),
    ("resolved", "in_progress"): ("Reopen", "It is open again and in progress."),
    ("closed", "in_progress"): ("Reopen", "It is open again and in progress."),
}
"""The button of each move, and what it has done."""


class GrievanceCase:
    """One grievance, fetched anew after each step; what was typed stays until it is taken."""

    def __init__(
        self, edu: Workbench, clicks: Clicks, *, on_back: Callable[[], object], on_step: Callable[[], object]
    ) -> None:
        self._edu, self._clicks, self._on_step = edu, clicks, on_step
        self.grievance_id: str | None = None
        self._row: Any = None
        self._back, self._facts, self._steps = Panel(html=back()), Panel(), Panel()
        self._told = Panel(live=True)
        self._form = self._built_form()
        self._reveal = self._built_reveal()
        self.widget = group([self._back, self._facts, self._form, section([self._steps]), self._reveal])
        self._back.on_choice(lambda _choice: on_back())

    def _built_form(self) -> Group:
        # Sent when the reader leaves the field and not at each letter: what is typed must not arrive after the click.
        self._words = w.Textarea(description="Your words", continuous_update=False, rows=4)
        self._person = w.Dropdown(description="Assign to")
        self._comment, assign = w.Button(description="Comment"), w.Button(description="Assign")
        self._moves = {move: w.Button(description=name) for move, (name, _) in MOVES_SHOWN.items()}
        self._comment.on_click(lambda _button: self._say())
        assign.on_click(lambda _button: self._assign())
        for move, button in self._moves.items():
            button.on_click(lambda _button, to=move[1], done=MOVES_SHOWN[move][1]: self._move(to, done))
        buttons = controls([self._comment, *self._moves.values()])
        form = group([self._words, buttons, controls([self._person, assign])], "edukit-form")
        return section([Panel(html=heading("What to do", ACT_LEAD)), self._told, form])

    def _built_reveal(self) -> Group:
        self._may, self._asked, self._name = Panel(), Panel(html=confirm_reveal()), Panel(live=True)
        self._ask = w.Button(description="Show who complains")
        self._sure, leave = w.Button(description="Yes, show me"), w.Button(description="No")
        self._ask.on_click(lambda _button: self._ask_first())
        leave.on_click(lambda _button: self._offer_reveal(asked=False))
        self._sure.on_click(lambda _button: self._show_complainant())
        self._confirm = group([self._asked, controls([self._sure, leave])])
        return section([self._may, self._ask, self._confirm, self._name])

    def show(self, grievance_id: str) -> None:
        """Show a grievance, with nothing typed and nobody revealed.

        Raises:
            NotFound: there is none of that id.
        """
        self.leave()
        self._fetch(grievance_id)
        self.grievance_id = grievance_id

    def renew(self) -> None:
        """Show the grievance that is open as it stands now; what was typed stays.

        Raises:
            NotFound: it is not there any more.
        """
        if self.grievance_id is not None:
            self._fetch(self.grievance_id)

    def leave(self) -> None:
        """Show none: nothing that was typed, and nobody who was revealed, stays in the page."""
        self.grievance_id = None
        self._words.value = self._told.html = self._name.html = ""

    @property
    def holder(self) -> str | None:
        """Name of whom the grievance is assigned to; None: nobody yet."""
        return None if pd.isna(self._row.assigned_to) else str(self._row.assigned_to)

    def arrive(self) -> None:
        """Bring the reader to the head of the grievance."""
        self._facts.arrive()

    def tell(self, text: str) -> None:
        """Say what has been done."""
        self._told.html = notice([text])

    def _fetch(self, grievance_id: str) -> None:
        """Show the grievance as it stands now."""
        self._row = next(self._edu.grievance(grievance_id).itertuples(index=False))
        people = self._edu.grievance_authorities(grievance_id)
        self._facts.html = facts(self._row)
        self._steps.html = timeline(self._edu.grievance_events(grievance_id))
        self._may.html = may_reveal(self._row)
        shows(self._form, when=self._edu.may_act)
        self._offer_moves()
        self._offer_people(people[~people["assigned"]])
        self._offer_reveal(asked=False)

    def _offer_moves(self) -> None:
        for (was, to), button in self._moves.items():
            allowed = was == self._row.status and to in MOVES[was]
            shows(button, when=allowed)

    def _offer_people(self, people: pd.DataFrame) -> None:
        """Offer everybody whom it can be assigned to, with how much waits for them; who was chosen stays so."""
        chosen = self._person.value
        names = [
            f"{row.user} ({row.role}, {row.waiting:,} waiting)" + (f", id {row.user_id}" if same else "")
            for row, same in zip(
                people.itertuples(index=False), people.duplicated(["user", "role", "waiting"], keep=False), strict=True
            )
        ]
        ids = people["user_id"].tolist()
        self._person.options = [("Choose a person", NOBODY), *zip(names, ids, strict=True)]
        self._person.value = chosen if chosen in ids else NOBODY

    def _ask_first(self) -> None:
        """Ask whether the name is really wanted; no second click may say yes."""
        self._clicks.changed()
        self._offer_reveal(asked=True)

    def _offer_reveal(self, *, asked: bool) -> None:
        shows(self._ask, when=self._row.mine and not asked)
        shows(self._confirm, when=self._row.mine and asked)

    def _say(self) -> None:
        words = self._words.value
        self._act(lambda id_: self._edu.comment_on_grievance(id_, words), SAID)

    def _move(self, to_status: str, done: str) -> None:
        words = self._words.value
        self._act(lambda id_: self._edu.move_grievance(id_, to_status, words), done)

    def _assign(self) -> None:
        user_id, words = self._person.value, self._words.value
        if user_id == NOBODY:
            self._told.html = refused("Choose a person to assign it to.")
            return
        name = str(self._person.label).rsplit(" (", 1)[0]
        self._act(lambda id_: self._edu.assign_grievance(id_, user_id, words), ASSIGNED.format(name))

    def _act(self, step: Callable[[str], object], done: str) -> None:
        """Take a step and show how the grievance stands then; of a step that is refused the words stay typed."""
        if self.grievance_id is None or not self._clicks.meant():
            return
        try:
            step(self.grievance_id)
        except EdukitError as error:
            self._told.html = refused(error)
            self._show_as_it_stands()
            return
        except Exception:
            self._told.html = refused(unexpected())
            raise
        self._words.value = self._name.html = ""
        self.tell(done)
        self._clicks.changed()
        self._show_as_it_stands()

    def _show_as_it_stands(self) -> None:
        """Fetch everything again; of what fails, what is shown stays, and the reason is told with the rest."""
        reasons = {}
        for show in (self._on_step, self.renew):
            try:
                show()
            except EdukitError as error:
                reasons[str(error)] = refused(error)
        self._told.html += "".join(reasons.values())

    def _show_complainant(self) -> None:
        """Tell who complains, now that it was asked twice."""
        if self.grievance_id is None or not self._clicks.meant():
            return
        try:
            complainant = self._edu.reveal_complainant(self.grievance_id)
        except EdukitError as error:
            self._name.html = refused(error)
            self._show_as_it_stands()
            return
        except Exception:
            self._name.html = refused(unexpected())
            raise
        self._name.html = revealed(complainant)
        self._clicks.changed()
        self._show_as_it_stands()
