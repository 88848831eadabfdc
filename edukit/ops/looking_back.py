"""Filling the history of mastery from the attempts, some students at a time: who answers waits for those alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from edukit.actions.mastery_history import replay_history
from edukit.actions.mastery_scoring import portions
from edukit.actions.practice import hold_mastery, hold_students
from edukit.db.session import session_for
from edukit.queries.answers import attempts_by_student

if TYPE_CHECKING:
    from datetime import datetime

    from edukit.db.session import Viewer

PORTION: Final = 20_000
"""Attempts that are replayed in one transaction: a second or so, for which these students' writers wait."""


def keep_past(app: Viewer, institution_id: int, *, now: datetime) -> int:
    """Replace the history of everybody at an institution by what scores mastery now; how many rows.

    Until a student's turn has come there is no history of theirs: what another model said is not shown.

    Args:
        app: the application's login.
        institution_id: institution of the students.
        now: moment of it.
    """
    with session_for(app) as session:
        counts = attempts_by_student(session, institution_id=institution_id)
    written = 0
    for portion in portions(counts, PORTION):
        with session_for(app) as session:
            hold_mastery(session, institution_id)
            who = portion["student_id"].tolist()
            # Before their answers are read: what is written meanwhile would be overwritten by what was read before.
            hold_students(session, institution_id, who)
            written += replay_history(session, institution_id=institution_id, now=now, student_ids=who)
    return written
