"""Item analysis: how difficult each question is, whether it tells who knows more, and what looks wrong with it.

Difficulty is the share of right first answers with Wilson's interval. Discrimination is the corrected item-total
correlation (point-biserial, the question itself left out of the total; F. M. Lord and M. R. Novick, *Statistical
theories of mental test scores*, 1968, ch. 15) with Fisher's interval. As students answer different questions, the total
is their mean surplus over the share that is usual of each question. Fast answers are those below a tenth of the
question's median time (S. L. Wise and L. Ma, *Setting response time thresholds for a CAT item pool*, 2012).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from edukit.analytics.intervals import Z, correlation_interval, share_interval
from edukit.analytics.wording import counted
from edukit.queries.frames import ITEM_ANALYSIS

if TYPE_CHECKING:
    from collections.abc import Mapping

LEAST_ANSWERS = 10
"""First answers from which on something is said of a question."""
LEAST_OTHERS = 3
"""Other questions that a student has answered at least, to say how much they know."""
FAST, FAST_SECONDS, MANY_FAST = 0.10, (1.0, 10.0), 0.10
"""Share of the median time below which an answer is fast, the least and the most that this may be, and the share of
fast answers that is too many."""
LEAST_CHOSEN = 3
"""Students who choose a wrong answer at least, to say who they are."""
TOO_FEW, NOTHING_WRONG = "too few answers", "nothing looks wrong"
SUSPICIONS = (
    "who knows more gets it wrong more often: look at the key",
    "nobody is right: look at the key, or teach it again",
    "everybody is right: it tells nothing of who knows more",
    "many answers come too fast to have been thought about",
)
WEAK_DISCRIMINATION = 0.1
"""A correlation whose whole interval stays below this tells little of who knows more."""


def item_analysis(answers: pd.DataFrame, questions: pd.DataFrame) -> pd.DataFrame:
    """Every question that was answered, the most suspicious first.

    Args:
        answers: ``student_id``, ``question_id``, ``sequence``, ``is_correct``, ``time_taken_seconds`` (NaN: unknown),
            ``selected_option`` (missing: none) and ``answer`` (missing: not kept), in any order. Of several by one
            student to one question the first counts: later ones know the solution.
        questions: ``question_id``, ``question``, ``concept``, ``options`` (a list, or None), once a question and
            concept.

    Returns:
        Columns of ``frames.ITEM_ANALYSIS``.
    """
    first = _first(answers)
    groups = first.groupby("question_id")
    rows = pd.DataFrame(
        {
            "answers": answers.groupby("question_id").size(),
            "students": groups.size(),
            "students_right": groups["right"].sum(),
        }
    ).astype("int64")
    rows["share_right"] = rows["students_right"] / rows["students"]
    rows["share_low"], rows["share_high"] = share_interval(rows["students_right"], rows["students"])
    told = [_figures(of) for _, of in groups]
    rows = rows.assign(**{name: [each[name] for each in told] for name in _FIGURES}).reset_index()
    rows = _named(questions).merge(rows, on="question_id")
    options = dict(zip(questions["question_id"], questions["options"], strict=True))
    by_question = dict(iter(groups))
    tempting = [_tempting(by_question[each], options[each]) for each in rows["question_id"]]
    words = [_suspicions(row, wrong) for row, wrong in zip(rows.to_dict("records"), tempting, strict=True)]
    rows = rows.assign(suspicions=[len(each) for each in words])
    rows["words"] = [_words(row, said) for row, said in zip(rows.to_dict("records"), words, strict=True)]
    ordered = rows.sort_values(
        ["suspicions", "share_right", "question_id"], ascending=[False, True, True], ignore_index=True
    )
    return ITEM_ANALYSIS.typed(ordered)


def _first(answers: pd.DataFrame) -> pd.DataFrame:
    """Each student's first answer to each question, with how much they know by the others (NaN: too few)."""
    ordered = answers.sort_values(["student_id", "sequence", "is_correct"], ascending=[True, True, False])
    first = ordered.drop_duplicates(["student_id", "question_id"]).reset_index(drop=True)
    right = first["is_correct"].to_numpy(dtype=np.float64)
    first = first.assign(right=right)
    surplus = first["right"] - first.groupby("question_id")["right"].transform("mean")
    whole = surplus.groupby(first["student_id"])
    others = whole.transform("size") - 1
    rest = (whole.transform("sum") - surplus) / others.clip(lower=1)
    return first.assign(rest=rest.where(others >= LEAST_OTHERS))


