"""Look: from a connection to an Observation. Read-only, needs no rights beyond reading the
tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from outofband.catalog.attachments import attachments
from outofband.catalog.backfills import kept
from outofband.catalog.canonical import canonical_forms
from outofband.catalog.constraints import read_constraints, referents
from outofband.catalog.drops import drops
from outofband.catalog.enums import enums
from outofband.catalog.facts import Column, IndexFacts, KeyFacts, Observation, TableFacts, Worker
from outofband.catalog.reader import Reader, Row, query
from outofband.catalog.rebuilds import rebuilds
from outofband.model.index import Index
from outofband.model.names import QualifiedName
from outofband.model.step import AddConstraint, CreateIndex, Step

_DESCENDING, _NULLS_FIRST = 1, 2  # bits of pg_index.indoption
_PARTITIONED, _FOREIGN = "p", "f"


def observe(
    reader: Reader, steps: Iterable[Step], others: Iterable[QualifiedName] = ()
) -> Observation:
    """Observe the tables of ``steps``, and ``others``, and everything on them that tells the steps'
    states.
    """
    wanted = tuple(steps)
    asked = (*(step.table for step in wanted), *referents(wanted), *others)
    names = {str(name): name for name in asked}
    roots = reader.rows(query("tables"), {"names": sorted(names)})
    rows = _Rows.read(reader, roots)
    declared: dict[QualifiedName, list[Index]] = {}
    for step in wanted:
        if isinstance(step, CreateIndex):
            declared.setdefault(step.table, []).append(step.index)
    tables = {}
    for row in roots:
        name = names[row["asked"]]
        tables[name] = _with_canonical_forms(reader, rows.table(row), declared.get(name, ()))
    types = enums(reader, wanted)
    return Observation(
        {**tables, **types.types},
        _taken(reader, wanted, tables),
        kept(reader, wanted, tables),
        read_constraints(reader, wanted, tables),
        attachments(reader, wanted),
        drops(reader, wanted),
        rebuilds(reader, wanted),
        types.labels,
    )


Grouped = Mapping[int, Sequence[Row]]


@dataclass(frozen=True, slots=True)
class _Rows:
    """What the queries told of some tables and their partitions, by the table's oid."""

    columns: Grouped
    indexes: Grouped
    workers: Grouped
    partitions: Grouped = field(default_factory=dict)

    @classmethod
    def read(cls, reader: Reader, roots: Sequence[Row]) -> _Rows:
        split = [row["oid"] for row in roots if row["kind"] == _PARTITIONED]
        partitions = reader.rows(query("partitions"), {"tables": split}) if split else ()
        oids = {"tables": [row["oid"] for row in (*roots, *partitions)]}
        columns, indexes, workers = (
            _by(reader.rows(query(name), oids), "table_oid")
            for name in ("columns", "indexes", "workers")
        )
        return cls(columns, indexes, workers, _by(partitions, "parent_oid"))

    def table(self, row: Row) -> TableFacts:
        oid = row["oid"]
        parts = sorted(self.partitions.get(oid, ()), key=lambda p: (p["schema"], p["name"]))
        return TableFacts(
            oid=oid,
            name=QualifiedName(row["name"], row["schema"]),
            partitioned=row["kind"] == _PARTITIONED,
            heap_bytes=row["heap_bytes"],
            row_estimate=row["row_estimate"],
            columns={
                c["name"]: Column(c["not_null"], c["collation_oid"])
                for c in self.columns.get(oid, ())
            },
            indexes=tuple(_index(i) for i in self.indexes.get(oid, ())),
            workers=tuple(
                Worker(w["pid"], w["application_name"] or "", w["phase"])
                for w in self.workers.get(oid, ())
            ),
            partition_key=tuple(row["partition_key"]),
            partitions=tuple(self.table(part) for part in parts),
            foreign=row["kind"] == _FOREIGN,
        )


def _by(rows: Sequence[Row], column: str) -> Grouped:
    grouped: dict[int, list[Row]] = {}
    for row in rows:
        grouped.setdefault(row[column], []).append(row)
    return grouped


def _with_canonical_forms(
    reader: Reader, table: TableFacts, declared: Sequence[Index]
) -> TableFacts:
    """Add the planner's forms, for its partitions in their own terms.

    What is attached need not be compared, so that of a thousand partitions few are asked about.
    """

    def part(facts: TableFacts) -> TableFacts:
        free = any(not index.attached for index in facts.indexes)
        forms = canonical_forms(reader, facts, declared) if free else {}
        return replace(facts, canonical=forms, partitions=tuple(map(part, facts.partitions)))

    return replace(
        table,
        canonical=canonical_forms(reader, table, declared),
        partitions=tuple(map(part, table.partitions)),
    )


def _index(row: Row) -> IndexFacts:
    parent = row["parent_name"]
    return IndexFacts(
        name=QualifiedName(row["name"], row["schema"]),
        valid=row["valid"],
        ready=row["ready"],
        live=row["live"],
        unique=row["is_unique"],
        nulls_not_distinct=row["nulls_not_distinct"],
        method=row["method"],
        keys=tuple(_key(row, position) for position in range(len(row["texts"]))),
        include=tuple(row["include"]),
        predicate=row["predicate"],
        constraint=row["constraint_name"],
        constraint_type=row["constraint_type"],
        partitioned=row["kind"] == "I",
        bytes=row["bytes"],
        parent=QualifiedName(parent, row["parent_schema"]) if parent is not None else None,
        deferrable=row["deferrable"],
        replica_identity=row["replica_identity"],
        referenced_by=tuple(row["referenced_by"]),
    )


def _key(row: Row, position: int) -> KeyFacts:
    option = row["options"][position]
    return KeyFacts(
        column=row["columns"][position],
        text=row["texts"][position],
        operator_class=row["classes"][position],
        default_class=row["default_classes"][position],
        collation=row["collations"][position],
        collation_oid=row["collation_oids"][position],
        descending=bool(option & _DESCENDING),
        nulls_first=bool(option & _NULLS_FIRST),
    )


def _taken(
    reader: Reader, steps: Sequence[Step], tables: Mapping[QualifiedName, TableFacts]
) -> dict[QualifiedName, str]:
    """Find wanted names that something else than an index of the step's own table holds, or, of a
    constraint, one of another kind.
    """
    asked: dict[str, list[tuple[QualifiedName, int]]] = {}
    for step in steps:
        table = tables.get(step.table)
        if isinstance(step, CreateIndex | AddConstraint) and table is not None:
            name = QualifiedName(step.name, table.name.schema)
            asked.setdefault(str(name), []).append((step.table.renamed(step.name), table.oid))
    rows = reader.rows(query("names"), {"names": sorted(asked)}) if asked else ()
    return _other_constraints(reader, steps, tables) | {
        declared: row["kind"]
        for row in rows
        for declared, oid in asked[row["asked"]]
        if row["table_oid"] != oid
    }


def _other_constraints(
    reader: Reader, steps: Sequence[Step], tables: Mapping[QualifiedName, TableFacts]
) -> dict[QualifiedName, str]:
    asked = {
        (tables[step.table].oid, step.name): step.table.renamed(step.name)
        for step in steps
        if isinstance(step, AddConstraint) and step.table in tables
    }
    names = {"tables": [oid for oid, _ in asked], "names": [name for _, name in asked]}
    rows = reader.rows(query("other_constraints"), names) if asked else ()
    return {asked[row["table_oid"], row["name"]]: "constraint" for row in rows}
