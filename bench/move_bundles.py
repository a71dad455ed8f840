"""Bundles to move: the rows of real dumps, as often as is wanted, under other keys each time."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from codeintel.lsif.correlate import correlate
from codeintel.lsif.read import read
from codeintel.store.bundle_file import write_bundle
from codeintel.store.rows import TABLES, MetadataRow, Rows
from codeintel.worker import prepare

_REAL = Path(__file__).parents[2] / "shared" / "data" / "lsif"
_INDEXED = ("click", "sqlalchemy")


def real_dumps() -> list[Rows]:
    """Return the encoded rows of dumps of npm packages, or else of our environment's packages."""
    folder = Path(os.environ.get("OUTOFBAND_LSIF_DUMPS", _REAL))
    found = sorted(folder.glob("*.lsif.gz"))
    if found:
        return [prepare(correlate(read(path))) for path in found]
    with tempfile.TemporaryDirectory() as scratch:
        return [prepare(correlate(read(_indexed(name, Path(scratch))))) for name in _INDEXED]


def _indexed(package: str, folder: Path) -> Path:
    out = folder / f"{package}.lsif.gz"
    subprocess.run([sys.executable, "-m", "codeintel", "index", package, "-o", out], check=True)
    return out


def multiplied(dumps: Sequence[Rows], times: int) -> Rows:
    """Return one dump with the rows of all, ``times`` over, each copy under keys of its own."""
    copies = [(f"{n}.{i}/", rows) for n in range(times) for i, rows in enumerate(dumps)]
    chunks = [chunk for _, rows in copies for chunk in rows.result_chunks]
    return Rows(
        metadata=MetadataRow(len(chunks)),
        documents=tuple(
            row._replace(path=prefix + row.path)
            for prefix, rows in copies
            for row in rows.documents
        ),
        result_chunks=tuple(chunk._replace(idx=n) for n, chunk in enumerate(chunks)),
        definitions=tuple(
            row._replace(identifier=prefix + row.identifier)
            for prefix, rows in copies
            for row in rows.definitions
        ),
        references=tuple(
            row._replace(identifier=prefix + row.identifier)
            for prefix, rows in copies
            for row in rows.references
        ),
    )


def part(rows: Rows, share: int) -> Rows:
    """Return every ``share``-th row of each table."""
    return Rows(
        metadata=rows.metadata,
        documents=rows.documents[::share],
        result_chunks=rows.result_chunks[::share],
        definitions=rows.definitions[::share],
        references=rows.references[::share],
    )


def megabytes(rows: Rows) -> float:
    """Return how much there is to move: keys and blobs."""
    values = (value for table in TABLES for row in rows.of(table) for value in row)
    return sum(len(value) for value in values if isinstance(value, bytes | str)) / 1e6


def write(rows: Rows, path: Path) -> None:
    """Write a bundle where a file of a dump lies."""
    path.parent.mkdir(parents=True)
    write_bundle(path, rows)
