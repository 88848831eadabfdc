"""What speaks for a student falling behind and what was done about it, and what they have earned, as HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edukit.analytics.risk import latest_answer
from edukit.analytics.wording import counted
from edukit.ui.boards import badge_list, ledger_table
from edukit.ui.cards import each, heading, sentence
from edukit.ui.risk_cards import answered, done_items, is_known, prediction
from edukit.ui.student_cards import day

if TYPE_CHECKING:
    import pandas as pd

RISK_LEAD = "What the latest prediction rests on, and what was done."
RISK_ONWARD = " Acting on it is on the risk page."
POINTS_LEAD = "Badges, and the ledger of points that the standing follows from."


def risk_part(history: pd.DataFrame, interventions: pd.DataFrame, onward: str, when: str = "") -> str:
    """The latest prediction with its reasons and what was answered, the way to the risk page, and the interventions.

    Args:
        history: the frame ``risk_history`` of the student.
        interventions: the frame ``interventions`` of the student.
        onward: link to where something can be done, as HTML; empty: there is none.
        when: of which days the interventions are, in words; empty: of all.
    """
    head = heading("Risk and interventions", RISK_LEAD + (RISK_ONWARD if onward else ""))
    said = sentence("Nothing was predicted yet.") if history.empty else _prediction(history)
    there = f'<p class="onward">{onward}</p>' if onward else ""
    none = sentence(f"No intervention was logged{' ' + when if when else ''}.")
    did = none if interventions.empty else done_items(interventions)
    return f"{head}{said}{there}<h3>Interventions</h3>{did}"


def points_part(badges: pd.DataFrame, ledger: pd.DataFrame, when: str = "") -> str:
    """Badges, the latest first, and the ledger of points, folded.

    Args:
        badges: the frame ``badges`` of the student.
        ledger: the frame ``points_ledger`` of the student.
        when: of which days they are, in words; empty: of all.
    """
    listed = ledger_table(ledger, undo=False, when=when)
    folded = f"<details><summary>The ledger of points ({counted(len(ledger), 'award')})</summary>{listed}</details>"
    return heading("Points and badges", POINTS_LEAD) + badge_list(badges, when) + (listed if ledger.empty else folded)


def _prediction(history: pd.DataFrame) -> str:
    """The latest prediction, and the answer that holds for it, also where an earlier one was answered."""
    (latest,) = each(history.tail(1))
    answer = latest_answer(history)
    if answer is None and not is_known(latest):
        words = ""
    elif answer is None:
        words = "Nobody has answered it yet."
    elif answer["prediction_id"] == latest.prediction_id:
        words = answered(answer)
    else:
        words = answered(answer, f" about the prediction of {day(answer['predicted_on'])}")
    made = f"<p>Predicted on {day(latest.predicted_on)}.</p>"
    made += f'<p class="muted">{words}</p>' if words else ""
    return f'<div class="card risk">{prediction(latest)}{made}</div>'
