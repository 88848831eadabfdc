"""Mastery by the model that serves: the students' attempts replayed through it, in portions that fit into memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from edukit.analytics.prediction.arrays import coded_answers, evidence
from edukit.analytics.prediction.following import Follower
from edukit.analytics.prediction.storage import FORMAT, from_json
from edukit.analytics.prediction.tracing import thetas_of
from edukit.db.copy import copy_rows
from edukit.models import ConceptMastery
from edukit.queries.answers import answers, attempts_by_student, concepts_asked
from edukit.queries.mastery_models import model_parameters

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    import pandas as pd
    from numpy.typing import NDArray
    from sqlalchemy.orm import Session

    from edukit.analytics.prediction.attempts import Attempts
    from edukit.analytics.prediction.model import MasteryModel
    from edukit.queries.mastery_models import ModelInUse

PORTION = 250_000
"""Attempts that are replayed at once; a student's are never parted."""

TRACING = "tracing"
"""Where a model's parameters have those of the tracing of concepts that was fitted with it."""

_decoded: dict[int, _Decoded] = {}


class _Decoded(NamedTuple):
    model_id: int
    model: MasteryModel
    tracing: list[dict[str, Any]]
    follower: Follower


def fitted_model(session: Session, *, institution_id: int, model_id: int) -> MasteryModel:
    """A stored model; the one that a process asked for last at an institution is decoded once.

    Raises:
        EdukitError: it was stored by an edukit whose features are others.
    """
    return _kept(session, institution_id, model_id).model


def traced(session: Session, *, institution_id: int, model_id: int) -> list[dict[str, Any]]:
    """The parameters of the tracing of concepts that was fitted with a model; empty for models from before it."""
    return _kept(session, institution_id, model_id).tracing


def follower(session: Session, *, institution_id: int, model_id: int) -> Follower:
    """What follows single students by a stored model and the tracing beside it."""
    return _kept(session, institution_id, model_id).follower


def _kept(session: Session, institution_id: int, model_id: int) -> _Decoded:
    kept = _decoded.get(institution_id)
    if kept is None or kept.model_id != model_id:
        stored = model_parameters(session, institution_id=institution_id, model_id=model_id)
        model, tracing = from_json(stored), stored.get(TRACING, [])
        kept = _Decoded(model_id, model, tracing, Follower(model, thetas_of(tracing)))
        _decoded[institution_id] = kept
    return kept


def is_readable(model: ModelInUse) -> bool:
    """Whether this edukit knows how the model's parameters are written."""
    return model.format == FORMAT


def score_mastery(  # noqa: PLR0913 - whose, by what, when, and who is told
    session: Session,
    *,
    institution_id: int,
    model_id: int,
    now: datetime,
    student_ids: Sequence[int] | None = None,
    progress: Callable[[float], None] = lambda _share: None,
) -> int:
    """Score the students (None: all) by a model and store it; how many rows.

    Args:
        session: the caller commits, and keeps others from writing mastery meanwhile.
        institution_id: institution of the students.
        model_id: model that scores.
        now: moment as of which mastery is told: what was learned long ago is less sure.
        student_ids: whose mastery.
        progress: called with the share done (0-1).
    """
    followed = follower(session, institution_id=institution_id, model_id=model_id)
    model = fitted_model(session, institution_id=institution_id, model_id=model_id)
    counts = attempts_by_student(session, institution_id=institution_id, student_ids=student_ids)
    written, done = 0, 0
    for portion in portions(counts, PORTION):
        coded, found = read_coded(session, institution_id, portion["student_id"], model)
        rows = _scored(model, coded, evidence(coded, found, followed.thetas), now)
        written += copy_rows(
            session, ConceptMastery, rows.assign(institution_id=institution_id, computed_at=now), on_conflict="update"
        )
        done += int(portion["attempts"].sum())
        progress(done / counts["attempts"].sum())
    return written


def read_coded(
    session: Session, institution_id: int, student_ids: NDArray[np.int64], model: MasteryModel | None = None
) -> tuple[Attempts, NDArray[Any]]:
    """The attempts of students, coded as a model knows items and concepts, and the answers that they come from."""
    found = answers(session, institution_id=institution_id, student_ids=student_ids)
    asked = concepts_asked(session, institution_id=institution_id, question_ids=np.unique(found["question_id"]))
    items, skills = (model.items, model.skills) if model else ((), ())
    return coded_answers(found, asked, items=items, skills=skills), found


def portions(counts: NDArray[Any], most: int) -> Iterator[NDArray[Any]]:
    """Parts of the counts with so many attempts together, or one student each where those have more.

    Args:
        counts: with the fields ``student_id`` and ``attempts``.
        most: attempts in a part.
    """
    start, total = 0, 0
    for place, attempts in enumerate(counts["attempts"].tolist()):
        if total and total + attempts > most:
            yield counts[start:place]
            start, total = place, 0
        total += attempts
    if total:
        yield counts[start:]


def _scored(model: MasteryModel, coded: Attempts, told: pd.DataFrame, now: datetime) -> pd.DataFrame:
    """Rows of ``concept_mastery`` but for the institution and the moment."""
    _, _, states = model.replay(coded)
    scores = model.mastery(states, at=now.timestamp())
    rows = scores.merge(told, on=["student", "skill"], validate="one_to_one")
    moments = rows["last_us"].astype("Int64").astype("datetime64[us]").dt.tz_localize("UTC")
    concepts = np.array([skill[0] if len(skill) == 1 else None for skill in coded.skills], dtype=object)
    kept = ["mastery_score", "mastery_low", "mastery_high", "total_attempts", "correct_attempts"]
    return rows[[*kept, "avg_time_seconds", "avg_confidence", "p_known"]].assign(
        student_id=coded.students[rows["student"]],
        concept_id=concepts[rows["skill"]].astype(np.int64),
        last_attempted_at=moments,
    )
