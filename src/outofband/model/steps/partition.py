"""Steps that change which partitions a table has."""

from __future__ import annotations

from dataclasses import dataclass

from outofband.model.names import QualifiedName


@dataclass(frozen=True, slots=True)
class DetachPartition:
    """Wanted: ``partition`` no longer one of ``table``, but a table of its own. ``after`` None
    means after every earlier step on the table.
    """

    name: str
    table: QualifiedName
    partition: QualifiedName
    after: tuple[str, ...] | None = None

    kind = "detach_partition"

    @property
    def plain_sql(self) -> str:
        """What it comes to where nobody could wait for it."""
        return f"ALTER TABLE {self.table} DETACH PARTITION {self.partition}"
