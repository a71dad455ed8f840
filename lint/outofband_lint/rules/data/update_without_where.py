"""update-without-where."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.example import Example
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.spelling import shown
from outofband_lint.statement import Query
from outofband_lint.whole_table import name_the_rows, written_whole


@statement_rule(
    aliases=("GN022", "UpdateWithoutWhereClause", "update-in-migration"),
    failure="every row of the table is written anew and stays locked",
    scans=True,
    given="""
        CREATE TABLE events (id bigint PRIMARY KEY, kind text);
        CREATE SCHEMA app;
        CREATE TABLE app."Orders" (id bigint, "State" text)
    """,
    bad=(
        "UPDATE events SET kind = 'a'",
        'update only app."Orders" set "State" = upper("State")',
        'UPDATE events SET kind = o."State" FROM app."Orders" o',
        "WITH x AS (UPDATE events SET kind = 'a' RETURNING id) SELECT count(*) FROM x",
    ),
    good=(
        "CREATE TABLE fresh (a int); UPDATE fresh SET a = 1",
        "UPDATE events SET kind = 'a' WHERE kind IS NULL",
        "INSERT INTO events VALUES (1, 'a') ON CONFLICT (id) DO UPDATE SET kind = 'b'",
        Example("SELECT * FROM events FOR UPDATE", measured=False),
        "CREATE TEMP TABLE staging (a int); UPDATE staging SET a = 1",
    ),
)
def update_without_where(
    statement: Query, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """An UPDATE without WHERE writes every row of a table in use.

    Cost: every row is written anew, whether it changes or not: the table doubles in size, all its
    indexes get a new entry for each, and every row stays locked until the migration's transaction
    ends. The deploy waits as long.

    Instead: work in batches outside the deploy, by `op.backfill_out_of_band(…)`, and put
    `op.require_step(…)` before what needs it. In plain Alembic, a script after the deploy, or
    `op.execute("UPDATE … WHERE …")` for the rows that are meant.

    Allowed when: the revision itself creates the table. A table that the settings call
    small makes it a warning; where they name the large ones, all others are silent.

    Source: PostgreSQL 18, UPDATE; 24.1, Routine Vacuuming.
    """
    for table in written_whole(statement, "update", schema, context):
        yield Violation(
            f"UPDATE without WHERE writes every row of {shown(table)} anew and keeps all of them "
            "locked until the migration's transaction ends.",
            name_the_rows(table),
            costs=(table,),
        )
