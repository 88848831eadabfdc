"""Who has signed in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jupyter_server.auth import User

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(kw_only=True)
class Visitor(User):
    """Somebody who has signed in, as one user of one institution."""

    session: str
    """SHA-256, in hexadecimal digits, of the session's id: the name by which the server knows it."""
    account_id: int
    institution_id: int
    user_id: int
    role: str
    institution: str
    """Its name."""
    signed_in_at: datetime
