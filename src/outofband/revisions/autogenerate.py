"""What autogenerate and ``alembic check`` have to leave alone: pending steps, and what is ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from alembic.operations.ops import (
    AddConstraintOp,
    CreateIndexOp,
    DropIndexOp,
    DropTableOp,
    MigrateOperation,
    ModifyTableOps,
    OpContainer,
)
from alembic.util import DispatchPriority, PriorityDispatchResult

from outofband.model.names import OUR_SCHEMA, QualifiedName, is_temporary
from outofband.model.step import AddConstraint, CreateIndex, DropIndex, Step

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.runtime.migration import MigrationContext


def register(plugin: Any) -> None:
    """Have autogenerate ask us last, on PostgreSQL."""
    plugin.add_autogenerate_comparator(
        _compare, "autogenerate", qualifier="postgresql", priority=DispatchPriority.LAST
    )


def without_pending(operations: OpContainer, steps: tuple[Step, ...]) -> None:
    """Take out what only repeats or undoes a wanted step. Pure but for ``operations``.

    An index that is declared and absent is pending and not to be created again; one that a wanted
    step drops or promotes is not to be dropped here. An index that both goes and comes is a change
    that the author made, and stays.
    """
    created = {s.index.qualified_name for s in steps if isinstance(s, CreateIndex)}
    promoted = {s.table.renamed(s.name) for s in steps if isinstance(s, AddConstraint)}
    going = {s.qualified_name for s in steps if isinstance(s, DropIndex)}
    going |= {s.table.renamed(s.using_index) for s in steps if isinstance(s, AddConstraint)}
    dropped = {_name(o) for o in _leaves(operations) if isinstance(o, DropIndexOp)}

    def is_pending(operation: MigrateOperation) -> bool:
        name = _name(operation)
        match operation:
            case CreateIndexOp():
                return _in(name, created) and name not in dropped
            case AddConstraintOp():
                return _in(name, promoted)
            case DropIndexOp():
                return _in(name, going)
        return False

    _leave_out(operations, is_pending)


def _compare(context: AutogenContext, upgrade: OpContainer) -> PriorityDispatchResult:
    _leave_out(upgrade, _is_ours)
    if any(_name(operation) is not None for operation in _leaves(upgrade)):
        without_pending(upgrade, _wanted_steps(context.migration_context))
    return PriorityDispatchResult.CONTINUE


def _is_ours(operation: MigrateOperation) -> bool:
    if isinstance(operation, DropTableOp | ModifyTableOps):
        return operation.schema == OUR_SCHEMA
    return isinstance(operation, DropIndexOp) and is_temporary(str(operation.index_name))


def _wanted_steps(context: MigrationContext) -> tuple[Step, ...]:
    from outofband.revisions.environment import Environment
    from outofband.revisions.wanted import wanted

    environment = Environment.of_running(context)
    if environment is None:
        return ()
    return tuple(w.step for w in wanted(environment, context.get_current_heads()).steps)


def _leave_out(container: OpContainer, is_left_out: Callable[[MigrateOperation], bool]) -> None:
    """Take operations out, and containers that are empty then."""
    kept = []
    for operation in container.ops:
        if is_left_out(operation):
            continue
        if isinstance(operation, OpContainer):
            _leave_out(operation, is_left_out)
            if operation.is_empty():
                continue
        kept.append(operation)
    container.ops[:] = kept


def _leaves(container: OpContainer) -> Iterator[MigrateOperation]:
    for operation in container.ops:
        if isinstance(operation, OpContainer):
            yield from _leaves(operation)
        else:
            yield operation


def _name(operation: MigrateOperation) -> QualifiedName | None:
    """Return the name of the index or constraint that an operation is about."""
    match operation:
        case CreateIndexOp() | DropIndexOp():
            return QualifiedName(str(operation.index_name), operation.schema)
        case AddConstraintOp():
            told: Any = operation
            return QualifiedName(str(told.constraint_name), told.schema)
    return None


def _in(name: QualifiedName | None, names: set[QualifiedName]) -> bool:
    """Look a name up; a schema left out is taken for ``public``."""
    return any((n.name, n.schema or "public") == _full(name) for n in names)


def _full(name: QualifiedName | None) -> tuple[str, str] | None:
    return None if name is None else (name.name, name.schema or "public")
