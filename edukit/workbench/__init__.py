"""The Workbench: one viewer, and what they may ask and do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from edukit.db.session import engine_for
from edukit.workbench.audit import AuditDesk
from edukit.workbench.catalog import CatalogDesk
from edukit.workbench.classroom import ClassroomDesk
from edukit.workbench.comparison import ComparisonDesk
from edukit.workbench.evidence import EvidenceDesk
from edukit.workbench.gamification import GamificationDesk
from edukit.workbench.grievances import GrievanceDesk
from edukit.workbench.home import HomeDesk
from edukit.workbench.learning import LearningDesk
from edukit.workbench.practice import PracticeDesk
from edukit.workbench.risk import RiskDesk
from edukit.workbench.sql import SqlDesk
from edukit.workbench.student import StudentDesk

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from edukit.db.session import Viewer
    from edukit.settings import Settings

__all__ = ["Workbench"]


class Workbench(
    HomeDesk,
    ClassroomDesk,
    PracticeDesk,
    LearningDesk,
    EvidenceDesk,
    ComparisonDesk,
    GrievanceDesk,
    StudentDesk,
    RiskDesk,
    GamificationDesk,
    AuditDesk,
    CatalogDesk,
    SqlDesk,
):
    """What notebooks and analysts hold: frames about the classes that the viewer may see.

    Made by :func:`edukit.connect`; close it, or use it in a ``with`` block. ``edukit.describe(name)``
    documents the columns of each frame.
    """

    def __init__(self, viewer: Viewer, settings: Settings, *, on_close: Callable[[], object] | None = None) -> None:
        super().__init__(viewer, settings)
        self._on_close = on_close

    def close(self) -> None:
        """Let go of the connections and the stores; used again, the Workbench would connect anew."""
        engine_for(self._viewer.database_url).dispose()
        self._cache.close()
        if self._on_close is not None:
            self._on_close()
            self._on_close = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
