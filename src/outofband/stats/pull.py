"""Ask a server, production or a standby of it, for its stats: reads only, needs no superuser."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from outofband.catalog.reader import Reader, Row
from outofband.catalog.reader import query as text_of
from outofband.model.names import OUR_SCHEMA, QualifiedName
from outofband.stats import rounding, sums
from outofband.stats.missing import (
    EXTENDED,
    INDEX,
    INDEX_RIGHT,
    LOCKED,
    LOCKED_TABLE,
    RIGHT,
    ROW_SECURITY,
)
from outofband.stats.statements import statements
from outofband.stats.value import PAGE, Column, Index, Missing, Relation, Setting, Stats

_OURS = {"ours": OUR_SCHEMA}


@dataclass(frozen=True, slots=True)
class Pulled:
    """What was seen, as which ``role``, and whether of a ``standby``, which counts by itself."""

    stats: Stats
    role: str
    standby: bool


def pull(
    reader: Reader, version: int, *, with_values: bool = False, with_queries: bool = False
) -> Pulled:
    """Read the stats of a database; ``version`` is the server's: 180006 is 18.6.

    What the role may not see is in ``missing``, and never an error.
    """
    server = _rows(reader, "server")[0]
    relation_rows = _rows(reader, "relations", _OURS)
    index_rows = _rows(reader, "indexes", _OURS)
    told = [row for row in index_rows if row["definition"] is not None]
    relations = sums.relations([_relation(row) for row in relation_rows])
    partitioned = [_name(row) for row in told if row["partitioned"]]
    indexes = sums.indexes([_index(row) for row in told], partitioned)
    column_rows = _rows(reader, "columns", {**_OURS, "values": with_values})
    queries, unseen = statements(reader, server, relations) if with_queries else ((), ())
    stats = Stats(
        server_version=version,
        pulled=server["today"],
        counted_since=server["counted_since"],
        settings=tuple(Setting(**row) for row in _rows(reader, "settings")),
        missing=(*_missing(reader, relation_rows, index_rows), *unseen),
        relations=tuple(map(rounding.relation, relations)),
        columns=tuple(rounding.column(_column(row)) for row in column_rows),
        indexes=tuple(map(rounding.index, indexes)),
        queries=tuple(map(rounding.query, queries)),
    )
    return Pulled(stats, server["role"], server["standby"])


def relations_of(reader: Reader) -> list[Relation]:
    """Read the tables of a database with their sizes and counters, as exactly as they are known."""
    return sums.relations([_relation(row) for row in _rows(reader, "relations", _OURS)])


def _rows(reader: Reader, name: str, parameters: Mapping[str, Any] | None = None) -> Sequence[Row]:
    return reader.rows(text_of(name, __package__), parameters)


def _relation(row: Row) -> Relation:
    heap = row["heap_bytes"] if row["heap_bytes"] is not None else row["pages"] * PAGE
    return Relation(
        schema=row["schema"],
        name=row["name"],
        pages=max(row["pages"], 0),
        tuples=row["tuples"],
        bytes=row["bytes"] if row["bytes"] is not None else heap,
        kind=row["kind"],
        heap_bytes=heap,
        toast_bytes=row["toast_bytes"] or 0,
        all_visible=row["all_visible"],
        analyzed=row["analyzed"],
        seq_scan=row["seq_scan"],
        seq_tup_read=row["seq_tup_read"],
        idx_scan=row["idx_scan"],
        partition_of=_parent(row),
    )


def _index(row: Row) -> Index:
    return Index(
        schema=row["schema"],
        table=row["table"],
        name=row["name"],
        definition=row["definition"],
        pages=row["pages"],
        tuples=row["tuples"],
        bytes=row["bytes"] if row["bytes"] is not None else row["pages"] * PAGE,
        valid=row["valid"],
        unique=row["unique"],
        idx_scan=row["idx_scan"],
        partition_of=_parent(row),
    )


def _parent(row: Row) -> str | None:
    name = row["parent_name"]
    return None if name is None else str(QualifiedName(name, row["parent_schema"]))


def _column(row: Row) -> Column:
    told: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in row.items()
    }
    return Column(**told)


def _missing(reader: Reader, relations: Iterable[Row], indexes: Iterable[Row]) -> Iterator[Missing]:
    for row in (*relations, *indexes):
        if row.get("locked") or row["bytes"] is None:
            yield Missing("size", LOCKED, _name(row))
        if row.get("definition", "") is None:
            yield Missing(INDEX, LOCKED_TABLE, _name(row))
    for row in _rows(reader, "hidden_columns", _OURS):
        why = ROW_SECURITY if row["row_security"] else INDEX_RIGHT if row["is_index"] else RIGHT
        yield Missing("column statistics", why, _name(row))
    for row in _rows(reader, "extended", _OURS):
        yield Missing("extended statistics", EXTENDED, _name(row))


def _name(row: Row) -> str:
    return str(QualifiedName(row["name"], row["schema"]))
