"""Risk: the factors equal what the demo knows of itself, nothing later leaks in, and the frames equal plain SQL."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import psycopg
import pytest
from sqlalchemy import text

from edukit.analytics.risk import assess
from edukit.db.session import session_for
from edukit.ops.seed import seed_demo
from edukit.queries.frames import INTERVENTIONS, RISK, RISK_HISTORY
from edukit.queries.risk import interventions, risk, risk_history, sentences
from edukit.queries.risk_factors import risk_factors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import House
    from sqlalchemy.orm import Session

BUSY_DAY = Path(__file__).with_name("busy_day.sql")
AS_OF = datetime(2026, 6, 19, 20, tzinfo=UTC)
FIGURES = [
    "risk_score", "submission_frequency", "code_quality_trend", "engagement_score", "feedback_response_hours",
    "confidence",
]  # fmt: skip
MONDAYS = [date(2025, 9, 29), date(2025, 12, 15), date(2026, 3, 30), date(2026, 6, 15)]
"""Early in the year, before and after both changes of the clocks, and the last."""


@pytest.fixture(scope="module")
def school(house: House) -> Iterator[Session]:
    """A session on a demo school of its own, in which students came late, left and came back."""
    with house.database() as database, session_for(database.app) as session:
        seed_demo(session, students=150, as_of=AS_OF)
        yield session
        session.rollback()


@pytest.fixture
def undone(school: Session) -> Iterator[Session]:
    """The same session; what a test writes is undone at its end."""
    savepoint = school.begin_nested()
    yield school
    savepoint.rollback()


def rows(session: Session, query: str, **values: object) -> pd.DataFrame:
    result = session.execute(text(query), values)
    return pd.DataFrame(result.all(), columns=list(result.keys()))


def institutions(session: Session) -> list[int]:
    return list(session.scalars(text("SELECT id FROM institutions ORDER BY id")))


def a_class(session: Session) -> tuple[int, int]:
    """The institution and id of the class with the most students."""
    query = "SELECT institution_id, class_id FROM enrolments WHERE left_at IS NULL GROUP BY 1, 2 ORDER BY count(*) DESC"
    institution_id, class_id = session.execute(text(query)).first() or (0, 0)
    return institution_id, class_id


def statements(session: Session, read: Callable[[], object]) -> int:
    """How many statements a read sends, also those that go past SQLAlchemy."""
    sent: list[object] = []

    class Counted(psycopg.Cursor[Any]):
        def execute(self, query: Any, *given: Any, **options: Any) -> Counted:
            sent.append(query)
            return super().execute(query, *given, **options)

    driver: Any = session.connection().connection.driver_connection
    driver.cursor_factory = Counted
    try:
        read()
    finally:
        driver.cursor_factory = psycopg.Cursor
    return len(sent)


@pytest.mark.parametrize("monday", MONDAYS, ids=str)
def test_factors_agree_with_the_demos_own(school: Session, monday: date) -> None:
    """On a Monday every figure, level and reason computed from the database is what the demo knew from memory."""
    for institution_id in institutions(school):
        said = assess(risk_factors(school, institution_id=institution_id, on=monday)).set_index("student_id")
        seeded = rows(
            school,
            "SELECT * FROM risk_predictions WHERE institution_id = :institution AND predicted_on = :monday",
            institution=institution_id,
            monday=monday,
        ).set_index("student_id")
        assert len(seeded) > 50
        assert set(said.index) == set(seeded.index)
        both = seeded.sort_index()
        pd.testing.assert_frame_equal(
            said.sort_index()[FIGURES], both[FIGURES].astype("float64"), check_index_type=False, atol=0.11
        )
        assert (said.sort_index()["risk_score"] - both["risk_score"]).abs().max() < 0.06
        assert said.sort_index()["risk_level"].tolist() == both["risk_level"].tolist()
        assert said.sort_index()["reasons"].tolist() == both["reasons"].tolist()


def test_some_students_are_the_same_as_all(school: Session) -> None:
    """Asked of some students, their rows are those of the whole institution; who is not there has none."""
    institution_id, _ = a_class(school)
    whole = risk_factors(school, institution_id=institution_id, on=MONDAYS[3])
    some = whole["student_id"].tolist()[::7]
    found = risk_factors(school, institution_id=institution_id, on=MONDAYS[3], student_ids=[*some, 12345])
    pd.testing.assert_frame_equal(found, whole[whole["student_id"].isin(some)].reset_index(drop=True))


def test_nothing_later_leaks_in(undone: Session) -> None:
    """Whatever everybody does from the first moment of the day on, the factors of the day are the same."""
    institution_id, _ = a_class(undone)
    day = date(2026, 3, 17)
    before = risk_factors(undone, institution_id=institution_id, on=day)
    zone = undone.scalar(text("SELECT time_zone FROM institutions WHERE id = :id"), {"id": institution_id})
    begins = pd.Timestamp(day).tz_localize(zone).to_pydatetime()
    for statement in BUSY_DAY.read_text().split(";")[:-1]:
        done = undone.execute(text(statement), {"institution": institution_id, "begins": begins})
        assert done.rowcount > 5  # type: ignore[attr-defined]
    after = risk_factors(undone, institution_id=institution_id, on=day)
    # Of who left that day nothing is said any more, and of who joined something.
    left, joined = (~one["student_id"].isin(other["student_id"]) for one, other in ((before, after), (after, before)))
    assert 5 < left.sum() < len(before) / 2
    pd.testing.assert_frame_equal(after[~joined].reset_index(drop=True), before[~left].reset_index(drop=True))


def test_a_mark_of_later_is_not_known_yet(undone: Session) -> None:
    """A submission of before the day that is marked on it counts as handed in, and its mark not at all."""
    institution_id, _ = a_class(undone)
    day = MONDAYS[3]
    before = risk_factors(undone, institution_id=institution_id, on=day).set_index("student_id")
    some = "submitted_at BETWEEN '2026-05-25' AND '2026-06-10'"
    undone.execute(text(f"UPDATE submissions SET score = 1, code_quality_score = NULL WHERE {some}"))
    after = risk_factors(undone, institution_id=institution_id, on=day).set_index("student_id")
    pd.testing.assert_series_equal(after["work_handed_in"], before["work_handed_in"])
    # The database notes the moment of the change, which is after the day: these marks are out of the mean.
    assert (after["mark_change"].dropna() > -60).all()
    assert after["mark_change"].isna().sum() > before["mark_change"].isna().sum()


def test_a_class_of_one_is_its_own_measure(undone: Session) -> None:
    """Alone in their class a student practises as is usual there; with nothing known of them there is no factor."""
    make = (
        "INSERT INTO institutions (id, name, time_zone) VALUES (1, 'One', 'Asia/Kolkata');"
        "INSERT INTO users (institution_id, id, role, name) VALUES (1, 1, 'student', 'A');"
        "INSERT INTO students (institution_id, id) VALUES (1, 1);"
        "INSERT INTO classes (institution_id, id, name) VALUES (1, 1, 'Alone');"
        "INSERT INTO enrolments (institution_id, id, class_id, student_id) VALUES (1, 1, 1, 1);"
        "INSERT INTO questions (institution_id, id, body) VALUES (1, 1, 'Why?');"
    )
    for statement in filter(None, make.split(";")):
        undone.execute(text(statement))
    (nothing,) = risk_factors(undone, institution_id=1, on=date(2026, 6, 2)).to_dict("records")
    assert (nothing["answers"], nothing["usual_answers"], nothing["work_due"]) == (0, 0, 0)
    assert pd.isna([nothing[name] for name in ("known_days", "mark_change", "response_hours")]).all()
    undone.execute(
        text(
            "INSERT INTO question_attempts (institution_id, id, student_id, question_id, class_id, sequence,"
            " attempted_at, is_correct)"
            " SELECT 1, gen_random_uuid(), 1, 1, 1, extract(epoch FROM at) * 1000000, at, true"
            " FROM (SELECT timestamptz '2026-05-30 18:29:59Z' AS at) AS moment"
        )
    )
    (alone,) = risk_factors(undone, institution_id=1, on=date(2026, 6, 2)).to_dict("records")
    # A second before midnight in Kolkata: the 30th there.
    assert (alone["answers"], alone["usual_answers"], alone["known_days"]) == (1, 1, 3)


@pytest.fixture
def small(undone: Session) -> Session:
    """A class of three, of whom the first is in a second class with the fourth."""
    for statement in (
        "INSERT INTO institutions (id, name, time_zone) VALUES (1, 'Small', 'UTC')",
        "INSERT INTO users (institution_id, id, role, name)"  # noqa: ISC004
        " SELECT 1, n, CASE WHEN n < 9 THEN 'student' ELSE 'teacher' END, 'N' FROM generate_series(1, 9) AS n",
        "INSERT INTO students (institution_id, id) SELECT 1, n FROM generate_series(1, 8) AS n",
        "INSERT INTO classes (institution_id, id, name) VALUES (1, 1, 'One'), (1, 2, 'Two')",
        "INSERT INTO questions (institution_id, id, body) VALUES (1, 1, 'Why?')",
        "INSERT INTO enrolments (institution_id, id, class_id, student_id, enrolled_at)"  # noqa: ISC004
        " SELECT 1, 10 * c + s, c, s, '2026-01-07' FROM (VALUES (1, 1), (1, 2), (1, 3), (2, 1), (2, 4)) AS e (c, s)",
    ):
        undone.execute(text(statement))
    return undone


def practise(session: Session, student: int, class_: int, on: str, times: int = 1) -> None:
    """So many answers at noon of a day."""
    query = (
        "INSERT INTO question_attempts (institution_id, id, student_id, question_id, class_id, sequence, attempted_at,"
        " is_correct) SELECT 1, gen_random_uuid(), :student, 1, :class,"
        " extract(epoch FROM cast(:on AS timestamptz)) * 1000000 + n, cast(:on AS timestamptz), true"
        " FROM generate_series(1, :times) AS n"
    )
    values = {"student": student, "class": class_, "on": f"{on} 12:00Z", "times": times}
    session.execute(text(query), values)


def set_work(session: Session, id_: int, due: str, submitted: str | None = None, student: int = 1) -> None:
    """An assignment of class 1 that is due at noon, and when the student hands it in."""
    query = "INSERT INTO assignments (institution_id, id, class_id, title, due_at) VALUES (1, :id, 1, 'W', :due)"
    session.execute(text(query), {"id": id_, "due": f"{due} 12:00Z"})
    if submitted:
        query = (
            "INSERT INTO submissions (institution_id, id, assignment_id, student_id, submitted_at)"
            " VALUES (1, md5(:name)::uuid, :id, :student, :at)"
        )
        session.execute(text(query), {"name": str(id_), "id": id_, "student": student, "at": f"{submitted} 12:00Z"})


def comment(session: Session, work: int, on: str) -> None:
    """A comment at noon of a day on the first student's work."""
    query = (
        "INSERT INTO feedback (institution_id, id, submission_id, student_id, teacher_id, created_at)"
        " VALUES (1, md5(:name)::uuid, md5(:name)::uuid, 1, 9, :at)"
    )
    session.execute(text(query), {"name": str(work), "at": f"{on} 12:00Z"})


