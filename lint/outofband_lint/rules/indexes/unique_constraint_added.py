"""unique-constraint-added."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint import promotion
from outofband_lint.context import StatementContext
from outofband_lint.example import Example
from outofband_lint.fix import Fix
from outofband_lint.locks import LockMode
from outofband_lint.names import QualifiedName
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema, Table
from outofband_lint.settings import Settings
from outofband_lint.spelling import create_index, shown
from outofband_lint.statement import AddConstraint, AlterTable, Constraint


@statement_rule(
    lock=LockMode.ACCESS_EXCLUSIVE,
    scans=True,
    aliases=(
        "disallowed-unique-constraint",
        "E7",
        "add_unique_constraint",
        "US014",
        "PG105",
        "adding-unique-constraint",
    ),
    given="""
        CREATE TABLE users (id bigint NOT NULL, email text);
        CREATE UNIQUE INDEX users_email ON users (email);
        CREATE SCHEMA app;
        CREATE TABLE app."Orders" (id bigint, "orderNo" text);
        CREATE TABLE parts (id int, k int) PARTITION BY RANGE (id);
        CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (1) TO (10)
    """,
    bad=(
        "ALTER TABLE users ADD CONSTRAINT users_email_key UNIQUE (email)",
        'alter table only app."Orders" add unique ("orderNo", id)',
        "ALTER TABLE users ADD CONSTRAINT u UNIQUE NULLS NOT DISTINCT (email)",
        "ALTER TABLE users ADD CONSTRAINT u UNIQUE (id) DEFERRABLE INITIALLY DEFERRED",
        "ALTER TABLE parts ADD CONSTRAINT u UNIQUE (id, k)",
        Example("ALTER TABLE created_by_hand ADD UNIQUE (a)", measured=False),
        Example(
            "ALTER TABLE users ADD CONSTRAINT u UNIQUE (email)",
            settings=Settings(small=("users",)),
        ),
    ),
    good=(
        "CREATE TABLE fresh (a int); ALTER TABLE fresh ADD CONSTRAINT u UNIQUE (a)",
        "CREATE TABLE fresh (a int UNIQUE)",
        "ALTER TABLE users ADD CONSTRAINT u UNIQUE USING INDEX users_email",
        Example("ALTER TABLE users ADD CONSTRAINT u UNIQUE (email)", out_of_band=True),
    ),
)
def unique_constraint_added(
    statement: AlterTable, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """A unique constraint is added in the deploy to a table in use, and builds its index there.

    Cost: ALTER TABLE takes an ACCESS EXCLUSIVE lock and keeps it while the index is built: every
    read and every write waits for as long as the build takes. It cannot be NOT VALID.

    Instead: declare the index with `op.create_index_out_of_band(…, unique=True)` and the constraint
    with `op.create_unique_constraint_out_of_band(…, using_index=…)`: the finished index becomes the
    constraint in milliseconds. In plain Alembic, build the unique index with
    `postgresql_concurrently=True` in an autocommit block, then
    `op.execute("ALTER TABLE … ADD CONSTRAINT … UNIQUE USING INDEX …")`.

    Allowed when: the revision itself creates the table. A table that the settings call small makes
    it a warning.

    Source: PostgreSQL 18, ALTER TABLE, ADD table_constraint_using_index.
    """
    table = context.existing(statement.table, schema)
    if table is None or context.source.out_of_band:
        return
    for action in statement.actions:
        match action:
            case AddConstraint(Constraint(kind="unique", using_index=None) as declared):
                known = schema.table(table)
                named = shown(table)
                yield Violation(
                    f"Adding a unique constraint builds its index under an ACCESS EXCLUSIVE lock "
                    f"on {named}: {LockMode.ACCESS_EXCLUSIVE.blocks} waits until the build ends.",
                    _help(table, declared)
                    if known is None or known.kind != "partitioned"
                    else _help_for_partitioned(known, declared),
                    costs=(table,),
                    fix=_fix(known, declared),
                )


def _help(name: QualifiedName, declared: Constraint) -> str:
    index, constraint = promotion.flow(name, declared)
    return (
        f"Declare the index, then the constraint: {index}; {constraint}. Without outofband, "
        f"{promotion.plain_flow(name, declared)}"
    )


def _help_for_partitioned(known: Table, declared: Constraint) -> str:
    index, _ = promotion.promoted(known.name, declared)
    return (
        "Declare a unique index, which refuses the same rows: "
        f"{create_index('create_index_out_of_band', index)}. Without outofband, create it ON ONLY "
        "the parent, build one concurrently on each partition and attach these: Postgres promotes "
        "no index of a partitioned table"
    )


def _fix(known: Table | None, declared: Constraint) -> Fix | None:
    if known is not None and known.kind == "partitioned" and not declared.deferrable:
        index, _ = promotion.promoted(known.name, declared)
        return Fix((create_index("create_index_out_of_band", index),))
    return None if known is None else promotion.fix(known, known.name, declared)
