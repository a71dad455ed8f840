"""The stats file: how large the tables of production are, and nothing that is in them.

`outofband stats pull` writes it, people keep it in the repository:

    {"format": "outofband-stats", "version": 1,
     "relations": [{"schema": "public", "name": "events", "pages": 128, "tuples": 9000,
                    "bytes": 1056768}]}

`pages` and `tuples` are pg_class.relpages and reltuples, `bytes` is pg_table_size(): the heap and
its TOAST, without indexes. Of a partitioned table they are the sums over its partitions. Members
that this version does not know are passed over, so that columns and indexes can join them; another
`version` says that what is known has changed its meaning. Source: PostgreSQL 18, Database Object
Management Functions; pg_class.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from outofband_lint.names import QualifiedName
from outofband_lint.schema.values import DEFAULT_SCHEMA

FORMAT = "outofband-stats"
VERSION = 1

_UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB")


class StatsUnreadable(ValueError):
    """The text is no stats file of this version; the message says what stood in the way."""


@dataclass(frozen=True, slots=True)
class Relation:
    """A table of production: its pages of 8 kB, about how many rows, and its size in bytes."""

    name: QualifiedName
    pages: int
    tuples: float
    bytes: int

    @property
    def size(self) -> str:
        """The size as people say it: `15 MB`."""
        return shown_size(self.bytes)


@dataclass(frozen=True, slots=True)
class Stats:
    """The tables that production had when the file was written."""

    relations: Mapping[QualifiedName, Relation] = field(default_factory=dict)

    def of(self, table: QualifiedName) -> Relation | None:
        """Return what is known of a table; None for one that production did not have.

        One whose schema nobody said is looked for in the default schema.
        """
        schema = table.schema or DEFAULT_SCHEMA
        return self.relations.get(QualifiedName(table.name, schema))


def shown_size(size: float) -> str:
    """Return a number of bytes as people say it, in units of 1024 as pg_size_pretty() does."""
    for unit in _UNITS[:-1]:
        if round(size) < 10 * 1024:
            return f"{round(size)} {unit}"
        size /= 1024
    return f"{round(size)} {_UNITS[-1]}"


def document(text: str) -> dict[str, Any]:
    """Return what a text holds that says it is a stats file of this version; raises
    StatsUnreadable.
    """
    try:
        found = json.loads(text)
    except ValueError as error:
        raise StatsUnreadable(f"it is not JSON: {error}") from None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise StatsUnreadable(f'it does not say "format": "{FORMAT}"')
    if found.get("version") != VERSION:
        raise StatsUnreadable(
            f"it is of version {found.get('version')!r}, and this outofband reads {VERSION}"
        )
    return found


def read(text: str) -> Stats:
    """Read a stats file; raises StatsUnreadable."""
    relations = document(text).get("relations")
    if not isinstance(relations, list):
        raise StatsUnreadable('"relations" is not a list')
    found = [_relation(entry, number) for number, entry in enumerate(relations)]
    return Stats({relation.name: relation for relation in found})


def written(relations: Iterable[Relation]) -> str:
    """Return a stats file, a line a relation, sorted by name."""
    entries = [
        json.dumps(
            {
                "schema": relation.name.schema,
                "name": relation.name.name,
                "pages": relation.pages,
                "tuples": relation.tuples,
                "bytes": relation.bytes,
            },
            ensure_ascii=False,
        )
        for relation in sorted(relations, key=lambda r: (r.name.schema or "", r.name.name))
    ]
    lines = ",\n".join(f"  {entry}" for entry in entries)
    return f'{{"format": "{FORMAT}", "version": {VERSION}, "relations": [\n{lines}\n]}}\n'


def _relation(entry: Any, number: int) -> Relation:
    where = f'"relations"[{number}]'
    if not isinstance(entry, dict):
        raise StatsUnreadable(f"{where} is not an object")
    for key in ("schema", "name"):
        if not isinstance(entry.get(key), str):
            raise StatsUnreadable(f'{where} has no "{key}" that is a text')
    for key in ("pages", "tuples", "bytes"):
        value = entry.get(key)
        if not isinstance(value, int | float) or isinstance(value, bool) or not value >= -1:
            raise StatsUnreadable(f'{where} has no "{key}" that is a number')
    name = QualifiedName(entry["name"], entry["schema"])
    return Relation(name, int(entry["pages"]), float(entry["tuples"]), int(entry["bytes"]))
