"""A step: one piece of schema or data work that must not run in the deploy, as its revision
declares it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from outofband.model.index import ConstraintKind, Index
from outofband.model.names import QualifiedName, literal, quote


@dataclass(frozen=True, slots=True)
class CreateIndex:
    """Wanted: the index, valid and equal. ``after`` names steps it waits for; builds wait for
    nothing else.

    It ``replaces`` what an earlier step was to drop under its name: what that waited for it waits
    for, and an index of that name and another definition goes once it can take its place.
    """

    index: Index
    after: tuple[str, ...] = ()
    replaces: DropIndex | None = None

    kind = "create_index"

    @property
    def name(self) -> str:
        """The index's name, which is the step's."""
        return self.index.name

    @property
    def table(self) -> QualifiedName:
        """The table it is on."""
        return self.index.table

    @property
    def plain_sql(self) -> str:
        """What it comes to where nobody could wait for it."""
        return self.index.create()


@dataclass(frozen=True, slots=True)
class DropIndex:
    """Wanted: no index of that name. ``after`` None means after every earlier step on its table."""

    name: str
    table: QualifiedName
    after: tuple[str, ...] | None = None

    kind = "drop_index"

    @property
    def qualified_name(self) -> QualifiedName:
        """The index's name in its table's schema."""
        return self.table.renamed(self.name)

    @property
    def plain_sql(self) -> str:
        """What it comes to where nobody could wait for it."""
        return f"DROP INDEX {self.qualified_name}"


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


@dataclass(frozen=True, slots=True)
class Backfill:
    """Wanted: the background data migration that ``spec`` names, finished. Nothing of it is done by
    an upgrade, which does not import it.

    ``spec`` is ``package.module:attribute`` in the application's code. Of an empty table nothing is
    to be done, unless what is done comes ``from_elsewhere``: files, another database.
    """

    name: str
    table: QualifiedName
    spec: str
    after: tuple[str, ...] = ()
    from_elsewhere: bool = False

    kind = "backfill"

    @property
    def plain_sql(self) -> str:
        """What stands for it in a script: it is no SQL."""
        return f"SELECT {literal(f'backfill {self.name} by {self.spec}').strip()}"


Step = CreateIndex | DropIndex | AddConstraint | Backfill


@dataclass(frozen=True, slots=True)
class WantedStep:
    """A step and the revision that declares it; ``ahead`` when that revision is not applied yet."""

    step: Step
    revision: str
    ahead: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a set of revisions wants done out of band, in order; an ordered list, not an end state.

    ``steps`` come from the revisions asked for (the applied ones, or up to ``--to``); ``unapplied``
    from known revisions beyond them. ``declared_names`` are index names that any applied revision
    declares, by plain ``create_index`` too: such an index is never renamed away. ``incomplete`` are
    applied revisions that could not be rendered, so that more may be wanted than is listed.
    """

    steps: tuple[WantedStep, ...] = ()
    unapplied: tuple[WantedStep, ...] = ()
    declared_names: frozenset[QualifiedName] = frozenset()
    incomplete: tuple[str, ...] = ()
