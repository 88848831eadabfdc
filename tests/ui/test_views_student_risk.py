"""The risk page, driven without a browser: what it shows is in the database, what is done gets there."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from sqlalchemy import event

import edukit
from edukit.db.session import engine_for, session_for
from edukit.errors import StoreError
from edukit.ops.seed import DEMO_TEACHER, seed_demo
from edukit.settings import Settings
from edukit.ui.chart import Chart
from edukit.ui.export_menu import ExportMenu
from edukit.ui.views.student_risk import student_risk
from edukit.ui.widgets import Address, Panel

if TYPE_CHECKING:
    from collections.abc import Iterator

    import ipywidgets as w
    from conftest import Database, House

    from edukit.workbench import Workbench

AS_OF = datetime(2026, 6, 19, 20, tzinfo=UTC)
STUDENTS = 100
LATEST = "(SELECT DISTINCT ON (student_id) * FROM risk_predictions ORDER BY student_id, predicted_on DESC) p"
ENROLLED = (
    f"enrolments e JOIN users u ON u.institution_id = e.institution_id AND u.id = e.student_id LEFT JOIN {LATEST} ON"
    " (p.institution_id, p.student_id) = (e.institution_id, e.student_id) WHERE e.left_at IS NULL AND e.class_id = %s"
)


@pytest.fixture(scope="module")
def school(house: House) -> Iterator[Database]:
    """A demo school of the tests' own: they act in it."""
    with house.database() as database:
        with session_for(database.app) as session:
            seed_demo(session, students=STUDENTS, as_of=AS_OF)
        yield database


@pytest.fixture
def edu(school: Database) -> Iterator[Workbench]:
    """The Workbench of the demo's teacher."""
    settings = Settings(viewer_url=school.teacher.database_url, frozen_now=AS_OF)
    with edukit.connect(settings) as edu:
        yield edu


@pytest.fixture
def class_id(school: Database) -> int:
    """The class of the demo's teacher with the worst scores."""
    theirs = (
        "SELECT t.class_id FROM class_teachers t JOIN users u ON u.id = t.teacher_id JOIN accounts a"
        " ON a.id = u.account_id WHERE a.email = %s"
    )
    of = ENROLLED.partition(" AND e.class_id")[0]
    query = f"SELECT e.class_id FROM {of} AND e.class_id IN ({theirs}) GROUP BY 1 ORDER BY avg(p.risk_score) DESC"
    return int(rows(school, query, DEMO_TEACHER)[0][0])


