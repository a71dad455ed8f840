"""``move``: bundles into Postgres."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click

from codeintel.commands import options
from codeintel.mover.audit import audit
from codeintel.mover.copy import Outcome
from codeintel.mover.move import Moved, move, waiting
from codeintel.mover.workers import move_by_workers
from codeintel.roles import Role, registered
from codeintel.store.connection import connection
from codeintel.store.folder import BundleFolder

_SHOWN_ROWS = 10
_PARTLY_DONE = 4


@click.command("move")
@options.bundle_dir
@options.database_url
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="How many processes; on a machine with two cores, two are half as fast again as one.",
)
@click.option("--verify", is_flag=True, help="Move nothing; compare what was moved with its files.")
def command(bundle_dir: Path, database_url: str, workers: int, verify: bool) -> int:
    """Move every bundle into Postgres, the largest first, and rename its file to a backup.

    A bundle is one transaction: whatever ends this command, each is in Postgres whole or not at
    all, and the same command goes on. What cannot be moved stays where it is, and is told with the
    reason. In the mode sqlite nothing moves: see codeintel mode. Exits 0 when all was moved, or is
    right, 3 where it is refused, 4 when something was not moved.
    """
    return _verify(bundle_dir, database_url) if verify else _move(bundle_dir, database_url, workers)


def _verify(bundle_dir: Path, url: str) -> int:
    wrong = 0
    with connection(url) as store:
        for sentence in audit(store, BundleFolder(bundle_dir)):
            click.echo(sentence)
            wrong += 1
    click.echo(f"{wrong:,} moved dumps are not what their files are", err=True)
    return _PARTLY_DONE if wrong else 0


def _move(bundle_dir: Path, database_url: str, workers: int) -> int:
    started = time.perf_counter()
    outcomes: Counter[Outcome] = Counter()
    rows = left = 0
    with registered(database_url, Role("mover", "move")):
        for moved in _moved(bundle_dir, database_url, workers):
            _tell(moved)
            if moved.copied is None:
                left += 1
                continue
            outcomes[moved.copied.outcome] += 1
            rows += moved.copied.rows
            left += bool(moved.copied.left_out)
    seconds = time.perf_counter() - started
    counts = ", ".join(f"{n:,} {outcome.value}" for outcome, n in outcomes.items()) or "none there"
    click.echo(
        f"bundles: {counts}; {left:,} with something left out; {rows:,} rows in {seconds:.1f} s",
        err=True,
    )
    return _PARTLY_DONE if left else 0


def _moved(bundle_dir: Path, url: str, workers: int) -> Iterator[Moved]:
    folder = BundleFolder(bundle_dir)
    dump_ids = waiting(folder)
    if workers > 1:
        yield from move_by_workers(url, bundle_dir, dump_ids, workers)
        return
    with connection(url) as store:
        for dump_id in dump_ids:
            yield move(store, folder, dump_id)


def _tell(moved: Moved) -> None:
    if moved.copied is None:
        click.echo(f"dump {moved.dump_id}: not moved: {moved.reason}", err=True)
        return
    left_out = moved.copied.left_out
    for row in left_out[:_SHOWN_ROWS]:
        click.echo(f"dump {moved.dump_id}: {row.key}: left out: {row.reason}", err=True)
    if len(left_out) > _SHOWN_ROWS:
        more = len(left_out) - _SHOWN_ROWS
        click.echo(f"dump {moved.dump_id}: and {more:,} rows more", err=True)
