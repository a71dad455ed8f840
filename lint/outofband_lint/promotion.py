"""A unique constraint or primary key that is made of an index, as operations."""

from __future__ import annotations

from outofband_lint.fix import Fix
from outofband_lint.names import MAX_IDENTIFIER_BYTES, QualifiedName, clip
from outofband_lint.schema import Table
from outofband_lint.spelling import (
    AUTOCOMMIT,
    add_constraint_out_of_band,
    create_index,
    execute,
    shown,
)
from outofband_lint.statement import Constraint, CreateIndex, IndexKey


def promoted(table: QualifiedName, declared: Constraint) -> tuple[CreateIndex, str]:
    """Return the unique index that a constraint can be made of, and the constraint's name."""
    label = "pkey" if declared.kind == "primary_key" else "key"
    columns = () if declared.kind == "primary_key" else declared.columns
    name = declared.name or clip("_".join([table.name, *columns, label]))
    index = CreateIndex(
        clip(name, MAX_IDENTIFIER_BYTES - len("_index")) + "_index",
        table,
        tuple(IndexKey(column) for column in declared.columns),
        include=declared.include,
        unique=True,
        nulls_not_distinct=declared.nulls_not_distinct,
    )
    return index, name


def flow(table: QualifiedName, declared: Constraint) -> tuple[str, str]:
    """Return the two declarations that come to the constraint: the index, then its promotion."""
    index, name = promoted(table, declared)
    return (
        create_index("create_index_out_of_band", index),
        add_constraint_out_of_band(declared.kind, table, name, declared.columns, index.name or ""),
    )


def plain_flow(table: QualifiedName, declared: Constraint) -> str:
    """Return the same in plain Alembic, for a help text."""
    index, name = promoted(table, declared)
    kind = "PRIMARY KEY" if declared.kind == "primary_key" else "UNIQUE"
    quoted = QualifiedName(index.name or "")
    deferrable = " DEFERRABLE" if declared.deferrable else ""
    promotion = execute(
        f"ALTER TABLE {shown(table)} ADD CONSTRAINT {QualifiedName(name)} {kind} "
        f"USING INDEX {quoted}{deferrable}"
    )
    return (
        f"in a revision of its own: {AUTOCOMMIT} "
        f"{create_index('create_index', index, 'postgresql_concurrently=True')}; "
        f"behind it {promotion}"
    )


def fix(table: Table | None, name: QualifiedName, declared: Constraint) -> Fix | None:
    """Return the declarations as a fix, None where no promotion can come of them.

    Postgres promotes no index of a partitioned table, and ours sets no NOT NULL and nothing
    deferrable.
    """
    if table is None or declared.deferrable or table.kind == "partitioned":
        return None
    columns = [table.column(column) for column in declared.columns]
    if declared.kind == "primary_key" and not all(c is not None and c.not_null for c in columns):
        return None
    return Fix(flow(name, declared))
