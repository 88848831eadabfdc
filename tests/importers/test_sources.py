"""Nothing that the four source systems store is lost: each field is on the map, and the map is true."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from sqlalchemy import text

from edukit.db.session import session_for
from edukit.errors import MigrationError
from edukit.importers.sources import SYSTEMS, located
from edukit.models import Base
from edukit.queries.catalog import columns

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from conftest import Database, House

ENGINE = "Adaptive learning engine"
PLATFORM = "AI education platform"
ASSISTANT = "Study assistant"
QUIZ = "XP and quiz backend"

# What each source system stores, from its own description; every model has these as well.
ALWAYS = ["id", "created_at", "updated_at"]
FIELDS = {
    PLATFORM: {
        "User": "email name role institution avatar_url language theme"
        " student classes_taught feedback_given grievances_assigned",
        "Institution": "name domain users classes",
        "Student": "user github_username github_connected current_points current_level current_streak"
        " risk_score risk_level submissions feedback_received grievances badges risk_predictions chat_messages",
        "Class": "name description institution teachers assignments",
        "TeacherClass": "user class",
        "Assignment": "class title description due_date",
        "Submission": "student assignment github_url code_quality_score complexity_score submitted_at",
        "Feedback": "submission teacher student ai_suggested content rating",
        "Grievance": "student category severity description status assigned_to resolution resolved_at",
        "GrievanceAuditLog": "grievance action details",
        "Badge": "name description icon_url criteria rarity",
        "StudentBadge": "student badge unlocked_at",
        "GamificationEvent": "student user event_type points_awarded badge_unlocked",
        "RiskPrediction": "student risk_score risk_level submission_frequency code_quality_trend engagement_score"
        " feedback_response_time confidence predicted_at",
        "ChatMessage": "user student content role",
        "AuditLog": "user action resource details",
    },
    ASSISTANT: {
        "User": "email password_hash role",
        "Profile": "user first_name last_name preferences",
        "Subscription": "user",
        "AIChat": "user title messages context_vector",
        "Document": "user type content embedding metadata",
        "StudyData": "user type content progress last_reviewed next_review",
        "Progress": "user category score timestamp metadata",
    },
    ENGINE: {
        "users": "username password_hash role",
        "student_profiles": "user grade target_exam exam_date available_hours_per_day class",
        "classes": "teachers",
        "topics": "name parent exam_weightage estimated_hours",
        "topic_prerequisites": "topic prerequisite",
        "concepts": "topic",
        "questions": "concept kind",
        "question_attempts": "student question answer is_correct time_taken_seconds confidence timestamp",
        "concept_mastery": "student concept total_attempts correct_attempts avg_time_seconds avg_confidence"
        " mastery_score",
        "study_plans": "schedule",
        "sync_operations": "operation status timestamp",
    },
    QUIZ: {
        "students": "user_id email name grade_level total_xp current_streak best_streak",
        "parents": "user_id email name phone",
        "student_parent_link": "student parent",
        "chapters": "name description subject order is_locked unlock_xp_required",
        "questions": "quiz_id chapter question_text options correct_answer_index explanation image_url"
        " difficulty_level",
        "quiz_submissions": "student question selected_answer_index is_correct xp_earned time_taken_seconds"
        " submitted_at",
        "student_progress": "student chapter mastery_score questions_completed questions_correct last_answered_at",
        "daily_analytics": "student date questions_answered questions_correct xp_earned time_spent_minutes"
        " streak_count",
    },
}
STORED = {
    (system, model, field)
    for system, models in FIELDS.items()
    for model, fields in models.items()
    for field in [*ALWAYS, *fields.split()]
}

ENUMERATIONS = {
    (PLATFORM, "User", "role"): "STUDENT TEACHER ADMIN MENTOR",
    (PLATFORM, "Grievance", "category"): "GRADE FEEDBACK FAIRNESS OTHER",
    (PLATFORM, "Grievance", "severity"): "LOW MEDIUM HIGH CRITICAL",
    (PLATFORM, "Grievance", "status"): "OPEN IN_PROGRESS RESOLVED CLOSED",
    (PLATFORM, "Badge", "rarity"): "COMMON RARE EPIC LEGENDARY",
    (PLATFORM, "GamificationEvent", "event_type"): "SUBMISSION FEEDBACK ACHIEVEMENT STREAK",
    (PLATFORM, "ChatMessage", "role"): "USER ASSISTANT",
    (ASSISTANT, "StudyData", "type"): "flashcard note quiz",
    (ENGINE, "questions", "kind"): "MCQ numerical true/false",
    (ENGINE, "sync_operations", "status"): "pending",
    (QUIZ, "questions", "difficulty_level"): "easy medium hard",
}
# Least and greatest value of a figure there, in the unit of the place here.
RANGES = {
    (ASSISTANT, "StudyData", "progress"): (0, 1),
    (ENGINE, "concept_mastery", "mastery_score"): (0, 100),
}


@pytest.fixture(scope="module")
def catalog(house: House) -> pd.DataFrame:
    """The frame ``columns`` of a migrated database, as who keeps the machine reads it."""
    with house.database() as database:
        with session_for(database.app) as session:
            session.execute(text("INSERT INTO institutions (id, name) VALUES (1, 'School')"))
        with session_for(database.viewer) as session:
            return columns(session)


@pytest.fixture
def owner(migrated: Database) -> Iterator[psycopg.Connection]:
    """A connection of the administrator's."""
    with psycopg.connect(migrated.admin_url) as connection:
        yield connection


