"""Inflate: give an ephemeral server the size of production, for the length of a block.

What is told to the catalog is told in a transaction that is rolled back, so that afterwards nothing
of it is left, and nobody else ever sees it; the files are cut again first.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from outofband.catalog.reader import Row
from outofband.catalog.reader import query as text_of
from outofband.errors import Misuse
from outofband.model.names import OUR_SCHEMA, QualifiedName
from outofband.pretend import files, index_size
from outofband.pretend.explain import Asked, AtSize
from outofband.pretend.plan import Plan
from outofband.pretend.there import (
    Differences,
    Keys,
    ServerIndex,
    Table,
    There,
    columns_by_oid,
    counterpart,
    differences,
)
from outofband.stats.value import PAGE, Stats


class NotPretendable(Misuse):
    """The server may not pretend: somebody would read the holes, or nobody can make them."""


class _Over(Exception):
    """The block is over: what the catalog was told is rolled back."""


@dataclass(frozen=True, slots=True)
class Pretended:
    """A server at production's size; what it has and production has not is in ``differences``."""

    at_size: AtSize
    differences: Differences
    sized: bool = AtSize.sized
    says: str = AtSize.says

    def explain(self, sql: str) -> Plan:
        """Return the plan that production would choose. Raises QueryNotPlanned."""
        return self.at_size.explain(sql)


@contextmanager
def pretended(session: Asked, data_directory: Path, stats: Stats) -> Iterator[Pretended]:
    """Make the server as large as the stats say, and as small as it was at the end of the block.

    ``session`` is a superuser's on the server whose files are in ``data_directory``, and is in a
    transaction meanwhile: every plan is asked of it, through what is yielded. TOAST is left as it
    is, since no plan depends on it. Raises NotPretendable.
    """
    _refuse_unless_safe(session, data_directory)
    grown: dict[Path, int] = {}
    try:
        with session.transaction():
            inflation = _Inflation(session, data_directory, stats, grown)
            inflation.run()
            yield Pretended(inflation.at_size, inflation.differences)
            raise _Over
    except _Over:
        pass
    finally:
        for path, pages in grown.items():
            files.cut(path, pages)


def _refuse_unless_safe(session: Asked, data_directory: Path) -> None:
    server = session.rows(text_of("server", __package__))[0]
    reasons = {
        "autovacuum is on, and would read every page": server["autovacuum"] != "off",
        "the role is no superuser": server["superuser"] != "on",
        "its pages or files have another size": (
            (server["block_size"], server["segment_size"]) != (PAGE, files.SEGMENT)
        ),
        "its files are elsewhere": not data_directory.samefile(server["data_directory"]),
    }
    why = [reason for reason, holds in reasons.items() if holds]
    if why:
        raise NotPretendable(
            "the server cannot pretend to be production",
            why="; ".join(why),
            do="Take an ephemeral server with autovacuum=off",
        )


class _Inflation:
    """One inflation: what stands, what of production it is, and the files grown so far."""

    def __init__(
        self, session: Asked, data_directory: Path, stats: Stats, grown: dict[Path, int]
    ) -> None:
        self._session = session
        self._directory = data_directory
        self._stats = stats
        self._grown = grown
        self._there = _look(session)
        self._matched = {
            index.name: counterpart(index, stats.indexes_of.get(index.table, ()))
            for index in self._there.indexes
        }
        self.differences = differences(self._there, stats, self._matched)
        self.at_size = AtSize(session, stats.settings)

    def run(self) -> None:
        """Tables, columns, and then indexes, whose size may have to be asked of the planner."""
        sizes = []
        for table in self._there.tables.values():
            counted = self._stats.tables.get(table.name)
            if counted is not None:
                self._grow(table.path, counted.heap_pages)
                sizes.append((table.oid, counted.pages, counted.tuples, counted.all_visible))
        self._say_sizes(sizes)
        self._say_columns()
        self._say_sizes([self._sized(index) for index in self._indexes()])

    def _indexes(self) -> Iterator[ServerIndex]:
        return (index for index in self._there.indexes if index.table in self._stats.tables)

    def _sized(self, index: ServerIndex) -> tuple[int, int, float, int]:
        counted = self._matched[index.name]
        if counted is not None:
            self._grow(index.path, -(-counted.bytes // PAGE))
            return index.oid, counted.pages, counted.tuples, 0
        rows = max(self._rows_of(index), 0)
        pages = index_size.pages(index, rows, self._stats.columns_of.get(index.table, ()))
        self._grow(index.path, pages)
        return index.oid, pages, rows, 0

    def _rows_of(self, index: ServerIndex) -> float:
        """Return how many rows an index has that production does not have: what the planner thinks
        of its predicate.
        """
        if index.predicate is None:
            return self._stats.tables[index.table].tuples
        where = f"SELECT FROM {index.table} WHERE {index.predicate}"
        return self.at_size.explain(where).plan_rows

    def _grow(self, path: str | None, pages: int) -> None:
        if path is None:
            return
        first = self._directory / path
        before = files.length(first)
        if pages > before:
            self._grown[first] = before
            files.extend(first, pages)

    def _say_sizes(self, sizes: Sequence[tuple[int, int, float, int]]) -> None:
        oids, pages, tuples, all_visible = zip(*sizes, strict=True) if sizes else ((), (), (), ())
        told = {"oids": oids, "pages": pages, "tuples": tuples, "all_visible": all_visible}
        self._session.rows(
            text_of("sizes", __package__), {name: list(value) for name, value in told.items()}
        )

    def _say_columns(self) -> None:
        told = list(columns_by_oid(self._there, self._stats, self._matched))
        oids = sorted({oid for oid, _ in told})
        self._session.rows(text_of("forget", __package__), {"oids": oids})
        columns = json.dumps([{**asdict(column), "oid": oid} for oid, column in told])
        self._session.rows(text_of("statistics", __package__), {"columns": columns})


def _look(session: Asked) -> There:
    rows = session.rows(text_of("relations", __package__), {"ours": OUR_SCHEMA})
    tables = [_table(row) for row in rows if not row["is_index"]]
    indexes = tuple(_index(row) for row in rows if row["is_index"])
    return There({table.name: table for table in tables}, indexes)


def _table(row: Row) -> Table:
    return Table(**_relation(row))


def _index(row: Row) -> ServerIndex:
    return ServerIndex(
        **_relation(row),
        table=QualifiedName(row["table"], row["schema"]),
        definition=row["definition"],
        unique=row["unique"],
        predicate=row["predicate"],
        keys=Keys(*(tuple(row[name] or ()) for name in ("columns", "widths", "alignments"))),
    )


def _relation(row: Row) -> dict[str, Any]:
    return {
        "oid": row["oid"],
        "name": QualifiedName(row["name"], row["schema"]),
        "path": None if row["partitioned"] else row["path"],
        "columns": frozenset(row["names"] or ()),
    }
