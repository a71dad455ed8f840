"""``reverse``: dumps back into files."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import click

from codeintel.commands import options
from codeintel.mode import Mode, current
from codeintel.mover.reverse import Way, give_back_all, with_rows
from codeintel.store.connection import connection
from codeintel.store.folder import BundleFolder

_PARTLY_DONE = 4


@click.command("reverse")
@options.bundle_dir
@options.database_url
def command(bundle_dir: Path, database_url: str) -> int:
    """Make every dump a file again, and take its rows out of Postgres.

    A backup that has not changed is renamed; what was written since is written into a new file,
    which is compared before the rows go. One transaction a dump: whatever ends this command, the
    same command goes on. Switch writers with `codeintel mode sqlite` first, or new dumps are rows
    again. What was moved from another host goes back there. Exits 0 when no dump has rows, 4 while
    writers write more, or other hosts have some to take back.
    """
    started = time.perf_counter()
    ways: Counter[Way] = Counter()
    with connection(database_url) as store:
        current(store)  # refuses a database that is no store
        for _, way in give_back_all(store, BundleFolder(bundle_dir)):
            ways[way] += 1
        mode, elsewhere = current(store), Counter(host for _, host in with_rows(store))
    told = ", ".join(f"{count:,} {way.value}" for way, count in ways.items()) or "none had rows"
    click.echo(f"dumps: {told}; in {time.perf_counter() - started:.1f} s", err=True)
    if mode is not Mode.SQLITE:
        click.echo(
            f"codeintel: writers still write rows (mode {mode}). "
            "Run codeintel mode sqlite, and then this command again",
            err=True,
        )
        return _PARTLY_DONE
    for host, count in elsewhere.items():
        click.echo(
            f"codeintel: {count:,} dumps were moved from {host}. Run this command there, or here "
            f"with OUTOFBAND_PLACE={host} where its files are this host's by now",
            err=True,
        )
    return _PARTLY_DONE if elsewhere else 0
