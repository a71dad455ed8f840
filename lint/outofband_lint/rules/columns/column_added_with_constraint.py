"""column-added-with-constraint."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from outofband_lint.altered import added_columns, constraint_name, is_only_action
from outofband_lint.context import StatementContext
from outofband_lint.declaring import declare_check, declare_foreign_key
from outofband_lint.example import Example
from outofband_lint.fix import Fix
from outofband_lint.locks import LockMode
from outofband_lint.names import QualifiedName, quote
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.spelling import (
    add_column,
    shown,
)
from outofband_lint.statement import AlterTable, ColumnDefinition, Constraint
from outofband_lint.type_change import domain

_COSTS = {
    "unique": "builds a unique index",
    "primary_key": "builds the primary key's index, and fails where a row has no value",
    "check": "reads the table to check every row",
    "foreign_key": "looks up every row in the other table",
}


@statement_rule(
    aliases=(
        "adding-foreign-key-constraint",
        "constraint-missing-not-valid",
        "disallowed-unique-constraint",
        "adding-serial-primary-key-field",
        "add_reference",
        "E1",
        "E7",
    ),
    lock=LockMode.ACCESS_EXCLUSIVE,
    given="""
        CREATE TABLE orders (id bigint);
        CREATE TABLE customers (id bigint PRIMARY KEY);
        CREATE SCHEMA app;
        CREATE TABLE app."Orders" (id bigint);
        CREATE DOMAIN positive AS int CHECK (value > 0);
        CREATE DOMAIN free AS text
    """,
    bad=(
        "ALTER TABLE orders ADD COLUMN code text UNIQUE",
        "alter table ORDERS add number int default 1 check (number > 0)",
        'ALTER TABLE app."Orders" ADD "Key" bigint CONSTRAINT "Own" PRIMARY KEY',
        "ALTER TABLE orders ADD customer_id bigint NOT NULL DEFAULT 1 REFERENCES customers",
        "ALTER TABLE orders ADD customer_id bigint REFERENCES customers (id) ON DELETE SET NULL",
        "ALTER TABLE orders ADD a int CHECK (a > 0) UNIQUE",
        "ALTER TABLE orders ADD number positive",
        "ALTER TABLE orders ADD twice int NOT NULL GENERATED ALWAYS AS (id * 2) VIRTUAL",
        Example("ALTER TABLE created_by_hand ADD a int UNIQUE", measured=False),
    ),
    good=(
        "CREATE TABLE fresh (a int); ALTER TABLE fresh ADD b int UNIQUE CHECK (b > 0)",
        "CREATE TABLE fresh (a int); ALTER TABLE fresh ADD b text UNIQUE",
        Example("ALTER TABLE orders ADD code text", measured=False),
        Example("ALTER TABLE orders ADD name free", measured=False),
        Example("ALTER TABLE orders ADD n int CONSTRAINT n NOT NULL DEFAULT 1", measured=False),
        Example(
            "ALTER TABLE orders ADD n int DEFAULT 1 CHECK (n > 0) NOT ENFORCED", measured=False
        ),
        Example("ALTER TABLE orders ADD IF NOT EXISTS id bigint UNIQUE", measured=False),
    ),
)
def column_added_with_constraint(
    statement: AlterTable, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """A column is added together with a constraint that Postgres checks at once.

    Cost: ADD COLUMN holds an ACCESS EXCLUSIVE lock, and within it UNIQUE and PRIMARY KEY build an
    index, CHECK and the NOT NULL of a virtual column read all rows, a domain's constraint rewrites
    them. REFERENCES with a default looks up every row; without one it reads nothing, but blocks
    every write to the other table, too, until the transaction ends: a warning.

    Instead: `op.add_column` alone, then the constraint in the way that does not block:
    `op.create_index_out_of_band(…, unique=True)` with `op.create_unique_constraint_out_of_band`,
    `op.create_foreign_key_out_of_band` or `op.create_check_constraint_out_of_band`. In plain
    Alembic, build the index with `postgresql_concurrently=True`, or create the constraint with
    `postgresql_not_valid=True` and validate it in a later revision.

    Allowed when: the revision itself creates the table, or the constraint is NOT ENFORCED.

    Source: PostgreSQL 18, ALTER TABLE, ADD COLUMN; transformAlterTableStmt (parse_utilcmd.c), which
    leaves the scan for REFERENCES out where the column has no default.
    """
    for table, column in added_columns(statement, schema, context):
        costs, checked = _costs(column, schema)
        if costs:
            cost = " and ".join(costs)
            named = shown(table)
            yield Violation(
                f"Adding column {quote(column.name)} to {named} {cost} under an ACCESS EXCLUSIVE "
                f"lock: {LockMode.ACCESS_EXCLUSIVE.blocks} to {named} waits until the migration's "
                f"transaction ends{_others(column)}.",
                _help(table, column),
                severity=None if checked else "warning",
                costs=(table,),
                fix=_fix(table, column, schema) if is_only_action(statement) else None,
            )


def _costs(column: ColumnDefinition, schema: Schema) -> tuple[list[str], bool]:
    """Return what the constraints cost, and whether one makes Postgres read or write rows."""
    enforced = [c for c in column.constraints if c.enforced and c.kind in _COSTS]
    kinds = dict.fromkeys(constraint.kind for constraint in enforced)
    costs = [_COSTS[kind] for kind in kinds]
    is_only_locked = list(kinds) == ["foreign_key"] and column.default is None
    if is_only_locked:
        costs = ["adds a foreign key"]
    if column.generated == "virtual" and column.not_null:
        costs.append("computes every row to find a NULL")
        is_only_locked = False
    found = domain(column.type, schema)
    if found is not None and found.constrained:
        costs.append(f"rewrites the table for the constraint of domain {found.name.name}")
        is_only_locked = False
    return costs, not is_only_locked


def _others(column: ColumnDefinition) -> str:
    """Return what is said about the tables that the column refers to."""
    targets = [c.references for c in column.constraints if c.references is not None]
    return "".join(f", and so does every write to {shown(target)}" for target in targets)


def _help(table: QualifiedName, column: ColumnDefinition) -> str:
    kinds = {constraint.kind for constraint in column.constraints}
    start = f"Add the column alone, {add_column(table, _bare(column))}"
    if kinds & {"unique", "primary_key"}:
        name, owner = f"uq_{table.name}_{column.name}", "unique_constraint"
        if "primary_key" in kinds:
            name, owner = f"{table.name}_pkey", "primary_key"
        arguments = f'"{name}", "{table.name}", ["{column.name}"]'
        return (
            f"{start}, then declare op.create_index_out_of_band({arguments}, unique=True) and "
            f'op.create_{owner}_out_of_band({arguments}, using_index="{name}"). Without '
            "outofband, build the index with postgresql_concurrently=True and add the constraint "
            "USING INDEX."
        )
    return (
        f"{start}, then declare the constraint, with op.create_foreign_key_out_of_band or "
        "op.create_check_constraint_out_of_band. Without outofband, create it with "
        "postgresql_not_valid=True, and VALIDATE CONSTRAINT in a revision of its own."
    )


def _bare(column: ColumnDefinition) -> ColumnDefinition:
    return replace(column, constraints=(), not_null=column.not_null and not column.generated)


def _fix(table: QualifiedName, column: ColumnDefinition, schema: Schema) -> Fix | None:
    """Return the constraints as steps, where all can be and that is worth it."""
    if column.serial or column.identity or column.generated or domain(column.type, schema):
        return None
    kinds = [constraint.kind for constraint in column.constraints]
    if column.default is None and "check" not in kinds:
        return None
    declared = [_declared(table, constraint, schema) for constraint in column.constraints]
    steps = [step for step in declared if step is not None]
    if len(steps) < len(declared):
        return None
    return Fix(here=(add_column(table, _bare(column)), *steps))


def _declared(table: QualifiedName, constraint: Constraint, schema: Schema) -> str | None:
    """Spell a constraint as a step; None where it is none that can be validated later."""
    if constraint.kind not in ("foreign_key", "check"):
        return None
    name = constraint_name(table, constraint, schema)
    if constraint.kind == "check":
        return declare_check(table, name, constraint.expression or "")
    return declare_foreign_key(table, name, constraint, schema)
