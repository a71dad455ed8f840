"""The schema that the applied revisions say there is, as far as it can be told. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass

from outofband.model.index import Index
from outofband.model.names import QualifiedName
from outofband.model.step import AddConstraint, CreateIndex, Step
from outofband.revisions.key import key_of
from outofband_lint.reader import read
from outofband_lint.schema import Index as Folded
from outofband_lint.schema import Schema, Table, fold
from outofband_lint.source import Revision
from outofband_lint.statement import NotRendered, NotUnderstood, Statement, Understood


@dataclass(frozen=True, slots=True)
class Declared:
    """``schema`` is that at the revisions applied; ``unread`` are those of them that were not
    understood, or not rendered, so that more may be declared.
    """

    schema: Schema
    unread: tuple[str, ...] = ()

    @property
    def tables(self) -> list[Table]:
        """The tables, without partitions, which come and go, and what a session had of its own."""
        every = self.schema.tables.values()
        return [t for t in every if not t.temporary and t.partition_of is None]


def declared(revisions: Iterable[Revision]) -> Declared:
    """Fold the statements of revisions."""
    schema, unread = Schema(), []
    for revision in revisions:
        schema = schema.new_session()
        understood = revision.problem is None
        for source in revision.sources:
            for statement in read(source.sql):
                understood = understood and not _is_opaque(statement)
                schema = fold(
                    schema, statement, revision=revision.id, out_of_band=source.out_of_band
                )
        unread += [] if understood else [revision.id]
    return Declared(schema.new_session(), tuple(unread))


def _is_opaque(statement: Statement) -> bool:
    if isinstance(statement, Understood):
        return statement.kind == "do"  # which says what it does to the server alone
    return isinstance(statement, NotUnderstood | NotRendered)


def indexes(tables: Iterable[Table], steps: Sequence[Step]) -> list[CreateIndex]:
    """Return the indexes that revisions declare in the deploy, as steps, so that their states can
    be told; those of ``steps`` are told already.
    """
    return [made for made, _ in indexes_made(tables, steps)]


def indexes_made(
    tables: Iterable[Table], steps: Sequence[Step]
) -> Iterator[tuple[CreateIndex, str]]:
    """Yield these indexes, each with the revision that makes it."""
    told = names(steps)
    for table in tables:
        for index in table.indexes:
            if not index.out_of_band and index.name not in told and index.constraint is None:
                yield CreateIndex(_index(index, table)), index.revision or table.revision


def names(steps: Iterable[Step]) -> Set[str]:
    """Return the names of the objects that steps are about."""
    found = set()
    for step in steps:
        found.add(step.name)
        if isinstance(step, AddConstraint):
            found.add(step.using_index)
    return found


def _index(index: Folded, table: Table) -> Index:
    return Index(
        name=index.name,
        table=QualifiedName(table.name.name, table.name.schema),
        keys=tuple(map(key_of, index.keys)),
        include=index.include,
        method=index.method,
        unique=index.unique,
        nulls_not_distinct=index.nulls_not_distinct,
        where=index.where,
    )