def factors(session: Session, on: str, student: int = 1) -> dict[str, Any]:
    """The factors of one student of the small school."""
    frame = risk_factors(session, institution_id=1, on=date.fromisoformat(on))
    return frame.set_index("student_id").loc[student].to_dict()


def test_work_is_counted_by_what_was_due(small: Session) -> None:
    """Early and late work counts where it was due of late; what is due or comes later does not, nor older work."""
    set_work(small, 1, due="2026-05-28", submitted="2026-04-20")  # a month early
    set_work(small, 2, due="2026-05-20", submitted="2026-05-31")  # late
    set_work(small, 3, due="2026-05-29", submitted="2026-06-01")  # on the day: not known yet
    set_work(small, 4, due="2026-05-30")  # missing
    set_work(small, 5, due="2026-04-01", submitted="2026-05-25")  # older work, caught up
    set_work(small, 6, due="2026-06-03", submitted="2026-05-30")  # not due yet
    set_work(small, 7, due="2026-05-25", submitted="2026-05-24", student=2)  # somebody else's
    known = factors(small, "2026-06-01")
    assert (known["work_due"], known["work_handed_in"]) == (5, 2)


def test_practice_is_compared_in_each_class(small: Session) -> None:
    """What classmates do in their other classes is nobody's usual; a student's classes are added up."""
    practise(small, 1, 1, "2026-05-30", 2)
    practise(small, 2, 1, "2026-05-30", 6)
    practise(small, 3, 1, "2026-05-30", 4)
    practise(small, 4, 2, "2026-05-30", 20)
    practise(small, 2, 2, "2026-05-30", 50)  # of a class that they are not in
    names = ("answers", "usual_answers", "classes")
    first, second, fourth = (factors(small, "2026-06-01", student) for student in (1, 2, 4))
    # The medians are of 2, 4, 6 in the first class, and of 0, 20 in the second.
    assert [first[name] for name in names] == [2, 4 + 10, 2]
    assert [second[name] for name in names] == [6, 4, 1]
    assert [fourth[name] for name in names] == [20, 10, 1]