@pytest.fixture(autouse=True)
def _outside_voila(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SERVER_SOFTWARE", raising=False)
    monkeypatch.delenv("QUERY_STRING", raising=False)


def rows(database: Database, query: str, *values: object) -> list[tuple[Any, ...]]:
    with psycopg.connect(database.admin_url) as connection:
        return connection.execute(query, values).fetchall()


def change(database: Database, *statements: str) -> None:
    with psycopg.connect(database.admin_url) as connection:
        for statement in statements:
            connection.execute(statement)


def walk(widget: w.Widget) -> Iterator[w.Widget]:
    """The widget and all below it."""
    yield widget
    for child in getattr(widget, "children", ()):
        yield from walk(child)


def shown(widget: w.Widget) -> str:
    """All the HTML of the panels that are not hidden."""
    if getattr(widget, "layout", None) is not None and getattr(widget.layout, "display", None) == "none":
        return ""
    own = widget.html if isinstance(widget, Panel) else ""
    return own + "".join(shown(child) for child in getattr(widget, "children", ()))


def named(view: w.Widget, description: str) -> Any:
    """The picker, field or button of that name."""
    return next(one for one in walk(view) if getattr(one, "description", None) == description)


def panel(view: w.Widget, words: str) -> Panel:
    """The panel that says so."""
    return next(one for one in walk(view) if isinstance(one, Panel) and words in one.html)


def figures(html: str) -> dict[str, str]:
    """The figures at the head of the page, by name."""
    return dict(re.findall(r"<dt>([^<]+)</dt><dd><b>([^<]+)</b>", html))


def worst(database: Database, class_id: int) -> int:
    query = f"SELECT e.student_id FROM {ENROLLED} ORDER BY p.risk_score DESC, u.name LIMIT 1"
    return int(rows(database, query, class_id)[0][0])


def test_figures_equal_sql(school: Database, edu: Workbench, class_id: int) -> None:
    """The four figures, the table of levels and the order of the lists are what plain SQL counts."""
    html = shown(student_risk(edu, query=f"class={class_id}"))
    earlier = (
        "(SELECT q.risk_score FROM risk_predictions q WHERE q.student_id = p.student_id AND q.predicted_on ="
        " p.predicted_on - 28)"
    )
    place = "array_position(ARRAY['low', 'medium', 'high', 'critical'], {}.risk_level)"
    # The latest answer of four weeks was to a prediction of no lower level.
    answered = (
        f"coalesce((SELECT {place.format('q')} >= {place.format('p')} FROM risk_responses r JOIN risk_predictions q"
        " ON q.id = r.prediction_id WHERE q.student_id = p.student_id AND q.predicted_on >= p.predicted_on - 28"
        " ORDER BY r.responded_at DESC LIMIT 1), false)"
    )
    ((students, worrying, rising, unanswered),) = rows(
        school,
        "SELECT count(*), count(*) FILTER (WHERE risk_level IN ('high', 'critical')),"
        f" count(*) FILTER (WHERE p.risk_score - {earlier} >= 10), count(*) FILTER (WHERE risk_level IN"
        f" ('high', 'critical') AND NOT {answered}) FROM {ENROLLED}",
        class_id,
    )
    assert figures(html) == {
        "Students": str(students),
        "High or critical": str(worrying),
        "Rising": str(rising),
        "To be looked at": str(unanswered),
    }
    levels = dict(rows(school, f"SELECT risk_level, count(*) FROM {ENROLLED} GROUP BY 1", class_id))
    table = html.partition("Students by level and trend")[2]
    for level in ("critical", "high", "medium", "low"):
        cells = re.findall(r"<td>(\d+)</td>", table.partition(f'<th scope="row">{level}</th>')[2])[:5]
        assert int(cells[4]) == levels.get(level, 0) == sum(int(cell) for cell in cells[:4])
    order = [str(row[0]) for row in rows(school, f"SELECT e.student_id FROM {ENROLLED} ORDER BY p.risk_score DESC, u.name", class_id)]  # fmt: skip  # noqa: E501
    everybody = html.partition('class="everybody"')[2]
    assert re.findall(r'data-student="(\d+)"', everybody) == order
    listed = html.partition('class="ranked"')[2].partition("</ol>")[0]
    assert re.findall(r'data-student="(\d+)"', listed) == order[: len(order) - levels.get("low", 0)][:12]


def test_a_card_tells_why(school: Database, edu: Workbench, class_id: int) -> None:
    """Score, level in words, confidence and every reason stand on the card; the name leads to the student's page."""
    student_id = worst(school, class_id)
    ((score, level, confidence, reasons),) = rows(
        school, f"SELECT risk_score, risk_level, confidence, reasons FROM {LATEST} WHERE student_id = %s", student_id
    )
    html = shown(student_risk(edu, query=f"class={class_id}"))
    card = html.partition('class="ranked"')[2].partition("</li><li class=")[0]
    assert f"student.ipynb?student={student_id}&amp;class={class_id}" in card
    assert f"<b>{int(score)}</b> of 100" in card
    assert f"{level}</b>" in card
    assert f"confidence {confidence:.0%}" in card
    assert reasons
    for reason in reasons:
        assert reason["sentence"] in card
    assert "a hint and not a verdict" in html


def test_opening_writes_nothing(school: Database, edu: Workbench, class_id: int) -> None:
    """To look at a class and at a student leaves no trace."""
    count = "SELECT (SELECT count(*) FROM outbox), (SELECT count(*) FROM audit_events)"
    before = rows(school, count)
    student_risk(edu, query=f"class={class_id}&student={worst(school, class_id)}")
    assert rows(school, count) == before


def test_a_students_timeline(school: Database, edu: Workbench, class_id: int) -> None:
    """A name in a list opens the student: every prediction is in the chart, in the sentence and in the table."""
    student_id = worst(school, class_id)
    view = student_risk(edu, query=f"class={class_id}")
    panel(view, 'class="ranked"').picked = {"student": student_id, "count": 1}
    assert named(view, "Student").value == student_id
    said = rows(
        school, "SELECT risk_score FROM risk_predictions WHERE student_id = %s ORDER BY predicted_on", student_id
    )
    html = shown(view)
    assert f"{len(said)} predictions from" in html
    assert '<div class="evidence">' in html
    assert html.partition("Predictions of the student")[2].partition("</table>")[0].count("<tr>") == len(said) + 1
    chart = next(one for one in walk(view) if isinstance(one, Chart) and "predictions from" in one.summary)
    assert chart.summary in html
    state = chart.get_state()
    assert state["data.0.y"] == [score for (score,) in said]
    assert len(state["layout.shapes"]) == 3
    acts = "SELECT count(*) FROM interventions WHERE student_id = %s"
    assert len(state["data.2.x"]) == rows(school, acts, student_id)[0][0]
    assert panel(view, "<h2 tabindex").arrivals == 1


def test_a_teachers_round(school: Database, edu: Workbench, class_id: int) -> None:
    """Dismissing needs a reason; what is dismissed, logged and noted is in the database and on the page at once."""
    student_id = worst(school, class_id)
    view = student_risk(edu, query=f"class={class_id}&student={student_id}")
    ((prediction,),) = rows(school, f"SELECT id FROM {LATEST} WHERE student_id = %s", student_id)
    teacher = "(SELECT u.id FROM users u JOIN accounts a ON a.id = u.account_id WHERE a.email = %s LIMIT 1)"
    given = "SELECT action, reason FROM risk_responses WHERE prediction_id = %s AND user_id = " + teacher
    named(view, "Dismiss").click()
    assert "A dismissal needs a reason" in shown(view)
    assert rows(school, given, prediction, DEMO_TEACHER) == []
    named(view, "Why it does not apply (to dismiss it)").value = "Works <on> paper."
    named(view, "Dismiss").click()
    assert rows(school, given, prediction, DEMO_TEACHER) == [("dismissed", "Works <on> paper.")]
    html = shown(view)
    assert "You have dismissed the prediction." in html
    assert "“Works &lt;on&gt; paper.”" in html
    assert named(view, "Why it does not apply (to dismiss it)").value == ""
    named(view, "Acknowledge").click()
    assert len(rows(school, given, prediction, DEMO_TEACHER)) == 2
    assert "Acknowledged by" in shown(view)
    named(view, "What was done").value = "study_plan"
    named(view, "What was said or agreed").value = "Twenty minutes a day."
    named(view, "Log the intervention").click()
    logged = "SELECT id, kind, prediction_id, outcome FROM interventions WHERE student_id = %s AND note = %s"
    ((done, kind, answers, outcome),) = rows(school, logged, student_id, "Twenty minutes a day.")
    assert (kind, answers, outcome) == ("study_plan", prediction, None)
    assert "Twenty minutes a day." in shown(view)
    panel(view, "What was done</h2>").picked = {"choice": f"{done} improved", "count": 1}
    assert rows(school, logged, student_id, "Twenty minutes a day.")[0][3] == "improved"
    assert "outcome: <b>improved</b>" in shown(view)
    assert rows(school, "SELECT count(*) FROM outbox WHERE student_id = %s", student_id) == [(4,)]


def test_a_double_click_logs_once(school: Database, edu: Workbench, class_id: int) -> None:
    """The second click finds nothing chosen and is ignored; without a choice nothing is ever logged."""
    student_id = worst(school, class_id)
    view = student_risk(edu, query=f"class={class_id}&student={student_id}")
    count = "SELECT count(*) FROM interventions WHERE student_id = %s"
    ((before,),) = rows(school, count, student_id)
    named(view, "Log the intervention").click()
    assert "Choose what was done" in shown(view)
    named(view, "What was done").value = "tutoring"
    for _ in range(2):
        named(view, "Log the intervention").click()
    assert rows(school, count, student_id) == [(before + 1,)]
    html = shown(view)
    assert "The intervention is logged." in html
    assert "Choose what was done" not in html
    assert named(view, "What was done").value == ""


def test_an_answer_holds_on_the_next_morning(school: Database, edu: Workbench, class_id: int) -> None:
    """Who was answered stays so when the server predicts the same again, and is back when it predicts worse."""
    query = f"SELECT e.student_id, p.id FROM {ENROLLED} AND risk_level = 'high' ORDER BY p.risk_score DESC LIMIT 1"
    ((student_id, prediction),) = rows(school, query, class_id)
    before = int(figures(shown(student_risk(edu, query=f"class={class_id}")))["To be looked at"])
    edu.respond_to_risk(str(prediction), "acknowledged")
    answered = int(figures(shown(student_risk(edu, query=f"class={class_id}")))["To be looked at"])
    assert answered in {before - 1, before}
    for day, level, more in (("2026-06-16", "high", 0), ("2026-06-17", "critical", 1)):
        change(
            school,
            "INSERT INTO risk_predictions (institution_id, id, student_id, model_id, predicted_on, risk_score,"
            " risk_level, confidence, predicted_at) SELECT institution_id, gen_random_uuid(), student_id, model_id,"
            f" '{day}', risk_score, '{level}', confidence, predicted_at FROM risk_predictions"
            f" WHERE id = '{prediction}'",
        )
        html = shown(student_risk(edu, query=f"class={class_id}&student={student_id}"))
        assert int(figures(html)["To be looked at"]) == answered + more
        assert ("which was high: it is worse now" in html) == bool(more)
    change(school, "DELETE FROM risk_predictions WHERE predicted_on > '2026-06-15'")


def test_who_has_left_meanwhile_is_told(school: Database, edu: Workbench, class_id: int) -> None:
    """For a student who left the class since a teacher does nothing; the case closes, the lists go on without them."""
    student_id = worst(school, class_id)
    before = rows(school, "SELECT count(*) FROM risk_responses")
    view = student_risk(edu, query=f"class={class_id}&student={student_id}")
    of = f"WHERE student_id = {student_id} AND class_id = {class_id}"
    change(school, f"UPDATE enrolments SET left_at = now() {of} AND left_at IS NULL")
    try:
        named(view, "Acknowledge").click()
        html = shown(view)
        assert rows(school, "SELECT count(*) FROM risk_responses") == before
        assert "no longer in this class" in html
        assert "Scores over time" not in html
        assert f'data-student="{student_id}"' not in html
        assert named(view, "Student").value == 0
        panel(view, 'class="ranked"').picked = {"student": student_id, "count": 1}
        assert "no longer in this class" in shown(view)
    finally:
        change(school, f"UPDATE enrolments SET left_at = NULL {of} AND left_at > '2026-06-30'")


def test_the_other_kind_without_a_note_is_refused(school: Database, edu: Workbench, class_id: int) -> None:
    """What the rules refuse is a sentence beside the form, and what is shown stays."""
    view = student_risk(edu, query=f"class={class_id}&student={worst(school, class_id)}")
    named(view, "What was done").value = "other"
    named(view, "Log the intervention").click()
    html = shown(view)
    assert "needs a note" in html
    assert "Scores over time" in html


def test_the_address_keeps_class_and_student(school: Database, edu: Workbench, class_id: int) -> None:
    """A link to the page opens it as it is."""
    view = student_risk(edu, query=f"class={class_id}")
    student_id = worst(school, class_id)
    named(view, "Student").value = student_id
    (address,) = (one for one in walk(view) if isinstance(one, Address))
    days = {"topics": "", "from": "", "to": ""}
    assert address.parameters == {"class": str(class_id), "student": str(student_id), "concept": "", "sort": "", **days}
    again = student_risk(edu, query=f"class={class_id}&student={student_id}")
    assert named(again, "Student").value == student_id
    other = next(value for _, value in named(view, "Class").options if value != class_id)
    named(view, "Class").value = other
    assert address.parameters["class"] == str(other)
    assert address.parameters["student"] in {"", str(student_id)}


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("class=1", "class 1, not yours to see"),
        ("student=5", "the student 5, not found in this class"),
        ("class=x", "not an id"),
    ],
)
def test_a_wrong_link_falls_back_visibly(edu: Workbench, query: str, sentence: str) -> None:
    """A link that asks for what is not there opens the nearest view and says so."""
    html = shown(student_risk(edu, query=query))
    assert sentence in html
    assert 'class="everybody"' in html


