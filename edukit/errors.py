"""The one tree of errors.

Each message is one sentence or two: the name, the rule, the value, and the next step::

    EdukitError
    ├── SettingsError      a variable has a value that breaks its rule
    ├── SignedOut          who looks was signed out, or was for too long; nothing was changed
    ├── StoreError         PostgreSQL, Redis or an offline store cannot be found, opened or reached
    ├── MigrationError     the schema is older, newer or other than this edukit expects
    ├── LoadError          a file cannot be loaded; nothing of it was
    ├── SeedError          the demo school cannot be made; nothing of it was
    ├── NotFound           no such class, student, institution or frame
    ├── QueryError         a statement of SQL cannot be answered; it changed nothing
    ├── ActionError        what somebody wants to do is against a rule; nothing of it was done
    └── ServingError       the dashboards cannot be served
"""

from __future__ import annotations

import secrets
from typing import Final

REFERENCE_BYTES: Final = 4


def new_reference() -> str:
    """A number under which the log has more of a fault than whoever meets it is told: eight hexadecimal digits."""
    return secrets.token_hex(REFERENCE_BYTES)


class EdukitError(Exception):
    """Any failure that edukit explains: its text is meant for a person."""


class SettingsError(EdukitError):
    """A variable of the environment has a value that breaks its rule."""


class SignedOut(EdukitError):  # noqa: N818 - it reads as the sentence that it is: signed out
    """Who looks was signed out, or was for too long; nothing was changed."""


class StoreError(EdukitError):
    """PostgreSQL, Redis or an offline store cannot be found, opened or reached."""


class MigrationError(EdukitError):
    """The schema is older, newer or other than this edukit expects."""


class LoadError(EdukitError):
    """A file cannot be loaded; nothing of it was."""


class SeedError(EdukitError):
    """The demo school cannot be made; nothing of it was."""


class NotFound(EdukitError):  # noqa: N818 - it reads as the sentence that it is: not found
    """No such class, student, institution or frame."""


class QueryError(EdukitError):
    """A statement of SQL cannot be answered; it changed nothing."""


class ActionError(EdukitError):
    """What somebody wants to do is against a rule; nothing of it was done."""


class ServingError(EdukitError):
    """The dashboards cannot be served."""
