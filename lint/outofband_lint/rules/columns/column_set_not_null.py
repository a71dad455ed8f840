"""column-set-not-null."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.altered import altered, constraint_name, is_only_action
from outofband_lint.context import StatementContext
from outofband_lint.declaring import declare_not_null
from outofband_lint.example import PATH, Example
from outofband_lint.fix import Fix
from outofband_lint.locks import LockMode
from outofband_lint.names import QualifiedName, quote
from outofband_lint.proof import is_proved_not_null
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.schema.default_names import object_name
from outofband_lint.settings import Settings
from outofband_lint.source import Revision, Source
from outofband_lint.spelling import create_check, execute, shown, validate_constraint
from outofband_lint.statement import AlterTable, Constraint, SetNotNull

PROVED = tuple(
    Revision(number, f"versions/{number}.py", sources=(Source(sql, f"versions/{number}.py", 8),))
    for number, sql in (
        ("1", "ALTER TABLE by_hand ADD CONSTRAINT a_set CHECK (a IS NOT NULL) NOT VALID"),
        ("2", "ALTER TABLE by_hand VALIDATE CONSTRAINT a_set"),
        (
            "3",
            "ALTER TABLE by_hand ALTER a SET NOT NULL; ALTER TABLE by_hand DROP CONSTRAINT a_set",
        ),
    )
)

_STEP = "ALTER TABLE created_by_hand ADD CONSTRAINT a_set CHECK (a IS NOT NULL)"


def _after_step(*sources: Source) -> tuple[Revision, ...]:
    """A CHECK that the deploy of the first revision adds and a runbook validates."""
    declared = Source(_STEP, "versions/1_declared.py", 8, out_of_band=True)
    return (
        Revision("1", "versions/1_declared.py", sources=(declared,)),
        Revision("2", PATH, sources=sources),
    )


def _told(sql: str, *, existing_nullable: bool) -> Source:
    return Source(sql, PATH, 8, existing_nullable=existing_nullable)


@statement_rule(
    aliases=(
        "adding-not-nullable-field",
        "change_column_null",
        "not-null-constraint-on-existing-column",
        "set-not-null",
        "E2",
        "MF104",
        "PG303",
        "US010",
    ),
    lock=LockMode.ACCESS_EXCLUSIVE,
    scans=True,
    sqlstate="23502",
    given="""
        CREATE TABLE orders (
            id bigint PRIMARY KEY, a int, b int, c int NOT NULL, d int, e int, f int,
            CHECK (d IS NOT NULL AND d > 0),
            CONSTRAINT e_set CHECK (e IS NOT NULL)
        );
        ALTER TABLE orders ADD CONSTRAINT b_set CHECK (b IS NOT NULL) NOT VALID;
        ALTER TABLE orders ADD CONSTRAINT f_set CHECK ((f IS NOT NULL)) NOT VALID;
        ALTER TABLE orders VALIDATE CONSTRAINT f_set;
        CREATE SCHEMA app;
        CREATE TABLE app."Orders" ("Total" int);
        CREATE TABLE log (id bigint, line text) PARTITION BY RANGE (id);
        CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM (0) TO (10)
    """,
    bad=(
        Example(
            "ALTER TABLE orders ALTER COLUMN a SET NOT NULL",
            data="INSERT INTO orders (id, c, d, e, b, f) VALUES (1, 1, 1, 1, 1, 1)",
        ),
        "alter table ORDERS alter A set not null",
        'ALTER TABLE app."Orders" ALTER "Total" SET NOT NULL',
        "ALTER TABLE orders ALTER b SET NOT NULL",
        "ALTER TABLE log ALTER line SET NOT NULL",
        "ALTER TABLE orders ADD n int; UPDATE orders SET n = 0; "
        "ALTER TABLE orders ALTER n SET NOT NULL",
        "ALTER TABLE orders ALTER c SET NOT NULL, ALTER a SET NOT NULL",
        Example("ALTER TABLE created_by_hand ALTER a SET NOT NULL", measured=False),
        Example(
            sources=(
                _told("ALTER TABLE created_by_hand ALTER a SET NOT NULL", existing_nullable=True),
            ),
            measured=False,
        ),
        Example(
            sources=(_told("ALTER TABLE orders ALTER a SET NOT NULL", existing_nullable=False),),
        ),
        Example("ALTER TABLE orders ALTER a SET NOT NULL", settings=Settings(small=("orders",))),
        Example(
            chain=_after_step(Source("ALTER TABLE created_by_hand ALTER a SET NOT NULL", PATH, 9)),
            measured=False,
        ),
    ),
    good=(
        Example("ALTER TABLE orders ADD CONSTRAINT a_set NOT NULL a", out_of_band=True),
        Example(
            chain=_after_step(
                Source("", PATH, 8, barrier="a_set"),
                Source("ALTER TABLE created_by_hand ALTER a SET NOT NULL", PATH, 9),
            ),
            measured=False,
        ),
        "ALTER TABLE orders ALTER c SET NOT NULL",
        "ALTER TABLE orders ALTER id SET NOT NULL",
        "ALTER TABLE orders ALTER d SET NOT NULL",
        "ALTER TABLE orders ALTER e SET NOT NULL, DROP CONSTRAINT e_set",
        "ALTER TABLE orders ALTER f SET NOT NULL",
        "CREATE TABLE fresh (a int); ALTER TABLE fresh ALTER a SET NOT NULL",
        "ALTER TABLE orders ALTER a DROP NOT NULL",
        Example(chain=PROVED, measured=False),
        Example(
            sources=(
                _told("ALTER TABLE created_by_hand ALTER a SET NOT NULL", existing_nullable=False),
            ),
            measured=False,
        ),
    ),
)
def column_set_not_null(
    statement: AlterTable, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """NOT NULL is set on a column of a table in use, and nothing proves it yet.

    Cost: Postgres reads the whole table under an ACCESS EXCLUSIVE lock to look for a NULL. Every
    query waits for as long as that takes; one NULL fails the upgrade.

    Instead: `op.set_not_null_out_of_band(…)`: new rows have to satisfy it from the deploy on, and
    the runbook looks at the others while reads and writes go on. Plain Alembic has
    `op.create_check_constraint(…, "… IS NOT NULL", postgresql_not_valid=True)` for this revision,
    and for a later one VALIDATE CONSTRAINT, which blocks nobody, then SET NOT NULL, which takes the
    CHECK for proof and reads nothing, then the drop of the CHECK.

    Allowed when: the revision itself creates the table, the column is NOT NULL already or in the
    primary key, or a validated CHECK of the schema before says so, of a step one behind a barrier
    on it. Of a column that no revision here creates, `existing_nullable` of `op.alter_column` is
    believed.

    Source: PostgreSQL 18, ALTER TABLE, SET NOT NULL.
    """
    setting = [action.column for action in statement.actions if isinstance(action, SetNotNull)]
    name = altered(statement, schema, context) if setting else None
    if name is None:
        return
    table = schema.table(statement.table)
    for column in setting:
        is_known = table is not None and table.column(column) is not None
        is_told = not is_known and context.source.existing_nullable is False
        if not is_told and not is_proved_not_null(statement.table, column, schema):
            yield _violation(name, column, schema, is_whole=is_only_action(statement))


def _violation(table: QualifiedName, column: str, schema: Schema, *, is_whole: bool) -> Violation:
    named = shown(table)
    declared = Constraint(
        "check",
        object_name(table.name, column, "not_null"),
        expression=f"{quote(column)} IS NOT NULL",
    )
    name = constraint_name(table, declared, schema)
    here = create_check(table, name, declared.expression or "")
    later = (
        validate_constraint(table, name),
        execute(f"ALTER TABLE {named} ALTER COLUMN {quote(column)} SET NOT NULL"),
        execute(f"ALTER TABLE {named} DROP CONSTRAINT {quote(name)}"),
    )
    step = declare_not_null(table, name, column)
    return Violation(
        f"Setting column {quote(column)} of {named} NOT NULL reads the whole table under an ACCESS "
        f"EXCLUSIVE lock: {LockMode.ACCESS_EXCLUSIVE.blocks} to {named} waits until it ends, and "
        "one NULL fails the upgrade.",
        f"Declare it, {step}. Without outofband, create a CHECK here, {here}, and in a later "
        f"revision {', '.join(later)}",
        costs=(table,),
        fix=Fix(here=(step,)) if is_whole else None,
    )
