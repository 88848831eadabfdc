"""A rehearsal of every page on made-up rows: what Python and its libraries make at first use is then made already.

It stands on no store, connects to nothing and leaves nothing behind but what libraries keep for themselves: which
modules are there, how classes are mapped, how figures and statements are checked.
"""

from __future__ import annotations

import importlib
import logging
import warnings
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import ipywidgets as w
import pandas as pd
import zmq
from sqlalchemy.engine import IteratorResult
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.orm import configure_mappers

from edukit.analytics.knowledge import Standing, knowledge
from edukit.db.session import Viewer, new_engine
from edukit.queries.frames import FRAMES
from edukit.queries.outbox import Horizon
from edukit.queries.people import Looking
from edukit.settings import Settings
from edukit.workbench import Workbench

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sqlalchemy import Select

    from edukit.queries.frames import Column

PAGES: Final = ("home", "class_mastery", "next_lesson", "student", "student_risk", "grievances", "leaderboard")
NOBODY: Final = "postgresql://nobody@/"
QUERY: Final = "class=1&student=1&concept=1&grievance=1"
NOW: Final = datetime(2026, 6, 30, tzinfo=UTC)
_BY_DTYPE: Final[Mapping[str, Any]] = MappingProxyType({"str": "1", "float64": 50.0, "bool": True, "boolean": True})
_BY_NAME: Final[Mapping[str, str]] = MappingProxyType(
    {
        "category": "grade", "direction": "rose", "event_type": "practice", "kind": "tutoring", "level": "developing",
        "level_then": "developing", "risk_level": "high",
        "rarity": "rare", "role": "teacher", "severity": "low", "state": "open", "status": "open",
    }
)  # fmt: skip
"""Words that the pages know, where others would not do."""
_BY_TYPE: Final[Mapping[type, Any]] = MappingProxyType(
    {str: "1", float: 50.0, bool: True, datetime: NOW, date: NOW.date(), list: [], dict: {}}
)
_log = logging.getLogger(__name__)


def rehearse(pages: Sequence[str] = PAGES) -> None:
    """Show pages; one that cannot be shown leaves the others as warm."""
    configure_mappers()
    # The first option of the first socket looks at much of what there is, which each kernel would copy for it.
    with zmq.Context() as context, context.socket(zmq.ROUTER) as line:
        line.linger = 0
    edu = MadeUp()
    with warnings.catch_warnings():
        # What there is to warn of is said to whoever opens a page.
        warnings.simplefilter("ignore")
        for page in pages:
            try:
                getattr(importlib.import_module(f"edukit.ui.views.{page}"), page)(edu, query=QUERY)
            except Exception:  # noqa: BLE001 - the page itself says more, to whoever opens it
                _log.exception("The page %s could not be rehearsed, and opens more slowly.", page)
        w.Widget.close_all()


class MadeUp:
    """A Workbench of a teacher's, with one row in each frame; what would be asked of the database is only compiled."""

    now, role, may_act, mastery_thresholds = NOW, "teacher", True, (50.0, 80.0, 95.0)
    today, time_zone, mastery_is_modelled = NOW.date(), "UTC", False

    def __init__(self) -> None:
        self._asking = _Asking(Viewer(NOBODY), Settings.from_environment(frozen_now=NOW))

    def horizon(self) -> Horizon:
        """How far the database has come."""
        return Horizon(0, ())

    def class_knowledge(self, class_: int) -> Standing:
        """One student, who is weak on a concept that another needs."""
        with suppress(Exception):
            self._asking.class_knowledge(class_)
        students = pd.DataFrame({"student_id": [1], "student": ["1"]})
        concepts = pd.DataFrame({"concept_id": [1, 2], "topic_id": [1, 2], "concept_order": [0, 1]})
        concepts = concepts.assign(topic="1", concept="1", questions=1)
        scores = {"mastery_score": 50.0, "mastery_low": 40.0, "mastery_high": 60.0, "total_attempts": 9}
        mastery = pd.DataFrame({"student_id": [1], "concept_id": [1]}).assign(**scores, correct_attempts=5)
        needs = pd.DataFrame({"concept_id": [2], "prerequisite_id": [1], "direct": [True]})
        return Standing(knowledge(students, concepts, mastery, known_at=self.mastery_thresholds[1]), needs)

    def __getattr__(self, name: str) -> Callable[..., pd.DataFrame]:
        def made_up(*given: Any, **named: Any) -> pd.DataFrame:
            # However far it gets with rows that say nothing: more is compiled than would be otherwise.
            with suppress(Exception):
                getattr(self._asking, name)(*given, **named)
            return FRAMES[name].of([[_value(column) for column in FRAMES[name].columns]])

        return made_up


class _Asking(Workbench):
    _looking = Looking(1, "teacher", "UTC")

    @contextmanager
    def _reading(self) -> Iterator[Any]:
        yield _Session()


class _Session:
    """As much of a session as queries use: each statement is compiled, and answered with one row."""

    def __init__(self) -> None:
        # It has no connection, and is no other's: that of a login is kept.
        self._dialect = new_engine(NOBODY).dialect

    def execute(self, statement: Select[Any], *_: object) -> IteratorResult[Any]:
        statement.compile(dialect=self._dialect)
        columns = statement.selected_columns
        row = tuple(_BY_TYPE.get(column.type.python_type, 1) for column in columns)
        return IteratorResult(SimpleResultMetaData([str(column.key) for column in columns]), iter([row]))

    def scalar(self, statement: Select[Any], *_: object) -> Any:
        return self.execute(statement).scalar()

    def scalars(self, statement: Select[Any], *_: object) -> Any:
        return self.execute(statement).scalars()


def _value(column: Column) -> Any:
    if column.dtype == "str" and column.name in _BY_NAME:
        return _BY_NAME[column.name]
    if column.dtype.startswith("datetime64"):
        return NOW if "UTC" in column.dtype else NOW.replace(tzinfo=None)
    return _BY_DTYPE.get(column.dtype, 1)
