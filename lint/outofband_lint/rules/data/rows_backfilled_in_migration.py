"""rows-backfilled-in-migration."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.example import Example
from outofband_lint.names import QualifiedName
from outofband_lint.row_count import is_batch, writes_few
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.settings import Settings
from outofband_lint.spelling import shown
from outofband_lint.statement import Query, Write

_DONE = {"update": "Updating", "delete": "Deleting", "insert": "Copying", "merge": "Merging"}


@statement_rule(
    aliases=(
        "update-in-migration",
        "backfill-in-migration",
        "data-migration",
        "backfill",
        "AG010",
    ),
    failure="every row touched stays locked until the whole is done, and the deploy waits",
    scans=True,
    given="""
        CREATE TABLE events (id bigint PRIMARY KEY, kind text, payload jsonb);
        CREATE SCHEMA app;
        CREATE TABLE app."Orders" (id bigint, tenant int, "State" text, UNIQUE (tenant, id));
        CREATE TABLE countries (code text)
    """,
    bad=(
        "UPDATE events SET kind = 'a' WHERE kind IS NULL",
        'delete from app."Orders" o where o."State" = \'done\'',
        'INSERT INTO events (id, kind) SELECT id, "State" FROM app."Orders"',
        'UPDATE events SET kind = o."State" FROM app."Orders" o WHERE o.id = events.id',
        "UPDATE events SET kind = 'a' WHERE id = 1 OR kind IS NULL",
        "UPDATE events SET kind = 'new' WHERE kind LIKE 'a%' AND payload IS NULL",
        "ALTER TABLE countries ADD COLUMN a int; UPDATE events SET kind = 'a' WHERE kind = 'b'",
        "WITH gone AS (DELETE FROM events WHERE kind = 'a' RETURNING id) SELECT count(*) FROM gone",
        Example(
            'MERGE INTO events e USING app."Orders" o ON e.id = o.id '
            "WHEN MATCHED THEN UPDATE SET kind = 'x'",
        ),
        Example(
            "UPDATE countries SET code = upper(code) WHERE code <> upper(code)",
            settings=Settings(small=("countries",)),
        ),
    ),
    good=(
        "CREATE TABLE fresh (a int); UPDATE fresh SET a = 1 WHERE a IS NULL",
        "CREATE TABLE fresh (a int); INSERT INTO fresh SELECT id FROM events",
        "INSERT INTO events (id, kind) VALUES (1, 'a'), (2, 'b')",
        "INSERT INTO events (id) SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM events WHERE id = 1)",
        "INSERT INTO events (id) SELECT x FROM (VALUES (1), (2)) AS v (x)",
        "UPDATE events SET kind = 'a' WHERE id = 42",
        "DELETE FROM events WHERE events.id IN (1, 2, 3) AND kind = 'a'",
        'UPDATE app."Orders" SET "State" = \'a\' WHERE tenant = 1 AND id = 2',
        Example(
            "UPDATE created_by_hand SET version_num = 'b' WHERE created_by_hand.version_num = 'a'",
            measured=False,
        ),
        "UPDATE events SET kind = 'a'",
        Example("SELECT count(*) FROM events", measured=False),
        Example(
            "UPDATE events SET kind = 'a' WHERE id IN "
            "(SELECT id FROM events WHERE kind IS NULL LIMIT 1000)",
            autocommit=True,
            measured=False,
        ),
        Example(
            "UPDATE countries SET code = 'a' WHERE code = 'b'",
            settings=Settings(large=("events",)),
            measured=False,
        ),
    ),
)
def rows_backfilled_in_migration(
    statement: Query, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """Rows of a large table in use are changed in one statement of a migration.

    Cost: the statement takes as long as the rows are many, and the deploy waits. Every row that it
    touches stays locked until the migration's transaction ends: whoever writes one of them waits,
    and so does every lock that the migration took before. The dead rows are left to VACUUM, and a
    failure near the end throws all of it away.

    Instead: change the schema in the revision and the rows outside the deploy, in batches with a
    pause: declare them with `op.backfill_out_of_band(…)` and put `op.require_step(…)` before what
    needs them. In plain Alembic, a script after the deploy, or batches of a thousand rows under
    `with op.get_context().autocommit_block():`, each by its own `op.execute(…)`.

    Allowed when: the revision itself creates the table, rows are named by a unique key, values are
    inserted, or it is a batch in an autocommit block. A table that the settings call small makes it
    a warning; where they name the large ones, all others are silent.

    Source: PostgreSQL 18, 13.3.2, Row-Level Locks; 24.1, Routine Vacuuming.
    """
    if context.source.out_of_band or (not context.source.in_transaction and is_batch(statement)):
        return
    for write in statement.writes:
        if _is_without_where(write):
            continue
        table = context.existing(write.table, schema)
        if table is None or not (context.is_large(table) or context.is_small(table)):
            continue
        if not writes_few(statement, write, schema.table(table)):
            yield _violation(write, table, context)


def _is_without_where(write: Write) -> bool:
    """Tell whether update-without-where or delete-without-where speaks of it."""
    return write.verb in ("update", "delete") and not write.has_where


def _violation(write: Write, table: QualifiedName, context: StatementContext) -> Violation:
    rows = "rows into" if write.verb in ("insert", "merge") else "rows of"
    held = [shown(name) for name in context.held]
    names, verb = ", ".join(map(str, held[:3])), "stays" if len(held) == 1 else "stay"
    also = f" {names} {verb} locked as long, too." if held else ""
    return Violation(
        f"{_DONE[write.verb]} {rows} {shown(table)} in one statement takes as long as they are "
        "many; the deploy waits, and every row touched stays locked until the migration's "
        f"transaction ends.{also}",
        f"Move the rows of {shown(table)} out of the deploy: op.backfill_out_of_band(…), and "
        "op.require_step(…) before what needs them. Without outofband, a script after the deploy "
        "that works in batches",
        costs=(table,),
    )
