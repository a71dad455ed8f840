"""What statements do to foreign keys, from both sides.

Source: PostgreSQL 18, ALTER TABLE and chapters 5.5.5, 5.12 (foreign keys, partitioning).
"""

from __future__ import annotations

from dataclasses import replace

from outofband_lint.names import QualifiedName
from outofband_lint.schema.default_names import columns_addition
from outofband_lint.schema.draft import Draft
from outofband_lint.schema.values import Table, TableConstraint
from outofband_lint.statement import Constraint


def add_foreign_key(draft: Draft, table_name: QualifiedName, declared: Constraint) -> None:
    """Add a foreign key to a table and its partitions; it points to the primary key by default."""
    name = declared.name or _name(draft, table_name, declared.columns)
    target = draft.table(declared.references) if declared.references else None
    constraint = TableConstraint(
        name,
        "foreign_key",
        declared.columns,
        validated=not declared.not_valid,
        references=declared.references if target is None else target.name,
        referenced_columns=declared.referenced_columns or _primary_key(target),
        on_delete=declared.on_delete,
    )
    draft.append_constraint(table_name, constraint)
    for partition in draft.partitions(table_name):
        inherit_foreign_key(draft, partition.name, constraint)


def _name(draft: Draft, table_name: QualifiedName, columns: tuple[str, ...]) -> str:
    return draft.free_constraint_name(table_name, columns_addition(columns), "fkey")


def _primary_key(table: Table | None) -> tuple[str, ...]:
    constraints = () if table is None else table.constraints
    return next((c.columns for c in constraints if c.kind == "primary_key"), ())


def inherit_foreign_key(draft: Draft, partition: QualifiedName, parent: TableConstraint) -> None:
    """Give a partition the parent's foreign key, or merge it with an equal one of its own."""
    table = draft.tables[partition]
    for own in table.constraints:
        if own.parent is None and _same_reference(own, parent):
            draft.change_constraint(partition, own.name, parent=parent.name)
            return
    name = parent.name
    if table.constraint(name) is not None:
        name = _name(draft, partition, parent.columns)
    inherited = replace(parent, name=name, parent=parent.name)
    draft.append_constraint(partition, inherited)
    for child in draft.partitions(partition):
        inherit_foreign_key(draft, child.name, inherited)


def _same_reference(own: TableConstraint, parent: TableConstraint) -> bool:
    return (
        own.kind == "foreign_key"
        and own.columns == parent.columns
        and own.references == parent.references
        and own.referenced_columns == parent.referenced_columns
    )


def drop_references(
    draft: Draft, table_name: QualifiedName, columns: tuple[str, ...] | None = None
) -> None:
    """Drop the foreign keys that point to a table, or to exactly these columns in any order."""

    def kept(constraint: TableConstraint) -> TableConstraint | None:
        if columns is not None and set(constraint.referenced_columns) != set(columns):
            return constraint
        return None

    draft.change_references(table_name, kept)