def test_who_joins_on_the_day_changes_nothing(small: Session) -> None:
    """Scored again after students came and went, the day says of everybody else what it said at its beginning."""
    for student, times in ((1, 2), (2, 6), (3, 4), (5, 40), (6, 40)):
        practise(small, student, 1, "2026-05-30", times)
    before = factors(small, "2026-06-01")
    for student in (5, 6):
        small.execute(
            text(
                "INSERT INTO enrolments (institution_id, id, class_id, student_id, enrolled_at)"
                " VALUES (1, 100 + :student, 1, :student, '2026-06-01 08:00Z')"
            ),
            {"student": student},
        )
    small.execute(text("UPDATE enrolments SET left_at = '2026-06-01 09:00Z' WHERE institution_id = 1 AND id = 12"))
    assert factors(small, "2026-06-01")["usual_answers"] == before["usual_answers"] == 4  # of 2, 4, 6
    assert factors(small, "2026-06-01", 5)["classes"] == 0
    assert factors(small, "2026-06-02")["usual_answers"] == 22  # of 2, 4, 40, 40


def test_a_comment_before_holidays_was_left_by_nobody(small: Session) -> None:
    """Where all of the class paused nothing is known of a comment; once a classmate practised, it was left."""
    set_work(small, 1, due="2026-06-20", submitted="2026-06-19")
    comment(small, 1, "2026-06-26")
    practise(small, 1, 1, "2026-06-25")
    practise(small, 4, 2, "2026-07-01")
    practise(small, 2, 1, "2026-07-11")
    holiday = factors(small, "2026-07-20")
    assert pd.isna(holiday["response_hours"])
    said = assess(risk_factors(small, institution_id=1, on=date(2026, 7, 20)))
    assert set(said["risk_level"]) == {"low"}
    practise(small, 2, 1, "2026-07-10")
    assert factors(small, "2026-07-20")["response_hours"] == 14 * 24


