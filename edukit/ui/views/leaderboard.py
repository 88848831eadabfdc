"""The leaderboard dashboard: what a class did together, who stands next to a student, and the board itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets as w

from edukit.analytics.leaderboard import HIDDEN, neighbours
from edukit.analytics.wording import counted
from edukit.queries.frames import LEADERBOARD
from edukit.ui.address import Wanted
from edukit.ui.boards import board_sentence, board_table, in_order, together, told_of
from edukit.ui.cards import heading, lead, notice, sentence
from edukit.ui.class_page import ClassPage
from edukit.ui.days import in_words
from edukit.ui.export import file_name
from edukit.ui.export_menu import ExportMenu, Shown
from edukit.ui.page import of_classes, section
from edukit.ui.views.student_awards import StudentAwards
from edukit.ui.widgets import Panel, asked_query, group, shows

if TYPE_CHECKING:
    import pandas as pd

    from edukit.workbench import Workbench

AROUND = 2
"""How many neighbours are shown above and below a student."""
TO_CLASS, TO_TEACHER = "", "names"
VIEWS = (("As the class sees it", TO_CLASS), ("With all names (for you)", TO_TEACHER))
NONE = 0
"""Value of no student: a Dropdown takes None for nothing selected and shows a blank."""
ANY_STUDENT = ("Choose a student", NONE)
NOBODY = "Nobody is enrolled in this class now, so there is no board."
FOR_YOU = "This view names everybody: it is for you, and not to be shown to the class."
CHOOSE = "Choose a student above to see who stands next to them, what they earned, and to award points."
CHOOSE_NAMED = "Choose a student above to see who stands next to them: those who agreed to be named can be chosen."
NONE_NAMED = "Nobody in this class has agreed to be named, so nobody can be chosen here."
NEXT_LEAD = f"Up to {AROUND} places above and below: what is within reach says more than the top."
BOARD_LEAD = "By points in this class. Equal points share a place and leave out the next ones."
NO_VIEW = "The link asks for a view that is not there: here is what the class sees."
BY_CONSENT = f"Who has not agreed to be named is “{HIDDEN}”."


def leaderboard(edu: Workbench, *, query: str | None = None) -> w.Widget:
    """The dashboard of a class's points, as a widget.

    Args:
        edu: what the viewer may ask.
        query: ``class=...&student=...&view=names&from=...&to=...`` to open at; None: what the page's address says.
    """
    wanted = Wanted.of(asked_query() if query is None else query)
    return of_classes(edu, "leaderboard", lambda classes: _Leaderboard(edu, classes, wanted).widget)


class _Leaderboard(ClassPage):
    """The widgets of the page and what they show; the board is fetched when the class is chosen or points change."""

    def __init__(self, edu: Workbench, classes: pd.DataFrame, wanted: Wanted) -> None:
        self._settling = False
        self._view = w.Dropdown(description="Names", options=VIEWS)
        self._student = w.Dropdown(description="Student", options=[ANY_STUDENT])
        super().__init__(edu, classes, wanted, beside=[self._view, self._student])
        self._for_you, self._together, self._near, self._board_shown = Panel(live=True), Panel(), Panel(), Panel()
        self._awards = StudentAwards(edu, on_change=self._read_anew)
        self._menu = ExportMenu(edu, self._file)
        board = section([self._board_shown, self._menu])
        self._students = group([section([self._near]), self._awards.widget, board])
        self._view.value = TO_TEACHER if wanted.view == TO_TEACHER else TO_CLASS
        self._begin(wanted, self._for_you, section([self._together]), self._students)
        self._view.observe(self._change_view, "value")
        self._student.observe(self._change_view, "value")

    def _offer(self, wanted: Wanted) -> list[str]:
        """Offer the students whom the view names, and choose; sentences about what a link asks for in vain."""
        self._offer_students(wanted.student_id)
        faults = [] if wanted.view in {None, TO_CLASS, TO_TEACHER} else [NO_VIEW]
        if wanted.student_id is not None and not self._student.value:
            faults.append(self._not_chosen(wanted.student_id))
        return faults

    def _not_chosen(self, student_id: int) -> str:
        if self._view.value == TO_CLASS and student_id in set(self._board["student_id"]):
            return "The link asks for a student who has not agreed to be named: choose the view with all names."
        return f"The link asks for the student {student_id}, not found in this class: nobody is chosen."

    def _change_view(self, _change: object) -> None:
        """Show it to somebody else, or another student: nothing is fetched of a board that is there."""
        if not self._settling:
            fetched = [self._read] if self._behind else []
            self._answer(self._faults.clear, *fetched, self._offer_again, self._show)

    def _fetch(self) -> None:
        """Fetch the board of the chosen class; one that cannot be fetched is fetched at the next choice."""
        self._behind = True
        days = self._bar.days
        self._board = self._edu.leaderboard(self._bar.class_id, days.since, days.until)
        self._behind = False
        self._together.html = heading("What the class did together") + together(self._board, in_words(days))

    def _offer_students(self, student_id: int | None) -> None:
        """Offer the students whom the view names, by name, and choose; one whom it does not name is not chosen."""
        hidden = self._view.value == TO_CLASS
        named = self._board[self._board["shown_name"] != HIDDEN] if hidden else self._board
        by_name = named.sort_values(["student", "student_id"])
        ids = by_name["student_id"].tolist()
        # The class reads no id: before it, namesakes are told apart by what the board says of them.
        beside = ", place " + by_name["rank"].astype(str) if hidden else ", id " + by_name["student_id"].astype(str)
        twice = by_name["student"].duplicated(keep=False)
        names = by_name["student"] + beside.where(twice, "")
        self._settling = True
        try:
            self._student.options = [ANY_STUDENT, *zip(names, ids, strict=True)]
            self._student.value = student_id if student_id in ids else NONE
        finally:
            self._settling = False

    def _show(self) -> None:
        """Show the board as the view tells it, and the chosen student."""
        names, chosen = self._view.value == TO_TEACHER, self._student.value
        empty = self._board.empty
        shows(self._students, when=not empty)
        self._for_you.html = sentence(NOBODY) if empty else notice([FOR_YOU] if names else [])
        board = in_order(self._board, names=names)
        self._shown = told_of(board, names=names)
        consent = "" if names else " " + BY_CONSENT
        told = "" if empty else lead(f"{board_sentence(self._board)} {BOARD_LEAD}{consent}")
        self._board_shown.html = heading("The board") + told + ("" if empty else self._table(self._shown, "The board"))
        self._menu.label = f"Export ({counted(len(self._shown), 'student')})"
        self._near.html = heading("Next to a student", NEXT_LEAD) + self._neighbours(board, chosen, names=names)
        if names and chosen:
            self._awards.show(self._bar.class_id, chosen, self._student.label)
        else:
            self._awards.hide()

    def _neighbours(self, board: pd.DataFrame, chosen: int, *, names: bool) -> str:
        if not chosen:
            nobody = len(self._student.options) == 1
            return sentence(CHOOSE if names else NONE_NAMED if nobody else CHOOSE_NAMED)
        near = neighbours(board, chosen, around=AROUND)
        place = near["student_id"].tolist().index(chosen)
        rows = told_of(near, names=names)
        return self._table(rows, "Next to the student", place)

    def _table(self, rows: pd.DataFrame, caption: str, chosen: int | None = None) -> str:
        recent = "Last 7 days" if self._bar.days.all else "On these days"
        return board_table(rows, caption, class_id=self._bar.class_id, chosen=chosen, recent=recent)

    def _file(self) -> Shown:
        """Exactly the rows and columns that are shown, in the order shown."""
        class_id = self._bar.class_id
        return Shown(LEADERBOARD, self._shown, file_name("leaderboard", self._bar.class_name), {"class_": class_id})

    def _state(self) -> Wanted:
        return Wanted(self._bar.class_id, self._student.value or None, view=self._view.value, days=self._bar.days)
