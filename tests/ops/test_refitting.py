"""Refitting the model of mastery: what serves proves itself first, and a run that is broken off is gone on from."""

from __future__ import annotations

import signal
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
import pytest
from psycopg import sql
from pydantic import SecretStr
from sqlalchemy import text

from edukit.actions import mastery_scoring
from edukit.actions.mastery_models import retire_model
from edukit.actions.practice import refresh_mastery
from edukit.analytics.prediction.validation import held_out
from edukit.db.session import session_for
from edukit.errors import ActionError, NotFound
from edukit.ops import refitting
from edukit.ops.refitting import refit_mastery
from edukit.ops.stores import Stores, open_stores
from edukit.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Database, House

NOW = datetime(2026, 5, 4, 8, tzinfo=UTC)
STUDENTS, ATTEMPTS = 120, 40
TABLES = """
    INSERT INTO institutions (id, name) VALUES (1, 'North'), (2, 'South');
    INSERT INTO users (institution_id, id, role, name)
        SELECT 1, g, 'student', 'S' || g FROM generate_series(1, {students}) g;
    INSERT INTO students (institution_id, id) SELECT 1, g FROM generate_series(1, {students}) g;
    INSERT INTO topics (institution_id, id, name) VALUES (1, 1, 'T');
    INSERT INTO concepts (institution_id, id, topic_id, name) SELECT 1, g, 1, 'C' || g FROM generate_series(1, 5) g;
    INSERT INTO questions (institution_id, id) SELECT 1, g FROM generate_series(1, 40) g;
    INSERT INTO question_concepts (institution_id, question_id, concept_id)
        SELECT 1, g, 1 + g % 5 FROM generate_series(1, 40) g;"""
MODELS = "SELECT status, validated_at IS NOT NULL, attempts, students FROM mastery_models ORDER BY fitted_at, id"
MASTERY = "SELECT student_id, concept_id, mastery_score FROM concept_mastery ORDER BY 1, 2"
TOO_FEW = (
    "South: 0 attempts are too few to fit a model to (it takes 1,000): what scores mastery stays as it is. "
    "Run this again when there are more."
)
KILLED = """
import os, signal, sys
from datetime import datetime
from types import SimpleNamespace
from edukit.ops.refitting import refit_mastery
def progress(stage, share):
    if stage.split(", ")[-1].startswith(sys.argv[2]) and share >= float(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)
stores = SimpleNamespace(database_url=sys.argv[1])
refit_mastery(stores, institution=None, now=datetime.fromisoformat(sys.argv[4]), progress=progress)
"""


@pytest.fixture
def stores(database: Database, house: House) -> Iterator[Stores]:
    """A school whose questions differ in how hard they are, scored by the rule; and one without attempts."""
    with psycopg.connect(database.admin_url) as admin:
        admin.execute(sql.SQL(TABLES).format(students=STUDENTS))  # type: ignore[arg-type]
        practise(admin, range(1, STUDENTS + 1))
    with session_for(database.app) as session:
        refresh_mastery(session, institution_id=1, now=NOW)
    with open_stores(Settings(home=house.settings.home, database_url=SecretStr(database.admin_url))) as stores:
        yield stores


def practise(admin: psycopg.Connection[Any], students: range, *, noise: bool = False) -> None:
    """Attempts of students: right by how able they and how hard questions are, or by nothing at all."""
    rng = np.random.default_rng(students.start)
    difficulty = np.random.default_rng(7).normal(0.0, 1.8, 40)
    copied = "COPY question_attempts (institution_id, id, student_id, question_id, sequence, attempted_at, is_correct)"
    with admin.cursor().copy(f"{copied} FROM STDIN") as copy:
        for student in students:
            ability = rng.normal(0.5, 1.0)
            for place in range(ATTEMPTS):
                question = int(rng.integers(40))
                p_correct = 0.5 if noise else 1.0 / (1.0 + np.exp(difficulty[question] - ability))
                at = NOW - timedelta(days=90, minutes=-place, seconds=student)
                copy.write_row(
                    (
                        1,
                        f"{student * 1000 + place:032x}",
                        student,
                        question + 1,
                        place,
                        at,
                        bool(rng.random() < p_correct),
                    )
                )


