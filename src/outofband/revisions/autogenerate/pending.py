"""What autogenerate and ``alembic check`` have to leave alone: pending steps, and what is ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.operations.ops import (
    AddConstraintOp,
    AlterColumnOp,
    CreateIndexOp,
    DropColumnOp,
    DropConstraintOp,
    DropIndexOp,
    DropTableOp,
    MigrateOperation,
    ModifyTableOps,
    OpContainer,
)

from outofband.model.names import OUR_SCHEMA, QualifiedName, is_temporary
from outofband.model.step import (
    AddCheck,
    AddConstraint,
    AddForeignKey,
    CreateIndex,
    DropColumn,
    DropIndex,
    DropTable,
    SetNotNull,
    Step,
)
from outofband.revisions.autogenerate.operations import leave_out, leaves, name_of

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext


def leave_out_ours(upgrade: OpContainer) -> None:
    """Take out what is about the tables that the runbook keeps, and about what it is building."""
    leave_out(upgrade, _is_ours)


def leave_out_pending(upgrade: OpContainer, context: MigrationContext) -> None:
    """Take out what only repeats or undoes a step that the revisions want."""
    if any(_may_be_pending(operation) for operation in leaves(upgrade)):
        without_pending(upgrade, wanted_steps(context))


def without_pending(operations: OpContainer, steps: tuple[Step, ...]) -> None:
    """Take out what only repeats or undoes a wanted step. Pure but for ``operations``.

    An index that is declared and absent is pending and not to be created again; one that a wanted
    step drops or promotes is not to be dropped here. What both goes and comes is a change that the
    author made, and stays. A table or a column that is to go is there still.
    """
    created = {s.index.qualified_name for s in steps if isinstance(s, CreateIndex)}
    kinds = AddConstraint | AddForeignKey | AddCheck
    added = {s.table.renamed(s.name) for s in steps if isinstance(s, kinds)}
    not_null = {(*_full(s.table), s.column) for s in steps if isinstance(s, SetNotNull)}
    going = {s.qualified_name for s in steps if isinstance(s, DropIndex)}
    going |= {s.table.renamed(s.using_index) for s in steps if isinstance(s, AddConstraint)}
    tables = {s.table for s in steps if isinstance(s, DropTable)}
    columns = {(s.table, s.column) for s in steps if isinstance(s, DropColumn)}
    drops = DropIndexOp | DropConstraintOp
    dropped = {name_of(o) for o in leaves(operations) if isinstance(o, drops)}

    def is_pending(operation: MigrateOperation) -> bool:
        name = name_of(operation)
        match operation:
            case CreateIndexOp():
                return _in(name, created) and name not in dropped
            case AddConstraintOp():
                return _in(name, added) and name not in dropped
            case DropIndexOp():
                on = QualifiedName(str(operation.table_name), operation.schema)
                return _in(name, going) or _in(on, tables)
            case DropTableOp():
                return _in(QualifiedName(operation.table_name, operation.schema), tables)
            case DropColumnOp():
                on = QualifiedName(operation.table_name, operation.schema)
                return any(_in(on, {table}) for table, c in columns if c == operation.column_name)
            case AlterColumnOp(modify_nullable=False):
                table = QualifiedName(operation.table_name, operation.schema)
                if (*_full(table), operation.column_name) in not_null:
                    operation.modify_nullable = None
                return not operation.has_changes()
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


def _may_be_pending(operation: MigrateOperation) -> bool:
    unnamed = AlterColumnOp | DropColumnOp | DropTableOp
    return name_of(operation) is not None or isinstance(operation, unnamed)


def _is_ours(operation: MigrateOperation) -> bool:
    if isinstance(operation, DropTableOp | ModifyTableOps):
        return operation.schema == OUR_SCHEMA
    return isinstance(operation, DropIndexOp) and is_temporary(str(operation.index_name))


def _in(name: QualifiedName | None, names: set[QualifiedName]) -> bool:
    """Look a name up; a schema left out is taken for ``public``."""
    return name is not None and any(_full(n) == _full(name) for n in names)


def _full(name: QualifiedName) -> tuple[str, str]:
    return name.name, name.schema or "public"
