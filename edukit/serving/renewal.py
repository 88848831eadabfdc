"""Renewal: what the worker writes to Redis, from what the outbox tells and from the ledger.

All of it can be done again and comes out the same. Whoever renews holds a lock of the database until the end of the
transaction: boards are read after the lock is there and written before it goes, so that no older one comes last.
"""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select

from edukit.actions.outbox import clear_outbox, take_outbox
from edukit.cache import Scope, board_keys
from edukit.models import Class
from edukit.queries.boards import board_states, boards

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import redis
    from sqlalchemy.orm import Session

    from edukit.models import OutboxEntry
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
    told = _scopes(entries)
    _write_boards(session, client, [(scope.institution_id, scope.id) for scope in told if scope.what == "class"])
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
    # Of students nothing is kept yet; theirs begin when something is told of them.
    scopes = [Scope("class", row[0], row[1]) for row in session.execute(select(Class.institution_id, Class.id))]
    for start in range(0, len(scopes), AT_ONCE):
        _keep_generations(client, scopes[start : start + AT_ONCE], move=move)
    states = board_states(session)
    for start in range(0, len(states), AT_ONCE):
        _write_boards(session, client, _behind(client, states[start : start + AT_ONCE]))


def _wait_for_turn(session: Session) -> None:
    session.execute(select(func.pg_advisory_xact_lock(_LOCK)))


def _scopes(entries: Iterable[OutboxEntry]) -> list[Scope]:
    told: dict[Scope, None] = {}
    for entry in entries:
        if entry.class_id is not None:
            told[Scope("class", entry.institution_id, entry.class_id)] = None
        if entry.student_id is not None:
            told[Scope("student", entry.institution_id, entry.student_id)] = None
    return list(told)


def _write_boards(session: Session, client: redis.Redis, classes: Sequence[Key]) -> None:
    """Write each board whole: a reader sees the old one or the new one."""
    for board in boards(session, classes) if classes else ():
        key, ledger = board_keys(board.class_id)
        with client.pipeline(transaction=True) as pipe:
            pipe.delete(key)
            if board.points:
                pipe.zadd(key, {str(student_id): points for student_id, points in board.points.items()})
                pipe.expire(key, KEPT_SECONDS)
            pipe.set(ledger, _told_of(board), ex=KEPT_SECONDS)
            pipe.execute()


def _behind(client: redis.Redis, states: Sequence[Board]) -> list[Key]:
    """The boards that do not follow from the ledger as it is; the others are kept for longer."""
    with client.pipeline(transaction=False) as pipe:
        for board in states:
            key, ledger = board_keys(board.class_id)
            pipe.getex(ledger, ex=KEPT_SECONDS)
            pipe.expire(key, KEPT_SECONDS)
        told = pipe.execute()
    return [
        (board.institution_id, board.class_id)
        for board, ledger, is_there in zip(states, told[::2], told[1::2], strict=True)
        if ledger != _told_of(board).encode() or (board.students and not is_there)
    ]


def _told_of(board: Board) -> str:
    return json.dumps([board.institution_id, board.state])


def _move_generations(client: redis.Redis, scopes: Sequence[Scope]) -> None:
    """Give each scope a new generation, and tell those who follow its updates."""
    with client.pipeline(transaction=False) as pipe:
        for scope in scopes:
            generation = _new_generation()
            pipe.set(scope.generation_key, generation, ex=KEPT_SECONDS)
            pipe.xadd(scope.updates_key, {"generation": generation}, maxlen=UPDATES, approximate=True)
            pipe.expire(scope.updates_key, KEPT_SECONDS)
        pipe.execute()


def _keep_generations(client: redis.Redis, scopes: Sequence[Scope], *, move: bool) -> None:
    """Keep each scope's generation for longer; where there is none, or all are to move, set a new one."""
    with client.pipeline(transaction=False) as pipe:
        for scope in scopes:
            pipe.expire(scope.generation_key, KEPT_SECONDS)
        is_there = pipe.execute()
        for scope in (scope for scope, there in zip(scopes, is_there, strict=True) if move or not there):
            pipe.set(scope.generation_key, _new_generation(), ex=KEPT_SECONDS)
        pipe.execute()


def _new_generation() -> str:
    """A word that never was and that nobody can guess: what was kept under another never comes back."""
    return secrets.token_hex(8)
