"""Partitions: ``op.detach_partition_out_of_band``."""

from __future__ import annotations

from collections.abc import Sequence

from alembic.operations import MigrateOperation, Operations
from alembic.operations.ops import ExecuteSQLOp

from outofband.model.names import QualifiedName
from outofband.model.step import DetachPartition
from outofband.revisions.operations.declaration import checked


class DetachPartitionOutOfBandOp(MigrateOperation):
    """A partition that is to be a table of its own."""

    def __init__(
        self,
        name: str,
        table_name: str,
        partition_name: str,
        *,
        schema: str | None = None,
        partition_schema: str | None = None,
        after: Sequence[str] | None = None,
    ) -> None:
        self.name, self.table_name, self.partition_name = name, table_name, partition_name
        self.schema, self.partition_schema = schema, partition_schema or schema
        self.after = None if after is None else tuple(after)

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
        operations.invoke(
            cls(
                checked(name, "detach_partition_out_of_band"),
                table_name,
                partition_name,
                schema=schema,
                partition_schema=partition_schema,
                after=after,
            )
        )

    def to_sister(self) -> MigrateOperation:
        """Return the plain operation."""
        return ExecuteSQLOp(self.to_step().plain_sql)

    def to_step(self) -> DetachPartition:
        """Return the step it declares."""
        partition = QualifiedName(self.partition_name, self.partition_schema)
        table = QualifiedName(self.table_name, self.schema)
        return DetachPartition(self.name, table, partition, self.after)
