"""statements-after-exclusive-lock."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import Sent, StatementContext
from outofband_lint.example import Example
from outofband_lint.locks import LockMode
from outofband_lint.names import QualifiedName
from outofband_lint.row_count import writes_few
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.source import Source
from outofband_lint.spelling import shown
from outofband_lint.statement import (
    AddConstraint,
    AlterTable,
    Analyze,
    Copy,
    CreateIndex,
    CreateMaterializedView,
    CreateTableAs,
    Query,
    RefreshMaterializedView,
    Reindex,
    Statement,
    ValidateConstraint,
)
from outofband_lint.statement_locks import locks

_LONG = (
    Analyze
    | Copy
    | CreateIndex
    | CreateMaterializedView
    | CreateTableAs
    | Query
    | RefreshMaterializedView
    | Reindex
)


@statement_rule(
    severity="warning",
    aliases=(
        "E4",
        "run_more_statements_after_taking_access_exclusive",
        "RUNNING_MORE_STATEMENTS",
        "statement-after-access-exclusive",
    ),
    failure="nobody reads or writes the table as long as the later statement runs",
    given="""
        CREATE TABLE events (id bigint PRIMARY KEY, kind text);
        CREATE TABLE orders (id bigint);
        ALTER TABLE orders ADD CONSTRAINT positive CHECK (id > 0) NOT VALID;
        CREATE SCHEMA app;
        CREATE TABLE app."Log" (id bigint)
    """,
    bad=(
        "ALTER TABLE events ADD COLUMN a int; UPDATE events SET a = 1 WHERE kind = 'x'",
        'alter table app."Log" add column a int; create index ix on orders (id)',
        "ALTER TABLE events ADD COLUMN a int; SELECT count(*) FROM events",
        "ALTER TABLE events ADD COLUMN a int; ALTER TABLE orders VALIDATE CONSTRAINT positive",
        "ALTER TABLE events ADD COLUMN a int; CREATE TABLE copied AS SELECT * FROM orders; "
        "INSERT INTO copied SELECT * FROM orders",
    ),
    good=(
        "ALTER TABLE events ADD COLUMN a int; ALTER TABLE events ADD COLUMN b int",
        "UPDATE events SET kind = 'a' WHERE kind = 'x'; ALTER TABLE events ADD COLUMN a int",
        "ALTER TABLE events ADD COLUMN a int; SELECT 1",
        "ALTER TABLE events ADD COLUMN a int; INSERT INTO orders VALUES (1)",
        "CREATE TABLE fresh (a int); UPDATE events SET kind = 'a' WHERE kind = 'x'",
        "ALTER TABLE events ADD COLUMN a int; CREATE TABLE fresh (a int); "
        "CREATE INDEX ix ON fresh (a)",
        "ALTER TABLE events ADD COLUMN a int; UPDATE events SET a = 1 WHERE id = 7",
        Example(
            sources=(
                Source("DROP INDEX ix_old", "a.py", 1, out_of_band=True),
                Source("CREATE INDEX ix ON orders (id)", "a.py", 2, out_of_band=True),
            )
        ),
    ),
)
def statements_after_exclusive_lock(
    statement: _LONG | AlterTable, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """Something that takes long runs while the transaction keeps everybody off a table.

    Cost: a lock is held until the transaction ends. What reads or writes many rows behind an
    ALTER TABLE keeps even readers of that table waiting as long as it runs.

    Instead: put what takes long into a revision before or behind, or outside the deploy altogether
    (`op.create_index_out_of_band(…)`, `op.backfill_out_of_band(…)`), and let each revision have its
    transaction: plain Alembic does with `transaction_per_migration=True` in env.py.

    Allowed when: the later statements only change the catalog, write a handful of rows, or work on
    tables that the revision itself creates.

    Source: PostgreSQL 18, 13.3.1, Table-Level Locks.
    """
    if context.source.out_of_band or not context.held:
        return
    if not _takes_long(statement, schema, context):
        return
    taken = _taken_since_the_last(context)
    if not taken:
        return
    tables = dict.fromkeys(table for table, _ in taken)
    named = ", ".join(str(shown(table)) for table in tables)
    line = taken[0][1].source.line
    verb, them = ("is", "it") if len(tables) == 1 else ("are", "them")
    yield Violation(
        f"{named} {verb} locked ACCESS EXCLUSIVE since line {line}: every read and every write of "
        f"{them} waits as long as this statement runs, until the transaction ends.",
        "Move this statement into a revision of its own, or out of the deploy. Without outofband, "
        "transaction_per_migration=True in env.py gives it a transaction of its own, too",
        costs=tuple(tables),
    )


def _takes_long(statement: Statement, schema: Schema, context: StatementContext) -> bool:
    """Tell whether the statement may read or write as many rows as a table in use has."""
    match statement:
        case Query(writes=()):
            return " from " in f" {' '.join(statement.sql.lower().split())} "
        case Query(writes=writes):
            return any(
                context.existing(write.table, schema) is not None
                and not writes_few(statement, write, schema.table(write.table))
                for write in writes
            )
        case CreateIndex(concurrently=False, table=table):
            return context.existing(table, schema) is not None
        case Copy(from_=True) | CreateTableAs() | CreateMaterializedView() | Analyze() | Reindex():
            return True
        case RefreshMaterializedView():
            return True
        case AlterTable(table=table, actions=actions):
            return context.existing(table, schema) is not None and any(map(_scans, actions))
    return False


def _scans(action: object) -> bool:
    match action:
        case ValidateConstraint():
            return True
        case AddConstraint(constraint=constraint):
            return not (constraint.not_valid or constraint.using_index)
    return False


def _taken_since_the_last(context: StatementContext) -> list[tuple[QualifiedName, Sent]]:
    """Return the tables in use that were shut since the last statement that took long.

    That one was judged with all that was shut before it.
    """
    found: list[tuple[QualifiedName, Sent]] = []
    for sent in reversed(context.transaction):
        if sent.source.out_of_band:
            continue
        for table, mode in locks(sent.statement, sent.before):
            if mode is LockMode.ACCESS_EXCLUSIVE and context.existing(table, sent.before):
                found.insert(0, (table, sent))
        if _takes_long(sent.statement, sent.before, context):
            break
    return found
