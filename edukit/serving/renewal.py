"""Renewal: what the worker writes to Redis, from what the outbox tells and from the ledger.

All of it can be done again and comes out the same. Whoever renews holds a lock of the database until the end of the
transaction: boards are read after the lock is there and written before it goes, so that no older one comes last.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import func, select, tuple_

from edukit.actions.outbox import clear_outbox, take_outbox
from edukit.cache import board_keys, generation_key, grievances_key, updates_key
from edukit.models import Class, Enrolment
from edukit.queries.boards import board_states, boards
from edukit.queries.outbox import horizon

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

    import redis
    from sqlalchemy.orm import Session

    from edukit.models import OutboxEntry
    from edukit.queries.boards import Board, Key

AT_ONCE: Final = 500
"""How many entries of the outbox, or classes, are renewed at once."""
KEPT_SECONDS: Final = 3_600
"""What nobody renews, because its class is gone or no server runs, is forgotten."""
UPDATES: Final = 10
"""How many of the latest updates of a class are kept: who has missed some need hear the last alone."""
GRIEVANCES: Final = AT_ONCE
"""How many of the latest steps in an institution's grievances are kept: each viewer sees other ones.

No fewer than are told at once, or the last of them would push out the first before it is read.
"""
_LOCK: Final = 0x72656E6577  # "renew"


class Span(NamedTuple):
    """Transactions that changed one thing, told of together: the first and the last of their numbers."""

    eldest: int
    latest: int

    @classmethod
    def of(cls, fields: Mapping[bytes, bytes]) -> Span:
        """The transactions that an entry of a stream tells of."""
        latest = int(fields.get(b"transaction", 0))
        return cls(int(fields.get(b"eldest", latest)), latest)

    def and_(self, other: Span | None) -> Span:
        """Both together."""
        return Span(min(self.eldest, other.eldest), max(self.latest, other.latest)) if other else self

    @property
    def fields(self) -> dict[Any, Any]:
        """As an entry of a stream."""
        return {"eldest": self.eldest, "transaction": self.latest}


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
    written_by = _written_by(session, entries)
    of_classes, of_students = _told(session, entries, written_by)
    _write_boards(session, client, list(of_classes))
    # Of students nothing is kept, but who looks at their classes sees them.
    _move_generations(client, of_classes)
    told = of_students | {key: span.and_(of_students.get(key)) for key, span in of_classes.items()}
    _tell_followers(client, told, is_more=len(entries) == AT_ONCE)
    _tell_of_grievances(client, entries, written_by)
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


def _written_by(session: Session, entries: Iterable[OutboxEntry]) -> dict[UUID, Span]:
    """The transaction that wrote each entry; one that was restored from another database is taken for new."""
    begun = horizon(session).next - 1
    return {entry.id: Span(*[min(entry.transaction, begun)] * 2) for entry in entries}


def _told(
    session: Session, entries: Sequence[OutboxEntry], written_by: Mapping[UUID, Span]
) -> tuple[dict[Key, Span], dict[Key, Span]]:
    """The classes that entries tell of, and those of students who are told of alone; with the transactions."""
    of_classes: dict[Key, Span] = {}
    for entry in entries:
        if entry.class_id is not None:
            key = (entry.institution_id, entry.class_id)
            of_classes[key] = written_by[entry.id].and_(of_classes.get(key))
    # Whoever tells of a class says which it is: another of its students' is not meant.
    named = {written_by[entry.id] for entry in entries if entry.class_id is not None}
    alone = {
        (entry.institution_id, entry.student_id): written_by[entry.id]
        for entry in entries
        if entry.student_id is not None and written_by[entry.id] not in named
    }
    of_students: dict[Key, Span] = {}
    for institution_id, class_id, student_id in _enrolments(session, alone):
        key = (institution_id, class_id)
        of_students[key] = alone[institution_id, student_id].and_(of_students.get(key))
    return of_classes, of_students


def _enrolments(session: Session, students: Iterable[tuple[int, int]]) -> Iterable[tuple[int, int, int]]:
    """``(institution_id, class_id, student_id)`` of each class that students are in."""
    enrolled = select(Enrolment.institution_id, Enrolment.class_id, Enrolment.student_id).where(
        tuple_(Enrolment.institution_id, Enrolment.student_id).in_(list(students)), Enrolment.left_at.is_(None)
    )
    return ((row[0], row[1], row[2]) for row in session.execute(enrolled))


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


def _move_generations(client: redis.Redis, classes: Iterable[Key]) -> None:
    """Give each class a new generation."""
    with client.pipeline(transaction=False) as pipe:
        for class_ in classes:
            pipe.set(generation_key(*class_), _new_generation(), ex=KEPT_SECONDS)
        pipe.execute()


def _tell_followers(client: redis.Redis, told: Mapping[Key, Span], *, is_more: bool) -> None:
    """Tell those who follow the updates of classes which transactions have changed each.

    Who has read before a transaction ended has to hear of it from the last entry alone. Once the outbox was told to its
    end, whatever comes has ended later yet. What was left in it may have ended before: it is told together with what
    is told now, and the entry says so.
    """
    spans = {updates_key(*class_): span for class_, span in told.items()}
    with client.pipeline(transaction=False) as pipe:
        for key in spans:
            pipe.xrevrange(key, count=1)
        latest = pipe.execute()
        for (key, span), entries in zip(spans.items(), latest, strict=True):
            before = next((Span.of(fields) for _, fields in entries if b"more" in fields), None)
            entry = span.and_(before).fields | ({"more": 1} if is_more else {})
            pipe.xadd(key, entry, maxlen=UPDATES, approximate=False)
            pipe.expire(key, KEPT_SECONDS)
        pipe.execute()


def _tell_of_grievances(client: redis.Redis, entries: Sequence[OutboxEntry], written_by: Mapping[UUID, Span]) -> None:
    """Tell the server's followers which grievances have changed, and by which transaction; it asks who may hear it.

    A step is left word of under its grievance's lock: the last of a grievance that is told has ended last.
    """
    with client.pipeline(transaction=False) as pipe:
        for entry in entries:
            if entry.grievance_id is not None:
                key = grievances_key(entry.institution_id)
                step = written_by[entry.id].fields | {"grievance": str(entry.grievance_id)}
                pipe.xadd(key, step, maxlen=GRIEVANCES, approximate=False)
                pipe.expire(key, KEPT_SECONDS)
        pipe.execute()


def _keep_generations(client: redis.Redis, classes: Sequence[Key], *, move: bool) -> None:
    """Keep each class's generation and updates for longer; where there is none, or all are to move, set a new one."""
    keys = [generation_key(*class_) for class_ in classes]
    with client.pipeline(transaction=False) as pipe:
        for key in keys:
            pipe.expire(key, KEPT_SECONDS)
        for class_ in classes:
            pipe.expire(updates_key(*class_), KEPT_SECONDS)
        is_there = pipe.execute()[: len(keys)]
        for key in (key for key, there in zip(keys, is_there, strict=True) if move or not there):
            pipe.set(key, _new_generation(), ex=KEPT_SECONDS)
        pipe.execute()


def _new_generation() -> str:
    """A word that never was and that nobody can guess: what was kept under another never comes back."""
    return secrets.token_hex(8)
