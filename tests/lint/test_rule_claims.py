"""What the rules claim about locks and failures is what a server shows."""

from __future__ import annotations

import time
from typing import Any

import psycopg
import pytest
from psycopg.rows import scalar_row

from outofband_lint.locks import LockMode
from outofband_lint.reader import read
from outofband_lint.rules import rule_named

DEADLINE = 20.0
HELD = """
    SELECT mode FROM pg_locks l
     WHERE l.pid = %s AND l.granted AND l.relation = %s::regclass
"""


def given(rule: str, connection: psycopg.Connection[Any]) -> None:
    found = rule_named(rule)
    assert found is not None
    for statement in read(found.given):
        connection.execute(statement.sql.encode())


@pytest.mark.parametrize(
    ("rule", "sql", "table"),
    [
        ("index-built-in-deploy", "CREATE INDEX ix ON events (kind)", "events"),
        ("index-dropped-in-deploy", "DROP INDEX ix_events_kind", "events"),
    ],
)
def test_the_statement_takes_the_lock_that_the_rule_names(
    rule: str, sql: str, table: str, database: str
) -> None:
    claimed = rule_named(rule)
    assert claimed is not None
    assert claimed.lock is not None
    with psycopg.connect(database) as connection:
        given(rule, connection)
        connection.commit()
        connection.execute(sql.encode())
        assert claimed.lock.catalog_name in held(connection, connection, table)


def held(
    observer: psycopg.Connection[Any], observed: psycopg.Connection[Any], table: str
) -> set[str]:
    pid = observed.info.backend_pid
    with observer.cursor(row_factory=scalar_row) as cursor:
        return set(cursor.execute(HELD, (pid, table)).fetchall())


def test_a_concurrent_build_waits_for_older_transactions_and_takes_the_named_lock(
    database: str,
) -> None:
    """The build waits behind a writer; meanwhile a third session reads its locks."""
    rule = rule_named("concurrent-index-in-deploy")
    assert rule is not None
    assert rule.lock is not None
    with (
        psycopg.connect(database) as writer,
        psycopg.connect(database, autocommit=True) as builder,
        psycopg.connect(database, autocommit=True) as observer,
    ):
        given(rule.name, writer)
        writer.commit()
        writer.execute("INSERT INTO events VALUES (1, 'a')")
        builder.pgconn.send_query(b"CREATE INDEX CONCURRENTLY ix ON events (kind)")
        assert wait_for_lock(observer, builder, "events", rule.lock)
        writer.commit()
        while (result := builder.pgconn.get_result()) is not None:
            assert result.error_message == b""


def wait_for_lock(
    observer: psycopg.Connection[Any],
    builder: psycopg.Connection[Any],
    table: str,
    lock: LockMode,
) -> bool:
    deadline = time.monotonic() + DEADLINE
    while time.monotonic() < deadline:
        if lock.catalog_name in held(observer, builder, table):
            return True
    return False


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE INDEX CONCURRENTLY ix ON events (kind)",
        "DROP INDEX CONCURRENTLY ix_events_id",
        "REINDEX TABLE CONCURRENTLY events",
        'ALTER TABLE app."Log" DETACH PARTITION app.log_1 CONCURRENTLY',
    ],
)
def test_what_is_said_to_be_refused_in_a_transaction_is_refused(sql: str, database: str) -> None:
    with psycopg.connect(database) as connection:
        given("concurrent-index-in-transaction", connection)
        connection.commit()
        connection.execute("SELECT 1")
        with pytest.raises(psycopg.errors.ActiveSqlTransaction):
            connection.execute(sql.encode())


def test_if_not_exists_passes_over_the_invalid_index_of_a_failed_build(database: str) -> None:
    sql = b"CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS ix ON events (kind)"
    with psycopg.connect(database, autocommit=True) as connection:
        given("concurrent-index-if-not-exists", connection)
        connection.execute("INSERT INTO events VALUES (1, 'a'), (2, 'a')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute(sql)
        connection.execute("DELETE FROM events WHERE id = 2")
        connection.execute(sql)
        row = connection.execute(
            "SELECT indisvalid FROM pg_index WHERE indexrelid = 'ix'::regclass"
        ).fetchone()
    assert row == (False,)


@pytest.mark.parametrize("held_mode", LockMode, ids=lambda mode: mode.name)
def test_the_conflict_table_is_the_servers(held_mode: LockMode, database: str) -> None:
    with psycopg.connect(database) as holder, psycopg.connect(database) as other:
        holder.execute("CREATE TABLE t ()")
        holder.commit()
        holder.execute(f"LOCK TABLE t IN {held_mode.value} MODE".encode())
        refused = {mode for mode in LockMode if not obtains(other, mode)}
    assert refused == {mode for mode in LockMode if held_mode.conflicts_with(mode)}


def obtains(connection: psycopg.Connection[Any], mode: LockMode) -> bool:
    try:
        connection.execute(f"LOCK TABLE t IN {mode.value} MODE NOWAIT".encode())
    except psycopg.errors.LockNotAvailable:
        return False
    else:
        return True
    finally:
        connection.rollback()
