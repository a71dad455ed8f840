"""serial-column."""

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
        "prefer-identity",
        "serial",
        "prefer-identity-column-over-serial",
        "TP007",
    ),
    failure="42501 insufficient_privilege: whoever may INSERT still needs a GRANT on the sequence",
    given="""
        CREATE TABLE orders (id bigint PRIMARY KEY);
        CREATE SCHEMA app
    """,
    bad=(
        "CREATE TABLE fresh (id serial)",
        'create table app."Fresh" ("Id" BIGSERIAL PRIMARY KEY)',
        "ALTER TABLE orders ADD number serial",
    ),
    good=(
        "CREATE TABLE fresh (id bigint GENERATED ALWAYS AS IDENTITY)",
        "ALTER TABLE orders ADD number bigint",
    ),
)
def serial_column(
    statement: CreateTable | AlterTable, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """A column is a serial instead of an identity.

    Cost: the sequence is an object of its own: it needs its own GRANT, a copy of the table by LIKE
    shares it, and nothing keeps an INSERT from passing by it.

    Instead: `sa.Identity()` in `op.create_table`. Plain Alembic has the same.

    Allowed when: the project uses serials throughout.

    Source: PostgreSQL 18, 5.3, Identity Columns; 8.1.4, Serial Types.
    """
    for column in declared_columns(statement, schema, context):
        if column.serial:
            yield Violation(
                f"Column {quote(column.name)} of {shown(statement.table)} "
                "is a serial, whose sequence needs a GRANT of its own.",
                "Use sa.Identity(). Without outofband, the same.",
            )
