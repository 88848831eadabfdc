"""Mastery by the model that serves: the students' attempts replayed through it, in portions that fit into memory."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np

from edukit.analytics.prediction.arrays import coded_answers, evidence
from edukit.analytics.prediction.following import Follower
from edukit.analytics.prediction.storage import from_json
from edukit.analytics.prediction.tracing import thetas_of
from edukit.db.copy import copy_rows
from edukit.models import ConceptMastery
from edukit.models.mastery import MODEL_FORMAT
from edukit.queries.answers import answers, attempts_by_student, concepts_asked
from edukit.queries.mastery_models import model_parameters

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    import pandas as pd
    from numpy.typing import NDArray
    from sqlalchemy.orm import Session

    from edukit.analytics.prediction.attempts import Attempts
    from edukit.analytics.prediction.model import MasteryModel
    from edukit.queries.mastery_models import ModelInUse

    Answers = tuple[NDArray[Any], dict[int, tuple[int, ...]]]
    """Answers as :func:`edukit.queries.answers.answers` gives them, and the concepts that each question asks for."""

Given = TypeVar("Given")
Made = TypeVar("Made")
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
    return model.format == MODEL_FORMAT


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
    counts = attempts_by_student(session, institution_id=institution_id, student_ids=student_ids)
    return score_counted(session, counts, institution_id=institution_id, model_id=model_id, now=now, progress=progress)


def score_counted(  # noqa: PLR0913 - as of score_mastery, and by which connections
    session: Session,
    counts: NDArray[Any],
    *,
    institution_id: int,
    model_id: int,
    now: datetime,
    reading: Session | None = None,
    progress: Callable[[float], None] = lambda _share: None,
) -> int:
    """Score as :func:`score_mastery` does, by the ``counts`` that ``attempts_by_student`` gives.

    Of millions counting takes its time, and so does waiting: ``reading`` is another session of the same login, by which
    the next portion is read and replayed while the one before is written. None: one after the other, for attempts that
    are not committed yet.
    """
    kept = _kept(session, institution_id, model_id)
    total, done, written = counts["attempts"].sum(), 0, 0
    parts = portions(counts, PORTION)
    of_portion = partial(_scored_portion, reading or session, kept, institution_id, now)
    for attempts, rows in map(of_portion, parts) if reading is None else _ahead(of_portion, parts):
        written += copy_rows(session, ConceptMastery, rows, on_conflict="update")
        done += attempts
        progress(done / total)
    return written


def _ahead(make: Callable[[Given], Made], given: Iterable[Given]) -> Iterator[Made]:
    """What is made of each; a thread makes the next one while the caller is at the one before."""
    with ThreadPoolExecutor(1, "mastery") as thread:
        before = None
        for one in given:
            begun = thread.submit(make, one)
            if before is not None:
                yield before.result()
            before = begun
        if before is not None:
            yield before.result()


def _scored_portion(
    session: Session, kept: _Decoded, institution_id: int, now: datetime, portion: NDArray[Any]
) -> tuple[int, pd.DataFrame]:
    """How many attempts the students of a portion have, and their rows of ``concept_mastery``."""
    found, asked = read_answers(session, institution_id, portion["student_id"])
    rows = _scored(kept, found, asked, now)
    return len(found), rows.assign(institution_id=institution_id, computed_at=now)


def read_answers(session: Session, institution_id: int, student_ids: Sequence[int] | NDArray[np.int64]) -> Answers:
    """The answers of students, and the concepts that their questions ask for."""
    found = answers(session, institution_id=institution_id, student_ids=student_ids)
    questions = np.unique(found["question_id"])
    return found, concepts_asked(session, institution_id=institution_id, question_ids=questions)


def read_coded(
    session: Session, institution_id: int, student_ids: NDArray[np.int64], model: MasteryModel | None = None
) -> tuple[Attempts, NDArray[Any]]:
    """The attempts of students, coded as a model knows items and concepts, and the answers that they come from."""
    found, asked = read_answers(session, institution_id, student_ids)
    return coded_as(found, asked, model), found


def coded_as(
    found: NDArray[Any], asked: Mapping[int, tuple[int, ...]], like: MasteryModel | Attempts | None = None
) -> Attempts:
    """Answers, coded as a model, or other attempts, know items and concepts; None: by themselves."""
    if like is None:
        return coded_answers(found, asked)
    return coded_answers(found, asked, items=like.items, skills=like.skills)


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


def _scored(kept: _Decoded, found: NDArray[Any], asked: Mapping[int, tuple[int, ...]], now: datetime) -> pd.DataFrame:
    """Rows of ``concept_mastery`` but for the institution and the moment."""
    model = kept.model
    coded = coded_as(found, asked, model)
    scores = model.mastery(model.last_states(coded), at=now.timestamp())
    rows = scores.merge(evidence(coded, found, kept.follower.thetas), on=["student", "skill"], validate="one_to_one")
    moments = rows["last_us"].astype("Int64").astype("datetime64[us]").dt.tz_localize("UTC")
    concepts = np.array([skill[0] if len(skill) == 1 else None for skill in coded.skills], dtype=object)
    told = ["mastery_score", "mastery_low", "mastery_high", "total_attempts", "correct_attempts"]
    return rows[[*told, "avg_time_seconds", "avg_confidence", "p_known"]].assign(
        student_id=coded.students[rows["student"]],
        concept_id=concepts[rows["skill"]].astype(np.int64),
        last_attempted_at=moments,
    )
