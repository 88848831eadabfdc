"""Classes side by side on the demo school: what is told is true of the answers, and small groups are not told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import psycopg
import pytest

import edukit
from edukit.analytics.class_comparison import TOGETHER
from edukit.analytics.mastery import LEVELS
from edukit.queries.frames import CLASS_COMPARISON
from edukit.workbench import Workbench, comparison

if TYPE_CHECKING:
    from conftest import House


@pytest.fixture
def class_id(demo: Workbench) -> int:
    """The class of the demo school with the most answers."""
    return int(demo.classes().set_index("class_id")["attempts"].idxmax())


def test_its_figures_are_those_of_class_mastery(demo: Workbench, class_id: int) -> None:
    """A class's row counts its students by the mean of their scores on the topic's concepts."""
    found = demo.compare_classes(class_id)
    assert {name: str(dtype) for name, dtype in found.dtypes.items()} == {
        column.name: column.dtype for column in CLASS_COMPARISON.columns
    }
    own = found[(found["class_id"] == class_id) & (found["students_answered"].fillna(0) > 0)]
    assert len(own)
    known = demo.class_knowledge(class_id).known
    for row in own.to_dict("records"):
        answered = known.answered & (known.concepts["topic_id"] == row["topic_id"]).to_numpy()
        scores = [known.score[place][marks].mean() for place, marks in enumerate(answered) if marks.any()]
        assert row["students_answered"] == len(scores)
        assert row["beginning"] == sum(score < 50 for score in scores)
        assert row["share_proficient"] == pytest.approx(sum(score >= 80 for score in scores) / len(scores))
        assert sum(row[level] for level in LEVELS) == len(scores)


def test_small_groups_are_not_told(demo: Workbench) -> None:
    """Whatever the class, no row has one to four students, and one that is not told has no figure."""
    for class_id in demo.class_names()["class_id"].tolist():
        found = demo.compare_classes(class_id)
        assert not found["students_answered"].between(1, 4).any()
        assert found.loc[found["suppressed"], ["students_answered", *LEVELS, "share_proficient"]].isna().all(axis=None)
        told = found[found["class_id"].notna()].groupby("topic_id")["students_answered"].sum()
        together = found[found["class_name"] == TOGETHER].set_index("topic_id")["students_answered"]
        assert (together == told[together.index]).all()


def test_only_classes_of_the_subject(demo: Workbench, class_id: int) -> None:
    """They are those that the viewer sees with it, the class itself first; one of them can be asked for alone."""
    taught = demo.classes()
    subject = taught.set_index("class_id").loc[class_id, "subject"]
    alike = set(taught.loc[taught["subject"] == subject, "class_id"])
    found = demo.compare_classes(class_id)["class_id"].dropna().drop_duplicates().tolist()
    assert found[0] == class_id
    assert set(found) <= alike
    assert set(demo.classes_alike(class_id)) == alike
    if others := sorted(alike - {class_id}):
        alone = demo.compare_classes(class_id, others[:1])
        assert alone["class_id"].dropna().drop_duplicates().tolist() == [class_id, others[0]]


def test_one_that_is_asked_for_twice_is_there_once() -> None:
    """Whatever is repeated, each class has one row, the class itself first."""
    alike = pd.DataFrame({"class_id": [1, 2, 3], "class_name": ["7A", "7B", "7C"]})
    assert comparison._chosen(alike, 2, [3, 3, 2, 1, 3])["class_id"].tolist() == [2, 3, 1]


def test_nobody_elses_class(house: House, demo: Workbench) -> None:
    """A teacher compares their own, and a class of another teacher is as one that there is not."""
    teacher = Workbench(house.home_database.teacher, demo._settings)
    own = teacher.class_names()["class_id"].tolist()
    with psycopg.connect(house.home_database.admin_url) as admin:
        foreign = [id_ for (id_,) in admin.execute("SELECT id FROM classes ORDER BY id") if id_ not in own]
    assert foreign
    assert set(teacher.compare_classes(own[0])["class_id"].dropna()) <= {*own}
    with pytest.raises(edukit.NotFound, match="not among those of the subject that you may see"):
        teacher.compare_classes(own[0], [foreign[0]])
    with pytest.raises(edukit.NotFound, match="no class"):
        teacher.compare_classes(foreign[0])
    teacher.close()
