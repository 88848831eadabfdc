"""The school work of a block of students: what they handed in and were told, in the order in which it happened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from edukit.models import Feedback, FeedbackContent, Submission
from edukit.ops.seed.classroom.feedback import CONTENT_COLUMNS, FEEDBACK_COLUMNS, acted_on, comment_on, correct
from edukit.ops.seed.classroom.submissions import COLUMNS, hand_in, hand_in_again, submission_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edukit.models import Base
    from edukit.ops.seed.cohort import Cohort


@dataclass(frozen=True)
class Classroom:
    """Submissions and comments with the columns of their tables and what else is known of them.

    ``submissions`` has ``student``, ``seat``, ``assignment``, ``submitted``, ``late``, ``quality`` and ``marked`` too,
    ``feedback`` has ``student``, ``seat``, ``given`` and ``acted`` (when the student acted on it; -1: not).
    """

    submissions: pd.DataFrame
    feedback: pd.DataFrame
    corrections: pd.DataFrame

    def rows(self) -> Iterator[tuple[type[Base], pd.DataFrame]]:
        """The rows in the order in which they can be written: corrections after what they correct."""
        yield Submission, self.submissions[COLUMNS]
        for told in (self.feedback, self.corrections):
            yield Feedback, told[FEEDBACK_COLUMNS]
            yield FeedbackContent, told.rename(columns={"id": "feedback_id"})[CONTENT_COLUMNS]


def school_work(cohort: Cohort, assignments: pd.DataFrame) -> Classroom:
    """Everything that the students of the block hand in for the assignments (of the whole school), and its comments."""
    rng = cohort.rng(21)
    first = hand_in(rng, cohort, assignments)
    first_rows = submission_rows(rng, cohort, first, assignments, again=False)
    told = comment_on(rng, cohort, first, first_rows["id"], assignments)
    second = hand_in_again(rng, cohort, first, told)
    second_rows = submission_rows(rng, cohort, second, assignments, again=True)
    told_again = comment_on(rng, cohort, second, second_rows["id"], assignments, again=True)
    submissions = pd.concat(
        [pd.concat([first, first_rows], axis=1), pd.concat([second, second_rows], axis=1)], ignore_index=True
    )
    feedback = pd.concat([told, told_again], ignore_index=True)
    return Classroom(submissions, feedback.assign(acted=acted_on(cohort, feedback)), correct(rng, cohort, feedback))
