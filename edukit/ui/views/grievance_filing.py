"""The form that files a grievance for a student."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets as w

from edukit.errors import EdukitError
from edukit.models.grievances import CATEGORIES, SEVERITIES
from edukit.ui.cards import heading, notice, refused
from edukit.ui.faults import unexpected
from edukit.ui.page import controls, section
from edukit.ui.widgets import Panel, class_picker, group, shows

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from edukit.ui.clicks import Clicks
    from edukit.workbench import Workbench

NONE = 0
"""Value of no class and no student: a Dropdown takes None for nothing selected and shows a blank."""
HOW_TO_READ = (
    "For a student who came to you. It goes to whom the rules name, without the student's name; what it is about "
    "cannot be changed afterwards."
)
NO_CLASSES = "There are no classes yet, so there is nobody to file a grievance for."
NO_STUDENTS = "Nobody is enrolled in this class now: choose another."
CHOOSE = "Choose the class, and then the student."
FILED = "The grievance is filed."


class Filing:
    """Who complains, of what, how severe it is; what was typed stays until it is filed."""

    def __init__(
        self,
        edu: Workbench,
        clicks: Clicks,
        classes: pd.DataFrame,
        class_id: int | None,
        *,
        on_filed: Callable[[str], object],
    ) -> None:
        self._edu, self._clicks, self._on_filed = edu, clicks, on_filed
        self._class = class_picker(classes)
        self._class.options = [("Choose a class", NONE), *self._class.options]
        self._class.value = class_id if class_id in set(classes["class_id"]) else NONE
        self._student = w.Dropdown(description="Student", options=[("Choose a student", NONE)])
        self._category = w.Dropdown(description="Its category", options=CATEGORIES)
        self._severity = w.Dropdown(description="Its severity", options=SEVERITIES)
        self._description = w.Textarea(description="What it is about", continuous_update=False, rows=5)
        self._told = Panel(live=True)
        send = w.Button(description="File the grievance")
        send.add_class("edukit-send")
        who, what = controls([self._class, self._student]), controls([self._category, self._severity])
        form = group([who, what, self._description, controls([send]), self._told], "edukit-form")
        shows(form, when=len(classes))
        title = Panel(html=heading("File a grievance for a student", HOW_TO_READ))
        nothing = Panel(html="" if len(classes) else notice([NO_CLASSES]))
        self.widget = section([title, nothing, form])
        self._class.observe(lambda _change: self._offer_students(), "value")
        send.on_click(lambda _button: self._file())
        self._offer_students()

    def _offer_students(self) -> None:
        """Offer the students of the chosen class, by name."""
        self._told.html, people = "", []
        try:
            if self._class.value != NONE:
                frame = self._edu.students(self._class.value)
                same = frame["student"].duplicated(keep=False)
                people = [
                    (f"{name}, id {id_}" if twice else name, id_)
                    for name, id_, twice in zip(frame["student"], frame["student_id"].tolist(), same, strict=True)
                ]
                self._told.html = "" if people else notice([NO_STUDENTS])
        except EdukitError as error:
            self._told.html = refused(error)
        self._student.options = [("Choose a student", NONE), *people]
        self._student.value = NONE

    def _file(self) -> None:
        """File what was typed; where it is refused it stays in the form."""
        if not self._clicks.meant():
            return
        if self._student.value == NONE:
            self._told.html = refused(CHOOSE)
            return
        try:
            filed = self._edu.file_grievance(
                self._student.value, self._category.value, self._severity.value, self._description.value
            )
        except EdukitError as error:
            self._told.html = refused(error)
            return
        except Exception:
            self._told.html = refused(unexpected())
            raise
        self._description.value, self._student.value = "", NONE
        self._clicks.changed()
        try:
            self._on_filed(filed)
        except EdukitError as error:
            self._told.html = notice([FILED]) + refused(error)
        else:
            self._told.html = ""
