"""table-moved-to-tablespace."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.example import Example
from outofband_lint.locks import LockMode
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.settings import Settings
from outofband_lint.spelling import shown
from outofband_lint.statement import AlterTable, MoveAllToTablespace, SetTablespace


@statement_rule(
    lock=LockMode.ACCESS_EXCLUSIVE,
    aliases=("table-movement-to-tablespace", "tables-movement-to-tablespace"),
    given="""
        CREATE TABLE events (id bigint PRIMARY KEY, kind text);
        CREATE SCHEMA app;
        CREATE TABLE app."Orders" (id bigint)
    """,
    bad=(
        "ALTER TABLE events SET TABLESPACE pg_default",
        'alter table if exists app."Orders" set tablespace pg_default',
        Example('ALTER TABLE events SET TABLESPACE "Fast Disk"', measured=False),
        Example("ALTER TABLE ALL IN TABLESPACE slow SET TABLESPACE fast", measured=False),
        Example(
            "ALTER TABLE events SET TABLESPACE fast",
            settings=Settings(small=("events",)),
            measured=False,
        ),
    ),
    good=(
        Example("ALTER TABLE ALL IN TABLESPACE slow SET TABLESPACE slow", measured=False),
        "CREATE TABLE fresh (a int); ALTER TABLE fresh SET TABLESPACE pg_default",
        Example("CREATE TABLE fresh (a int) TABLESPACE fast", measured=False),
        "ALTER TABLE events SET (fillfactor = 70)",
    ),
)
def table_moved_to_tablespace(
    statement: AlterTable | MoveAllToTablespace, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """A table in use is moved to another tablespace, which copies all of it.

    Cost: ALTER TABLE takes an ACCESS EXCLUSIVE lock while every block is copied: every read and
    every write waits, on a terabyte for hours.

    Instead: create the table anew in the other tablespace (`op.create_table(…,
    postgresql_tablespace=…)`), copy the rows in batches and swap the names, or move it in a
    window; in plain Alembic it is the same. Its indexes are moved by REINDEX (CONCURRENTLY,
    TABLESPACE …).

    Allowed when: the revision itself creates the table. A table that the settings call small makes
    it a warning.

    Source: PostgreSQL 18, ALTER TABLE, SET TABLESPACE.
    """
    if isinstance(statement, MoveAllToTablespace):
        if statement.kind != "index" and statement.tablespace != statement.new_tablespace:
            names = [str(shown(table.name)) for table in schema.tables.values()]
            yield _violation(f"{', '.join(names[:5])} …")
        return
    if not any(isinstance(action, SetTablespace) for action in statement.actions):
        return
    table = context.existing(statement.table, schema)
    if table is not None:
        found = _violation(str(shown(table)))
        yield Violation(found.message, found.help, costs=(table,))


def _violation(named: str) -> Violation:
    return Violation(
        f"Moving {named} to another tablespace copies every block under an ACCESS EXCLUSIVE lock: "
        f"{LockMode.ACCESS_EXCLUSIVE.blocks} waits until it is done.",
        "Create the table anew there, op.create_table(…, postgresql_tablespace=…), copy the rows "
        "in batches and swap the names; or move it in a window in which nobody needs it",
    )
