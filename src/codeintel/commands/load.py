"""``load DUMP``: a dump into the store."""

from __future__ import annotations

import time
from pathlib import Path

import click

from codeintel.lsif.correlate import correlate
from codeintel.lsif.read import read
from codeintel.store.connection import connection
from codeintel.worker import prepare, write

_MAX_DUMP_ID = 2**31 - 1


@click.command("load")
@click.argument("dump", type=click.Path(path_type=Path))
@click.option("--database-url", required=True, envvar="DATABASE_URL", help="Or $DATABASE_URL.")
@click.option("--dump-id", required=True, type=click.IntRange(1, _MAX_DUMP_ID))
def command(dump: Path, database_url: str, dump_id: int) -> None:
    """Write the LSIF dump DUMP into the store, whole or not at all."""
    rows = prepare(correlate(read(dump)))
    with connection(database_url) as store:
        started = time.perf_counter()
        write(store, dump_id, rows)
        seconds = time.perf_counter() - started
    click.echo(f"dump {dump_id}: {len(rows):,} rows in {seconds:.1f} s", err=True)
