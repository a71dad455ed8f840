"""Look: from a connection to an Observation. Read-only, needs no rights beyond reading the
tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from outofband.catalog.canonical import canonical_forms
from outofband.catalog.facts import Column, IndexFacts, KeyFacts, Observation, TableFacts, Worker
from outofband.catalog.reader import Reader, Row, query
from outofband.model.names import QualifiedName
from outofband.model.step import CreateIndex, Step

_DESCENDING, _NULLS_FIRST = 1, 2  # bits of pg_index.indoption


def observe(reader: Reader, steps: Iterable[Step]) -> Observation:
    """Observe the tables of ``steps`` and everything on them that tells the steps' states."""
    wanted = tuple(steps)
    names = {str(step.table): step.table for step in wanted}
    rows = reader.rows(query("tables"), {"names": sorted(names)})
    oids = {"tables": [row["oid"] for row in rows]}
    columns = _by_table(reader.rows(query("columns"), oids))
    indexes = _by_table(reader.rows(query("indexes"), oids))
    workers = _by_table(reader.rows(query("workers"), oids))
    tables = {}
    for row in rows:
        name, oid = names[row["asked"]], row["oid"]
        facts = _table(row, *(found.get(oid, ()) for found in (columns, indexes, workers)))
        declared = [s.index for s in wanted if isinstance(s, CreateIndex) and s.table == name]
        tables[name] = replace(facts, canonical=canonical_forms(reader, facts, declared))
    return Observation(tables, _taken(reader, wanted, tables))


def _by_table(rows: Sequence[Row]) -> dict[int, list[Row]]:
    grouped: dict[int, list[Row]] = {}
    for row in rows:
        grouped.setdefault(row["table_oid"], []).append(row)
    return grouped


def _table(
    row: Row, columns: Iterable[Row], indexes: Iterable[Row], workers: Iterable[Row]
) -> TableFacts:
    return TableFacts(
        oid=row["oid"],
        name=QualifiedName(row["name"], row["schema"]),
        partitioned=row["kind"] == "p",
        heap_bytes=row["heap_bytes"],
        row_estimate=row["row_estimate"],
        columns={c["name"]: Column(c["not_null"], c["collation_oid"]) for c in columns},
        indexes=tuple(_index(i) for i in indexes),
        workers=tuple(Worker(w["pid"], w["application_name"] or "", w["phase"]) for w in workers),
    )


def _index(row: Row) -> IndexFacts:
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
        attached=row["attached"],
        partitioned=row["kind"] == "I",
        bytes=row["bytes"],
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
    """Find wanted index names that something else than an index of the step's own table holds."""
    asked: dict[str, list[tuple[QualifiedName, int]]] = {}
    for step in steps:
        table = tables.get(step.table)
        if isinstance(step, CreateIndex) and table is not None:
            name = QualifiedName(step.name, table.name.schema)
            asked.setdefault(str(name), []).append((step.index.qualified_name, table.oid))
    rows = reader.rows(query("names"), {"names": sorted(asked)}) if asked else ()
    return {
        declared: row["kind"]
        for row in rows
        for declared, oid in asked[row["asked"]]
        if row["table_oid"] != oid
    }
