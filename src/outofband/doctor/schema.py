"""What the catalog holds, in the linter's terms, so that its judgements hold here too. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from outofband.catalog.facts import IndexFacts, KeyFacts, TableFacts
from outofband.model.names import QualifiedName
from outofband_lint.schema import Column, Index, Schema, Table, TableConstraint, Tables
from outofband_lint.schema.values import TableKind
from outofband_lint.statement import DataType, IndexKey

_UNKNOWN_TYPE = DataType("unknown")


def schema_of(
    tables: Iterable[TableFacts],
    constraints: Mapping[QualifiedName, Sequence[TableConstraint]] | None = None,
) -> Schema:
    """Return the schema of some tables and all that is below them."""
    known = constraints or {}
    every = ((part, None) for part in tables)
    return Schema(Tables(table for root, _ in every for table in _tree(root, None, known)))


def _tree(
    facts: TableFacts,
    parent: QualifiedName | None,
    constraints: Mapping[QualifiedName, Sequence[TableConstraint]],
) -> Iterable[Table]:
    kind: TableKind = "partitioned" if facts.partitioned else "table"
    yield Table(
        facts.name,
        "foreign" if facts.foreign else kind,
        columns=tuple(Column(n, _UNKNOWN_TYPE, c.not_null) for n, c in facts.columns.items()),
        indexes=tuple(map(index_of, facts.indexes)),
        constraints=tuple(constraints.get(facts.name, ())),
        partition_of=parent,
    )
    for part in facts.partitions:
        yield from _tree(part, facts.name, constraints)


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
