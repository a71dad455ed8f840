"""unlogged-table."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.spelling import shown
from outofband_lint.statement import CreateTable, CreateTableAs, DropTable


@statement_rule(
    severity="warning",
    aliases=("GN019", "UnloggedTable", "unlogged-table"),
    failure="the table is empty after a crash, and absent on a standby",
    given="CREATE SCHEMA app; CREATE TABLE events (id bigint)",
    bad=(
        "CREATE UNLOGGED TABLE cache (id bigint)",
        'create unlogged table if not exists app."Cache" (id bigint)',
        "CREATE UNLOGGED TABLE copied AS SELECT * FROM events",
    ),
    good=(
        "CREATE TABLE cache (id bigint)",
        "CREATE TEMP TABLE cache (id bigint)",
        "CREATE TABLE copied AS SELECT * FROM events",
        "CREATE UNLOGGED TABLE staging (id bigint); DROP TABLE staging",
    ),
)
def unlogged_table(
    statement: CreateTable | CreateTableAs, _schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """A table is created UNLOGGED.

    Cost: after a crash or an immediate shutdown Postgres empties the table; a standby has none of
    its rows, so that they are gone after a failover, too; a base backup leaves them out.

    Instead: leave UNLOGGED out: `op.create_table(…)`. In plain Alembic, that is
    `prefixes=["UNLOGGED"]` taken away.

    Allowed when: the revision drops the table again. For what may be lost, a suppression says so.

    Source: PostgreSQL 18, CREATE TABLE, UNLOGGED.
    """
    if not statement.unlogged or _is_dropped_again(statement, context):
        return
    named = shown(statement.table)
    yield Violation(
        f"{named} is UNLOGGED: after a crash it is empty, and a standby that takes over has none "
        "of its rows.",
        f"Leave UNLOGGED out of op.create_table for {named}, or say with a suppression that its "
        "rows may be lost. Without outofband it is the same",
    )


def _is_dropped_again(statement: CreateTable | CreateTableAs, context: StatementContext) -> bool:
    return any(
        isinstance(later, DropTable) and statement.table in later.tables
        for _, later in context.later
    )
