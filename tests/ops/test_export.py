"""Exports: any frame by its name, wholly or not at all, and what is wrong in a sentence."""

from __future__ import annotations

import inspect
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import openpyxl
import pandas as pd
import pytest

from edukit.errors import ActionError, NotFound
from edukit.ops import export as exporting
from edukit.ops.export import asked, export, exportable
from edukit.ops.formats import FORMATS
from edukit.ops.seed import DEMO_TEACHER
from edukit.queries.frames import CLASSES, FRAMES
from edukit.workbench import Workbench

if TYPE_CHECKING:
    from conftest import House

ASKED_OF_A_CLASS = {"attempts", "interventions", "bottlenecks", "ready_to_learn", "forgetting"}
"""Frames that are asked of a class, of a student or of both."""


@pytest.fixture
def edu(house: House) -> Workbench:
    """The demo school, as its admin sees it."""
    settings = house.demo._settings
    return Workbench(house.home_database.of(DEMO_TEACHER.replace("teacher", "admin")), settings)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to stand in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def exported(edu: Workbench, name: str, given: dict[str, str] | None = None, **more: Any) -> str:
    """Export without a bar."""
    return export(edu, name, given or {}, progress=lambda _stage, _share: None, **more)


def needed(edu: Workbench, name: str) -> dict[str, str]:
    """What a frame must be asked by, as a command would have it, from the other frames."""
    class_ = str(edu.classes().query("attempts > 0")["class_id"].iloc[0])
    known = {
        "class_": class_,
        "student_id": str(edu.class_mastery(int(class_))["student_id"].iloc[0]),
        "grievance_id": str(edu.grievances()["grievance_id"].iloc[0]),
        "text": "a",
        "concept_id": str(edu.bottlenecks(int(class_))["concept_id"].iloc[0]),
    }
    if name == "audit":
        # Each export is one more act.
        return {"until": edu.now.isoformat()}
    takes = inspect.signature(getattr(edu, name)).parameters.items()
    needs = {each: known[each] for each, parameter in takes if parameter.default is parameter.empty}
    return {"class_": class_} if name in ASKED_OF_A_CLASS else needs


@pytest.mark.parametrize("name", FRAMES)
def test_every_frame_can_be_exported(edu: Workbench, folder: Path, name: str) -> None:
    """As parquet it is the frame that the Workbench gives; as csv and xlsx it has the same rows and columns."""
    given = needed(edu, name)
    for format_ in FORMATS:
        told = exported(edu, name, given, out=folder / f"frame.{format_}")
        assert told.endswith(f"rows of {name} are in {folder / f'frame.{format_}'}.")
    frame = getattr(edu, name)(**{each: int(value) if value.isdecimal() else value for each, value in given.items()})
    days = dict.fromkeys(frame.select_dtypes("datetime64[s]"), "datetime64[ms]")
    pd.testing.assert_frame_equal(pd.read_parquet(folder / "frame.parquet"), frame.astype(days))
    assert pd.read_csv(folder / "frame.csv", encoding="utf-8-sig").shape == frame.shape
    sheet = openpyxl.load_workbook(folder / "frame.xlsx").worksheets[0]
    assert (sheet.max_row - 1, sheet.max_column) == frame.shape


def test_the_workbench_gives_every_frame(edu: Workbench) -> None:
    """No declared frame is without a method of its name."""
    assert exportable(edu) == list(FRAMES)


