"""Other ways for the rows of a bundle into Postgres, each timed until its commit."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
from psycopg.types.string import BytesDumper

from codeintel.mover.tables import TABLES, Table
from codeintel.store import copying
from codeintel.store.rows import Rows

_Connection = psycopg.Connection[Any]

#: The incident's inserter: as many parameters as one statement took (facts, batch.go).
_PARAMETERS = 32_767

_LOAD = """
LOAD DATABASE FROM sqlite://{bundle} INTO {url}
WITH include drop, create tables, create {indexes}, reset no sequences
SET work_mem TO '64MB';
"""


def from_memory(connection: _Connection, rows: Rows) -> float:
    """The limit: psycopg's binary COPY of rows that are in memory."""
    started = time.perf_counter()
    with connection.transaction(), psycopg.RawCursor(connection) as cursor:
        copying.insert(cursor, 1, rows)
    return time.perf_counter() - started


def by_inserts(connection: _Connection, bundle: Path) -> float:
    """The incident's multi-row INSERT, in one transaction, rows read from the bundle.

    Its driver sent blobs as text (lib/pq: hexadecimal), so this one does.
    """
    started = time.perf_counter()
    with (
        connection.transaction(),
        psycopg.RawCursor(connection) as cursor,
        closing(sqlite3.connect(bundle)) as file,
    ):
        cursor.adapters.register_dumper(bytes, BytesDumper)
        for table in TABLES:
            for rows in _statements(file, table):
                _insert(cursor, table, rows)
        cursor.execute("INSERT INTO lsif_data_metadata VALUES (1, 1)")
    return time.perf_counter() - started


def _columns(table: Table) -> list[str]:
    return ["dump_id", *(column.name for column in table.columns), *table.extra]


def _statements(file: sqlite3.Connection, table: Table) -> Iterator[Sequence[tuple[Any, ...]]]:
    columns = ", ".join(column.quoted for column in table.columns)
    extra = "".join(f", {value}" for value in table.extra.values())
    found = file.execute(f'SELECT 1, {columns}{extra} FROM "{table.source}"')
    while rows := found.fetchmany(_PARAMETERS // len(_columns(table))):
        yield rows


def _insert(cursor: psycopg.RawCursor[Any], table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    columns = _columns(table)
    width = len(columns)
    values = ", ".join(
        f"({', '.join(f'${n}' for n in range(first, first + width))})"
        for first in range(1, len(rows) * width + 1, width)
    )
    statement = f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES {values}"
    cursor.execute(statement, [value for row in rows for value in row])


def prepare_for_psql(connection: _Connection, folder: Path) -> None:
    """Write what the tables hold as files that ``\\copy`` reads."""
    folder.mkdir()
    for table in (*(table.name for table in TABLES), "lsif_data_metadata"):
        with (
            (folder / table).open("wb") as file,
            connection.cursor() as cursor,
            cursor.copy(f"COPY {table} TO STDOUT (FORMAT BINARY)") as copy,
        ):
            for block in copy:
                file.write(block)


def by_psql(psql: Path, url: str, folder: Path) -> float:
    """``\\copy`` of files prepared in advance, in one transaction."""
    commands = [
        word
        for file in sorted(folder.iterdir())
        for word in ("-c", f"\\copy {file.name} FROM '{file}' (FORMAT BINARY)")
    ]
    started = time.perf_counter()
    subprocess.run([psql, "-qX1", *commands, url], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def has_pgloader() -> bool:
    """Answer whether Debian's pgloader is installed."""
    return shutil.which("pgloader") is not None


def by_pgloader(url: str, bundle: Path, scratch: Path, *, keys: bool) -> float:
    """pgloader's own tables in a database of their own, with their keys or without."""
    load = scratch / "bundle.load"
    indexes = "indexes" if keys else "no indexes"
    load.write_text(_LOAD.format(bundle=bundle, url=url, indexes=indexes))
    started = time.perf_counter()
    done = subprocess.run(
        ["pgloader", "--quiet", "--no-ssl-cert-verification", load],
        check=True,
        capture_output=True,
        text=True,
        cwd=scratch,
    )
    seconds = time.perf_counter() - started
    if "ERROR" in done.stdout + done.stderr:
        raise RuntimeError(f"pgloader: {(done.stdout + done.stderr)[:500]}")
    return seconds
