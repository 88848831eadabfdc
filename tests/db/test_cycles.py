"""Neither the tree of topics nor their prerequisites ever hold a circle, however many write at once."""

from __future__ import annotations

import random
import threading
import time
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import IsolationLevel
from psycopg.errors import CheckViolation, DeadlockDetected, InvalidTransactionState, UniqueViolation

from edukit.db.roles import url_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conftest import Database

    Connection = psycopg.Connection[tuple[Any, ...]]
    Edge = tuple[int, int]

TOPICS = range(1, 6)
ROWS = """
    INSERT INTO topic_prerequisites (institution_id, topic_id, prerequisite_id)
    SELECT 1, * FROM unnest(%s::bigint[], %s::bigint[])"""
ADD = "INSERT INTO topic_prerequisites (institution_id, topic_id, prerequisite_id) VALUES (1, %s, %s)"
MOVE = "UPDATE topic_prerequisites SET prerequisite_id = %s WHERE topic_id = %s AND prerequisite_id = %s"
TURN = "UPDATE topic_prerequisites SET topic_id = prerequisite_id, prerequisite_id = topic_id"
DROP = "DELETE FROM topic_prerequisites WHERE topic_id = %s AND prerequisite_id = %s"
HANG = "UPDATE topics SET parent_id = %s WHERE id = %s"
EDGES = "SELECT topic_id, prerequisite_id FROM topic_prerequisites"
PARENTS = "SELECT id, parent_id FROM topics WHERE parent_id IS NOT NULL"

many = settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
edges = st.tuples(st.sampled_from(TOPICS), st.sampled_from(TOPICS))


@pytest.fixture
def curriculum(database: Database) -> Database:
    """A database with five topics of one institution, none needing or holding another."""
    with connect(database) as connection:
        connection.execute("INSERT INTO institutions (id, name) VALUES (1, 'School')")
        connection.execute(
            "INSERT INTO topics (institution_id, id, name) SELECT 1, i, 't' FROM generate_series(1, 5) i"
        )
    return database


def connect(database: Database) -> Connection:
    """A connection of the application's."""
    return psycopg.connect(url_of("edukit_app", database.admin_url))


def has_circle(graph: Iterable[Edge]) -> bool:
    """Whether a topic comes before itself, by taking away what needs nothing until nothing is left to take."""
    left = set(graph)
    while left:
        needing = {topic for topic, _ in left}
        kept = {(topic, needed) for topic, needed in left if needed in needing}
        if kept == left:
            return True
        left = kept
    return False


def edges_in(connection: Connection, query: str) -> set[Edge]:
    return {(int(topic), int(other)) for topic, other in connection.execute(query).fetchall()}


def written(connection: Connection, statement: str, values: tuple[object, ...] = ()) -> bool:
    """Whether the database took a statement; the transaction goes on."""
    try:
        with connection.transaction():
            connection.execute(statement, values)
    except (CheckViolation, UniqueViolation):
        return False
    return True


@many
@given(steps=st.lists(st.sets(edges, min_size=1, max_size=4), max_size=8), turned=st.booleans())
def test_an_edge_is_taken_unless_it_closes_a_circle(
    curriculum: Database, *, steps: list[set[Edge]], turned: bool
) -> None:
    """Rows are taken, all or none, exactly when the graph with them has no circle; also many in one statement."""
    with connect(curriculum) as connection, connection.transaction(force_rollback=True):
        graph: set[Edge] = set()
        for rows in steps:
            new = rows - graph
            values = tuple(zip(*new, strict=True)) or ((), ())
            fits = not has_circle(graph | new)
            assert written(connection, ROWS, tuple(list(column) for column in values)) == fits
            graph |= new if fits else set()
        if turned:
            assert written(connection, TURN)  # A graph without a circle has none when all its edges are turned round.
            graph = {(needed, topic) for topic, needed in graph}
        assert edges_in(connection, EDGES) == graph


@many
@given(steps=st.lists(st.tuples(edges, st.sampled_from(TOPICS)), max_size=12))
def test_an_edge_is_moved_unless_it_closes_a_circle(curriculum: Database, steps: list[tuple[Edge, int]]) -> None:
    """An UPDATE that would close a circle is refused, and one that would not is taken."""
    with connect(curriculum) as connection, connection.transaction(force_rollback=True):
        graph: set[Edge] = set()
        for (topic, needed), other in steps:
            if (topic, needed) in graph:
                moved = graph - {(topic, needed)} | {(topic, other)}
                fits = not has_circle(moved) and (other == needed or (topic, other) not in graph)
                assert written(connection, MOVE, (other, topic, needed)) == fits
            else:
                moved = graph | {(topic, needed)}
                fits = not has_circle(moved)
                assert written(connection, ADD, (topic, needed)) == fits
            graph = moved if fits else graph
        assert edges_in(connection, EDGES) == graph