def test_a_new_frame_needs_no_line(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A method with the name of a declared frame is enough; its parameters become options, typed as it has them."""
    told: list[object] = []

    class Other:
        def record_export(self, frame: str, **about: object) -> None:
            told.extend([frame, about])

        def classes(self, place: int, kind: str, class_: int | str = 7) -> pd.DataFrame:
            told.extend([place, kind, class_])
            return CLASSES.of([])

    given = asked(class_="8", student_id=None, where=["place=3", "kind=4=5"])
    assert exported(Other(), "classes", given).startswith("0 rows of classes")  # type: ignore[arg-type]
    assert told == [3, "4=5", "8", "classes", {"rows": 0, "format_": "csv", "class_": "8"}]
    assert [path.name for path in folder.iterdir()] == ["classes-8-3-4-5.csv"]


@pytest.mark.parametrize(
    ("name", "given", "told"),
    [
        ("clases", {}, "no frame 'clases' to export; there are .*classes, class_mastery"),
        ("close", {}, "no frame 'close'"),
        ("class_mastery", {}, "class_mastery needs --class NAME_OR_ID"),
        ("class_mastery", {"class_": "no such"}, "no class 'no such'"),
        ("risk_history", {"student_id": "Ann"}, "--student ID takes a number, not 'Ann'"),
        ("tables", {"student_id": "1"}, "tables knows no --student ID: leave it out"),
        ("columns", {"class_": "7A"}, "knows no --class NAME_OR_ID: what it takes is --where table=VALUE"),
        ("attempts", {}, r"attempts\(\) needs a class or a student_id.*--class NAME_OR_ID, --student ID"),
    ],
)
def test_what_is_wrong_is_a_sentence(edu: Workbench, folder: Path, name: str, given: dict[str, str], told: str) -> None:
    """It names the frame, the rule and what to do, and no file is left."""
    with pytest.raises((ActionError, NotFound), match=told):
        exported(edu, name, given)
    assert list(folder.iterdir()) == []


def test_a_place_that_takes_no_file_is_told(edu: Workbench) -> None:
    """A folder that is not there, and one in which nobody writes."""
    with pytest.raises(ActionError, match=r"There is no folder no/such for x\.csv"):
        exported(edu, "classes", out=Path("no/such/x.csv"))
    with pytest.raises(ActionError, match=r"/proc/x\.csv cannot be written: "):
        exported(edu, "classes", out=Path("/proc/x.csv"))


def test_where_takes_a_name_and_a_value() -> None:
    """Anything else is told so."""
    with pytest.raises(ActionError, match="NAME=VALUE, not 'topics'"):
        asked(class_=None, student_id=None, where=["topics"])


def test_a_defect_is_not_taken_for_a_wrong_question(edu: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A TypeError of the code itself comes through as what it is."""

    def classes() -> pd.DataFrame:
        raise TypeError("'int' object is not callable")

    monkeypatch.setattr(edu, "classes", classes)
    with pytest.raises(TypeError, match="not callable"):
        exported(edu, "classes")


def test_a_file_is_replaced_only_by_force(edu: Workbench, folder: Path) -> None:
    """One that is there stays to the last byte; with force it is the new one; a folder is never replaced."""
    (folder / "classes.csv").write_text("mine")
    with pytest.raises(ActionError, match=r"classes\.csv is there already.*--force"):
        exported(edu, "classes")
    assert (folder / "classes.csv").read_text() == "mine"
    exported(edu, "classes", force=True)
    assert len(pd.read_csv("classes.csv", encoding="utf-8-sig")) == len(edu.classes())
    (folder / "all.csv").mkdir()
    with pytest.raises(ActionError, match="is there already"):
        exported(edu, "classes", out=Path("all.csv"), force=True)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(28, "No space left on device"), "classes.csv cannot be written: No space left on device"),
        (KeyboardInterrupt("now"), "now"),
        (ValueError("defect"), "defect"),
    ],
)
def test_nothing_is_left_half_done(
    edu: Workbench, folder: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, told: str
) -> None:
    """A full disk, Ctrl-C or a defect in the middle leaves what was there and nothing else."""

    def breaks(_frame: pd.DataFrame, _declared: object, file: BinaryIO, _progress: object) -> None:
        file.write(b"half")
        raise error

    (folder / "classes.csv").write_text("mine")
    monkeypatch.setitem(exporting.FORMATS, "csv", breaks)
    with pytest.raises(ActionError if isinstance(error, OSError) else type(error), match=told):
        exported(edu, "classes", force=True)
    assert {path.name: path.read_text() for path in folder.iterdir()} == {"classes.csv": "mine"}


def test_the_format_is_what_the_name_says(edu: Workbench, folder: Path) -> None:
    """The ending of the file tells it, a format that is given rules, and a file is for its owner alone."""
    exported(edu, "classes", out=folder / "a.parquet")
    exported(edu, "classes", out=folder / "b.parquet", format_="csv")
    exported(edu, "classes", out=folder / "c.txt")
    pd.testing.assert_frame_equal(pd.read_parquet(folder / "a.parquet"), edu.classes())
    assert (folder / "b.parquet").read_bytes() == (folder / "c.txt").read_bytes()
    assert (folder / "a.parquet").stat().st_mode & 0o777 == 0o600


def test_progress_is_told(edu: Workbench) -> None:
    """First that it reads, then how much is written, to the end."""
    told: list[tuple[str, float]] = []
    export(edu, "classes", {}, progress=lambda stage, share: told.append((stage, share)))
    assert told == [("reading", 0.0), ("writing", 1.0)]


def test_a_terminal_gets_no_workbook(edu: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes that a terminal cannot show are refused before anything is read."""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdout", Terminal())
    with pytest.raises(ActionError, match="terminal cannot show xlsx"):
        exported(edu, "classes", out=Path("-"), format_="xlsx")
