"""Fitting the model of mastery anew, institution by institution, in steps that each end in a transaction.

A step that was done stays done: a run that was broken off leaves its candidate, and the next one goes on from it.
Until the candidate has proved itself, and everybody is scored by it, what served before serves.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import psycopg
from sqlalchemy import select

from edukit.actions.mastery_models import FittedTo, record_validation, serve_model, store_candidate
from edukit.actions.mastery_scoring import TRACING, coded_as, fitted_model, is_readable, read_answers, read_coded
from edukit.analytics.prediction.backtest import BASELINES
from edukit.analytics.prediction.model import fit_model
from edukit.analytics.prediction.report import NAMES
from edukit.analytics.prediction.storage import as_json
from edukit.analytics.prediction.tracing import traced_concepts
from edukit.analytics.prediction.validation import SERVING, held_out, sampled, validate
from edukit.db.ids import Ids
from edukit.db.session import session_for
from edukit.errors import ActionError, NotFound
from edukit.models import Institution
from edukit.models.mastery import LEAST_FITTED, MODEL_FORMAT
from edukit.ops.looking_back import keep_past
from edukit.ops.prepare import application
from edukit.ops.scoring import NO_INSTITUTIONS
from edukit.queries.answers import attempts_by_student
from edukit.queries.mastery_models import ModelInUse, model_in_use

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import NDArray
    from sqlalchemy.orm import Session

    from edukit.actions.mastery_scoring import Answers
    from edukit.analytics.prediction.attempts import Attempts
    from edukit.db.session import Viewer
    from edukit.ops.stores import Stores

    Progress = Callable[[str, float], None]

MOST_FITTED: Final = 1_000_000
"""Attempts that a model is fitted to: of random students where there are more, for a fit holds all of its features."""
RESUMED_WITHIN: Final = timedelta(days=1)
"""How old a candidate may be that a run goes on from; an older one has missed too much."""
SEED: Final = 1
_CALLED: Final = {SERVING: "the model that serves", **NAMES}
_READ, _FITTED, _VALIDATED, _SERVING = 0.1, 0.6, 0.7, 0.9  # shares of the work


def refit_mastery(stores: Stores, *, institution: str | None, now: datetime, progress: Progress) -> list[str]:
    """Fit, validate and let serve a model at every institution, or at one; some sentences on each.

    Where it fails the others are done all the same.

    Args:
        stores: running and migrated.
        institution: name of the one; None: all.
        now: moment of it.
        progress: called with what is being done and the share done (0-1).

    Raises:
        NotFound: no institution has that name.
        ActionError: at some institution it failed, such as where another run is at it: it names each and says why.
    """
    app = application(stores)
    with session_for(app) as session:
        here = _institutions(session, institution)
    told, failed = [], []
    for place, (institution_id, name) in enumerate(here):
        step = _Refit(app, institution_id, now, _part_of(progress, name, place, len(here)))
        try:
            with _alone(app, institution_id):
                told.append(f"{name}: {step.run()}")
        except Exception as error:  # noqa: BLE001 - whatever is wrong at one institution is not the others' fault
            failed.append(f"{name} was not refitted: {error}")
    if failed:
        raise ActionError("\n".join([*told, *failed]))
    return told or [NO_INSTITUTIONS]


@dataclass(frozen=True)
class _Refit:
    """One institution's refit."""

    app: Viewer
    institution_id: int
    now: datetime
    progress: Progress

    def run(self) -> str:
        """Do what is still to be done; in words."""
        with session_for(self.app) as session:
            counts = attempts_by_student(session, institution_id=self.institution_id)
            candidate = self._candidate(session)
        total = int(counts["attempts"].sum())
        if total < LEAST_FITTED:
            return (
                f"{total:,} attempts are too few to fit a model to (it takes {LEAST_FITTED:,}): what scores mastery "
                "stays as it is. Run this again when there are more."
            )
        told = ["Went on from the model that an earlier run has fitted."] if candidate else []
        if candidate is None or candidate.validated_at is None:
            learned = self._learned(counts)
            candidate = candidate or self._fit(learned)
            metrics = self._validate(counts["student_id"][held_out(counts["student_id"])], candidate, learned)
        else:
            metrics = candidate.metrics
        told.append(f"Fitted to {candidate.attempts:,} attempts of {candidate.students:,} students.")
        told.append(in_words(metrics))
        if not metrics["failed"]:
            told.append(f"It serves from now on; {self._serve(candidate):,} figures of mastery were computed anew.")
            told.append(self._look_back())
        return " ".join(told).strip()

    def _look_back(self) -> str:
        """Fill the history by the model that serves now; a sentence where that fails, which takes nothing away."""
        self.progress("looking back", _SERVING)
        try:
            keep_past(self.app, self.institution_id, now=self.now)
        except Exception as error:  # noqa: BLE001 - the model serves all the same
            return f"Its history is not filled ({error}): a server fills it when it starts, or on its next day."
        return ""

    def _candidate(self, session: Session) -> ModelInUse | None:
        """The candidate of a run that was broken off, if it is worth going on from."""
        found = model_in_use(session, institution_id=self.institution_id, status="candidate")
        if found is None or not is_readable(found) or self.now - found.fitted_at > RESUMED_WITHIN:
            return None
        return found

    def _learned(self, counts: NDArray[Any]) -> Attempts:
        """The attempts that a model learns from."""
        self.progress("reading", 0.0)
        chosen = sampled(counts["student_id"], counts["attempts"], most=MOST_FITTED)
        with session_for(self.app) as session:
            return read_coded(session, self.institution_id, counts["student_id"][chosen])[0]

    def _fit(self, attempts: Attempts) -> ModelInUse:
        """Fit a candidate, and store it."""
        self.progress(f"fitting to {len(attempts):,} attempts", _READ)
        model = fit_model(attempts, rng=np.random.default_rng(SEED))
        known = attempts.at[np.isfinite(attempts.at)]
        first, last = (_moment(known.min()), _moment(known.max())) if len(known) else (None, None)
        fitted = FittedTo(first, last, len(attempts), len(attempts.students), self.now)
        model_id = int(Ids(np.random.default_rng()).take(1, self.now)[0])
        stored = as_json(model) | {TRACING: traced_concepts(attempts)}
        with session_for(self.app) as session:
            store_candidate(
                session,
                institution_id=self.institution_id,
                model_id=model_id,
                parameters=stored,
                fitted=fitted,
            )
        return ModelInUse(model_id, MODEL_FORMAT, fitted.attempts, fitted.students, self.now, None, {})

    def _validate(self, students: NDArray[np.int64], candidate: ModelInUse, learned: Attempts) -> dict[str, Any]:
        """Let the candidate, what serves and the baselines predict students held out, and note how well."""
        self.progress("validating", _FITTED)
        with session_for(self.app) as session:
            answers = read_answers(session, self.institution_id, students)
            test = coded_as(*answers, learned)
            train = replace(learned, items=test.items, skills=test.skills)
            rivals = {name: predict(train, test) for name, predict in BASELINES.items()}
            serving = model_in_use(session, institution_id=self.institution_id, status=SERVING)
            if serving is not None and is_readable(serving):
                rivals[SERVING] = self._predicted(session, serving, answers)
            validation = validate(test, {"model": self._predicted(session, candidate, answers)} | rivals)
            metrics = validation.as_json()
            record_validation(
                session, institution_id=self.institution_id, metrics=metrics, holds=not validation.failed, now=self.now
            )
        return metrics

    def _predicted(self, session: Session, which: ModelInUse, answers: Answers) -> NDArray[np.float64]:
        model = fitted_model(session, institution_id=self.institution_id, model_id=which.id)
        return model.predict(coded_as(*answers, model))

    def _serve(self, candidate: ModelInUse) -> int:
        self.progress("scoring", _VALIDATED)
        with session_for(self.app) as session, session_for(self.app) as reading:
            return serve_model(
                session,
                institution_id=self.institution_id,
                model_id=candidate.id,
                now=self.now,
                reading=reading,
                progress=lambda share: self.progress("scoring", _VALIDATED + (_SERVING - _VALIDATED) * share),
            )


