"""column-added-not-null."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.altered import added_columns
from outofband_lint.context import StatementContext
from outofband_lint.example import Example
from outofband_lint.names import quote
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.spelling import add_column, shown
from outofband_lint.statement import AlterTable, ColumnDefinition
from outofband_lint.type_change import domain
from outofband_lint.volatility import is_null

ROW = "INSERT INTO orders (id) VALUES (1)"


@statement_rule(
    aliases=(
        "adding-required-field",
        "adding-not-nullable-field",
        "add-column-not-null-no-default",
        "E2",
        "MF103",
        "US010",
    ),
    failure="23502 not_null_violation: the upgrade fails on the first row that is there",
    scans=True,
    sqlstate="23502",
    given="""
        CREATE TABLE orders (id bigint PRIMARY KEY);
        CREATE SCHEMA app;
        CREATE TABLE app."Orders" (id bigint);
        CREATE TABLE vehicles (id bigint);
        CREATE TABLE cars (doors int) INHERITS (vehicles);
        CREATE TABLE log (id bigint) PARTITION BY RANGE (id);
        CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM (0) TO (10);
        CREATE DOMAIN rated AS int DEFAULT 3
    """,
    bad=(
        Example("ALTER TABLE orders ADD COLUMN state text NOT NULL", data=ROW),
        Example("alter table ORDERS add state text not null default null", data=ROW),
        Example("ALTER TABLE orders ADD note text, ADD state text NOT NULL", data=ROW),
        Example(
            'ALTER TABLE app."Orders" ADD "State" int NOT NULL',
            data='INSERT INTO app."Orders" VALUES (1)',
        ),
        Example(
            "ALTER TABLE vehicles ADD wheels int NOT NULL", data="INSERT INTO cars VALUES (1, 4)"
        ),
        Example("ALTER TABLE log ADD line text NOT NULL", data="INSERT INTO log VALUES (1)"),
        Example(
            "DELETE FROM orders; INSERT INTO orders VALUES (1); "
            "ALTER TABLE orders ADD a int NOT NULL"
        ),
        Example("DELETE FROM orders WHERE id > 5; ALTER TABLE orders ADD a int NOT NULL", data=ROW),
        Example("ALTER TABLE created_by_hand ADD a int NOT NULL", measured=False),
        Example("DO $$ BEGIN ALTER TABLE orders ADD state text NOT NULL; END $$", data=ROW),
    ),
    good=(
        "CREATE TABLE fresh (a int); ALTER TABLE fresh ADD b int NOT NULL",
        Example("ALTER TABLE orders ADD state text NOT NULL DEFAULT 'new'", data=ROW),
        Example("ALTER TABLE orders ADD made timestamptz NOT NULL DEFAULT now()", data=ROW),
        Example("ALTER TABLE orders ADD state text", data=ROW),
        Example("ALTER TABLE orders ADD a int GENERATED ALWAYS AS IDENTITY NOT NULL", data=ROW),
        Example("ALTER TABLE orders ADD a bigserial NOT NULL", data=ROW),
        Example(
            "ALTER TABLE orders ADD b bigint NOT NULL GENERATED ALWAYS AS (id) STORED", data=ROW
        ),
        Example("ALTER TABLE orders ADD stars rated NOT NULL", data=ROW),
        Example("ALTER TABLE orders ADD IF NOT EXISTS id bigint NOT NULL", data=ROW),
        Example("TRUNCATE orders; ALTER TABLE orders ADD a int NOT NULL", data=ROW),
        Example("DELETE FROM orders; ALTER TABLE public.orders ADD a int NOT NULL", data=ROW),
        Example(
            "DELETE FROM orders; ALTER TABLE orders RENAME TO o; ALTER TABLE o ADD a int NOT NULL",
            data=ROW,
        ),
    ),
)
def column_added_not_null(
    statement: AlterTable, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """A column without a value for the rows that are there is added as NOT NULL.

    Cost: the upgrade fails as soon as the table has one row, with "column … contains null values",
    and rolls back: it passes on an empty database and fails in production. An application of the
    old release, which does not know the column, could not insert either.

    Instead: give it a default that is not volatile (`server_default=` of `op.add_column`), which
    costs nothing; or add it nullable, backfill outside of the deploy, and set NOT NULL later as
    column-set-not-null says. In plain Alembic the steps are the same, a revision each.

    Allowed when: the revision itself creates the table or empties it, or Postgres has a value: a
    default, also the domain's, an identity, a serial, a generated column.

    Source: PostgreSQL 18, ALTER TABLE, ADD COLUMN and Notes.
    """
    for table, column in added_columns(statement, schema, context):
        if _is_missing(column, schema) and table not in schema.emptied:
            named = shown(table)
            nullable = ColumnDefinition(column.name, column.type, collation=column.collation)
            yield Violation(
                f"Column {quote(column.name)} of {named} is added as NOT NULL with no default: the "
                f"upgrade fails as soon as {named} has a row.",
                "Give it a server_default that suits the rows that are there, or add it nullable, "
                f"{add_column(table, nullable)}, fill it outside of the deploy, and set NOT NULL "
                "in a later release. Without outofband, the same in revisions of their own.",
            )


def _is_missing(column: ColumnDefinition, schema: Schema) -> bool:
    """Tell whether rows that are there would have no value for the column."""
    if not column.not_null or column.serial or column.identity or column.generated:
        return False
    if any(constraint.kind == "primary_key" for constraint in column.constraints):
        return False  # column-added-with-constraint says so
    found = domain(column.type, schema)
    default = column.default
    if default is None and found is not None:
        default = found.default
    return is_null(default)
