"""What is there at the end, compared with what has to be: every dump, and every row once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg

from codeintel.bundle import MonikerKey
from codeintel.demo.dumps import Library
from codeintel.demo_move.dumps import rows_of, version_of
from codeintel.demo_move.ledger import Ledger
from codeintel.mover.tables import TABLES
from codeintel.store import rows as written
from codeintel.store.blobs import decode_locations
from codeintel.store.dump import Dump
from codeintel.store.errors import DumpNotStored
from codeintel.store.interface import Reader
from codeintel.store.rows import METADATA


@dataclass(frozen=True, slots=True)
class Census:
    """Dumps that there have to be, those that are lost, and those that are wrong or too many."""

    dumps: int
    lost: int
    wrong: int


@dataclass(frozen=True, slots=True)
class Rows:
    """Dumps in Postgres that are lost or wrong, and rows that are there more than once."""

    lost: int
    wrong: int
    double: int


def read_everything(reader: Reader, library: Library, ledger: Ledger) -> Census:
    """Ask a reader about every dump there has to be, and for others."""
    lost = wrong = 0
    expected = {dump_id: v for dump_id, v in ledger.now().items() if v is not None}
    for dump_id, version in expected.items():
        try:
            with reader.open(dump_id) as dump:
                rows = rows_of(library, dump_id, version)
                right = version_of(dump, dump_id) == version
                wrong += not (right and _says(dump, rows))
        except DumpNotStored:
            lost += 1
    risen = set(reader.dumps(limit=1_000_000)) - set(expected)
    return Census(len(expected), lost, wrong + len(risen))


def _says(dump: Dump, rows: written.Rows) -> bool:
    """Answer whether a dump has the paths and every tenth moniker of what was written."""
    paths = {row.path for row in rows.documents}
    return set(dump.paths()) == paths and all(
        tuple(dump.moniker_references(MonikerKey(row.scheme, row.identifier)))
        == decode_locations(row.data)
        for row in rows.references[::10]
    )


def look_at_rows(store: psycopg.Connection[Any], library: Library, ledger: Ledger) -> Rows:
    """Compare every row in Postgres with what was written, byte for byte."""
    now = {dump_id: v for dump_id, v in ledger.now().items() if v is not None}
    there = {dump_id for (dump_id,) in store.execute(f"SELECT dump_id FROM {METADATA}")}
    wrong = sum(
        dump_id not in now or not _has_rows(store, dump_id, rows_of(library, dump_id, now[dump_id]))
        for dump_id in there
    )
    return Rows(len(set(now) - there), wrong, _double_rows(store))


def _has_rows(store: psycopg.Connection[Any], dump_id: int, rows: written.Rows) -> bool:
    for table in TABLES:
        columns = ", ".join(column.name for column in table.columns)
        sql = f"SELECT {columns} FROM {table.name} WHERE dump_id = %s"
        stored = set(store.execute(sql, [dump_id]).fetchall())
        if stored != {tuple(row)[: len(table.columns)] for row in rows.of(table.name)}:
            return False
    return True


def _double_rows(store: psycopg.Connection[Any]) -> int:
    keys = {table.name: [column.name for column in table.key] for table in TABLES}
    return sum(
        int(store.execute(_doubles(table, ["dump_id", *key])).fetchall()[0][0])
        for table, key in {**keys, METADATA: []}.items()
    )


def _doubles(table: str, key: list[str]) -> str:
    columns = ", ".join(key)
    return (
        "SELECT coalesce(sum(rows - 1), 0) FROM"
        f" (SELECT count(*) AS rows FROM {table} GROUP BY {columns}) AS keys"
    )
