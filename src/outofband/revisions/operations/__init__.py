"""The operations that a revision declares steps with, beside their plain sisters in ``op``.

Loaded on any ``import alembic``, so what runs them is imported when the first of them runs.
"""

from __future__ import annotations

from typing import Any, NoReturn

from alembic import op
from alembic.operations import BatchOperations, Operations

from outofband.revisions.operations.backfill import BackfillOutOfBandOp
from outofband.revisions.operations.barrier import RequireStepOp
from outofband.revisions.operations.check import CreateCheckConstraintOutOfBandOp
from outofband.revisions.operations.constraint import (
    CreatePrimaryKeyOutOfBandOp,
    CreateUniqueConstraintOutOfBandOp,
)
from outofband.revisions.operations.declaration import Declaration
from outofband.revisions.operations.drop import DropColumnOutOfBandOp, DropTableOutOfBandOp
from outofband.revisions.operations.enum import AddEnumValueOutOfBandOp
from outofband.revisions.operations.foreign_key import CreateForeignKeyOutOfBandOp
from outofband.revisions.operations.index import CreateIndexOutOfBandOp, DropIndexOutOfBandOp
from outofband.revisions.operations.not_null import SetNotNullOutOfBandOp
from outofband.revisions.operations.partition import DetachPartitionOutOfBandOp
from outofband.revisions.operations.rebuild import (
    RefreshMaterializedViewOutOfBandOp,
    ReindexOutOfBandOp,
)
from outofband.revisions.stop import UpgradeMisused


class NotInBatch(UpgradeMisused):
    """A step was declared inside ``batch_alter_table``."""


OPERATIONS = {
    "create_index_out_of_band": CreateIndexOutOfBandOp,
    "drop_index_out_of_band": DropIndexOutOfBandOp,
    "create_primary_key_out_of_band": CreatePrimaryKeyOutOfBandOp,
    "create_unique_constraint_out_of_band": CreateUniqueConstraintOutOfBandOp,
    "create_foreign_key_out_of_band": CreateForeignKeyOutOfBandOp,
    "create_check_constraint_out_of_band": CreateCheckConstraintOutOfBandOp,
    "set_not_null_out_of_band": SetNotNullOutOfBandOp,
    "detach_partition_out_of_band": DetachPartitionOutOfBandOp,
    "drop_table_out_of_band": DropTableOutOfBandOp,
    "drop_column_out_of_band": DropColumnOutOfBandOp,
    "add_enum_value_out_of_band": AddEnumValueOutOfBandOp,
    "reindex_out_of_band": ReindexOutOfBandOp,
    "refresh_materialized_view_out_of_band": RefreshMaterializedViewOutOfBandOp,
}


def register() -> None:
    """Make the operations known to Alembic, as methods of ``op`` and as values to invoke."""
    for name, operation in OPERATIONS.items():
        Operations.register_operation(name)(operation)
        Operations.implementation_for(operation)(_declare)
        setattr(BatchOperations, name, _refuse_in_batch)
    Operations.register_operation("backfill_out_of_band")(BackfillOutOfBandOp)
    Operations.implementation_for(BackfillOutOfBandOp)(_backfill)
    BatchOperations.backfill_out_of_band = _refuse_in_batch
    Operations.register_operation("require_step")(RequireStepOp)
    Operations.implementation_for(RequireStepOp)(_require)
    vars(op).setdefault("__getattr__", _missing)


def _missing(name: str) -> NoReturn:
    """Answer for a name that ``op`` lacks: one of a later release says so with or without a guard.

    An AttributeError all the same, so that ``hasattr()`` tells a project what it may use.
    """
    from outofband.revisions.unknown import missing

    raise missing(name)


def _declare(operations: Operations, operation: Declaration) -> None:
    if operations.migration_context.dialect.name != "postgresql":
        operations.invoke(operation.to_sister())
        return
    from outofband.revisions import running

    running.carry_out(operations.migration_context, operation.to_step())


def _backfill(operations: Operations, operation: BackfillOutOfBandOp) -> None:
    # On another dialect there is nothing to declare: no plain operation moves data.
    if operations.migration_context.dialect.name == "postgresql":
        from outofband.revisions import running

        running.carry_out(operations.migration_context, operation.step)


def _require(operations: Operations, operation: RequireStepOp) -> None:
    if operations.migration_context.dialect.name == "postgresql":
        from outofband.revisions import running

        running.require(operations.migration_context, operation.name)


def _refuse_in_batch(_operations: BatchOperations, *_: Any, **__: Any) -> NoReturn:
    raise NotInBatch(
        "an out-of-band operation inside batch_alter_table",
        why="a batch may copy the table, and a step outlives its revision",
        do="Call it on op, after the batch",
    )
