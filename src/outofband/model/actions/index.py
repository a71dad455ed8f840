"""What is done about indexes."""

from __future__ import annotations

from dataclasses import dataclass

from outofband.model.index import Index
from outofband.model.names import QualifiedName, quote
from outofband.model.statement import Statement


@dataclass(frozen=True, slots=True)
class BuildIndex:
    """Build under the temporary name, without blocking reads or writes."""

    index: Index

    @property
    def statement(self) -> Statement:
        """What does it."""
        sql = self.index.create(name=self.index.temporary_name, concurrently=True)
        return Statement(sql, unhurried=True)


@dataclass(frozen=True, slots=True)
class CoverTable:
    """Give a partitioned table an index, under its temporary name: Share on it, for milliseconds.

    It is invalid until each partition's is attached to it, and partitions made meanwhile get one by
    themselves. ``whole`` takes up the partitions' indexes at once, which has to be so where some
    partitions are foreign: what is built ``ON ONLY`` such a table stays invalid for ever (measured
    on 14 to 18).
    """

    index: Index
    whole: bool = False

    @property
    def statement(self) -> Statement:
        """What does it."""
        sql = self.index.create(name=self.index.temporary_name, only=not self.whole)
        return Statement(sql, bounded=True)


@dataclass(frozen=True, slots=True)
class AttachIndex:
    """Make a partition's index the part of its parent's: AccessExclusive on that index alone, for
    milliseconds.
    """

    parent: QualifiedName
    part: QualifiedName

    @property
    def statement(self) -> Statement:
        """What does it."""
        return Statement(f"ALTER INDEX {self.parent} ATTACH PARTITION {self.part}")


@dataclass(frozen=True, slots=True)
class RenameIndex:
    """Give an index its name: the commit point of a build. ShareUpdateExclusive on the index
    alone.
    """

    index: QualifiedName
    new_name: str

    @property
    def statement(self) -> Statement:
        """What does it."""
        return Statement(f"ALTER INDEX {self.index} RENAME TO {quote(self.new_name)}")


@dataclass(frozen=True, slots=True)
class AnalyzeTable:
    """Have the planner know an expression of a new index: a build leaves no statistics of it
    (PostgreSQL 18, ANALYZE). ShareUpdateExclusive on the table, for a sample of it.
    """

    table: QualifiedName

    @property
    def statement(self) -> Statement:
        """What does it."""
        return Statement(f"ANALYZE {self.table}", harmless=True)


@dataclass(frozen=True, slots=True)
class RemoveIndex:
    """Drop an index without blocking reads or writes.

    That of a partitioned table cannot be dropped concurrently (0A000): AccessExclusive on the table
    and all its partitions, for milliseconds.
    """

    index: QualifiedName
    partitioned: bool = False

    @property
    def statement(self) -> Statement:
        """What does it."""
        if self.partitioned:
            return Statement(f"DROP INDEX {self.index}", bounded=True)
        return Statement(f"DROP INDEX CONCURRENTLY {self.index}", unhurried=True)


@dataclass(frozen=True, slots=True)
class RepairIndex:
    """Build an index anew in its place, without blocking reads or writes: what a constraint owns
    cannot be dropped. A failure leaves a second, INVALID one beside it.
    """

    index: Index

    @property
    def statement(self) -> Statement:
        """What does it."""
        sql = f"REINDEX INDEX CONCURRENTLY {self.index.qualified_name}"
        return Statement(sql, unhurried=True)


@dataclass(frozen=True, slots=True)
class AwaitBuild:
    """Wait for a build of ours whose client has died; the server goes on with it. No SQL."""

    index: Index
    pid: int

    statement = None


def named(index: Index) -> tuple[AnalyzeTable | RenameIndex, ...]:
    """Return what gives a built index its name, of which that is the last: what the planner has to
    know for it comes before.
    """
    known = (AnalyzeTable(index.table),) if index.has_expressions else ()
    return (*known, RenameIndex(index.temporary, index.name))
