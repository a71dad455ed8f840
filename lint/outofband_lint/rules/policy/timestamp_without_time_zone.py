"""timestamp-without-time-zone."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.declared import declared_columns
from outofband_lint.names import quote
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.spelling import shown
from outofband_lint.statement import AlterTable, CreateTable


@statement_rule(
    severity="warning",
    opt_in=True,
    aliases=(
        "prefer-timestamptz",
        "prefer-timestamp-tz",
        "timestamp-without-timezone",
        "TP001",
    ),
    failure="the moment that a value means depends on who reads it",
    given="""
        CREATE TABLE orders (id bigint PRIMARY KEY);
        CREATE SCHEMA app
    """,
    bad=(
        "CREATE TABLE fresh (at timestamp)",
        'create table app."Fresh" ("At" TIMESTAMP(3) without time zone)',
        "ALTER TABLE orders ADD at timestamp DEFAULT now()",
    ),
    good=(
        "CREATE TABLE fresh (at timestamptz)",
        "ALTER TABLE orders ADD at timestamp with time zone, ADD d date",
    ),
)
def timestamp_without_time_zone(
    statement: CreateTable | AlterTable, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """A column is a timestamp without time zone.

    Cost: it holds what a clock showed, not which: sessions in other zones, and daylight saving,
    read another moment. The change to timestamptz later rewrites the table unless all is in UTC.

    Instead: `sa.DateTime(timezone=True)` in `op.add_column`; it takes the same eight bytes. Plain
    Alembic has the same.

    Allowed when: the wall clock is what is meant: opening hours, birthdays.

    Source: PostgreSQL 18, 8.5, Date/Time Types.
    """
    for column in declared_columns(statement, schema, context):
        if column.type.name == "timestamp" and column.type.suffix == " without time zone":
            yield Violation(
                f"Column {quote(column.name)} of {shown(statement.table)} "
                "names no time zone: which moment it is depends on who reads it.",
                "Use sa.DateTime(timezone=True). Without outofband, the same.",
            )