def test_frames_fit_their_declarations(school: Session) -> None:
    """Columns, dtypes and nullability are those that describe() tells."""
    institution_id, class_id = a_class(school)
    one = int(risk(school, institution_id=institution_id, class_id=class_id, as_of=AS_OF)["student_id"].iloc[0])
    for declared, frame in (
        (RISK, risk(school, institution_id=institution_id, class_id=class_id, as_of=AS_OF)),
        (RISK_HISTORY, risk_history(school, institution_id=institution_id, student_id=one)),
        (INTERVENTIONS, interventions(school, institution_id=institution_id, class_id=class_id)),
    ):
        assert len(frame)
        assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == {
            column.name: column.dtype for column in declared.columns
        }
        for column in declared.columns:
            assert column.nullable or not frame[column.name].isna().any(), column.name


def test_a_class_equals_sql(school: Session) -> None:
    """Each enrolled student stands once, with the latest prediction, its change, answer and interventions."""
    institution_id, class_id = a_class(school)
    frame = risk(school, institution_id=institution_id, class_id=class_id, as_of=AS_OF)
    plain = rows(
        school,
        "WITH said AS (SELECT p.*, row_number() OVER (PARTITION BY student_id ORDER BY predicted_on DESC) AS n"
        " FROM risk_predictions p WHERE institution_id = :institution), answers AS (SELECT s.student_id, r.*,"
        " s.predicted_on, s.risk_level,"
        " row_number() OVER (PARTITION BY s.student_id ORDER BY r.responded_at DESC) AS n FROM said s"
        " JOIN risk_responses r ON r.institution_id = s.institution_id AND r.prediction_id = s.id"
        " WHERE s.predicted_on >= date '2026-06-15' - 28)"
        " SELECT e.student_id, l.id::text AS prediction_id, l.predicted_on, l.risk_score, l.risk_level, l.confidence,"
        " l.risk_score - c.risk_score AS change, a.action AS response, a.responded_at, a.risk_level AS responded_level,"
        " (SELECT name FROM users u WHERE u.institution_id = a.institution_id AND u.id = a.user_id) AS responded_by,"
        " (SELECT count(*) FROM interventions i WHERE i.institution_id = e.institution_id"
        "  AND i.student_id = e.student_id AND i.happened_at >= '2026-05-22 20:00Z') AS interventions"
        " FROM enrolments e LEFT JOIN said l ON l.student_id = e.student_id AND l.n = 1"
        " LEFT JOIN said c ON c.student_id = e.student_id AND c.n = 5"
        " LEFT JOIN answers a ON a.student_id = e.student_id AND a.n = 1"
        " WHERE e.institution_id = :institution AND e.class_id = :class AND e.left_at IS NULL",
        institution=institution_id,
        **{"class": class_id},
    ).set_index("student_id")
    assert frame["student_id"].is_unique
    shown = frame.set_index("student_id").loc[plain.index]
    assert len(shown) == len(frame)
    assert (shown["predicted_on"] == pd.Timestamp("2026-06-15")).all()
    for name in plain.columns.drop("predicted_on"):
        ours, theirs = shown[name].astype(object), plain[name].astype(object)
        assert ours.where(ours.notna(), None).tolist() == theirs.where(theirs.notna(), None).tolist(), name
    assert shown["response"].notna().any()
    assert shown["interventions"].any()
    assert (shown["compared_on"] == pd.Timestamp("2026-05-18")).all()
    assert frame["risk_score"].is_monotonic_decreasing


