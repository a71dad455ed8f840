"""Steps that make a constraint of an index."""

from __future__ import annotations

from dataclasses import dataclass, replace

from outofband.model.index import ConstraintKind, Index
from outofband.model.names import QualifiedName, quote


@dataclass(frozen=True, slots=True)
class AddConstraint:
    """Wanted: the constraint, on the index that an earlier step built and that takes the
    constraint's name.
    """

    name: str
    table: QualifiedName
    kind: ConstraintKind
    columns: tuple[str, ...]
    using_index: str

    @property
    def plain_sql(self) -> str:
        """The promotion: milliseconds, since the index is there (PostgreSQL 18, ALTER TABLE, USING
        INDEX).
        """
        what = "PRIMARY KEY" if self.kind == "primary_key" else "UNIQUE"
        return (
            f"ALTER TABLE {self.table} ADD CONSTRAINT {quote(self.name)} "
            f"{what} USING INDEX {quote(self.using_index)}"
        )


@dataclass(frozen=True, slots=True)
class ConstraintIndex:
    """What a constraint over partitions is to be: its ``index``, which has the constraint's name,
    as have the indexes that partitions get as their parts of it.

    No index of a partitioned table becomes a constraint (0A000, measured on 14 to 18): the one that
    a step declares for it gives the definition, and its parts.
    """

    index: Index
    kind: ConstraintKind

    @classmethod
    def of(cls, index: Index, step: AddConstraint) -> ConstraintIndex:
        """Return what the step makes of the index that it uses."""
        return cls(replace(index, name=step.name), step.kind)

    def promotion(self, part: QualifiedName, partition: QualifiedName) -> AddConstraint:
        """Return what makes a partition's index a constraint, under the name that it has."""
        columns = tuple(str(key.column) for key in self.index.keys)
        return AddConstraint(part.name, partition, self.kind, columns, part.name)
