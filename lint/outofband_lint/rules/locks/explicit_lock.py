"""explicit-lock."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.locks import LockMode
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.spelling import shown
from outofband_lint.statement import LockTable
from outofband_lint.transaction import keeps_writers_waiting


@statement_rule(
    severity="warning",
    aliases=("lock-table", "lock_table", "explicit-locking"),
    failure="the mode that is asked for is held until the migration's transaction ends",
    given="""
        CREATE TABLE events (id bigint);
        CREATE TABLE orders (id bigint);
        CREATE SCHEMA app;
        CREATE TABLE app."Log" (id bigint)
    """,
    bad=(
        "LOCK TABLE events",
        'lock app."Log" in share row exclusive mode nowait',
        "LOCK TABLE events, orders IN SHARE MODE",
        "LOCK TABLE ONLY public.EVENTS IN EXCLUSIVE MODE",
    ),
    good=(
        "LOCK TABLE events IN ROW EXCLUSIVE MODE",
        "LOCK TABLE events IN SHARE UPDATE EXCLUSIVE MODE",
        "CREATE TABLE fresh (a int); LOCK TABLE fresh",
    ),
)
def explicit_lock(
    statement: LockTable, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """A migration locks a table in use by hand.

    Cost: the lock waits for everybody who has what it excludes, all later ones queue behind it, and
    it is held until the migration's transaction ends, whatever that still does.

    Instead: let each statement take the lock that it needs, behind
    `op.execute("SET LOCAL lock_timeout = '2s'")`; in plain Alembic it is the same.

    Allowed when: the revision itself creates the table, or the mode keeps no writer waiting.

    Source: PostgreSQL 18, LOCK; 13.3, Explicit Locking.
    """
    mode = LockMode(statement.mode)
    tables = [context.existing(name, schema) for name in statement.tables]
    used = tuple(table for table in tables if table is not None)
    if not used or not keeps_writers_waiting(mode):
        return
    named = ", ".join(str(shown(table)) for table in used)
    yield Violation(
        f"LOCK TABLE {named} IN {mode.value} MODE: {mode.blocks} waits until the migration's "
        "transaction ends.",
        'Let each statement take the lock that it needs, behind op.execute("SET LOCAL '
        "lock_timeout = '2s'\"). Without outofband it is the same",
        costs=used,
    )