def test_a_class_without_predictions_is_whole(undone: Session) -> None:
    """Before anything was predicted, every student has a row without a score."""
    institution_id, class_id = a_class(undone)
    many = len(risk(undone, institution_id=institution_id, class_id=class_id, as_of=AS_OF))
    undone.execute(text("UPDATE interventions SET prediction_id = NULL"))
    undone.execute(text("DELETE FROM risk_predictions"))
    frame = risk(undone, institution_id=institution_id, class_id=class_id, as_of=AS_OF)
    assert len(frame) == many
    assert frame[["prediction_id", "risk_score", "reasons", "response"]].isna().all(axis=None)


def test_a_first_prediction_of_somebody_unknown_is_nothing_to_compare_with(undone: Session) -> None:
    """Whoever had a score of which nothing was known is new, not rising."""
    institution_id, class_id = a_class(undone)
    undone.execute(
        text(
            "UPDATE risk_predictions SET risk_score = 0, risk_level = 'low', confidence = 0"
            " WHERE predicted_on < '2026-06-15'"
        )
    )
    frame = risk(undone, institution_id=institution_id, class_id=class_id, as_of=AS_OF)
    assert frame["risk_score"].notna().any()
    assert frame[["change", "compared_on"]].isna().all(axis=None)


def test_a_change_is_since_four_weeks_or_the_nearest(undone: Session) -> None:
    """Without a prediction of just four weeks before, the one before that is compared with, else the first since."""
    institution_id, class_id = a_class(undone)
    gone = "DELETE FROM risk_responses; UPDATE interventions SET prediction_id = NULL; DELETE FROM risk_predictions"
    for days, wanted in ((("2026-05-18", "2026-05-25"), "2026-05-11"), (("2026-05-18", "2026-05-11"), "2026-05-25")):
        savepoint = undone.begin_nested()
        for statement in gone.split(";"):
            undone.execute(text(statement + (f" WHERE predicted_on IN {days}" if "predictions" in statement else "")))
        if wanted == "2026-05-25":
            undone.execute(text("DELETE FROM risk_predictions WHERE predicted_on < '2026-05-11'"))
        frame = risk(undone, institution_id=institution_id, class_id=class_id, as_of=AS_OF)
        assert set(frame["compared_on"]) == {pd.Timestamp(wanted)}
        savepoint.rollback()
    for statement in gone.split(";"):
        recent = " WHERE predicted_on BETWEEN '2026-04-01' AND '2026-06-07'" if "predictions" in statement else ""
        undone.execute(text(statement + recent))
    # A score of last week is none to compare with.
    assert risk(undone, institution_id=institution_id, class_id=class_id, as_of=AS_OF)["change"].isna().all()


