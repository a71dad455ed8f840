"""column-type-rewritten."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.altered import altered, session_is_utc
from outofband_lint.context import StatementContext
from outofband_lint.example import PATH, Example
from outofband_lint.locks import LockMode
from outofband_lint.names import QualifiedName, quote
from outofband_lint.reader.cursor import Cursor
from outofband_lint.reader.tokens import Unreadable, tokenize
from outofband_lint.reader.types import data_type
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema, Table
from outofband_lint.settings import Settings
from outofband_lint.source import Source
from outofband_lint.spelling import execute, shown
from outofband_lint.statement import AlterColumnType, AlterTable, DataType
from outofband_lint.type_change import TypeChange, type_change


def _told(existing: str, new: str) -> Source:
    sql = f"ALTER TABLE created_by_hand ALTER a TYPE {new}"
    return Source(sql, PATH, 8, existing_type=existing)


@statement_rule(
    aliases=(
        "changing-column-type",
        "change_column",
        "column-data-type-change",
        "alter-column-type",
        "E5",
        "E10",
        "PG301",
        "US002",
    ),
    lock=LockMode.ACCESS_EXCLUSIVE,
    rewrites=True,
    given="""
        CREATE TYPE mood AS ENUM ('fine');
        CREATE TYPE mood_2 AS ENUM ('fine', 'bad');
        CREATE DOMAIN short AS text CHECK (length(value) < 9);
        CREATE DOMAIN free AS text;
        CREATE TABLE orders (
            id int PRIMARY KEY, note text, code varchar(20), total numeric(10,2), placed timestamp,
            paid timestamptz(3), tags varchar(20)[], fixed char(5), feeling mood, net cidr
        );
        CREATE SCHEMA app;
        CREATE TABLE app."Orders" (id int, "Total" int);
        CREATE TABLE log (id int, line text) PARTITION BY RANGE (id);
        CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM (0) TO (10)
    """,
    bad=(
        "ALTER TABLE orders ALTER COLUMN id TYPE bigint",
        "alter table ORDERS alter CODE set data type VARCHAR(10)",
        'ALTER TABLE app."Orders" ALTER "Total" TYPE numeric(10,2)',
        "ALTER TABLE orders ALTER note TYPE varchar(20)",
        "ALTER TABLE orders ALTER total TYPE numeric(12,4)",
        "ALTER TABLE orders ALTER fixed TYPE char(10)",
        "ALTER TABLE orders ALTER tags TYPE text[]",
        "ALTER TABLE orders ALTER feeling TYPE mood_2 USING feeling::text::mood_2",
        "ALTER TABLE orders ALTER note TYPE short",
        "ALTER TABLE orders ALTER note TYPE text USING trim(note)",
        "ALTER TABLE orders ALTER code TYPE varchar(40) USING code::text",
        "ALTER TABLE orders ALTER placed TYPE timestamptz USING placed AT TIME ZONE 'UTC'",
        "SET timezone TO 'Europe/Berlin'; ALTER TABLE orders ALTER placed TYPE timestamptz",
        "ALTER TABLE log ALTER line TYPE varchar(10)",
        Example("ALTER TABLE orders ALTER placed TYPE timestamptz", measured=False),
        Example("ALTER TABLE created_by_hand ALTER a TYPE text", measured=False),
        Example(sources=(_told("text", "varchar(10)"),), measured=False),
        Example("ALTER TABLE orders ALTER id TYPE bigint", settings=Settings(small=("orders",))),
    ),
    good=(
        "ALTER TABLE orders ALTER code TYPE varchar(40)",
        "ALTER TABLE orders ALTER code TYPE text",
        "ALTER TABLE orders ALTER code TYPE text USING code::text",
        "ALTER TABLE orders ALTER note TYPE varchar",
        "ALTER TABLE orders ALTER note TYPE free",
        "ALTER TABLE orders ALTER total TYPE numeric(12,2)",
        "ALTER TABLE orders ALTER total TYPE numeric",
        "ALTER TABLE orders ALTER paid TYPE timestamptz",
        "ALTER TABLE orders ALTER net TYPE inet",
        "ALTER TABLE orders ALTER id TYPE int",
        "SET TIME ZONE 'UTC'; ALTER TABLE orders ALTER placed TYPE timestamptz",
        "CREATE TABLE fresh (a int); ALTER TABLE fresh ALTER a TYPE bigint",
        Example(sources=(_told("VARCHAR(10)", "varchar(20)"),), measured=False),
    ),
)
def column_type_rewritten(
    statement: AlterTable, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """A column of a table in use gets a type for which every row is written again.

    Cost: Postgres rewrites the table and all its indexes under an ACCESS EXCLUSIVE lock. Every
    query waits for as long as that takes, and for twice the disk space.

    Instead: `op.add_column` of the new type, let the application write both, backfill in batches
    outside of the deploy, then exchange the names in one short transaction. An integer key that
    overflows soon is no exception. Plain Alembic has the same operations.

    Allowed when: the revision itself creates the table, or the values are stored alike: a longer
    varchar, varchar and text, numeric with more digits before the point, more precise times, cidr
    to inet, domains without constraints. USING with the cast alone changes nothing. timestamp and
    timestamptz are stored alike only where the session's TimeZone is UTC: unless the revision sets
    it, a warning. Of a type that no revision here names, `existing_type` of `op.alter_column` is
    believed; without it, it counts as another one.

    Source: PostgreSQL 18, ALTER TABLE, Notes; measured on 14 to 18 for every pair of 60 types.
    """
    changes = [action for action in statement.actions if isinstance(action, AlterColumnType)]
    name = altered(statement, schema, context) if changes else None
    if name is None:
        return
    table = schema.table(statement.table)
    for action in changes:
        old = _type_before(action, table, schema, context)
        if old is None:
            yield _violation(name, action, None)
        elif type_change(old, action, schema) is TypeChange.REWRITE:
            yield from _rewrite(name, action, old, schema, context)


def _type_before(
    action: AlterColumnType, table: Table | None, schema: Schema, context: StatementContext
) -> DataType | None:
    """Return the type that the column has, or else what `existing_type` says it has."""
    column = None if table is None else table.column(action.column)
    if column is not None and _is_known(column.type, schema):
        return column.type
    told = context.source.existing_type
    if told is None:
        return None if column is None else column.type
    try:
        return data_type(Cursor(tokenize(told)))
    except Unreadable:
        return None


def _is_known(type_: DataType, schema: Schema) -> bool:
    """Tell whether Postgres or a revision defines the type."""
    name = QualifiedName(type_.name, type_.schema)
    return type_.builtin or any(found in schema.types for found in schema.candidates(name))


def _rewrite(
    table: QualifiedName,
    action: AlterColumnType,
    old: DataType,
    schema: Schema,
    context: StatementContext,
) -> Iterator[Violation]:
    """Yield what a change costs that keeps the rows, if at all, in UTC."""
    is_utc: bool | None = False
    if type_change(old, action, schema, utc=True) is not TypeChange.REWRITE:
        is_utc = session_is_utc(context)
    if not is_utc:
        yield _violation(table, action, old, only_in_utc=is_utc is None)


def _violation(
    table: QualifiedName,
    action: AlterColumnType,
    before: DataType | None,
    *,
    only_in_utc: bool = False,
) -> Violation:
    named, name = shown(table), quote(action.column)
    old = "a type that no revision here names" if before is None else str(before)
    unless = ", unless the session's TimeZone is UTC" if only_in_utc else ""
    added = execute(f"ALTER TABLE {named} ADD COLUMN {quote(f'{action.column}_new')} {action.type}")
    first = (
        "Set the zone first, op.execute(\"SET LOCAL timezone TO 'UTC'\"), or add"
        if unless
        else "Add"
    )
    return Violation(
        f"Changing column {name} of {named} from {old} to {action.type} rewrites the table under "
        f"an ACCESS EXCLUSIVE lock{unless}: {LockMode.ACCESS_EXCLUSIVE.blocks} to {named} waits "
        "until every row and index is written again.",
        f"{first} a column of the new type, {added}, write both, fill it in batches outside of the "
        "deploy, then exchange the names. Without outofband, the same.",
        severity="warning" if only_in_utc else None,
        costs=(table,),
    )