def in_words(metrics: Mapping[str, Any]) -> str:
    """How a validation went: its measures, and what the model is held against."""
    measured = ", ".join(
        f"{name.upper()} {value:.3f}"
        for name, value in metrics["measures"]["model"].items()
        if name != "log_loss" and value is not None
    )
    differences = "; ".join(
        f"{worse['mean']:+.4f} beside {_CALLED[name]} ({_bound_in_words(worse['bound'])})"
        for name, worse in metrics["worse_by"].items()
    )
    told = (
        f"On {metrics['n_test']:,} attempts of {metrics['students']:,} other students: {measured}; "
        f"log loss {differences}."
    )
    if metrics["failed"]:
        told += (
            f" That is not shown to be good enough beside {' and '.join(_CALLED[name] for name in metrics['failed'])}: "
            f"it must be below 0 beside a baseline, and below {metrics['margin']:+.4f} beside the model that serves. "
            "What scored mastery before goes on doing so; run this again when there are more attempts."
        )
    return told


def _bound_in_words(bound: float | None) -> str:
    return "too few students to say" if bound is None else f"with 95% confidence below {bound:+.4f}"


def _institutions(session: Session, named: str | None) -> list[tuple[int, str]]:
    """The institutions that are open, or the one of a name."""
    query = select(Institution.id, Institution.name).where(Institution.closed_at.is_(None)).order_by(Institution.name)
    found = [(institution_id, name) for institution_id, name in session.execute(query) if named in {None, name}]
    if named is not None and not found:
        message = f"There is no open institution {named!r}: `edukit export classes` shows the names of those there are."
        raise NotFound(message)
    return found


@contextmanager
def _alone(app: Viewer, institution_id: int) -> Iterator[None]:
    """Let no other run refit the institution; the lock ends with its connection, however the run does."""
    # Of its own: a transaction that stayed open as long would keep what others delete from being cleared away.
    with psycopg.connect(app.database_url, autocommit=True) as connection:
        lock = "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))"
        taken = connection.execute(lock, [f"edukit refit mastery {institution_id}"]).fetchone()
        if taken != (True,):
            message = "another run is refitting it just now. Wait for that one, or end it; nothing was done."
            raise ActionError(message)
        yield


def _part_of(progress: Progress, name: str, place: int, total: int) -> Progress:
    """Progress of one institution as part of that of all."""
    return lambda stage, share: progress(f"{name}, {stage}", (place + share) / total)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(float(seconds), UTC)
