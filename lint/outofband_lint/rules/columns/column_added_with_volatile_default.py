"""column-added-with-volatile-default."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from outofband_lint.altered import added_columns, is_only_action
from outofband_lint.context import StatementContext
from outofband_lint.example import Example
from outofband_lint.fix import Fix
from outofband_lint.locks import LockMode
from outofband_lint.names import QualifiedName, quote
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.settings import Settings
from outofband_lint.spelling import add_column, execute, shown
from outofband_lint.statement import AlterTable, ColumnDefinition
from outofband_lint.volatility import VolatileCall, volatile_call


@statement_rule(
    aliases=(
        "adding-field-with-default",
        "add_column_default",
        "add-column-volatile-default",
        "E10",
        "PG302",
        "US011",
        "not-null-constraint-on-new-column-with-volatile-default",
    ),
    lock=LockMode.ACCESS_EXCLUSIVE,
    rewrites=True,
    given="""
        CREATE TABLE orders (id bigint PRIMARY KEY);
        CREATE SCHEMA app;
        CREATE TABLE app."Orders" (id bigint);
        CREATE SEQUENCE numbers;
        CREATE FUNCTION public.code() RETURNS text LANGUAGE plpgsql AS 'BEGIN RETURN 1; END'
    """,
    bad=(
        "ALTER TABLE orders ADD COLUMN key uuid DEFAULT gen_random_uuid()",
        "alter table ORDERS add column key uuid not null default GEN_RANDOM_UUID()",
        'ALTER TABLE app."Orders" ADD "At" timestamptz DEFAULT clock_timestamp()',
        "ALTER TABLE orders ADD a int, ADD share float NOT NULL DEFAULT (random() * 100)",
        "ALTER TABLE orders ADD number bigint DEFAULT nextval('numbers'::regclass)",
        "ALTER TABLE orders ADD a text DEFAULT timeofday()",
        "ALTER TABLE orders ADD a text DEFAULT public.code()",
        Example("ALTER TABLE orders ADD a uuid DEFAULT uuid_generate_v4()", measured=False),
        Example("ALTER TABLE orders ADD a uuid DEFAULT nobody_knows()", measured=False),
        Example("ALTER TABLE created_by_hand ADD a float DEFAULT random()", measured=False),
        Example(
            "ALTER TABLE orders ADD a float DEFAULT random()", settings=Settings(small=("orders",))
        ),
    ),
    good=(
        "ALTER TABLE orders ADD made timestamptz NOT NULL DEFAULT now()",
        "ALTER TABLE orders ADD made timestamp DEFAULT CURRENT_TIMESTAMP NOT NULL",
        "ALTER TABLE orders ADD made timestamp DEFAULT timezone('utc', now())",
        "ALTER TABLE orders ADD n int DEFAULT 5, ADD j jsonb NOT NULL DEFAULT '{}'::jsonb",
        "ALTER TABLE orders ADD t text DEFAULT 'random()'",
        "ALTER TABLE orders ADD n numeric(10,2) DEFAULT CAST(0 AS numeric(10,2))",
        "CREATE TABLE fresh (a int); ALTER TABLE fresh ADD key uuid DEFAULT gen_random_uuid()",
        "ALTER TABLE orders ADD k uuid; ALTER TABLE orders ALTER k SET DEFAULT gen_random_uuid()",
        "ALTER TABLE orders ADD IF NOT EXISTS id uuid DEFAULT gen_random_uuid()",
    ),
)
def column_added_with_volatile_default(
    statement: AlterTable, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """A column is added with a default that each row computes for itself.

    Cost: a volatile default (gen_random_uuid(), clock_timestamp(), random(), nextval()) cannot be
    stored once in the catalog, as a constant or now() is: Postgres rewrites the table and all its
    indexes under an ACCESS EXCLUSIVE lock. Every query waits for as long as that takes.

    Instead: `op.add_column` without the default, then `op.alter_column(…, server_default=…)`,
    which holds for new rows only, and a backfill of the old ones in batches, outside of the deploy.
    Plain Alembic has the same operations; the backfill is a script.

    Allowed when: the revision itself creates the table, or the default is the same for all rows of
    a statement: constants, now(), current_timestamp, any function known to be stable. A function
    that nobody here knows counts as volatile, as Postgres takes it unless declared otherwise.

    Source: PostgreSQL 18, ALTER TABLE, Notes; 36.7, Function Volatility Categories.
    """
    for table, column in added_columns(statement, schema, context):
        call = None
        if column.default is not None and column.generated is None:
            call = volatile_call(column.default)
        if call is not None:
            yield _violation(table, column, call, is_whole=is_only_action(statement))


def _violation(
    table: QualifiedName, column: ColumnDefinition, call: VolatileCall, *, is_whole: bool
) -> Violation:
    named, name = shown(table), quote(column.name)
    bare = replace(column, default=None, not_null=False, constraints=())
    default = execute(f"ALTER TABLE {named} ALTER COLUMN {name} SET DEFAULT {column.default}")
    why = "is volatile" if call.known else "is not known here and so counts as volatile"
    return Violation(
        f"Adding column {name} to {named} rewrites the table under an ACCESS EXCLUSIVE lock, since "
        f"the default {call.function}() {why}: {LockMode.ACCESS_EXCLUSIVE.blocks} to {named} waits "
        "until every row and index is written again.",
        f"Split it: {add_column(table, bare)}, then {default}, which holds for new rows. Fill the "
        "rows that are there in batches, outside of the deploy. Without outofband, the same.",
        costs=(table,),
        fix=Fix(here=(add_column(table, bare), default))
        if is_whole and not (column.not_null or column.constraints)
        else None,
    )
