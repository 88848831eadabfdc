"""Filling the history of mastery from the attempts, some students at a time: nobody who answers waits for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edukit.actions.mastery_history import replay_history
from edukit.actions.mastery_scoring import PORTION, portions
from edukit.actions.practice import hold_mastery
from edukit.db.session import session_for
from edukit.queries.answers import attempts_by_student

if TYPE_CHECKING:
    from datetime import datetime

    from edukit.db.session import Viewer


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
            written += replay_history(session, institution_id=institution_id, now=now, student_ids=who)
    return written
