"""Frame of the audit trail: who did what to what, when, and from where."""

from __future__ import annotations

from edukit.queries.frames.frame import MOMENT, Column, Frame

AUDIT = Frame(
    "audit",
    (
        Column("event_id", "str", "id of the act"),
        Column("occurred_at", MOMENT, "when (UTC)"),
        Column("user_id", "Int64", "id of who did it; missing: edukit, or whoever keeps the machine", nullable=True),
        Column("name", "str", "their name; missing: as above", nullable=True),
        Column("role", "str", "their role now; missing: as above", nullable=True),
        Column("action", "str", "what was done, such as sign_in, sign_in_failed, export, reveal or change_role"),
        Column("resource", "str", "to what, as table/id; missing: to nothing in particular", nullable=True),
        Column("address", "str", "network address that it came from; missing: not known, or erased", nullable=True),
        Column("details", "str", "what else is known of it, as JSON; missing: nothing, or erased", nullable=True),
    ),
)
