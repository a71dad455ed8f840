"""The trees that Alembic keeps operations in, and the names of what these are about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from alembic.operations.ops import (
    AddConstraintOp,
    CreateForeignKeyOp,
    CreateIndexOp,
    CreateUniqueConstraintOp,
    DropConstraintOp,
    DropIndexOp,
    MigrateOperation,
    OpContainer,
)

from outofband.model.names import QualifiedName


class Together(OpContainer):
    """Operations that take the place of one."""


def leaves(container: OpContainer) -> Iterator[MigrateOperation]:
    """Yield what is no container, in order."""
    for operation in container.ops:
        if isinstance(operation, OpContainer):
            yield from leaves(operation)
        else:
            yield operation


def leave_out(container: OpContainer, is_left_out: Callable[[MigrateOperation], bool]) -> None:
    """Take operations out, and containers that are empty then."""
    replace_each(container, lambda operation: () if is_left_out(operation) else (operation,))


def replace_each(
    container: OpContainer, put: Callable[[MigrateOperation], Iterable[MigrateOperation]]
) -> None:
    """Put others in the place of each operation, and take out containers that are empty then."""
    kept: list[MigrateOperation] = []
    for operation in container.ops:
        for new in put(operation):
            if isinstance(new, OpContainer):
                replace_each(new, put)
                if new.is_empty():
                    continue
            kept.append(new)
    container.ops[:] = kept


def name_of(operation: MigrateOperation) -> QualifiedName | None:
    """Return the name of the index or constraint that an operation is about."""
    match operation:
        case CreateIndexOp() | DropIndexOp():
            return QualifiedName(str(operation.index_name), operation.schema)
        case AddConstraintOp():
            told: Any = operation
            schema = told.kw.get("source_schema") if _is_foreign_key(told) else told.schema
            return QualifiedName(str(constraint_name(operation)), schema)
        case DropConstraintOp():
            return QualifiedName(str(operation.constraint_name), operation.schema)
    return None


def _is_foreign_key(operation: MigrateOperation) -> bool:
    return isinstance(operation, CreateForeignKeyOp)


def constraint_name(operation: AddConstraintOp) -> str | None:
    """Return the name of a constraint; of an unnamed one the name that Postgres would give it,
    where it says what the constraint is about. A step has to have one.
    """
    told: Any = operation
    if isinstance(told.constraint_name, str):
        return told.constraint_name
    from outofband_lint.schema.default_names import columns_addition, object_name

    match operation:
        case CreateUniqueConstraintOp():
            return object_name(told.table_name, columns_addition(told.columns), "key")
        case CreateForeignKeyOp():
            return object_name(told.source_table, columns_addition(told.local_cols), "fkey")
    return None
