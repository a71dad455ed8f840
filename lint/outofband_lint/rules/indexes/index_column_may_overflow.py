"""index-column-may-overflow."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import Context
from outofband_lint.rule import Violation, head_rule
from outofband_lint.schema import Column, Index, Schema, Table
from outofband_lint.spelling import shown

_UNBOUNDED = ("text", "bytea", "jsonb", "xml", "citext")


@head_rule(
    opt_in=True,
    failure="54000 program_limit_exceeded: a value of over 2704 bytes is refused by the index",
    bad=(
        "CREATE TABLE t (id int PRIMARY KEY, url text); CREATE INDEX ON t (url)",
        'CREATE SCHEMA app; CREATE TABLE app."T" ("Body" bytea UNIQUE)',
        "CREATE TABLE t (id int, url varchar); create index on T (id, URL)",
        "CREATE TABLE t (tags text[]); CREATE INDEX ON t (tags)",
    ),
    good=(
        "CREATE TABLE t (url varchar(500)); CREATE INDEX ON t (url)",
        "CREATE TABLE t (url text); CREATE INDEX ON t (md5(url))",
        "CREATE TABLE t (url text CHECK (length(url) < 600)); CREATE INDEX ON t (url)",
        "CREATE TABLE t (url text); CREATE INDEX ON t USING hash (url)",
        "CREATE TABLE t (tags text[]); CREATE INDEX ON t USING gin (tags)",
        "CREATE TABLE t (url text, id int); CREATE INDEX ON t (id) INCLUDE (id)",
    ),
)
def index_column_may_overflow(schema: Schema, _context: Context) -> Iterator[Violation]:
    """A btree index is on a column whose values may be too long for it.

    Cost: an index row holds at most 2704 bytes, compressed. The first longer value fails its INSERT
    ("index row size … exceeds btree version 4 maximum"), or the build of the index, at its end.

    Instead: index a hash or a part of the value, `op.create_index_out_of_band(…,
    [sa.text("md5(url)")])`, or `postgresql_using="hash"`, or bound the column with a CHECK on its
    length; in plain Alembic the same with `op.create_index(…)`.

    Allowed when: the values are short for a reason that the schema does not say.

    Source: PostgreSQL 18, chapter 65.1 (B-Tree indexes); BTMaxItemSize in nbtree.h.
    """
    for table in schema.tables.values():
        for index in table.indexes:
            column = _unbounded(table, index)
            if column is None or index.method != "btree" or index.parent is not None:
                continue
            named = shown(table.name)
            yield Violation(
                f"Index {index.name} of {named} is on {column.name}, which may be of any length: a "
                f"value of over 2704 bytes in {named} is refused.",
                f'Use a hash of it, [sa.text("md5({column.name})")] or postgresql_using="hash", or '
                f"bound its length: ALTER TABLE {named} ADD CHECK (length({column.name}) <= …) NOT "
                "VALID",
                table=table,
                subject=f"{table.created_as} {index.name} {column.name}",
            )


def _unbounded(table: Table, index: Index) -> Column | None:
    names = [*(key.column for key in index.keys), *index.include]
    for name in names:
        column = table.column(name) if name else None
        if column is not None and _is_unbounded(column) and not _is_bounded(table, column.name):
            return column
    return None


def _is_unbounded(column: Column) -> bool:
    type_ = column.type
    unlimited = type_.name == "character varying" and not type_.modifiers
    return type_.array or type_.name in _UNBOUNDED or unlimited


def _is_bounded(table: Table, column: str) -> bool:
    """Tell whether a CHECK says something of the column's length."""
    return any(
        c.kind == "check" and column in c.columns and "length" in (c.expression or "")
        for c in table.constraints
    )
