"""A bundle: one dump as one SQLite file, in the fifth layout of the incident's store.

The blobs are those of the rows (blobs.py), byte for byte; Postgres calls a result chunk's ``id``
``idx`` and counts what is in the blobs beside them, both of which a file does without.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from codeintel.store.errors import being_written
from codeintel.store.rows import Rows

#: Of the layout below; the text of the one row of ``schema_version``.
LAYOUT_VERSION: Final = "5"

_LAYOUT: Final = """
CREATE TABLE "schema_version" ("version" text NOT NULL);
CREATE TABLE "meta" ("num_result_chunks" integer NOT NULL);
CREATE TABLE "documents" ("path" text PRIMARY KEY NOT NULL, "data" blob NOT NULL);
CREATE TABLE "result_chunks" ("id" integer PRIMARY KEY NOT NULL, "data" blob NOT NULL);
CREATE TABLE "definitions" (
    "scheme" text NOT NULL, "identifier" text NOT NULL, "data" blob NOT NULL,
    PRIMARY KEY ("scheme", "identifier")
);
CREATE TABLE "references" (
    "scheme" text NOT NULL, "identifier" text NOT NULL, "data" blob NOT NULL,
    PRIMARY KEY ("scheme", "identifier")
);
"""


def write_bundle(path: Path, rows: Rows) -> None:
    """Write a dump into a new file, metadata last. Until it returns, the file is worth nothing.

    It is not yet forced to the disk: BundleFolder.place does that. Raises BundleNotWritten.
    """
    tables: dict[str, Iterable[tuple[Any, ...]]] = {
        "documents": ((row.path, row.data) for row in rows.documents),
        "result_chunks": ((row.idx, row.data) for row in rows.result_chunks),
        "definitions": (row[:3] for row in rows.definitions),
        "references": (row[:3] for row in rows.references),
    }
    write_tables(path, rows.metadata.num_result_chunks, tables)


def write_tables(
    path: Path, num_result_chunks: int, tables: Mapping[str, Iterable[tuple[Any, ...]]]
) -> None:
    """Write the same from rows by table, as the file calls them, that need not be in memory."""
    with being_written(path), closing(sqlite3.connect(path, isolation_level=None)) as file:
        # The file is thrown away if anything goes wrong, so it needs no journal to go back by.
        file.execute("PRAGMA journal_mode = OFF")
        file.execute("PRAGMA synchronous = OFF")
        file.executescript(_LAYOUT)
        file.execute("BEGIN")
        for table, rows in tables.items():
            _insert(file, table, rows)
        _insert(file, "meta", [(num_result_chunks,)])
        _insert(file, "schema_version", [(LAYOUT_VERSION,)])
        file.execute("COMMIT")


def _insert(file: sqlite3.Connection, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
    columns = len(file.execute(f'PRAGMA table_info("{table}")').fetchall())
    values = ", ".join("?" * columns)
    file.executemany(f'INSERT INTO "{table}" VALUES ({values})', rows)
