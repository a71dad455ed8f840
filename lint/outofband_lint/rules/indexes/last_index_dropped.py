"""last-index-dropped."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.example import Example
from outofband_lint.reader import read
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Index, Schema, Table, TableConstraint, fold
from outofband_lint.serving import leads_reference, usable_indexes
from outofband_lint.settings import Settings
from outofband_lint.spelling import create_index, shown
from outofband_lint.statement import (
    AlterTable,
    CreateIndex,
    DropColumn,
    DropConstraint,
    DropIndex,
    IndexKey,
    Statement,
)


@statement_rule(
    failure="what the index served reads the whole table from then on",
    given="""
        CREATE TABLE events (id bigint, kind text);
        CREATE INDEX ix_events_kind ON events (kind);
        CREATE TABLE bare (id bigint);
        CREATE SCHEMA app;
        CREATE TABLE app."Orders" (id bigint CONSTRAINT "Pk" PRIMARY KEY, "userId" bigint);
        CREATE TABLE users (id bigint PRIMARY KEY);
        CREATE TABLE posts (id bigint PRIMARY KEY, user_id bigint REFERENCES users);
        CREATE INDEX ix_posts_user_id ON posts (user_id)
    """,
    bad=(
        "DROP INDEX ix_events_kind",
        Example("DROP INDEX CONCURRENTLY ix_events_kind", autocommit=True),
        Example("DROP INDEX ix_events_kind", out_of_band=True),
        'ALTER TABLE app."Orders" DROP CONSTRAINT "Pk"',
        "DROP INDEX ix_posts_user_id",
        "ALTER TABLE events DROP COLUMN kind",
    ),
    good=(
        "DROP INDEX ix_events_kind; CREATE INDEX ix ON events (id)",
        "CREATE INDEX ix ON events (kind, id); DROP INDEX ix_events_kind",
        "DROP INDEX ix_events_kind; DROP TABLE events",
        "ALTER TABLE posts DROP CONSTRAINT posts_pkey",
        "CREATE INDEX ix ON posts (user_id, id); DROP INDEX ix_posts_user_id",
        "ALTER TABLE posts DROP COLUMN user_id",
        Example("DROP INDEX ix_events_kind", settings=Settings(small=("events",))),
        "CREATE TABLE t (a int); CREATE INDEX ix ON t (a); DROP INDEX ix",
        "CREATE INDEX for_now ON bare (id); DROP INDEX for_now",
    ),
)
def last_index_dropped(
    statement: DropIndex | AlterTable, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """A revision leaves a large table without an index, or a foreign key without its own.

    Cost: each query that the index served reads the whole table from the deploy on; without an
    index on the referencing columns, so does each DELETE of a row that the foreign key points to.

    Instead: keep the index until a successor is there: declare that with
    `op.create_index_out_of_band(…)`, and the drop behind it with `op.drop_index_out_of_band(…)`,
    which waits for it. In plain Alembic, build the successor concurrently in an earlier release.

    Allowed when: the same revision leaves another index that serves, the table goes too, or it is
    small (say so in `small`).

    Source: PostgreSQL 18, chapters 11 (indexes) and 5.5.5 (foreign keys).
    """
    tables = [t for t in _touched(statement, schema, context) if context.is_existing(t)]
    tables = [t for t in tables if context.is_large(t.name) and usable_indexes(t)]
    if not tables:
        return
    alone = fold(schema, statement, revision=context.revision.id)
    suspects = [t for t in tables if _lost(t, alone) is not None]
    if not suspects:
        return
    end = _after_revision(alone, statement, context)
    for table in suspects:
        lost = _lost(table, end)
        if lost is not None:
            yield _violation(table, lost)


def _touched(
    statement: DropIndex | AlterTable, schema: Schema, context: StatementContext
) -> Iterator[Table]:
    """Yield the tables that lose what they had before this revision."""
    if isinstance(statement, DropIndex):
        found = [schema.index(name) for name in statement.indexes]
        lost = [each for each in found if each and context.is_deployed(each[1].revision)]
        yield from {table.name: table for table, _ in lost}.values()
        return
    table = schema.table(statement.table)
    drops = any(isinstance(action, DropConstraint | DropColumn) for action in statement.actions)
    if table is not None and drops:
        yield table


def _after_revision(
    schema: Schema, statement: DropIndex | AlterTable, context: StatementContext
) -> Schema:
    """Return the schema that the rest of the revision leaves behind."""
    position = context.position
    for number, source in enumerate(context.revision.sources[position:]):
        statements = [] if source.barrier is not None else list(read(source.sql))
        if number == 0:
            statements = _behind(statements, statement)
        for each in statements:
            schema = fold(
                schema, each, revision=context.revision.id, out_of_band=source.out_of_band
            )
    return schema


def _behind(statements: list[Statement], statement: DropIndex | AlterTable) -> list[Statement]:
    """Return what stands behind a statement among those of its source."""
    numbers = [i for i, each in enumerate(statements) if each == statement]
    return statements[numbers[-1] + 1 :] if numbers else []


def _lost(table: Table, after: Schema) -> TableConstraint | Table | None:
    """Return the table if it has no index left, or a foreign key that has lost its own."""
    now = after.tables.get(table.name)
    if now is None:
        return None
    if not usable_indexes(now):
        return now
    for key in now.constraints:
        if key.kind == "foreign_key" and table.constraint(key.name) is not None:
            before = any(leads_reference(index, key.columns) for index in usable_indexes(table))
            if before and not any(leads_reference(i, key.columns) for i in usable_indexes(now)):
                return key
    return None


def _violation(table: Table, lost: TableConstraint | Table) -> Violation:
    named = shown(table.name)
    if isinstance(lost, TableConstraint):
        index = CreateIndex(None, table.name, tuple(map(IndexKey, lost.columns)))
        message = (
            f"{named} loses the index of its foreign key {lost.name} ({', '.join(lost.columns)}): "
            f"each DELETE of a row that it points to reads all of {named}."
        )
    else:
        old: Index = usable_indexes(table)[0]
        index = CreateIndex(None, table.name, old.keys, method=old.method, where=old.where)
        message = f"{named} loses its last index: every query on {named} reads all of it."
    return Violation(
        message,
        "Keep it until a successor is there, declared before the drop: "
        f"{create_index('create_index_out_of_band', index)}. Without outofband, build the "
        "successor in an earlier release: "
        f"{create_index('create_index', index, 'postgresql_concurrently=True')}",
        costs=(table.name,),
    )
