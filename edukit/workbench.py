"""The Workbench: one viewer, and what they may ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import pandas as pd

from edukit.analytics.mastery import mastery_level
from edukit.db.session import Viewer, engine_for, session_for
from edukit.importers.sources import located
from edukit.queries import catalog, classroom, people, practice

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from types import TracebackType

    from edukit.settings import Settings


class Workbench:
    """What notebooks and analysts hold: frames about the classes that the viewer may see.

    Made by :func:`edukit.connect`; close it, or use it in a ``with`` block. ``edukit.describe(name)``
    documents the columns of each frame.
    """

    def __init__(self, viewer: Viewer, settings: Settings, *, on_close: Callable[[], object] | None = None) -> None:
        self._viewer = viewer
        self._settings = settings
        self._on_close = on_close

    @property
    def now(self) -> datetime:
        """The moment that everything is shown as of (UTC)."""
        return self._settings.now

    @property
    def mastery_thresholds(self) -> tuple[float, float, float]:
        """Scores (0-100) at which *developing*, *proficient* and *mastered* begin."""
        return self._settings.mastery_thresholds

    def classes(self) -> pd.DataFrame:
        """The classes that the viewer may see, by institution and name: the frame ``classes``."""
        with session_for(self._viewer) as session:
            return classroom.classes(session)

    def class_mastery(self, class_: int | str) -> pd.DataFrame:
        """Mastery of every enrolled student on every concept that the class has practised: ``class_mastery``.

        A student who has not answered on a concept has a row with no score and no attempts.

        Args:
            class_: id of the class, or its name where only one class has it.

        Raises:
            NotFound: no such class, or several of that name.
        """
        with session_for(self._viewer) as session:
            institution_id, class_id = classroom.find_class(session, class_)
            frame = practice.class_mastery(session, institution_id=institution_id, class_id=class_id)
        level = pd.Series(mastery_level(frame["mastery_score"], self.mastery_thresholds), index=frame.index)
        return frame.assign(level=level.astype("str"))

    def attempts(
        self, class_: int | str | None = None, *, student_id: int | None = None, concept_id: int | None = None
    ) -> pd.DataFrame:
        """Answers, by student and in order: the frame ``attempts``.

        Args:
            class_: only those given for this class (id or name); None: for any.
            student_id: only those of this student. Give a class, a student or both.
            concept_id: only those at questions that ask for this concept.

        Raises:
            NotFound: no such class or student, or several classes of that name.
            TypeError: neither a class nor a student was given.
        """
        if class_ is None and student_id is None:
            message = "attempts() needs a class or a student_id: all attempts at once would not fit a notebook"
            raise TypeError(message)
        with session_for(self._viewer) as session:
            class_id = None
            if class_ is not None:
                institution_id, class_id = classroom.find_class(session, class_)
            else:
                institution_id = people.institution_of(session, student_id)
            return practice.attempts(
                session,
                institution_id=institution_id,
                class_id=class_id,
                student_id=student_id,
                concept_id=concept_id,
            )

    def tables(self) -> pd.DataFrame:
        """Every table and view of the database, by domain: the frame ``tables``."""
        with session_for(self._viewer) as session:
            return catalog.tables(session)

    def columns(self, table: str | None = None) -> pd.DataFrame:
        """The columns of a table or view, or of all, in their order: the frame ``columns``.

        Raises:
            NotFound: there is no such table.
        """
        with session_for(self._viewer) as session:
            return catalog.columns(session, table=table)

    def sources(self) -> pd.DataFrame:
        """Where each field of the four source systems lives now, from the database's catalog: ``sources``.

        Raises:
            MigrationError: a column in which a field lives is not there.
        """
        with session_for(self._viewer) as session:
            return located(catalog.columns(session))

    def close(self) -> None:
        """Let go of the connections and the stores; used again, the Workbench would connect anew."""
        engine_for(self._viewer.database_url).dispose()
        if self._on_close is not None:
            self._on_close()
            self._on_close = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