def test_the_file_is_what_is_shown(school: Database, edu: Workbench, class_id: int) -> None:
    """The CSV has the rows of the table in their order, and days as days."""
    view = student_risk(edu, query=f"class={class_id}")
    menu = next(one for one in walk(view) if isinstance(one, ExportMenu) and "student" in one.label)
    name, content = menu.file("csv")
    assert name.startswith("risk-")
    html = shown(view).partition('class="everybody"')[2]
    lines = content.decode("utf-8-sig").splitlines()
    ids = [line.split(",")[0] for line in lines if re.match(r"\d{10,},", line)]
    assert ids == re.findall(r'data-student="(\d+)"', html)
    assert ",2026-06-15," in content.decode()
    assert "00:00:00" not in content.decode()


def test_old_predictions_are_told_to_be(school: Database, class_id: int) -> None:
    """Seen five weeks later, the page says how old the scores are, and what brings new ones."""
    later = Settings(
        viewer_url=school.teacher.database_url,
        frozen_now=datetime(2026, 7, 20, 20, tzinfo=UTC),
    )
    with edukit.connect(later) as edu:
        view = student_risk(edu, query=f"class={class_id}&student=5")
        html = shown(view)
        assert "35 days old" in html
        assert "edukit models score risk" in html
        # To act or to turn a page changes neither that nor what the link asked for in vain.
        named(view, "Student").value = worst(school, class_id)
        named(view, "Acknowledge").click()
        assert "You have acknowledged" in shown(view)
        next(one for one in walk(view) if "edukit-pager" in getattr(one, "_dom_classes", ())).children[2].click()
        html = shown(view)
        assert "35 days old" in html
        assert "the student 5, not found" in html


