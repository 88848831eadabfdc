"""Renewal: what the worker writes to Redis, from what the outbox tells and from the ledger.

All of it can be done again and comes out the same. Whoever renews holds a lock of the database until the end of the
transaction: boards are read after the lock is there and written before it goes, so that no older one comes last.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select

from edukit.actions.outbox import clear_outbox, take_outbox
from edukit.cache import board_keys, generation_key, updates_key
from edukit.models import Class
from edukit.queries.boards import board_states, boards

if TYPE_CHECKING:
    from collections.abc import Sequence

    import redis
    from sqlalchemy.orm import Session

    from edukit.queries.boards import Board, Key

AT_ONCE: Final = 500
KEPT_SECONDS: Final = 3_600
"""What nobody renews, because its class is gone or no server runs, is forgotten."""
UPDATES: Final = 1_000
_LOCK: Final = 0x72656E6577  # "renew"


def renew_told(session: Session, client: redis.Redis) -> int:
    """Renew what the eldest entries of the outbox tell of, and clear them; how many they were.

    Args:
        session: of the application; the caller commits, and until then the entries are there for another.
        client: of the server's own login.
    """
    _wait_for_turn(session)
    entries = take_outbox(session, most=AT_ONCE)
    if not entries:
        return 0
    # Of students nothing is kept: what is told of them is only cleared.
    told = list(
        dict.fromkeys((entry.institution_id, entry.class_id) for entry in entries if entry.class_id is not None)
    )
    _write_boards(session, client, told)
    _move_generations(client, told)
    clear_outbox(session, entries)
    return len(entries)


def renew_all(session: Session, client: redis.Redis, *, move: bool) -> None:
    """Write the boards that are missing or behind, and the generations that are missing; keep the others alive.

    Args:
        session: of the application.
        client: of the server's own login.
        move: whether all generations move: what was cached may be of a database since restored, of another
            edukit, or from before Redis lost its latest writes.
    """
    _wait_for_turn(session)
    classes = [(row[0], row[1]) for row in session.execute(select(Class.institution_id, Class.id))]
    for start in range(0, len(classes), AT_ONCE):
        _keep_generations(client, classes[start : start + AT_ONCE], move=move)
    states = board_states(session)
    for start in range(0, len(states), AT_ONCE):
        _write_boards(session, client, _behind(client, states[start : start + AT_ONCE]))


def _wait_for_turn(session: Session) -> None:
    session.execute(select(func.pg_advisory_xact_lock(_LOCK)))


def _write_boards(session: Session, client: redis.Redis, classes: Sequence[Key]) -> None:
    """Write each board whole: a reader sees the old one or the new one."""
    for board in boards(session, classes) if classes else ():
        key, ledger = board_keys(board.institution_id, board.class_id)
        with client.pipeline(transaction=True) as pipe:
            pipe.delete(key)
            if board.points:
                pipe.zadd(key, {str(student_id): points for student_id, points in board.points.items()})
                pipe.expire(key, KEPT_SECONDS)
            pipe.set(ledger, board.state, ex=KEPT_SECONDS)
            pipe.execute()


def _behind(client: redis.Redis, states: Sequence[Board]) -> list[Key]:
    """The boards that do not follow from the ledger as it is; the others are kept for longer."""
    with client.pipeline(transaction=False) as pipe:
        for board in states:
            key, ledger = board_keys(board.institution_id, board.class_id)
            pipe.getex(ledger, ex=KEPT_SECONDS)
            pipe.expire(key, KEPT_SECONDS)
        told = pipe.execute()
    return [
        (board.institution_id, board.class_id)
        for board, ledger, is_there in zip(states, told[::2], told[1::2], strict=True)
        if ledger != board.state.encode() or (board.students and not is_there)
    ]


def _move_generations(client: redis.Redis, classes: Sequence[Key]) -> None:
    """Give each class a new generation, and tell those who follow its updates."""
    with client.pipeline(transaction=False) as pipe:
        for class_ in classes:
            generation = _new_generation()
            pipe.set(generation_key(*class_), generation, ex=KEPT_SECONDS)
            pipe.xadd(updates_key(*class_), {"generation": generation}, maxlen=UPDATES, approximate=True)
            pipe.expire(updates_key(*class_), KEPT_SECONDS)
        pipe.execute()


def _keep_generations(client: redis.Redis, classes: Sequence[Key], *, move: bool) -> None:
    """Keep each class's generation for longer; where there is none, or all are to move, set a new one."""
    keys = [generation_key(*class_) for class_ in classes]
    with client.pipeline(transaction=False) as pipe:
        for key in keys:
            pipe.expire(key, KEPT_SECONDS)
        is_there = pipe.execute()
        for key in (key for key, there in zip(keys, is_there, strict=True) if move or not there):
            pipe.set(key, _new_generation(), ex=KEPT_SECONDS)
        pipe.execute()


def _new_generation() -> str:
    """A word that never was and that nobody can guess: what was kept under another never comes back."""
    return secrets.token_hex(8)
