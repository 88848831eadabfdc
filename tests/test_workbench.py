"""The front door: connect, close, and what it says when it cannot."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from pydantic import SecretStr

import edukit
from edukit.db.roles import url_of
from edukit.ops.seed import DEMO_TEACHER
from edukit.queries.frames import FRAMES
from edukit.settings import Settings

if TYPE_CHECKING:
    from conftest import Database, House

    from edukit.workbench import Workbench


def at(house: House, **chosen: object) -> Settings:
    """The settings of the demo school's home, with some chosen anew."""
    assert house.demo
    return house.settings.model_copy(update=chosen)


def first(house: House) -> str:
    """Name of the institution that the demo's reader looks into."""
    return str(house.demo.class_names()["institution"].iloc[0])


def test_connect_opens_the_stores_of_the_home(house: House) -> None:
    """Without a ready login, connect() finds the embedded stores and reads as an analyst of one institution."""
    with edukit.connect(at(house, institution=first(house))) as edu:
        assert len(edu.classes()) == len(house.demo.classes()) > 0
        assert edu.now == house.settings.frozen_now
        assert edu.sql("SELECT DISTINCT name FROM institutions")["name"].tolist() == [first(house)]


def test_which_institution_is_told(house: House) -> None:
    """Of several none is guessed: they are named, and so is the variable; one that there is not is told."""
    for name, told in ((None, "is not told"), ("Nowhere", "is 'Nowhere'")):
        with pytest.raises(edukit.NotFound, match=rf"EDUKIT_INSTITUTION {told}.*{first(house)}"):
            edukit.connect(at(house, institution=name))


def test_analysts_read_pseudonyms(house: House) -> None:
    """Frames have the same people without their names and words, and no name unless EDUKIT_NAMES is set."""
    class_id = int(house.demo.home()["class_id"].iloc[0])
    whole = house.demo.students(class_id)
    with edukit.connect(at(house, institution=first(house))) as edu:
        pseudonyms = edu.students(class_id)
        submissions = edu.submissions(int(whole["student_id"].iloc[0]))
    with edukit.connect(at(house, institution=first(house), names=True)) as edu:
        names = edu.students(class_id)
    assert set(pseudonyms["student_id"]) == set(whole["student_id"])
    assert pseudonyms["student"].str.fullmatch("Student [0-9A-F]{8}").all()
    assert submissions["body"].isna().all()
    pd.testing.assert_frame_equal(names, whole)


def test_what_was_looked_by_sees_nothing_afterwards(house: House) -> None:
    """The login of a Workbench ends with it."""
    with edukit.connect(at(house, institution=first(house))) as edu:
        assert len(edu.class_names())
    with pytest.raises(edukit.SignedOut, match="sign in again"):
        edu.class_names()


def test_only_an_account_acts(house: House) -> None:
    """Without EDUKIT_USER nobody looks and the login may only read; with it, its user does, who may act."""
    may_act = "SELECT pg_has_role('edukit_teacher', 'MEMBER') AS may"
    with edukit.connect(at(house, institution=first(house))) as edu:
        assert (len(edu.me()), edu.sql(may_act)["may"].tolist()) == (0, [False])
    with edukit.connect(at(house, user=DEMO_TEACHER)) as edu:
        assert (edu.me()["role"].tolist(), edu.sql(may_act)["may"].tolist()) == (["teacher"], [True])


def test_a_home_without_a_schema_says_what_to_do(tmp_path: Path) -> None:
    """An empty home is an error with its next step, not an empty frame, and its stores do not stay running."""
    with pytest.raises(edukit.MigrationError, match=r"no schema yet.*edukit up"):
        edukit.connect(Settings(home=tmp_path / "home"))


def test_a_wrong_login_is_one_sentence(migrated: Database) -> None:
    """A login that the database refuses is named without its password."""
    url = url_of("edukit_app", migrated.admin_url).replace("edukit_app:", "edukit_app:wrong")
    with edukit.connect(Settings(viewer_url=SecretStr(url))) as edu, pytest.raises(edukit.StoreError) as caught:
        edu.classes()
    assert "edukit_app" in str(caught.value)
    assert "doctor" in str(caught.value)
    assert "wrong" not in str(caught.value)


def test_the_schema_is_told_to_a_viewer(demo: Workbench) -> None:
    """Tables, columns and the map of the sources are frames as declared, and agree with each other."""
    found = {"tables": demo.tables(), "columns": demo.columns(), "sources": demo.sources()}
    for name, frame in found.items():
        declared = {column.name: column for column in FRAMES[name].columns}
        assert {column: str(dtype) for column, dtype in frame.dtypes.items()} == {
            column.name: column.dtype for column in declared.values()
        }
        assert not frame[[column for column in declared if not declared[column].nullable]].isna().any(axis=None)
    assert set(found["sources"]["table"]) <= set(found["columns"]["table"]) == set(found["tables"]["table"])
    assert demo.columns("topics")["column"].tolist()[:2] == ["institution_id", "id"]


def test_importing_edukit_is_light_and_changes_nothing() -> None:
    """Import edukit loads no database driver, no pandas, and opens nothing."""
    program = "import sys, edukit; print(*{'pandas', 'sqlalchemy', 'psycopg', 'pydantic'} & set(sys.modules))"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == ""


def test_the_readmes_example_runs(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the README shows to analysts works as it stands."""
    for name, value in house.viewers_environment.items():
        monkeypatch.setenv(name, value)
    readme = (Path(__file__).parents[1] / "README.md").read_text()
    (example,) = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    shown: dict[str, object] = {}
    exec(example, shown)  # noqa: S102 - it is our own README
    assert len(shown["classes"]) > 0  # type: ignore[arg-type]
