"""table-renamed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from outofband_lint.context import StatementContext
from outofband_lint.names import QualifiedName
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.spelling import shown
from outofband_lint.statement import (
    CreateTable,
    CreateTableAs,
    CreateView,
    RenameTable,
    SetTableSchema,
    Statement,
)

_SOON = 8
"""Whoever exchanges two tables does it at once; to look at all that follows costs its square."""


@statement_rule(
    aliases=(
        "renaming-table",
        "ban-set-schema",
        "US022",
        "RenameTable",
        "BC101",
        "rename_table",
        "rename-table",
    ),
    failure="42P01 undefined_table in every process of the release before",
    given="""
        CREATE TABLE events (id bigint);
        CREATE SCHEMA app;
        CREATE TABLE app."Orders" (id bigint);
        CREATE VIEW recent AS SELECT * FROM events;
        CREATE INDEX ix_events_id ON events (id)
    """,
    bad=(
        "ALTER TABLE events RENAME TO incidents",
        'alter table if exists app."Orders" rename to orders',
        "ALTER TABLE events SET SCHEMA app",
        "ALTER TABLE created_by_hand RENAME TO other",
        "ALTER TABLE events RENAME TO old; CREATE TABLE events (id bigint)",
        "CREATE TABLE fresh (a int); ALTER TABLE events RENAME TO old; "
        "ALTER TABLE fresh RENAME TO events",
    ),
    good=(
        "CREATE TABLE fresh (a int); ALTER TABLE fresh RENAME TO newer",
        "ALTER TABLE events RENAME TO incidents; CREATE VIEW events AS SELECT * FROM incidents",
        "ALTER VIEW recent RENAME TO latest",
        "ALTER INDEX ix_events_id RENAME TO ix_other",
        "ALTER TABLE events RENAME COLUMN id TO key",
    ),
)
def table_renamed(
    statement: RenameTable | SetTableSchema, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """A table in use gets another name or moves to another schema.

    Cost: every process of the release before goes on asking for the old name and fails with 42P01
    until it is replaced; a rollback of the code fails likewise. Where another table takes the name,
    they work on that one. The rename takes an ACCESS EXCLUSIVE lock.

    Instead: keep the name and give the class another `__tablename__`, or rename and create a view
    under the old name in the same transaction: `op.rename_table(…)`, then
    `op.execute("CREATE VIEW … AS SELECT * FROM …")`, which in plain Alembic is the same. Drop the
    view one release later.

    Allowed when: the revision itself creates the table, or a view takes the old name in the same
    transaction: a simple one can be written through.

    Source: PostgreSQL 18, ALTER TABLE; CREATE VIEW, "Updatable Views".
    """
    if schema.view(statement.table) or schema.index(statement.table):
        return
    table = context.existing(statement.table, schema)
    if table is None or _is_taken_by_view(table, context):
        return
    new = _new_name(statement, table)
    yield Violation(
        f"Once {shown(table)} is called {new}, the release before {_meets(table, context)}.",
        f"Keep the name, or put a view in its place: CREATE VIEW {table} AS SELECT * FROM {new}, "
        "with op.execute in the same revision, and drop the view a release later. Without "
        "outofband it is the same",
    )


def _new_name(statement: RenameTable | SetTableSchema, table: QualifiedName) -> QualifiedName:
    if isinstance(statement, RenameTable):
        return shown(table.renamed(statement.new_name))
    return QualifiedName(table.name, statement.schema)


def _meets(table: QualifiedName, context: StatementContext) -> str:
    """Say what becomes of what still uses the old name."""
    following = (
        statement
        for kind in (CreateTable, CreateTableAs, RenameTable)
        for _, statement in islice(context.later_of(kind), _SOON)
    )
    if any(shown(_named(statement)) == shown(table) for statement in following):
        return (
            f"reads and writes the table that takes the name {shown(table)}: it misses the rows "
            "that are not there, and fails with 42703 where a column is not"
        )
    return f"fails with 42P01 wherever it reads or writes {shown(table)}"


def _named(statement: Statement) -> QualifiedName:
    """Return the name that a statement gives a table."""
    if isinstance(statement, RenameTable):
        return statement.table.renamed(statement.new_name)
    assert isinstance(statement, CreateTable | CreateTableAs)
    return statement.table


def _is_taken_by_view(table: QualifiedName, context: StatementContext) -> bool:
    """Tell whether a view takes the old name before anybody sees it missing."""
    return any(
        isinstance(statement, CreateView)
        and shown(statement.view) == shown(table)
        and source.in_transaction == context.source.in_transaction
        for source, statement in context.later_of(CreateView)
    )
