"""unique-index-over-existing-rows."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.example import Example
from outofband_lint.names import QualifiedName
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema, Table
from outofband_lint.settings import Settings
from outofband_lint.spelling import create_index, shown
from outofband_lint.statement import AddConstraint, AlterTable, CreateIndex, IndexKey

_TWICE = "INSERT INTO users VALUES (1, 'a', 1), (2, 'a', 1)"


@statement_rule(
    severity="warning",
    failure="23505 unique_violation: one duplicate among the rows fails the deploy",
    sqlstate="23505",
    aliases=("MF101", "MF102"),
    given="""
        CREATE TABLE users (id bigint PRIMARY KEY, email text, k int);
        CREATE SCHEMA app;
        CREATE TABLE app."Orders" (id bigint, "orderNo" text)
    """,
    bad=(
        Example("CREATE UNIQUE INDEX u ON users (email)", data=_TWICE),
        Example("ALTER TABLE users ADD CONSTRAINT u UNIQUE (email, k)", data=_TWICE),
        Example(
            "CREATE UNIQUE INDEX CONCURRENTLY u ON users (lower(email))",
            autocommit=True,
            data=_TWICE,
        ),
        Example(
            'create unique index "U" on app."Orders" ("orderNo") where id > 0',
            data="INSERT INTO app.\"Orders\" VALUES (1, 'a'), (2, 'a')",
        ),
        Example(
            'ALTER TABLE app."Orders" ADD PRIMARY KEY (id)',
            data="INSERT INTO app.\"Orders\" VALUES (1, 'a'), (1, 'b')",
        ),
    ),
    good=(
        "CREATE UNIQUE INDEX u ON users (email, id)",
        "CREATE TABLE fresh (a int); CREATE UNIQUE INDEX u ON fresh (a)",
        Example("CREATE UNIQUE INDEX u ON users (email)", out_of_band=True),
        "ALTER TABLE users ADD COLUMN token text; CREATE UNIQUE INDEX u ON users (token)",
        "CREATE INDEX u ON users (email)",
        Example("CREATE UNIQUE INDEX u ON users (email)", settings=Settings(small=("users",))),
    ),
)
def unique_index_over_existing_rows(
    statement: CreateIndex | AlterTable, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """A unique index is built in the deploy over rows that may not be unique.

    Cost: one duplicate fails the build, at its end: "could not create unique index". In a
    transaction the upgrade rolls back; a concurrent build leaves an INVALID index behind. On the
    day of the incident the rows of a table were there several times, and nobody knew.

    Instead: declare it with `op.create_index_out_of_band(…, unique=True)`: `outofband apply` looks
    for duplicates first, by the index's own rules, shows them and moves identical rows aside. In
    plain Alembic, look for them before the deploy (SELECT … GROUP BY … HAVING count(*) > 1) and
    build with `postgresql_concurrently=True`.

    Allowed when: another unique key holds already for some of the columns, the revision itself
    creates the table or a key column that stays NULL, or the settings call the table small.

    Source: PostgreSQL 18, CREATE INDEX, UNIQUE; Building Indexes Concurrently.
    """
    if context.source.out_of_band:
        return
    table = context.existing(statement.table, schema)
    if table is None:
        return
    known = schema.table(table)
    for index in _unique(statement, table):
        if known is not None and _cannot_fail(index, known, context):
            continue
        keys = ", ".join(map(str, index.keys))
        yield Violation(
            f"Rows of {shown(table)} that are equal in ({keys}) fail the build of a unique index, "
            "and with it the deploy.",
            f"Declare it instead: {create_index('create_index_out_of_band', index)}, and outofband "
            "apply looks for duplicates first. Without outofband, count them before the deploy: "
            f"SELECT {keys} FROM {shown(table)} GROUP BY {keys} HAVING count(*) > 1",
            costs=(table,),
        )


def _unique(statement: CreateIndex | AlterTable, table: QualifiedName) -> Iterator[CreateIndex]:
    if isinstance(statement, CreateIndex):
        if statement.unique:
            yield statement
        return
    for action in statement.actions:
        if not isinstance(action, AddConstraint):
            continue
        declared = action.constraint
        if declared.kind in ("unique", "primary_key") and declared.using_index is None:
            keys = tuple(IndexKey(column) for column in declared.columns)
            yield CreateIndex(declared.name, table, keys, unique=True)


def _cannot_fail(index: CreateIndex, table: Table, context: StatementContext) -> bool:
    columns = {key.column for key in index.keys}
    for own in table.indexes:
        whole = own.where is None and own.valid and not own.out_of_band
        if own.unique and whole and columns.issuperset(key.column for key in own.keys):
            return True
    made = [table.column(column) for column in columns if column is not None]
    return not index.nulls_not_distinct and any(
        column is not None
        and column.default is None
        and not column.not_null
        and not context.is_deployed(column.revision)
        for column in made
    )
