"""What is done about partitions."""

from __future__ import annotations

from dataclasses import dataclass

from outofband.model.names import QualifiedName
from outofband.model.statement import Statement


@dataclass(frozen=True, slots=True)
class Detach:
    """Detach a partition: ShareUpdateExclusive on the table, and AccessExclusive on the partition
    at the end (measured on 14 to 18).

    It commits in between, and waits there for every transaction on the table without holding a
    lock; lock_timeout ends that wait too, and leaves a pending detach. Postgres refuses it beside a
    default partition: then it is not ``concurrent``, and takes AccessExclusive on the table.
    """

    table: QualifiedName
    partition: QualifiedName
    concurrent: bool = True

    @property
    def statement(self) -> Statement:
        """What does it."""
        sql = f"ALTER TABLE {self.table} DETACH PARTITION {self.partition}"
        if self.concurrent:
            return Statement(f"{sql} CONCURRENTLY", in_parts=True)
        return Statement(sql, bounded=True)


@dataclass(frozen=True, slots=True)
class FinishDetach:
    """Finish a pending detach: AccessExclusive on the partition, kept while it waits for every
    older snapshot of the database (PostgreSQL 18, ALTER TABLE, FINALIZE; measured on 14 to 18).
    """

    table: QualifiedName
    partition: QualifiedName

    @property
    def statement(self) -> Statement:
        """What does it."""
        sql = f"ALTER TABLE {self.table} DETACH PARTITION {self.partition} FINALIZE"
        return Statement(sql, bounded=True)
