"""What stands in the way of making an index a constraint."""

from __future__ import annotations

from outofband.catalog.facts import TableFacts
from outofband.model.step import AddConstraint


def obstacle(step: AddConstraint, table: TableFacts) -> str | None:
    """Return why the promotion cannot run now, None when it can.

    Postgres itself would scan the table to set NOT NULL (PostgreSQL 18, ALTER TABLE, ADD
    table_constraint_using_index), so a primary key over a nullable column is refused instead.
    """
    if table.partitioned:
        return (
            f"{table.name} is partitioned, and no index of a partitioned table can become a "
            "constraint; as a unique index it serves as well"
        )
    index = table.index(step.using_index)
    if index is None or not index.valid:
        return f"index {step.using_index} is not there yet"
    if not index.unique:
        return f"index {step.using_index} is not unique"
    if index.predicate or any(key.column is None or key.descending for key in index.keys):
        return f"index {step.using_index} is partial, descending or over an expression"
    if tuple(key.column for key in index.keys) != step.columns:
        return f"index {step.using_index} has other columns than the constraint"
    not_null = {name for name, column in table.columns.items() if column.not_null}
    nullable = [name for name in step.columns if name not in not_null]
    if step.kind == "primary_key" and nullable:
        return (
            f"column {', '.join(nullable)} allows NULL, and setting NOT NULL is a step of its own"
        )
    return None