_FIGURES = ("discrimination", "discrimination_low", "discrimination_high", "compared", "timed", "fast")


def _figures(of: pd.DataFrame) -> dict[str, Any]:
    """What the first answers to one question tell beside their share."""
    known = of.dropna(subset=["rest"])
    right, rest = known["right"].to_numpy(), known["rest"].to_numpy()
    found = dict.fromkeys(_FIGURES[:3], np.nan)
    if len(known) >= LEAST_ANSWERS and right.std() > 0 and rest.std() > 0:
        together = float(np.corrcoef(right, rest)[0, 1])
        found = dict(zip(_FIGURES[:3], (together, *correlation_interval(together, len(known))), strict=True))
    seconds = of["time_taken_seconds"].dropna()
    below = np.clip(FAST * float(seconds.median()), *FAST_SECONDS) if len(seconds) else 0.0
    return {**found, "compared": len(known), "timed": len(seconds), "fast": int((seconds < below).sum())}


def _named(questions: pd.DataFrame) -> pd.DataFrame:
    """Each question once, with its concepts by name."""
    names = questions.groupby("question_id", sort=True).agg(
        question=("question", "first"), concepts=("concept", lambda of: ", ".join(sorted(of.dropna())))
    )
    return names.reset_index()


def _tempting(of: pd.DataFrame, options: list[object] | None) -> str | None:
    """The wrong answer that those choose who surely know more than who is right; None: there is none."""
    known = of.dropna(subset=["rest"])
    right = known.loc[known["right"] == 1, "rest"].to_numpy()
    wrong = known[known["right"] == 0]
    chosen = wrong["selected_option"].astype("object").where(wrong["selected_option"].notna(), wrong["answer"])
    for answer, rest in sorted(wrong["rest"].groupby(chosen), key=lambda pair: (-len(pair[1]), str(pair[0]))):
        if len(rest) < LEAST_CHOSEN or len(right) < LEAST_CHOSEN:
            continue
        error = np.sqrt(rest.var() / len(rest) + right.var(ddof=1) / len(right))
        if rest.mean() - right.mean() > Z * error:
            return f"{_told(answer, options)} ({len(rest)} of {counted(len(known), 'student')})"
    return None


def _told(answer: object, options: list[object] | None) -> str:
    """A wrong answer in its words, or its place where the question offers any."""
    if isinstance(answer, int | np.integer):
        return f"“{options[answer]}”" if options and answer < len(options) else f"option {answer + 1}"
    return f"“{answer}”"


def _suspicions(row: Mapping[Any, Any], tempting: str | None) -> list[str]:
    """What looks wrong with a question, worst first; nothing is said of fewer answers than ten."""
    if row["students"] < LEAST_ANSWERS:
        return []
    fast_low, _ = share_interval(row["fast"], row["timed"])
    found = [
        row["discrimination_high"] < 0,
        row["students_right"] == 0,
        row["students_right"] == row["students"],
        row["timed"] > 0 and float(fast_low) > MANY_FAST,
    ]
    said = [words for words, is_so in zip(SUSPICIONS, found, strict=True) if is_so]
    if tempting is not None:
        said.append(f"who knows more rather answers {tempting}: is it right as well?")
    if 0 <= row["discrimination_high"] < WEAK_DISCRIMINATION:
        said.append("it hardly tells who knows more")
    return said


def _words(row: Mapping[Any, Any], said: list[str]) -> str:
    """A question in words, for a teacher."""
    students = counted(row["students"], "student")
    if row["students"] < LEAST_ANSWERS:
        return f"{TOO_FEW}: {students}, and {LEAST_ANSWERS} are needed to say something."
    share = f"{100 * row['share_right']:.0f}% right (90% interval {100 * row['share_low']:.0f} to "
    share += f"{100 * row['share_high']:.0f}%, {students})"
    return f"{'; '.join(said) or NOTHING_WRONG}; {share}."
