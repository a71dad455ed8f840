"""What the catalog holds, in the linter's terms, so that its judgements hold here too. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from outofband.catalog.facts import IndexFacts, KeyFacts, TableFacts
from outofband.model.index import Index as Declared
from outofband.model.index import Key
from outofband.model.names import QualifiedName
from outofband_lint.schema import Column, Index, Schema, Table, Tables
from outofband_lint.schema.values import TableKind
from outofband_lint.statement import DataType, IndexKey

_UNKNOWN_TYPE = DataType("unknown")


def schema_of(tables: Iterable[TableFacts]) -> Schema:
    """Return the schema of some tables and all that is below them."""
    return Schema(Tables(table for root in tables for table in _tree(root, None)))


def with_indexes(schema: Schema, declared: Iterable[Declared]) -> Schema:
    """Return the schema with indexes that are still to be built; of tables that it has."""
    tables = schema.tables
    for index in declared:
        table = tables.get(index.table)
        if table is not None and table.index(index.name) is None:
            tables = tables.put(replace(table, indexes=(*table.indexes, _to_be_built(index))))
    return replace(schema, tables=tables)


def _to_be_built(index: Declared) -> Index:
    return Index(
        index.name,
        tuple(map(_declared_key, index.keys)),
        index.include,
        index.method,
        index.unique,
        index.where,
        index.nulls_not_distinct,
        valid=False,
        out_of_band=True,
    )


def _declared_key(key: Key) -> IndexKey:
    return IndexKey(
        key.column,
        None if key.column else key.text.removeprefix("(").removesuffix(")"),
        key.collation,
        key.operator_class,
        key.descending,
        key.nulls_first,
    )


def _tree(facts: TableFacts, parent: QualifiedName | None) -> Iterator[Table]:
    kind: TableKind = "partitioned" if facts.partitioned else "table"
    yield Table(
        facts.name,
        "foreign" if facts.foreign else kind,
        columns=tuple(Column(n, _UNKNOWN_TYPE, c.not_null) for n, c in facts.columns.items()),
        indexes=tuple(map(index_of, facts.indexes)),
        partition_of=parent,
    )
    for part in facts.partitions:
        yield from _tree(part, facts.name)


def index_of(facts: IndexFacts) -> Index:
    """Return an index in the linter's terms."""
    return Index(
        facts.name.name,
        tuple(map(_key, facts.keys)),
        facts.include,
        facts.method,
        facts.unique,
        facts.predicate,
        facts.nulls_not_distinct,
        valid=facts.valid,
        constraint=facts.constraint,
        parent=facts.parent.name if facts.parent else None,
    )


def _key(facts: KeyFacts) -> IndexKey:
    first = facts.nulls_first if facts.nulls_first != facts.descending else None
    return IndexKey(
        column=facts.column,
        expression=None if facts.column else facts.text,
        collation=facts.collation,
        opclass=None if facts.default_class else facts.operator_class,
        descending=facts.descending,
        nulls_first=first,
    )
