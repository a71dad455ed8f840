"""delete-without-where."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.spelling import shown
from outofband_lint.statement import Query
from outofband_lint.whole_table import name_the_rows, written_whole


@statement_rule(
    aliases=("GN023", "DeleteWithoutWhereClause"),
    failure="every row of the table is gone, and locked until then",
    scans=True,
    given="""
        CREATE TABLE events (id bigint PRIMARY KEY, kind text);
        CREATE SCHEMA app;
        CREATE TABLE app."Orders" (id bigint, "State" text)
    """,
    bad=(
        "DELETE FROM events",
        'delete from only app."Orders"',
        'DELETE FROM events USING app."Orders" o',
        "WITH x AS (DELETE FROM public.EVENTS RETURNING id) SELECT count(*) FROM x",
    ),
    good=(
        "CREATE TABLE fresh (a int); DELETE FROM fresh",
        "DELETE FROM events WHERE id = 1",
        "TRUNCATE events",
        "CREATE TEMP TABLE staging (a int); DELETE FROM staging",
    ),
)
def delete_without_where(
    statement: Query, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """A DELETE without WHERE empties a table in use.

    Cost: every row goes, and cannot be had back once the migration is committed. Until then each of
    them stays locked, and the deploy waits as long as there are rows; their space is left to
    VACUUM.

    Instead: work in batches outside the deploy, by `op.backfill_out_of_band(…)`, and put
    `op.require_step(…)` before what needs it. In plain Alembic, a script after the deploy, or
    `op.execute("DELETE … WHERE …")` for the rows that are meant.

    Allowed when: the revision itself creates the table. A table that the settings call
    small makes it a warning; where they name the large ones, all others are silent.

    Source: PostgreSQL 18, DELETE; 24.1, Routine Vacuuming.
    """
    for table in written_whole(statement, "delete", schema, context):
        yield Violation(
            f"DELETE without WHERE removes every row of {shown(table)} for good and keeps them "
            "locked until the migration's transaction ends.",
            name_the_rows(table),
            costs=(table,),
        )
