"""replica-identity-full."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.names import QualifiedName
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.spelling import shown
from outofband_lint.statement import AlterTable, ReplicaIdentity


@statement_rule(
    severity="warning",
    aliases=("ban-replica-identity", "replica-identity", "replica_identity_full"),
    failure="every UPDATE and DELETE logs the whole old row, and a subscriber may scan the table",
    given="""
        CREATE TABLE events (id bigint, body text);
        CREATE SCHEMA app;
        CREATE TABLE app."Orders" (id bigint NOT NULL);
        CREATE UNIQUE INDEX ux ON app."Orders" (id)
    """,
    bad=(
        "ALTER TABLE events REPLICA IDENTITY FULL",
        'alter table only app."Orders" replica identity full',
        "ALTER TABLE created_by_hand REPLICA IDENTITY FULL",
    ),
    good=(
        'ALTER TABLE app."Orders" REPLICA IDENTITY USING INDEX ux',
        "ALTER TABLE events REPLICA IDENTITY DEFAULT",
        "CREATE TEMP TABLE staging (a int); ALTER TABLE staging REPLICA IDENTITY FULL",
    ),
)
def replica_identity_full(
    statement: AlterTable, schema: Schema, _context: StatementContext
) -> Iterator[Violation]:
    """A table logs whole old rows to tell them apart: REPLICA IDENTITY FULL.

    Cost: each UPDATE and DELETE writes all columns of the old row to the write-ahead log, for ever.
    A subscriber without a usable index scans the whole table for each changed row.

    Instead: give the table a primary key, or name a unique index over NOT NULL columns: declare it
    with `op.create_index_out_of_band(…, unique=True)`, in plain Alembic with
    `op.create_index(…, unique=True, postgresql_concurrently=True)`, then REPLICA IDENTITY USING
    INDEX.

    Allowed when: the table is temporary.

    Source: PostgreSQL 18, ALTER TABLE, REPLICA IDENTITY; 29.1, Publication.
    """
    full = any(a == ReplicaIdentity("full") for a in statement.actions)
    table = schema.table(statement.table)
    if not full or (table is not None and table.temporary):
        return
    name: QualifiedName = table.name if table else statement.table
    yield Violation(
        f"With REPLICA IDENTITY FULL every UPDATE and DELETE on {shown(name)} logs the whole old "
        "row, and a subscriber without a usable index scans its table for each.",
        "Name a unique index over NOT NULL columns instead: "
        f"ALTER TABLE {shown(name)} REPLICA IDENTITY USING INDEX …, with op.execute. Without "
        "outofband it is the same",
    )
