"""``load DUMP``: a dump into the store."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import click
import psycopg

from codeintel.commands import options
from codeintel.lsif.correlate import correlate
from codeintel.lsif.read import read
from codeintel.mode import current
from codeintel.roles import Registration, Role, registered
from codeintel.store.connection import connection
from codeintel.store.folder import BundleFolder
from codeintel.worker import prepare, write


def _registered(
    database_url: str, store: psycopg.Connection[Any]
) -> AbstractContextManager[Registration]:
    return registered(database_url, Role("writer", current(store)))


@click.command("load")
@click.argument("dump", type=click.Path(path_type=Path))
@options.database_url
@options.bundle_dir
@options.dump_id
@click.option("--replace", is_flag=True, help="Write it in the place of a dump of that id.")
def command(dump: Path, database_url: str, bundle_dir: Path, dump_id: int, replace: bool) -> None:
    """Write the LSIF dump DUMP into the store, whole or not at all.

    Into a bundle, into rows or into both, as the mode of the writers says (codeintel mode).
    """
    rows = prepare(correlate(read(dump)))
    with connection(database_url) as store, _registered(database_url, store):
        started = time.perf_counter()
        mode = write(store, BundleFolder(bundle_dir), dump_id, rows, replace=replace)
        seconds = time.perf_counter() - started
    click.echo(f"dump {dump_id}: {len(rows):,} rows in {seconds:.1f} s, mode {mode}", err=True)
