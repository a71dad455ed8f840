"""table-clustered."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.example import Example
from outofband_lint.locks import LockMode
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.spelling import shown
from outofband_lint.statement import Cluster, Repack


@statement_rule(
    aliases=("US025", "Cluster", "cluster", "prefer-repack"),
    lock=LockMode.ACCESS_EXCLUSIVE,
    rewrites=True,
    given="""
        CREATE TABLE events (id bigint);
        CREATE INDEX ix_events_id ON events (id);
        CREATE SCHEMA app;
        CREATE TABLE app."Orders" (id bigint);
        CREATE INDEX "Ix" ON app."Orders" (id);
        ALTER TABLE events CLUSTER ON ix_events_id
    """,
    bad=(
        "CLUSTER events USING ix_events_id",
        'cluster verbose app."Orders" using "Ix"',
        "CLUSTER EVENTS",
        Example("REPACK events", autocommit=True, measured=False),
    ),
    good=(
        "CREATE TABLE fresh (a int); CREATE INDEX ix ON fresh (a); CLUSTER fresh USING ix",
        "ALTER TABLE events SET WITHOUT CLUSTER",
        Example("REPACK (CONCURRENTLY) events", autocommit=True, measured=False),
    ),
)
def table_clustered(
    statement: Cluster | Repack, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """CLUSTER, or REPACK of PostgreSQL 19, rewrites a table in use.

    Cost: the whole table is written anew, in the order of an index, under an ACCESS EXCLUSIVE lock,
    and all its indexes are built again. Nobody reads or writes the table meanwhile.

    Instead: repack it from a runbook with pg_repack or, from PostgreSQL 19 on,
    `op.execute("REPACK (CONCURRENTLY) …")` in an autocommit block; in plain Alembic it is the same.

    Allowed when: the revision itself creates the table. A table that the settings call small makes
    it a warning.

    Source: PostgreSQL 18, CLUSTER; PostgreSQL 19, REPACK.
    """
    if isinstance(statement, Repack) and statement.concurrently:
        return
    words = "REPACK" if isinstance(statement, Repack) else "CLUSTER"
    table = None if statement.table is None else context.existing(statement.table, schema)
    if statement.table is not None and table is None:
        return
    named = "every table that was clustered before" if table is None else str(shown(table))
    yield Violation(
        f"{words} writes {named} and its indexes anew under an ACCESS EXCLUSIVE lock: "
        f"{LockMode.ACCESS_EXCLUSIVE.blocks} waits until it ends.",
        f"Run pg_repack on {named} from a runbook, or REPACK (CONCURRENTLY) where the "
        "server is PostgreSQL 19. Without outofband it is the same",
        costs=() if table is None else (table,),
    )
