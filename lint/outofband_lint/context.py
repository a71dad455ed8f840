"""What a check may know besides the statement and the schema."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from outofband_lint.environment import Environment
from outofband_lint.locks import LockMode
from outofband_lint.names import QualifiedName
from outofband_lint.query import Query
from outofband_lint.schema import Schema, Table
from outofband_lint.settings import Settings
from outofband_lint.source import Base, Revision, Source
from outofband_lint.statement import Statement

if TYPE_CHECKING:
    from outofband_lint.rule import Rule


@dataclass(frozen=True, slots=True)
class Context:
    """What holds for the whole run.

    `revisions` is the whole chain in upgrade order. `base` is what the branch began from, None
    where all revisions are judged; `environment` is None where there is no env.py. `rules` are all
    those that judge, a project's own among them.
    """

    settings: Settings
    base: Base | None = None
    revisions: Sequence[Revision] = ()
    environment: Environment | None = None
    queries: Sequence[Query] = ()
    rules: Sequence[Rule] = ()

    def is_small(self, table: QualifiedName) -> bool:
        """Tell whether the project says that the table is never large."""
        return self.settings.is_small(table)

    def is_large(self, table: QualifiedName) -> bool:
        """Tell whether the table counts as large."""
        return self.settings.is_large(table)


@dataclass(frozen=True, slots=True)
class Sent:
    """A statement that its revision has sent already, and the schema that it met."""

    statement: Statement
    source: Source
    before: Schema


@dataclass(frozen=True, slots=True)
class StatementContext(Context):
    """What holds for one statement: who sends it, and what was sent before.

    `position` is that of its source among the revision's. `transaction` holds what the same
    transaction has done already, `earlier` all that the revision has; `script` is the whole
    revision, its statement number `index` the one judged, `numbers` those of each type. `held` are
    the tables in use whose writers wait for the transaction already, each with the mode that it is
    locked in.
    """

    revision: Revision = field(kw_only=True)
    source: Source = field(kw_only=True)
    position: int = field(kw_only=True)
    transaction: Sequence[Sent] = field(default=(), kw_only=True)
    earlier: Sequence[Sent] = field(default=(), kw_only=True)
    script: Sequence[tuple[int, Source, Statement]] = field(default=(), kw_only=True)
    index: int = field(default=0, kw_only=True)
    numbers: Mapping[type[Statement], Sequence[int]] = field(default_factory=dict, kw_only=True)
    held: Mapping[QualifiedName, LockMode] = field(default_factory=dict, kw_only=True)

    @property
    def later(self) -> Iterator[tuple[Source, Statement]]:
        """What the revision sends behind the statement, in order."""
        for number in range(self.index + 1, len(self.script)):
            _, source, statement = self.script[number]
            yield source, statement

    def later_of(self, *kinds: type[Statement]) -> Iterator[tuple[Source, Statement]]:
        """What the revision sends of these kinds behind the statement, kind by kind.

        Costs what it yields, where `later` costs all that is left of the revision.
        """
        for kind in kinds:
            numbers = self.numbers.get(kind, ())
            for number in numbers[bisect_right(numbers, self.index) :]:
                _, source, statement = self.script[number]
                yield source, statement

    def existing(self, name: QualifiedName, schema: Schema) -> QualifiedName | None:
        """Return the full name of a table that somebody may be using; None for a new table.

        Existing is what an earlier revision created (with a base: one that the base has), and
        what the chain never created, since then somebody else did.
        """
        table = schema.table(name)
        if table is None:
            return name
        return table.name if self.is_existing(table) else None

    def is_existing(self, table: Table) -> bool:
        """Tell whether somebody may be using the table."""
        return not table.temporary and self.is_deployed(table.revision)

    def is_deployed(self, revision: str) -> bool:
        """Tell whether what a revision made was there before the one judged is deployed."""
        if self.base is not None:
            return revision in self.base.ids
        return revision != self.revision.id
