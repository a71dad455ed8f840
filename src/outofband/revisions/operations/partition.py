"""Partitions: ``op.detach_partition_out_of_band``."""

from __future__ import annotations

from collections.abc import Sequence

from alembic.operations import Operations

from outofband.model.names import QualifiedName
from outofband.model.step import DetachPartition
from outofband.revisions.operations.declaration import StepOutOfBandOp, checked, waited_for


class DetachPartitionOutOfBandOp(StepOutOfBandOp[DetachPartition]):
    """A partition that is to be a table of its own."""

    @classmethod
    def detach_partition_out_of_band(
        cls,
        operations: Operations,
        name: str,
        table_name: str,
        partition_name: str,
        *,
        schema: str | None = None,
        partition_schema: str | None = None,
        after: Sequence[str] | None = None,
    ) -> None:
        """Want a partition detached from its table, concurrently.

        ``name`` is the step's. It waits for every earlier step on the table, or for those that
        ``after`` names. In the deploy it is done only of a small table. The partition is in
        ``schema`` too, unless ``partition_schema`` says otherwise.
        """
        step = checked(name, "detach_partition_out_of_band")
        table = QualifiedName(table_name, schema)
        partition = QualifiedName(partition_name, partition_schema or schema)
        operations.invoke(cls(DetachPartition(step, table, partition, waited_for(after))))
