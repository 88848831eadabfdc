"""Item analysis: how difficult each question is, whether it tells who knows more, and what looks wrong with it.

Difficulty is the share of right first answers with Wilson's interval. Discrimination is the corrected item-total
correlation (point-biserial, the question itself left out of the total; F. M. Lord and M. R. Novick, *Statistical
theories of mental test scores*, 1968, ch. 15) with Fisher's interval. As students answer different questions, the total
is their mean surplus over the share that is usual of each question. Fast answers are those below a tenth of the
question's median time (S. L. Wise and L. Ma, *Setting response time thresholds for a CAT item pool*, 2012).

Of hundreds of questions some look wrong by luck: what is said to be wrong holds with 99%, while figures show 90%.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from edukit.analytics.intervals import Z_SURE, correlation_interval, share_interval
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
ROUNDING = 1e-9
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
    rows = _named(questions).merge(_fast(first, _discriminating(first, rows)).reset_index(), on="question_id")
    options = dict(zip(questions["question_id"], questions["options"], strict=True))
    tempting = _tempting(first, options)
    said = [_suspicions(row, tempting.get(row["question_id"])) for row in rows.to_dict("records")]
    rows = rows.assign(suspicions=[len(each) for each in said])
    rows["words"] = [_words(row, each) for row, each in zip(rows.to_dict("records"), said, strict=True)]
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


def _discriminating(first: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """With the correlation of each question with the others, and its intervals; missing where there is none."""
    known = first.dropna(subset=["rest"])
    of = known["question_id"]
    right, rest = (known[name] - known[name].groupby(of).transform("mean") for name in ("right", "rest"))
    sums = {"compared": known["right"] * 0 + 1, "xx": right**2, "yy": rest**2, "xy": right * rest}
    found = pd.DataFrame({name: each.groupby(of).sum() for name, each in sums.items()}).reindex(rows.index).fillna(0)
    # What does not vary correlates with nothing; rounding alone is no variation.
    varies = (found[["xx", "yy"]] > ROUNDING).all(axis=1) & (found["compared"] >= LEAST_ANSWERS)
    together: pd.Series[float] = (found["xy"] / np.sqrt((found["xx"] * found["yy"]).clip(lower=ROUNDING**2))).where(
        varies
    )
    low, high = correlation_interval(together, found["compared"])
    _, surely = correlation_interval(together, found["compared"], z=Z_SURE)
    return rows.assign(
        compared=found["compared"],
        discrimination=together,
        discrimination_low=np.where(varies, low, np.nan),
        discrimination_high=np.where(varies, high, np.nan),
        surely_below=np.where(varies, surely, np.nan),
    )


def _fast(first: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """With how many answers are timed, how many of them came too fast, and whether these are surely too many."""
    timed = first.dropna(subset=["time_taken_seconds"])
    seconds, of = timed["time_taken_seconds"], timed["question_id"]
    below = (FAST * seconds.groupby(of).transform("median")).clip(*FAST_SECONDS)
    counts = {"timed": seconds.groupby(of).size(), "fast": (seconds < below).groupby(of).sum()}
    found = pd.DataFrame(counts).reindex(rows.index).fillna(0).astype("int64")
    return rows.assign(**found, fast_surely=share_interval(found["fast"], found["timed"], z=Z_SURE)[0])


def _named(questions: pd.DataFrame) -> pd.DataFrame:
    """Each question once, with its concepts by name."""
    names = questions.groupby("question_id", sort=True).agg(
        question=("question", "first"), concepts=("concept", lambda of: ", ".join(sorted(of.dropna())))
    )
    return names.reset_index()


def _tempting(first: pd.DataFrame, options: Mapping[int, list[object] | None]) -> dict[int, str]:
    """By question the wrong answer that those choose who surely know more than who is right, the most chosen one."""
    known = first.dropna(subset=["rest"])
    wrong = known[known["right"] == 0]
    chosen = wrong["selected_option"].astype("object").where(wrong["selected_option"].notna(), wrong["answer"])
    chose = wrong.assign(chosen=chosen).groupby(["question_id", "chosen"])["rest"].agg(["size", "mean", "var"])
    right = known[known["right"] == 1].groupby("question_id")["rest"].agg(["size", "mean", "var"]).add_prefix("right_")
    both = chose.reset_index().merge(right, on="question_id")
    both = both[(both["size"] >= LEAST_CHOSEN) & (both["right_size"] >= LEAST_CHOSEN)]
    error = np.sqrt(both["var"] / both["size"] + both["right_var"] / both["right_size"])
    more = both[both["mean"] - both["right_mean"] > Z_SURE * error].sort_values("size", kind="stable")
    whole = known.groupby("question_id").size()
    return {
        row["question_id"]: f"{_told(row['chosen'], options[row['question_id']])} "
        f"({row['size']} of {counted(int(whole[row['question_id']]), 'student')})"
        for row in more.to_dict("records")
    }


def _told(answer: object, options: list[object] | None) -> str:
    """A wrong answer in its words, or its place where the question offers any."""
    if isinstance(answer, int | np.integer):
        return f"“{options[answer]}”" if options and answer < len(options) else f"option {answer + 1}"
    return f"“{answer}”"


def _suspicions(row: Mapping[Any, Any], tempting: str | None) -> list[str]:
    """What looks wrong with a question, worst first; nothing is said of fewer answers than ten."""
    if row["students"] < LEAST_ANSWERS:
        return []
    found = [
        row["surely_below"] < 0,
        row["students_right"] == 0,
        row["students_right"] == row["students"],
        row["fast_surely"] > MANY_FAST,
    ]
    said = [words for words, is_so in zip(SUSPICIONS, found, strict=True) if is_so]
    if tempting is not None:
        said.append(f"who knows more rather answers {tempting}: is it right as well?")
    if 0 <= row["surely_below"] < WEAK_DISCRIMINATION:
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
