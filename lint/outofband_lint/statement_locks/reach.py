"""The tables that a statement reaches from the one that it names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from outofband_lint.names import QualifiedName
from outofband_lint.schema import Schema, Table, TableConstraint


def full_name(name: QualifiedName, schema: Schema) -> QualifiedName:
    """Return a table's name with its schema; as it is written where the chain never created it."""
    table = schema.table(name)
    return name if table is None else table.name


def partitions(name: QualifiedName, schema: Schema) -> Iterator[QualifiedName]:
    """Yield a table and its partitions, however deep."""
    yield full_name(name, schema)
    parent = schema.table(name)
    if parent is not None and parent.kind == "partitioned":
        for table in schema.tables.children(parent.name):
            if table.partition_of == parent.name:
                yield from partitions(table.name, schema)


def family(name: QualifiedName, schema: Schema) -> Iterator[QualifiedName]:
    """Yield a table, its partitions and whatever inherits from it, however deep."""
    parent = full_name(name, schema)
    yield parent
    for table in schema.tables.children(parent):
        yield from family(table.name, schema)


def foreign_keys(table: Table | None) -> Iterator[tuple[TableConstraint, QualifiedName]]:
    """Yield the foreign keys of a table, each with what it references."""
    for constraint in table.constraints if table is not None else ():
        if constraint.references is not None:
            yield constraint, constraint.references


def referenced(table: Table | None, schema: Schema) -> Iterator[QualifiedName]:
    """Yield the tables that a table's foreign keys point to, with their partitions."""
    for _, target in foreign_keys(table):
        yield from partitions(target, schema)


def referring(
    tables: Iterable[QualifiedName], schema: Schema, columns: frozenset[str] | None = None
) -> Iterator[QualifiedName]:
    """Yield the tables with a foreign key to one of `tables`, or to some of its columns."""
    for target in frozenset(tables):
        for table in schema.tables.referring_to(target):
            for constraint, referenced_table in foreign_keys(table):
                if referenced_table == target and _is_hit(constraint, columns):
                    yield table.name


def _is_hit(constraint: TableConstraint, columns: frozenset[str] | None) -> bool:
    return columns is None or not columns.isdisjoint(constraint.referenced_columns)


def with_columns_of(types: Iterable[QualifiedName], schema: Schema) -> Iterator[QualifiedName]:
    """Yield the tables that have a column of one of the types."""
    wanted = {candidate for name in types for candidate in schema.candidates(name)}
    for table in schema.tables.values():
        named = (QualifiedName(c.type.name, c.type.schema or "public") for c in table.columns)
        if not wanted.isdisjoint(named):
            yield table.name
