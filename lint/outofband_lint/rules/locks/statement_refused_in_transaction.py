"""statement-refused-in-transaction."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.example import Example
from outofband_lint.fix import Fix
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.spelling import AUTOCOMMIT, execute, shown
from outofband_lint.statement import Cluster, Reindex, Statement, Understood, Vacuum

_REFUSED = {
    "alter system",
    "create database",
    "create tablespace",
    "drop database",
    "drop tablespace",
}


@statement_rule(
    sqlstate="25001",
    aliases=("concurrent-in-transaction", "transaction-nesting", "vacuum-in-transaction"),
    failure="25001 active_sql_transaction: the statement is refused and the upgrade rolls back",
    given="""
        CREATE TABLE events (id bigint PRIMARY KEY, kind text);
        CREATE SCHEMA app;
        CREATE TABLE app."Orders" (id bigint PRIMARY KEY)
    """,
    bad=(
        "VACUUM events",
        'vacuum (analyze) app."Orders"',
        "VACUUM",
        "CLUSTER",
        "REINDEX SCHEMA app",
        "CREATE DATABASE reports",
        "ALTER SYSTEM SET work_mem = '8MB'",
    ),
    good=(
        Example("VACUUM ANALYZE events", autocommit=True),
        Example("REINDEX SCHEMA app", autocommit=True),
        "ANALYZE events",
        "REINDEX TABLE events",
        "ALTER TABLE events CLUSTER ON events_pkey",
        "ALTER DATABASE postgres SET work_mem = '8MB'",
    ),
)
def statement_refused_in_transaction(
    statement: Vacuum | Cluster | Reindex | Understood, _schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """A statement that cannot run in a transaction stands in one.

    Cost: the upgrade fails with "cannot run inside a transaction block" and rolls back. Alembic
    opens a transaction around each upgrade, so this happens on every database.

    Instead: put it into `with op.get_context().autocommit_block():`, as `op.execute(…)`, in a
    revision of its own; plain Alembic has the same block. Better still leave VACUUM to autovacuum
    or to a job outside the deploy; after a backfill `op.execute("ANALYZE …")` is often what was
    meant, and it may run in a transaction.

    Allowed when: an autocommit block surrounds it. What is CONCURRENTLY is for
    concurrent-index-in-transaction.

    Source: PostgreSQL 18, VACUUM, CLUSTER, REINDEX, CREATE DATABASE, ALTER SYSTEM, CREATE
    TABLESPACE; PreventInTransactionBlock (src/backend/access/transam/xact.c).
    """
    if not context.source.in_transaction or context.source.out_of_band:
        return
    words = _refused(statement)
    if words is None:
        return
    call = execute(statement.sql)
    yield Violation(
        f"Postgres refuses {words} inside a transaction: the upgrade fails and rolls back.",
        f"Put it alone into a revision: {AUTOCOMMIT} {call}",
        fix=Fix((call,), autocommit=True),
    )


def _refused(statement: Statement) -> str | None:
    """Return the words of a statement that no transaction takes."""
    match statement:
        case Vacuum(tables=tables):
            return " ".join(["VACUUM", ", ".join(str(shown(table)) for table in tables)]).strip()
        case Cluster(table=None):
            return "CLUSTER of all tables"
        case Reindex(target="schema" | "database" | "system" as target, concurrently=False):
            return f"REINDEX {target.upper()}"
        case Understood(kind=kind) if kind in _REFUSED:
            return kind.upper()
    return None
