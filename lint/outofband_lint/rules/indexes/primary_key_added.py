"""primary-key-added."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint import promotion
from outofband_lint.context import StatementContext
from outofband_lint.example import Example
from outofband_lint.locks import LockMode
from outofband_lint.names import QualifiedName, quote
from outofband_lint.proof import is_proved_not_null
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema, Table
from outofband_lint.settings import Settings
from outofband_lint.spelling import shown
from outofband_lint.statement import AddConstraint, AlterTable, Constraint


@statement_rule(
    lock=LockMode.ACCESS_EXCLUSIVE,
    scans=True,
    aliases=(
        "adding-serial-primary-key-field",
        "add_primary_key",
        "E7",
        "W14",
        "US015",
        "PG104",
        "PG304",
        "adding-primary-key-constraint",
    ),
    given="""
        CREATE TABLE users (id bigint NOT NULL, email text);
        CREATE UNIQUE INDEX users_id ON users (id);
        CREATE UNIQUE INDEX users_email ON users (email);
        CREATE TABLE proved (id bigint CHECK (id IS NOT NULL));
        CREATE UNIQUE INDEX proved_id ON proved (id);
        CREATE SCHEMA app;
        CREATE TABLE app."Orders" (id bigint NOT NULL, "orderNo" text);
        CREATE TABLE parts (id int NOT NULL) PARTITION BY RANGE (id);
        CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (1) TO (10)
    """,
    bad=(
        "ALTER TABLE users ADD PRIMARY KEY (id)",
        'alter table app."Orders" add constraint "Pk" primary key ("orderNo", id)',
        "ALTER TABLE parts ADD PRIMARY KEY (id)",
        "ALTER TABLE users ADD CONSTRAINT pk PRIMARY KEY USING INDEX users_email",
        Example("ALTER TABLE created_by_hand ADD PRIMARY KEY (id)", measured=False),
        Example("ALTER TABLE users ADD PRIMARY KEY (id)", settings=Settings(small=("users",))),
    ),
    good=(
        "CREATE TABLE fresh (a int); ALTER TABLE fresh ADD PRIMARY KEY (a)",
        "ALTER TABLE users ADD CONSTRAINT pk PRIMARY KEY USING INDEX users_id",
        "ALTER TABLE proved ADD CONSTRAINT pk PRIMARY KEY USING INDEX proved_id",
        Example("ALTER TABLE users ADD PRIMARY KEY (id)", out_of_band=True),
    ),
)
def primary_key_added(
    statement: AlterTable, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """A primary key is added to a table in use, and builds its index there or reads all its rows.

    Cost: ALTER TABLE takes an ACCESS EXCLUSIVE lock and keeps it while the index is built and,
    where a column is nullable, while all rows are read for NULLs: every read and every write waits.

    Instead: declare a unique index with `op.create_index_out_of_band(…, unique=True)` and the key
    with `op.create_primary_key_out_of_band(…, using_index=…)`. The columns have to be NOT NULL
    first: a CHECK that is NOT VALID, its validation, then SET NOT NULL. In plain Alembic, build
    the unique index with `postgresql_concurrently=True` in an autocommit block, then
    `op.execute("ALTER TABLE … ADD CONSTRAINT … PRIMARY KEY USING INDEX …")`.

    Allowed when: the revision itself creates the table, or the key takes over a unique index whose
    columns are NOT NULL, or proved to be by a validated CHECK. A table that the settings call small
    makes it a warning.

    Source: PostgreSQL 18, ALTER TABLE, ADD table_constraint_using_index.
    """
    table = context.existing(statement.table, schema)
    if table is None or context.source.out_of_band:
        return
    for action in statement.actions:
        match action:
            case AddConstraint(Constraint(kind="primary_key", using_index=None) as declared):
                known = schema.table(table)
                named = shown(table)
                yield Violation(
                    f"Adding a primary key builds its index under an ACCESS EXCLUSIVE lock on "
                    f"{named}: {LockMode.ACCESS_EXCLUSIVE.blocks} waits until the build ends.",
                    _help(known, table, declared),
                    costs=(table,),
                    fix=promotion.fix(known, table, declared),
                )
            case AddConstraint(Constraint(kind="primary_key", using_index=str(index))):
                nullable = _nullable(table, index, schema)
                if nullable:
                    yield _over_nullable(table, nullable)


def _nullable(table: QualifiedName, index: str, schema: Schema) -> list[str]:
    """Return the columns of an index that Postgres has to read for NULLs."""
    known = schema.table(table)
    found = known.index(index) if known is not None else None
    columns = [key.column for key in found.keys if key.column] if found is not None else []
    return [column for column in columns if not is_proved_not_null(table, column, schema)]


def _over_nullable(table: QualifiedName, columns: list[str]) -> Violation:
    named, listed = shown(table), ", ".join(map(quote, columns))
    return Violation(
        f"The primary key makes {listed} of {named} NOT NULL, which reads all rows under an ACCESS "
        f"EXCLUSIVE lock: {LockMode.ACCESS_EXCLUSIVE.blocks} of {named} waits until that ends, and "
        "one NULL fails the upgrade.",
        f"Make {listed} NOT NULL first: op.create_check_constraint(…, postgresql_not_valid=True), "
        "in a later revision its validation and SET NOT NULL, then the key. Without outofband, the "
        "same.",
        costs=(table,),
    )


def _help(known: Table | None, name: QualifiedName, declared: Constraint) -> str:
    if known is not None and known.kind == "partitioned":
        return (
            "Declare a unique index, which refuses the same rows, with "
            "op.create_index_out_of_band(…, unique=True): Postgres promotes no index of a "
            "partitioned table. Without outofband, create it ON ONLY the parent, build one "
            "concurrently on each partition and attach these"
        )
    columns = [] if known is None else [known.column(column) for column in declared.columns]
    nullable = [column.name for column in columns if column is not None and not column.not_null]
    index, key = promotion.flow(name, declared)
    first = f"Make {', '.join(nullable)} NOT NULL first, then declare" if nullable else "Declare"
    return (
        f"{first} the index and the key: {index}; {key}. Without outofband, "
        f"{promotion.plain_flow(name, declared)}"
    )
