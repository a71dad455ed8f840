"""table-dropped."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.fix import Fix
from outofband_lint.names import QualifiedName
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.spelling import drop_table, shown
from outofband_lint.statement import DropTable


@statement_rule(
    severity="warning",
    aliases=(
        "ban-drop-table",
        "US021",
        "DropTable",
        "DS102",
        "drop_table",
        "drop-table",
    ),
    failure="42P01 undefined_table in every process of the release before, and the rows are gone",
    given="""
        CREATE TABLE events (id bigint);
        CREATE TABLE users (id bigint PRIMARY KEY);
        CREATE TABLE orders (id bigint, user_id bigint REFERENCES users);
        CREATE SCHEMA app;
        CREATE TABLE app."Log" (id bigint) PARTITION BY RANGE (id);
        CREATE TABLE app.log_1 PARTITION OF app."Log" FOR VALUES FROM (1) TO (10)
    """,
    bad=(
        "DROP TABLE events",
        "drop table if exists public.EVENTS cascade",
        'DROP TABLE app."Log"',
        "DROP TABLE app.log_1",
        "DROP TABLE events, orders",
        "DROP TABLE created_by_hand",
    ),
    good=(
        "CREATE TABLE fresh (a int); DROP TABLE fresh",
        "CREATE TEMP TABLE staging (a int); DROP TABLE staging",
        "ALTER TABLE events RENAME COLUMN id TO key",
    ),
)
def table_dropped(
    statement: DropTable, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """A table in use is dropped.

    Cost: while the deploy goes on, processes of the release before still read and write the table
    and fail with 42P01. The rows cannot be had back. DROP TABLE also takes an ACCESS EXCLUSIVE lock
    on every table that its foreign keys point to and, for a partition, on the partitioned table.

    Instead: declare it with `op.drop_table_out_of_band(…)`; `outofband apply` drops it once the
    release that uses it is gone: it looks who still reads it, and drops the foreign keys that point
    to it one at a time. In plain Alembic, one release after the code that uses it, with
    `op.drop_table(…)` in a revision of its own. Detach a partition first.

    Allowed when: the revision itself creates the table, or it is declared out of band.

    Source: PostgreSQL 18, DROP TABLE; 13.3, Explicit Locking.
    """
    if context.source.out_of_band:
        return
    tables = [context.existing(name, schema) for name in statement.tables]
    used = [table for table in tables if table is not None]
    if not used:
        return
    named = ", ".join(str(shown(table)) for table in used)
    locked = _locked_beside(used, schema, context)
    also = f" It locks {', '.join(str(shown(t)) for t in locked)} too." if locked else ""
    declared = [drop_table(table) for table in used]
    whole = not statement.cascade and len(used) == len(statement.tables)
    yield Violation(
        f"Dropping {named} fails whatever the release before still does with it (42P01), and its "
        f"rows are gone.{also}",
        f"Declare it instead: {'; '.join(declared)}. Without outofband, op.drop_table(…) in a "
        "revision of its own, in a release after the one whose code no longer uses it",
        fix=Fix(tuple(declared)) if whole else None,
    )


def _locked_beside(
    dropped: list[QualifiedName], schema: Schema, context: StatementContext
) -> list[QualifiedName]:
    """Return the tables in use that the drop locks without dropping them."""
    found: dict[QualifiedName, None] = {}
    for name in dropped:
        table = schema.table(name)
        if table is None:
            continue
        near = [c.references for c in table.constraints if c.references is not None]
        for other in [*near, *([table.partition_of] if table.partition_of else [])]:
            if context.existing(other, schema) is not None:
                found[other] = None
    return [name for name in found if name not in dropped]
