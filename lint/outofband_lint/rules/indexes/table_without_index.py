"""table-without-index."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import Context
from outofband_lint.example import Example
from outofband_lint.names import QualifiedName
from outofband_lint.rule import Violation, head_rule
from outofband_lint.schema import Schema, Table
from outofband_lint.settings import Settings
from outofband_lint.siblings import lost_by
from outofband_lint.spelling import shown

_OWNERS = ("primary_key", "unique", "exclude")


@head_rule(
    failure="every query reads the whole table",
    bad=(
        "CREATE TABLE lsif_data_documents (dump_id int, path text, data bytea)",
        'CREATE SCHEMA app; CREATE UNLOGGED TABLE app."Log Lines" (id int NOT NULL, line text)',
        "CREATE TABLE t (id int PRIMARY KEY); ALTER TABLE T DROP CONSTRAINT t_pkey",
        "CREATE TABLE t (a int); CREATE INDEX i ON t (a); ALTER TABLE t RENAME TO u; DROP INDEX i",
        "CREATE TABLE copy AS SELECT * FROM somewhere",
        Example(
            "CREATE TABLE lsif_data_a (a int); CREATE TABLE other (a int)",
            settings=Settings(large=("lsif_data_*",)),
        ),
        "CREATE TABLE parent (a int) PARTITION BY RANGE (a)",
        "CREATE TABLE a (id int); CREATE TABLE b (LIKE a); DROP TABLE a",
    ),
    good=(
        "CREATE TABLE t (id int PRIMARY KEY)",
        'CREATE TABLE "T" (a int, CONSTRAINT u UNIQUE (a))',
        "CREATE TABLE t (a int); create index IX on PUBLIC.t (a)",
        Example("CREATE TABLE t (a int); CREATE INDEX ix ON t (a)", out_of_band=True),
        Example("CREATE TABLE t (a int)", settings=Settings(small=("public.t",))),
        "CREATE TABLE t (a int); ALTER TABLE t ADD PRIMARY KEY USING INDEX built_by_hand",
        "CREATE TABLE t (a int); DROP TABLE t",
        "CREATE TEMP TABLE t (a int)",
        "CREATE FOREIGN TABLE f (a int) SERVER s",
        "CREATE TABLE p (a int PRIMARY KEY) PARTITION BY RANGE (a);"
        "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (2)",
        "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (LIKE a INCLUDING ALL)",
        "CREATE MATERIALIZED VIEW v AS SELECT 1",
    ),
)
def table_without_index(schema: Schema, context: Context) -> Iterator[Violation]:
    """A large table has no index at head, so every query reads all of it.

    Cost: a sequential scan for each request. On a terabyte of code-intelligence data this took the
    application down for sixteen hours: the migration that created the tables had lost its indexes
    on the way from another branch, and nothing looked at what was left at head.

    Instead: give the table the index that its queries need, in the revision that creates it
    (`op.create_index(…)` costs nothing on a table nobody uses yet). Where the table is in use
    already, declare it with `op.create_index_out_of_band(…)`; in plain Alembic, build it in a
    revision of its own under `with op.get_context().autocommit_block():` with
    `postgresql_concurrently=True`.

    Allowed when: the table stays small (say so in `small`). Foreign and temporary tables,
    materialized views and partitions that their parent's index covers are not looked at.

    Source: PostgreSQL 18, chapter 11 (Indexes); the incident in the README.
    """
    for table in schema.tables.values():
        if table.kind not in ("table", "partitioned") or table.temporary:
            continue
        if not context.is_large(table.name) or _is_served(table, schema):
            continue
        if lost_by(table, schema) is None:  # else sibling-without-its-indexes says which
            yield _violation(table)


def _is_served(table: Table, schema: Schema) -> bool:
    """Tell whether the table is indexed, or all its partitions are, or what it is a part of."""
    return (
        _is_indexed(table)
        or _parent_is_indexed(table, schema)
        or _partitions_are_indexed(table, schema)
    )


def _is_indexed(table: Table) -> bool:
    """Tell whether the table has an index; a key's counts even where its index was never seen."""
    return bool(table.indexes) or any(c.kind in _OWNERS for c in table.constraints)


def _parent_is_indexed(table: Table, schema: Schema) -> bool:
    parent = schema.tables.get(table.partition_of) if table.partition_of else None
    return parent is not None and (_is_indexed(parent) or _parent_is_indexed(parent, schema))


def _partitions_are_indexed(table: Table, schema: Schema) -> bool:
    partitions = [t for t in schema.tables.values() if t.partition_of == table.name]
    return bool(partitions) and all(
        _is_indexed(partition) or _partitions_are_indexed(partition, schema)
        for partition in partitions
    )


def _violation(table: Table) -> Violation:
    name = shown(table.name)
    arguments = f'"ix_{name.name}_…", "{name.name}", [{_columns(table)}]{_schema(name)}'
    return Violation(
        f"Table {name} has no index at head: every query on {name} reads all of it.",
        "Create the index that its queries need in the revision that creates the table: "
        f"op.create_index({arguments}). On a table in use, declare it: "
        f"op.create_index_out_of_band({arguments}), or without outofband add "
        "postgresql_concurrently=True in an autocommit_block() of a revision of its own",
        table=table,
    )


def _columns(table: Table) -> str:
    return f'"{table.columns[0].name}", …' if table.columns else "…"


def _schema(name: QualifiedName) -> str:
    return "" if name.schema is None else f', schema="{name.schema}"'