def rows(database: Database, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(database.admin_url) as admin:
        return admin.execute(query).fetchall()


def refit(stores: Stores, now: datetime = NOW, institution: str | None = "North") -> str:
    return "\n".join(refit_mastery(stores, institution=institution, now=now, progress=lambda _stage, _share: None))


def killed(house: House, database: Database, stage: str, share: float, now: datetime = NOW) -> None:
    """A run whose process is killed at a stage."""
    arguments = [database.admin_url, stage, str(share), now.isoformat()]
    told = house.python("-c", KILLED, *arguments)
    assert told.returncode == -signal.SIGKILL, told.stderr


def test_a_model_that_holds_serves(stores: Stores, database: Database) -> None:
    """It is fitted to those not held out, tried on those who are, serves, and scores everybody; the words say so."""
    before = rows(database, MASTERY)
    stages = []
    told = refit_mastery(
        stores, institution="North", now=NOW, progress=lambda stage, share: stages.append((stage, share))
    )
    out = int(held_out(np.arange(1, STUDENTS + 1)).sum())
    learned = STUDENTS - out
    assert rows(database, MODELS) == [("serving", True, learned * ATTEMPTS, learned)]
    (sentence,) = told
    assert sentence.startswith(f"North: Fitted to {learned * ATTEMPTS:,} attempts of {learned} students. On ")
    assert f"On {out * ATTEMPTS:,} attempts of {out} other students: AUC 0." in sentence
    assert "beside the concept's mean (with 95% confidence below -0." in sentence
    assert sentence.endswith(f"It serves from now on; {len(before)} figures of mastery were computed anew.")
    after = rows(database, MASTERY)
    assert [row[:2] for row in after] == [row[:2] for row in before]
    assert after != before
    window = "SELECT first_attempted_at, last_attempted_at, approved_by FROM mastery_models"
    first, last, by = rows(database, window)[0]
    assert NOW - timedelta(days=91) < first < last < NOW
    assert by is None
    assert [stage.split(", ")[1].split()[0] for stage, _ in stages][:4] == [
        "reading",
        "fitting",
        "validating",
        "scoring",
    ]
    assert [share for _, share in stages] == sorted(share for _, share in stages)


def test_a_past_that_cannot_be_filled_takes_nothing_away(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    """The model serves, which is said, and so is what is missing and who fills it."""

    def fails(*_args: object, **_options: object) -> None:
        message = "no room"
        raise MemoryError(message)

    monkeypatch.setattr(refitting, "keep_past", fails)
    told = refit(stores)
    assert "It serves from now on" in told
    assert told.endswith("Its history is not filled (no room): a server fills it when it starts, or on its next day.")


def test_a_second_model_is_held_against_the_first(stores: Stores, database: Database) -> None:
    """With more students the next one takes over, its measures name the one before it, and that keeps no parameters."""
    refit(stores)
    with psycopg.connect(database.admin_url) as admin:
        new = range(STUDENTS + 1, STUDENTS + 21)
        admin.execute(
            "INSERT INTO users (institution_id, id, role, name)"
            f" SELECT 1, g, 'student', 'S' || g FROM generate_series({new.start}, {new.stop - 1}) g;"
            "INSERT INTO students (institution_id, id)"
            f" SELECT 1, g FROM generate_series({new.start}, {new.stop - 1}) g;"
        )
        practise(admin, new)
    told = refit(stores, NOW + timedelta(days=1))
    assert "beside the model that serves (with 95% confidence below" in told
    assert [row[0] for row in rows(database, MODELS)] == ["retired", "serving"]
    emptied = "SELECT parameters = '{}', metrics <> '{}' FROM mastery_models ORDER BY fitted_at"
    assert rows(database, emptied) == [(True, True), (False, True)]
    scored = "SELECT count(DISTINCT student_id), count(DISTINCT computed_at) FROM concept_mastery"
    assert rows(database, scored) == [(STUDENTS + 20, 1)]


def test_a_model_that_does_not_hold_never_serves(
    stores: Stores, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that learned nothing is retired with its measures; the one that serves goes on, and no score changes."""
    refit(stores)
    before = rows(database, MASTERY)
    fit = refitting.fit_model

    def spoilt(attempts: Any, *, rng: np.random.Generator) -> Any:
        return fit(replace(attempts, is_correct=np.floor(2.0 * rng.random(len(attempts)))), rng=rng)

    monkeypatch.setattr(refitting, "fit_model", spoilt)
    told = refit(stores, NOW + timedelta(days=1))
    assert "not shown to be good enough beside" in told
    assert "and the model that serves: it must be below 0 beside a baseline" in told
    assert "run this again when there are more attempts" in told
    assert [row[:2] for row in rows(database, MODELS)] == [("serving", True), ("retired", True)]
    assert rows(database, MASTERY) == before
    assert rows(database, "SELECT metrics -> 'failed' ? 'serving' FROM mastery_models WHERE status = 'retired'")[0][0]


def test_few_attempts_leave_the_rule(stores: Stores, database: Database) -> None:
    """Where there is too little to learn from it is said, and nothing stored; a wrong name is told."""
    assert refit(stores, institution="South") == TOO_FEW
    assert rows(database, MODELS) == []
    with pytest.raises(NotFound, match=r"no open institution 'East': `edukit export classes`"):
        refit(stores, institution="East")


@pytest.mark.parametrize(
    ("stage", "share", "left"),
    [
        ("fitting", 0.0, []),
        ("validating", 0.0, [("candidate", False)]),
        ("scoring", 0.0, [("candidate", True)]),
        ("scoring", 0.44, [("candidate", True)]),
    ],
    ids=["before it is stored", "before it is validated", "before it serves", "after everybody is scored"],
)
def test_a_run_that_was_killed_is_gone_on_from(  # noqa: PLR0913, PLR0917
    house: House, stores: Stores, database: Database, stage: str, share: float, left: list[tuple[str, bool]]
) -> None:
    """What was done stays, what was not never happened, nobody sees half of it, and the next run does the rest."""
    before = rows(database, MASTERY)
    killed(house, database, stage, share)
    assert [row[:2] for row in rows(database, MODELS)] == left
    assert rows(database, MASTERY) == before
    told = refit(stores, NOW + timedelta(minutes=5))
    assert ("Went on from the model that an earlier run has fitted." in told) == bool(left)
    assert "It serves from now on" in told
    assert [row[:2] for row in rows(database, MODELS)] == [("serving", True)]
    (fitted,) = rows(database, "SELECT fitted_at FROM mastery_models")
    assert fitted == (NOW if left else NOW + timedelta(minutes=5),)
    assert rows(database, MASTERY) != before


def test_an_old_candidate_is_not_gone_on_from(house: House, stores: Stores, database: Database) -> None:
    """After more than a day it has missed too much: it is retired, and another one is fitted."""
    killed(house, database, "validating", 0.0)
    told = refit(stores, NOW + timedelta(days=2))
    assert "Went on" not in told
    assert [row[:2] for row in rows(database, MODELS)] == [("retired", False), ("serving", True)]


def test_two_runs_do_not_meet(stores: Stores, database: Database) -> None:
    """While a run is at an institution a second one is refused there, and does the others all the same."""
    refused = []

    def meanwhile(stage: str, _share: float) -> None:
        if stage == "North, reading":
            with pytest.raises(ActionError) as caught:
                refit(stores, institution=None)
            refused.append(str(caught.value))

    refit_mastery(stores, institution="North", now=NOW, progress=meanwhile)
    other = (
        "North was not refitted: another run is refitting it just now. Wait for that one, or end it; nothing was done."
    )
    assert refused == [f"{TOO_FEW}\n{other}"]
    assert [row[0] for row in rows(database, MODELS)] == ["serving"]


def test_a_load_meanwhile_is_scored_by_the_new_model(
    stores: Stores, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Attempts that come while everybody is scored wait for the commit, and neither they nor the model are lost.

    Nor does it matter in what portions, and by which connections, everybody is scored.
    """
    monkeypatch.setattr(mastery_scoring, "PORTION", 7 * ATTEMPTS)
    added = "INSERT INTO question_attempts (institution_id, id, student_id, question_id, sequence, is_correct) VALUES"

    def load() -> None:
        with session_for(database.app) as session:
            session.execute(text(f"{added} (1, gen_random_uuid(), 1, 1, 99, true)"))
            refresh_mastery(session, institution_id=1, now=NOW, student_ids=[1])

    loading = threading.Thread(target=load)

    def meanwhile(stage: str, share: float) -> None:
        # Everybody is scored, and the past is yet to be looked at.
        if stage == "North, scoring" and share == pytest.approx(refitting._SERVING):
            loading.start()
            loading.join(2)
            assert loading.is_alive()

    refit_mastery(stores, institution="North", now=NOW, progress=meanwhile)
    loading.join(60)
    after = rows(database, MASTERY)
    counted = "SELECT sum(total_attempts) FROM concept_mastery WHERE student_id = 1"
    assert rows(database, counted) == [(ATTEMPTS + 1,)]
    monkeypatch.undo()
    with session_for(database.app) as session:
        refresh_mastery(session, institution_id=1, now=NOW)
    np.testing.assert_allclose(rows(database, MASTERY), after, rtol=1e-12)


def test_a_refit_after_the_rule_took_over_again(stores: Stores, database: Database) -> None:
    """A model that was taken out of use is nothing that the next one is held against."""
    refit(stores)
    with session_for(database.app) as session:
        retire_model(session, institution_id=1, status="serving")
    told = refit(stores, NOW + timedelta(days=1))
    assert "beside the model that serves" not in told
    assert [row[0] for row in rows(database, MODELS)] == ["retired", "serving"]