def accepts(connection: psycopg.Connection, column: str, value: object) -> bool:
    """Whether the CHECK of a column, as the database keeps it, lets a value in."""
    table, _, name = column.partition(".")
    found = connection.execute(
        "SELECT pg_get_expr(k.conbin, k.conrelid), format_type(a.atttypid, a.atttypmod) FROM pg_constraint k"
        " JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attname = %s"
        " WHERE k.conrelid = %s::regclass AND k.conname = %s",
        [name, table, f"{table}_{name}_check"],
    ).fetchone()
    assert found is not None, f"{column} has no CHECK of its own"
    expression, kind = found
    row = connection.execute(f'SELECT {expression} FROM (SELECT %s::{kind}) AS given ("{name}")', [value]).fetchone()
    return bool(row and row[0])


@pytest.mark.parametrize("system", FIELDS)
def test_every_field_is_on_the_map(system: str) -> None:
    """Each field of each model of a source system has its place, and the map invents none."""
    mapped = {(system, model, field) for model, fields in SYSTEMS[system].items() for field in fields}
    stored = {one for one in STORED if one[0] == system}
    assert stored - mapped == set()
    assert mapped - stored == set()


def test_there_are_four_systems() -> None:
    """The map knows the four systems and no other, and is as large as they are."""
    assert SYSTEMS.keys() == FIELDS.keys()
    assert {system: len(models) for system, models in SYSTEMS.items()} == {
        PLATFORM: 16,
        ASSISTANT: 7,
        ENGINE: 11,
        QUIZ: 8,
    }


def test_every_place_is_in_the_catalog(catalog: pd.DataFrame) -> None:
    """Each place is a column of a table or view that the migrations made, with a type and a comment."""
    found = located(catalog)
    assert set(found[["system", "model", "field"]].itertuples(index=False, name=None)) == STORED
    there = set(catalog[["table", "column"]].itertuples(index=False, name=None))
    assert set(found[["table", "column"]].itertuples(index=False, name=None)) <= there
    assert found["type"].notna().all()
    assert found["comment"].notna().all()


def test_no_place_is_told_twice(catalog: pd.DataFrame) -> None:
    """A field has one row for each column that it lives in."""
    assert not located(catalog).duplicated(["system", "model", "field", "table", "column"]).any()


def test_a_key_of_a_source_is_kept_where_its_table_has_a_place_for_it(catalog: pd.DataFrame) -> None:
    """No source's id lives in the id of a table that has a column for keys, but for the second one of a person."""
    found = located(catalog)
    keyed = set(catalog.loc[catalog["column"] == "source_key", "table"])
    lost = found[(found["field"] == "id") & (found["column"] == "id") & found["table"].isin(keyed)]
    assert lost["model"].tolist() == ["parents"]


@pytest.mark.parametrize("field", ENUMERATIONS, ids=".".join)
def test_every_value_is_let_in(owner: psycopg.Connection, field: tuple[str, str, str]) -> None:
    """The CHECK of the place lets in every value of the source's enumeration, translated, and not just anything."""
    system, model, name = field
    place = SYSTEMS[system][model][name]
    (column,) = place.columns
    for value in ENUMERATIONS[field].split():
        assert accepts(owner, column, place.translated(value)), value
    assert not accepts(owner, column, "something else")


@pytest.mark.parametrize("field", RANGES, ids=".".join)
def test_the_whole_range_is_let_in(owner: psycopg.Connection, field: tuple[str, str, str]) -> None:
    """The CHECK of the place lets in the least and the greatest figure of the source, and none beyond."""
    system, model, name = field
    column = SYSTEMS[system][model][name].columns[0]
    low, high = RANGES[field]
    assert [accepts(owner, column, value) for value in (low - 1, low, high, high + 1)] == [False, True, True, False]


def test_a_place_that_is_gone_is_told(catalog: pd.DataFrame) -> None:
    """A map that the database does not bear out is an error that names the field and its place."""
    without = catalog[(catalog["table"] != "badges") | (catalog["column"] != "rarity")]
    with pytest.raises(
        MigrationError, match=r"Badge.rarity of the AI education platform lives in badges.rarity, which"
    ):
        located(without)


def test_a_server_without_vectors_has_a_map(catalog: pd.DataFrame) -> None:
    """Where the server lacks pgvector, the fields that need it keep their place, without a type."""
    optional = {table.name for table in Base.metadata.tables.values() if "extension" in table.info}
    assert optional == {"document_embeddings", "chat_embeddings"}
    found = located(catalog[~catalog["table"].isin(optional)])
    assert found.loc[found["type"].isna(), "field"].tolist() == ["context_vector", "embedding"]
