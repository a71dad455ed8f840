"""column-dropped."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.altered import altered
from outofband_lint.context import StatementContext
from outofband_lint.fix import Fix
from outofband_lint.names import QualifiedName, quote
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.spelling import drop_column, shown
from outofband_lint.statement import AlterTable, DropColumn, DropType


@statement_rule(
    severity="warning",
    aliases=("ban-drop-column", "remove_column", "drop-column", "DS103", "US001"),
    failure="42703 undefined_column: queries of the old release name the column until it is gone",
    given="""
        CREATE TABLE orders (id bigint PRIMARY KEY, note text, old_note text);
        CREATE SCHEMA app;
        CREATE TABLE app."Orders" (id bigint, "oldNote" text);
        CREATE TYPE mood AS ENUM ('fine');
        CREATE DOMAIN app."Code" AS text;
        CREATE DOMAIN unused AS text;
        CREATE TABLE answers (id bigint, mood mood, code app."Code")
    """,
    bad=(
        "ALTER TABLE orders DROP COLUMN note",
        "alter table if exists ORDERS drop NOTE cascade",
        'ALTER TABLE app."Orders" DROP COLUMN "oldNote"',
        "ALTER TABLE orders DROP COLUMN IF EXISTS note",
        "ALTER TABLE created_by_hand DROP COLUMN a",
        "ALTER TABLE orders ADD a int, DROP note",
        "DROP TYPE mood CASCADE",
        'drop domain if exists app."Code" cascade',
    ),
    good=(
        "CREATE TABLE fresh (a int, b int); ALTER TABLE fresh DROP b",
        "ALTER TABLE orders ADD tried int; ALTER TABLE orders DROP COLUMN tried",
        "ALTER TABLE orders DROP COLUMN IF EXISTS never_there",
        "DROP TABLE orders",
        "DROP DOMAIN unused CASCADE",
        "CREATE TYPE fresh AS ENUM ('a'); CREATE TABLE f (a fresh); DROP TYPE fresh CASCADE",
    ),
)
def column_dropped(
    statement: AlterTable | DropType, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """A column that the old release may still read is dropped.

    Cost: while the deploy runs, and after a rollback of the code, the old release selects and
    inserts the column and fails with "column … does not exist". What it held is gone for good.
    DROP TYPE and DROP DOMAIN with CASCADE drop every column of the type.
    SQLAlchemy names every mapped column in every query.

    Instead: declare it with `op.drop_column_out_of_band(…)`; the upgrade lets it be NULL, and
    `outofband apply` drops it once the release that names it is gone. In plain Alembic, remove the
    column from the application's models, release that, and `op.drop_column` in the release after.

    Allowed when: the revision itself creates the table or the column, or it is declared out of
    band. A suppression with the release that stopped reading it is a good reason.

    Source: PostgreSQL 18, ALTER TABLE, DROP COLUMN.
    """
    if isinstance(statement, DropType):
        yield from _with_types(statement, schema, context)
        return
    dropped = [action for action in statement.actions if isinstance(action, DropColumn)]
    name = altered(statement, schema, context) if dropped else None
    if name is None:
        return
    table = schema.table(statement.table)
    for action in dropped:
        column = None if table is None else table.column(action.column)
        if column is not None and not context.is_deployed(column.revision):
            continue
        if column is None and action.if_exists and table is not None and table.columns_known:
            continue
        alone = len(statement.actions) == 1 and not action.cascade
        yield _violation(name, action.column, fixed=alone)


def _violation(table: QualifiedName, column: str, *, fixed: bool = False) -> Violation:
    declared = drop_column(table, column)
    return Violation(
        f"Dropping column {quote(column)} of {shown(table)} breaks every query of the old release "
        "that still names it, and what it holds is lost.",
        f"Declare it instead: {declared}. Without outofband, remove {quote(column)} from the "
        "models first, release that, and drop it one release later.",
        fix=Fix((declared,)) if fixed else None,
    )


def _with_types(
    statement: DropType, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """Yield what is wrong about each column in use that goes with its type."""
    if not statement.cascade:
        return
    names = {name for type_ in statement.types for name in schema.candidates(type_)}
    dropped = names & schema.types.keys()
    for table in schema.tables.values() if dropped else ():
        for column in table.columns if context.is_existing(table) else ():
            named = QualifiedName(column.type.name, column.type.schema)
            is_of = not column.type.builtin and not dropped.isdisjoint(schema.candidates(named))
            if is_of and context.is_deployed(column.revision):
                yield _violation(table.name, column.name)
