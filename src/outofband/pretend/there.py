"""What stands on a server, and what it is of production: tables by name, indexes by definition.

Pure.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from outofband.model.names import QualifiedName
from outofband.stats.value import Column, Index, Stats


@dataclass(frozen=True, slots=True)
class Keys:
    """The columns of an index in order: name (None: an expression), width (-1: varies),
    alignment.
    """

    columns: tuple[str | None, ...]
    widths: tuple[int, ...]
    alignments: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Relation:
    """A table or an index that stands on the server.

    ``path`` is its first file, below the data directory; None of what is only over partitions.
    """

    oid: int
    name: QualifiedName
    path: str | None
    columns: frozenset[str]


@dataclass(frozen=True, slots=True)
class Table(Relation):
    """A table, a partitioned one, or a materialized view."""


@dataclass(frozen=True, slots=True)
class ServerIndex(Relation):
    """An index that stands on the server."""

    table: QualifiedName
    definition: str
    unique: bool
    predicate: str | None
    keys: Keys

    @property
    def method(self) -> str:
        """The access method: ``btree``."""
        return _body(self.definition).partition(" ")[0]


@dataclass(frozen=True, slots=True)
class There:
    """What stands on the server, as far as it was looked at."""

    tables: Mapping[QualifiedName, Table]
    indexes: tuple[ServerIndex, ...]

    def without(self, tables: Container[QualifiedName]) -> There:
        """Return what is left when these tables are taken out with their indexes."""
        left = {name: table for name, table in self.tables.items() if name not in tables}
        return There(left, tuple(index for index in self.indexes if index.table in left))


@dataclass(frozen=True, slots=True)
class Differences:
    """What production and the server do not have in common, so that no plan is about it.

    ``tables`` and ``columns`` are in the stats and not on the server; ``new_tables`` the other way
    round; ``indexes`` stand on the server and have no equal in production, where ``invalid`` ones
    are INVALID.
    """

    tables: tuple[QualifiedName, ...] = ()
    columns: tuple[tuple[QualifiedName, str], ...] = ()
    new_tables: tuple[QualifiedName, ...] = ()
    indexes: tuple[QualifiedName, ...] = ()
    invalid: tuple[QualifiedName, ...] = ()

    def lines(self) -> Iterator[str]:
        """Say each kind in a line, for a report."""
        dropped = (f"{table}.{column}" for table, column in self.columns)
        told = (
            ("in the stats file and not in the schema", map(str, self.tables)),
            ("columns in the stats file and not in the schema", dropped),
            (
                "in the schema and not in the stats file, so empty",
                map(str, self.new_tables),
            ),
            ("indexes that production does not have", map(str, self.indexes)),
            ("indexes that are INVALID in production", map(str, self.invalid)),
        )
        for what, names in told:
            listed = ", ".join(names)
            if listed:
                yield f"{what}: {listed}"


def counterpart(index: ServerIndex, of_the_table: Sequence[Index]) -> Index | None:
    """Return the index of production that has the same definition, that of the same name first."""
    body = _body(index.definition)
    equal = [i for i in of_the_table if _body(i.definition) == body and i.unique == index.unique]
    return next((i for i in equal if i.name == index.name.name), equal[0] if equal else None)


def _body(definition: str) -> str:
    """Return what stands behind the names: method, keys, options, predicate."""
    return definition.partition(" USING ")[2]


def differences(
    there: There, stats: Stats, matched: Mapping[QualifiedName, Index | None]
) -> Differences:
    """Compare; ``matched`` are the server's indexes with their counterparts."""
    return Differences(
        tables=tuple(name for name in stats.tables if name not in there.tables),
        columns=tuple(_gone(there, stats)),
        new_tables=tuple(name for name in there.tables if name not in stats.tables),
        indexes=tuple(
            i.name for i in there.indexes if i.table in stats.tables and not matched[i.name]
        ),
        invalid=tuple(name for name, index in matched.items() if index and not index.valid),
    )


def _gone(there: There, stats: Stats) -> Iterator[tuple[QualifiedName, str]]:
    for name, columns in stats.columns_of.items():
        table = there.tables.get(name)
        if table is not None:
            names = dict.fromkeys(c.name for c in columns if c.name not in table.columns)
            yield from ((name, column) for column in names)


def columns_by_oid(
    there: There, stats: Stats, matched: Mapping[QualifiedName, Index | None]
) -> Iterator[tuple[int, Column]]:
    """Yield what is known of columns with the oid of the relation that they are of here: a table,
    or the index of an expression.
    """
    for table in there.tables.values():
        yield from _known(table, stats.columns_of.get(table.name, ()))
    for index in there.indexes:
        counted = matched[index.name]
        if counted is not None:
            yield from _known(index, stats.columns_of.get(counted.qualified, ()))


def _known(relation: Relation, columns: Iterable[Column]) -> Iterator[tuple[int, Column]]:
    return ((relation.oid, column) for column in columns if column.name in relation.columns)