def test_an_edukit_error_is_a_card(edu: Workbench, class_id: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that goes away while the page is open is a card, and the next choice works again."""
    view = student_risk(edu, query=f"class={class_id}")

    def fail(_class: object) -> None:
        raise StoreError("PostgreSQL does not answer.")

    with monkeypatch.context() as patch:
        patch.setattr(edu, "risk", fail)
        named(view, "Class").value = next(v for _, v in named(view, "Class").options if v != class_id)
        assert "PostgreSQL does not answer." in shown(view)
        assert "<table" not in shown(view)
    named(view, "Class").value = class_id
    assert "PostgreSQL does not answer." not in shown(view)
    assert "<table" in shown(view)


PEOPLE = {
    1: "<script>alert(1)</script>",
    2: "عبد الرحمن بن خالد",
    3: "欧阳 娜娜",
    4: "Ada 🦉",
    5: "Maximiliane Alexandra Theodora Freifrau von Hohenstein-Wittgenau zu Oberkirchen-Niede",
}


@pytest.fixture
def odd(database: Database) -> Database:
    """A school with an empty class, a class of one, one of five odd names and one of 400, without predictions."""
    change(
        database,
        "INSERT INTO institutions (id, name) VALUES (1, 'Odd')",
        "INSERT INTO classes (institution_id, id, name) VALUES (1, 1, 'Empty'), (1, 2, 'One'), (1, 3, 'Odd'),"
        " (1, 4, 'Many')",
        "INSERT INTO users (institution_id, id, role, name)"
        " SELECT 1, n, 'student', 'Student ' || n FROM generate_series(1, 405) AS n",
        *(f"UPDATE users SET name = '{name}' WHERE id = {id_}" for id_, name in PEOPLE.items()),
        "INSERT INTO students (institution_id, id) SELECT 1, n FROM generate_series(1, 405) AS n",
        "INSERT INTO enrolments (institution_id, id, class_id, student_id) SELECT 1, n, CASE WHEN n <= 5 THEN 3"
        " ELSE 4 END, n FROM generate_series(1, 405) AS n",
        "INSERT INTO enrolments (institution_id, id, class_id, student_id) VALUES (1, 1000, 2, 4)",
        "INSERT INTO risk_models (institution_id, id, name, version, kind) VALUES (1, 1, 'a rule', 1, 'rule')",
        "INSERT INTO users (institution_id, id, role, name) VALUES (1, 9000, 'admin', 'Ada Admin')",
    )
    return database


@pytest.fixture
def odd_edu(odd: Database) -> Iterator[Workbench]:
    """The Workbench of an admin of the odd school."""
    with edukit.connect(Settings(viewer_url=odd.minted(1, 9000).database_url, frozen_now=AS_OF)) as edu:
        yield edu


def predict(database: Database, score: str) -> None:
    """Of everybody, some score of the same day."""
    level = "(ARRAY['low', 'medium', 'high', 'critical'])[1 + (s > 29)::int + (s > 49)::int + (s > 69)::int]"
    change(
        database,
        "INSERT INTO risk_predictions (institution_id, id, student_id, model_id, predicted_on, risk_score, risk_level,"
        f" confidence, predicted_at) SELECT 1, gen_random_uuid(), id, 1, '2026-06-15', s, {level}, 0.5, now()"
        f" FROM (SELECT id, {score} AS s FROM students) said",
    )


def test_no_classes_says_what_to_do(empty: Database) -> None:
    """An empty store is a sentence with the two commands that fill it."""
    with edukit.connect(Settings(viewer_url=empty.viewer.database_url, frozen_now=AS_OF)) as edu:
        assert "edukit seed" in shown(student_risk(edu))


@pytest.mark.parametrize(
    ("class_id", "sentence", "table"),
    [
        (1, "Nobody is enrolled", False),
        (2, "Nothing has been predicted", True),
        (3, "Nothing has been predicted", True),
    ],
)
def test_nothing_to_show_is_a_sentence(odd_edu: Workbench, class_id: int, sentence: str, *, table: bool) -> None:
    """An empty class, and classes of whom nothing was predicted, say so, and draw no empty chart."""
    html = shown(student_risk(odd_edu, query=f"class={class_id}"))
    assert sentence in html
    assert ('class="everybody"' in html) == table
    assert "By level and trend" not in html


def test_a_student_without_predictions_can_be_helped(odd: Database, odd_edu: Workbench) -> None:
    """Their case says that nothing was predicted, offers no answer to it, and lets an intervention be logged."""
    view = student_risk(odd_edu, query="class=2&student=4")
    html = shown(view)
    assert "Nothing has been predicted of this student yet" in html
    assert "About the latest prediction" not in html
    assert "Log an intervention" in html
    named(view, "What was done").value = "conversation"
    named(view, "Log the intervention").click()
    assert "The intervention is logged." in shown(view)
    assert rows(odd, "SELECT student_id, prediction_id, made_by FROM interventions") == [(4, None, 9000)]


def test_nobody_at_risk_is_a_sentence(odd: Database, odd_edu: Workbench) -> None:
    """When everybody is low there is a sentence instead of a list, and the chart stays."""
    predict(odd, "3")
    html = shown(student_risk(odd_edu, query="class=3"))
    assert "Nobody is at risk" in html
    assert "By level and trend" in html
    assert "0 critical, 0 high, 0 medium, 5 low" in html


def test_little_known_is_not_low(odd: Database, odd_edu: Workbench) -> None:
    """Of whom nothing is known no score is shown, and they are not counted as low; of all, a sentence says so."""
    predict(odd, "3")
    change(odd, "UPDATE risk_predictions SET risk_score = 0, confidence = 0 WHERE student_id = 2")
    html = shown(student_risk(odd_edu, query="class=3&student=2"))
    assert "0 critical, 0 high, 0 medium, 4 low" in html
    assert "Too little is known of this student yet" in html
    assert "1 of whom too little is known" in html
    assert "0</b> of 100" not in html
    assert "(low)" not in html
    assert "About the latest prediction" not in html
    assert "Nothing can be said yet, so there is no chart." in html
    assert "<td>too little known</td>" in html
    change(odd, "UPDATE risk_predictions SET risk_score = 0, confidence = 0")
    html = shown(student_risk(odd_edu, query="class=3"))
    assert "Too little is known of these students yet" in html
    assert "Nobody is at risk" not in html


def test_a_score_below_a_level_does_not_read_as_the_level(odd: Database, odd_edu: Workbench) -> None:
    """29.6 is low and reads 29, in every place."""
    predict(odd, "29.6")
    change(odd, "UPDATE risk_predictions SET risk_level = 'low'")
    html = shown(student_risk(odd_edu, query="class=3&student=2"))
    assert "<b>29</b> of 100" in html
    assert "<td>29</td>" in html
    assert not re.search(r">30<|30 of 100", html)


def test_namesakes_are_numbered(odd: Database, odd_edu: Workbench) -> None:
    """Two of one name are told apart as on the other pages, in the picker and in the lists."""
    change(odd, "UPDATE users SET name = 'Ada' WHERE id IN (4, 5)")
    predict(odd, "80")
    view = student_risk(odd_edu, query="class=3")
    assert {"Ada (1)", "Ada (2)"} < {name for name, _ in named(view, "Student").options}
    assert shown(view).count("Ada (2)") >= 2


@pytest.mark.parametrize("days", [7, 13, 14])
def test_a_direction_takes_two_weeks(odd: Database, odd_edu: Workbench, days: int) -> None:
    """A score of last week makes no trend."""
    predict(odd, "80")
    change(
        odd,
        "INSERT INTO risk_predictions (institution_id, id, student_id, model_id, predicted_on, risk_score, risk_level,"
        " confidence, predicted_at) SELECT institution_id, gen_random_uuid(), student_id, model_id,"
        f" predicted_on - {days}, 10, 'low', confidence, predicted_at FROM risk_predictions",
    )
    html = shown(student_risk(odd_edu, query="class=3"))
    assert figures(html)["Rising"] == ("5" if days == 14 else "0")


def test_a_class_costs_no_more_statements(odd: Database, odd_edu: Workbench) -> None:
    """With a student opened the page asks as often for five students as for four hundred."""
    predict(odd, "80")
    assert odd_edu.may_act  # asked once of a Workbench, whatever it opens
    engine, counts = engine_for(odd.minted(1, 9000).database_url), set()
    for query in ("class=3&student=5", "class=4&student=6"):
        sent: list[str] = []
        record = lambda _connection, _cursor, statement, *_rest, sent=sent: sent.append(statement)  # noqa: E731
        event.listen(engine, "before_cursor_execute", record)
        assert "Scores over time" in shown(student_risk(odd_edu, query=query))
        event.remove(engine, "before_cursor_execute", record)
        counts.add(len(sent))
    assert len(counts) == 1
    assert max(counts) > 3


def test_names_are_escaped(odd: Database, odd_edu: Workbench) -> None:
    """Names of any script stand on the page whole, in every list; one that is HTML stays a name."""
    predict(odd, "80")
    html = shown(student_risk(odd_edu, query="class=3&student=1"))
    assert "<script" not in html
    for name in list(PEOPLE.values())[1:]:
        assert html.count(name) >= 2
    assert html.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 3


def test_a_large_class_is_paged(odd: Database, odd_edu: Workbench) -> None:
    """Of 400 students each stands on one page of each list, and turning fetches nothing."""
    predict(odd, "id % 100")
    view = student_risk(odd_edu, query="class=4")
    cards, lines = (one for one in walk(view) if "edukit-pager" in getattr(one, "_dom_classes", ()))
    assert "of 280 students" in cards.children[1].value
    assert "of 400 students" in lines.children[1].value
    seen = []
    for _ in range(7):
        seen += re.findall(r'data-student="(\d+)"', shown(view).partition('class="everybody"')[2])
        lines.children[2].click()
    assert len(seen) == len(set(seen)) == 400
    figures_ = figures(shown(view))
    assert (figures_["Students"], figures_["High or critical"]) == ("400", "200")


def test_days_say_which_predictions_and_interventions_are_shown(
    school: Database, edu: Workbench, class_id: int
) -> None:
    """Of one student the predictions of the days are in sentence and table; the class stands as it is, and says so."""
    student_id = worst(school, class_id)
    days = [
        on
        for (on,) in rows(
            school, "SELECT predicted_on FROM risk_predictions WHERE student_id = %s ORDER BY predicted_on", student_id
        )
    ]
    whole = student_risk(edu, query=f"class={class_id}&student={student_id}")
    view = student_risk(edu, query=f"class={class_id}&student={student_id}&from={days[1]}&to={days[2]}")
    assert "2 predictions from" in shown(view)
    assert "the class stands as it is now" in shown(view)
    assert panel(view, 'class="ranked"').html == panel(whole, 'class="ranked"').html
    none = shown(student_risk(edu, query=f"class={class_id}&student={student_id}&to=2001-01-01"))
    assert "Nothing was predicted up to 1 Jan 2001." in none
    assert "Nothing was logged for this student up to 1 Jan 2001." in none