def test_a_history_equals_sql(school: Session) -> None:
    """All predictions of a student in order, each with what is said of it last."""
    query = (
        "SELECT p.institution_id, p.student_id FROM risk_responses r JOIN risk_predictions p"
        " ON p.institution_id = r.institution_id AND p.id = r.prediction_id GROUP BY 1, 2 ORDER BY count(*) DESC"
    )
    institution_id, student_id = school.execute(text(query)).first() or (0, 0)
    frame = risk_history(school, institution_id=institution_id, student_id=student_id)
    plain = rows(
        school,
        "SELECT p.id::text, p.risk_score, m.name, r.action FROM risk_predictions p JOIN risk_models m"
        " ON m.institution_id = p.institution_id AND m.id = p.model_id LEFT JOIN risk_responses r"
        " ON r.institution_id = p.institution_id AND r.prediction_id = p.id"
        " WHERE p.institution_id = :institution AND p.student_id = :student ORDER BY p.predicted_on",
        institution=institution_id,
        student=student_id,
    )
    assert frame[["prediction_id", "risk_score", "model"]].to_numpy().tolist() == (
        plain[["id", "risk_score", "name"]].to_numpy().tolist()
    )
    assert frame["response"].notna().tolist() == plain["action"].notna().tolist()
    assert frame["response"].notna().any()
    assert frame["reasons"].str.startswith("From ").any()


def test_interventions_equal_sql(school: Session) -> None:
    """Of a student and of a class: all there are, the latest first, with the prediction that each answers."""
    institution_id, class_id = a_class(school)
    of_class = interventions(school, institution_id=institution_id, class_id=class_id)
    plain = rows(
        school,
        "SELECT v.id::text, v.student_id, p.risk_score FROM interventions v JOIN risk_predictions p"
        " ON p.institution_id = v.institution_id AND p.id = v.prediction_id WHERE EXISTS (SELECT FROM enrolments e"
        " WHERE (e.institution_id, e.class_id, e.student_id) = (v.institution_id, :class, v.student_id)"
        " AND e.left_at IS NULL) ORDER BY v.happened_at DESC, v.id",
        **{"class": class_id},
    )
    assert of_class[["intervention_id", "student_id", "risk_score"]].to_numpy().tolist() == plain.to_numpy().tolist()
    one = int(of_class["student_id"].iloc[0])
    of_one = interventions(school, institution_id=institution_id, student_id=one)
    assert set(of_one["intervention_id"]) == set(plain.loc[plain["student_id"] == one, "id"])


def test_the_number_of_statements_is_constant(school: Session) -> None:
    """One student, a class, or an institution: as many statements."""
    institution_id, class_id = a_class(school)
    everybody = risk_factors(school, institution_id=institution_id, on=MONDAYS[3])["student_id"].tolist()
    counts = {
        statements(
            school, lambda ids=ids: risk_factors(school, institution_id=institution_id, on=MONDAYS[3], student_ids=ids)
        )
        for ids in (everybody[:1], everybody[:30], None)
    }
    assert counts == {8}
    assert statements(school, lambda: risk(school, institution_id=institution_id, class_id=class_id, as_of=AS_OF)) == 1
    assert statements(school, lambda: risk_history(school, institution_id=institution_id, student_id=1)) == 1
    assert statements(school, lambda: interventions(school, institution_id=institution_id, class_id=class_id)) == 1


def test_reasons_of_others_are_read_too() -> None:
    """What an older edukit wrote is shown as far as it has words."""
    assert sentences(None) is None
    assert sentences([]) == ""
    assert sentences([{"factor": "a", "sentence": "One."}, {"factor": "b", "evidence": "Two."}, {}, "Three."]) == (
        "One.\nTwo.\nThree."
    )