@many
@given(steps=st.lists(st.tuples(st.sampled_from(TOPICS), st.none() | st.sampled_from(TOPICS)), max_size=12))
def test_a_topic_hangs_below_another_unless_that_closes_a_circle(
    curriculum: Database, steps: list[tuple[int, int | None]]
) -> None:
    """The tree takes a move exactly when the topic is not then above itself."""
    with connect(curriculum) as connection, connection.transaction(force_rollback=True):
        above: dict[int, int | None] = {}
        for topic, parent in steps:
            moved = above | {topic: parent}
            fits = not has_circle((one, other) for one, other in moved.items() if other)
            assert written(connection, HANG, (parent, topic)) == fits
            above = moved if fits else above


@pytest.mark.parametrize("added", ["(2, 1), (1, 2)", "(3, 2), (2, 1), (1, 3)"])
def test_rows_of_one_statement_close_no_circle_together(curriculum: Database, added: str) -> None:
    """Topics that are added with parents in a circle, all in one statement, are refused."""
    with connect(curriculum) as connection:
        connection.execute("DELETE FROM topics")
        rows = ", ".join(f"(1, {pair.strip(',() ')}, 't')" for pair in added.replace("), (", ");(").split(";"))
        with pytest.raises(CheckViolation, match="circle"):
            connection.execute(f"INSERT INTO topics (institution_id, id, parent_id, name) VALUES {rows}")
        connection.rollback()


@pytest.mark.parametrize("level", [IsolationLevel.REPEATABLE_READ, IsolationLevel.SERIALIZABLE])
def test_a_snapshot_of_the_past_adds_no_edge(curriculum: Database, level: IsolationLevel) -> None:
    """A transaction that cannot see what others commit is refused any edge, with what to do instead."""
    for statement, values in ((ADD, (1, 2)), (HANG, (1, 2))):
        with connect(curriculum) as connection:
            connection.isolation_level = level
            with pytest.raises(InvalidTransactionState, match="READ COMMITTED") as refusal:
                connection.execute(statement, values)
            assert refusal.value.diag.message_hint == "Change it in a transaction of its own."


@pytest.mark.parametrize(
    ("statement", "mine", "theirs", "query"),
    [(ADD, (1, 2), (2, 1), EDGES), (HANG, (1, 2), (2, 1), PARENTS)],
    ids=["prerequisites", "topics"],
)
def test_the_second_of_two_who_close_a_circle_together_is_refused(
    curriculum: Database, statement: str, mine: Edge, theirs: Edge, query: str
) -> None:
    """It waits for the first, though it cannot see its row yet, and is refused when that was committed."""
    outcome: list[bool] = []

    def write() -> None:
        with connect(curriculum) as connection:
            outcome.append(written(connection, statement, theirs))

    other = threading.Thread(target=write)
    with connect(curriculum) as first:
        first.execute(statement, mine)
        other.start()
        other.join(0.3)
        assert other.is_alive()
    other.join(30)
    assert outcome == [False]
    with connect(curriculum) as connection:
        assert len(edges_in(connection, query)) == 1


def test_no_interleaving_of_writers_closes_a_circle(curriculum: Database) -> None:
    """Four who add, move and drop edges at random, commit or not and wait in between, leave a graph without one."""
    taken = [0, 0]

    def write(seed: int) -> None:
        rng = random.Random(seed)
        with connect(curriculum) as connection:
            for _ in range(60):
                one, two, three = rng.choices(TOPICS, k=3)
                statement, values = rng.choice(
                    [
                        (ADD, (one, two)),
                        (ADD, (one, two)),
                        (MOVE, (three, one, two)),
                        (DROP, (one, two)),
                        (HANG, (one, two)),
                    ]
                )
                try:
                    connection.execute(statement, values)
                    time.sleep(rng.random() / 300)
                    connection.commit() if rng.random() < 0.8 else connection.rollback()
                    taken[0] += 1
                except (CheckViolation, UniqueViolation, DeadlockDetected):
                    connection.rollback()
                    taken[1] += 1

    writers = [threading.Thread(target=write, args=(seed,)) for seed in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    with connect(curriculum) as connection:
        assert not has_circle(edges_in(connection, EDGES))
        assert not has_circle(edges_in(connection, PARENTS))
    assert sum(taken) == 4 * 60
    assert min(taken) > 20  # Both happened: what was taken could have closed a circle, and some that would was refused.
