"""What autogenerate and ``alembic check`` have to leave alone: pending steps, and what is ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.operations.ops import (
    AddConstraintOp,
    CreateIndexOp,
    DropConstraintOp,
    DropIndexOp,
    DropTableOp,
    MigrateOperation,
    ModifyTableOps,
    OpContainer,
)

from outofband.model.names import OUR_SCHEMA, QualifiedName, is_temporary
from outofband.model.step import AddConstraint, CreateIndex, DropIndex, Step
from outofband.revisions.autogenerate.operations import leave_out, leaves, name_of

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext


def leave_out_ours(upgrade: OpContainer) -> None:
    """Take out what is about the tables that the runbook keeps, and about what it is building."""
    leave_out(upgrade, _is_ours)


def leave_out_pending(upgrade: OpContainer, context: MigrationContext) -> None:
    """Take out what only repeats or undoes a step that the revisions want."""
    if any(name_of(operation) is not None for operation in leaves(upgrade)):
        without_pending(upgrade, wanted_steps(context))


def without_pending(operations: OpContainer, steps: tuple[Step, ...]) -> None:
    """Take out what only repeats or undoes a wanted step. Pure but for ``operations``.

    An index that is declared and absent is pending and not to be created again; one that a wanted
    step drops or promotes is not to be dropped here. What both goes and comes is a change that the
    author made, and stays.
    """
    created = {s.index.qualified_name for s in steps if isinstance(s, CreateIndex)}
    promoted = {s.table.renamed(s.name) for s in steps if isinstance(s, AddConstraint)}
    going = {s.qualified_name for s in steps if isinstance(s, DropIndex)}
    going |= {s.table.renamed(s.using_index) for s in steps if isinstance(s, AddConstraint)}
    drops = DropIndexOp | DropConstraintOp
    dropped = {name_of(o) for o in leaves(operations) if isinstance(o, drops)}

    def is_pending(operation: MigrateOperation) -> bool:
        name = name_of(operation)
        match operation:
            case CreateIndexOp():
                return _in(name, created) and name not in dropped
            case AddConstraintOp():
                return _in(name, promoted) and name not in dropped
            case DropIndexOp():
                return _in(name, going)
        return False

    leave_out(operations, is_pending)


def wanted_steps(context: MigrationContext) -> tuple[Step, ...]:
    """Return what the applied revisions want; nothing outside of Alembic's own commands."""
    from outofband.revisions.environment import Environment
    from outofband.revisions.wanted import wanted

    environment = Environment.of_running(context)
    if environment is None:
        return ()
    return tuple(w.step for w in wanted(environment, context.get_current_heads()).steps)


def _is_ours(operation: MigrateOperation) -> bool:
    if isinstance(operation, DropTableOp | ModifyTableOps):
        return operation.schema == OUR_SCHEMA
    return isinstance(operation, DropIndexOp) and is_temporary(str(operation.index_name))


def _in(name: QualifiedName | None, names: set[QualifiedName]) -> bool:
    """Look a name up; a schema left out is taken for ``public``."""
    return any((n.name, n.schema or "public") == _full(name) for n in names)


def _full(name: QualifiedName | None) -> tuple[str, str] | None:
    return None if name is None else (name.name, name.schema or "public")
