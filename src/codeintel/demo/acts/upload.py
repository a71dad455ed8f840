"""Real data comes in, much of it."""

from __future__ import annotations

import time
from collections.abc import Sequence

from codeintel.demo import census, dumps
from codeintel.demo.dumps import Dump, Library
from codeintel.demo.load import MULTIPLIED_EVERY, WORKERS, load, uploads
from codeintel.demo.log import Appender, Follower
from codeintel.demo.scene import Scene
from codeintel.demo.screen import megabytes
from codeintel.demo.stage import APP, DEPLOYER
from codeintel.demo.verdict import Tally, written
from codeintel.store.rows import TABLES

MONIKER_ROWS = 1_500_000
"""Rows of definitions and references at scale 1."""


def upload(scene: Scene, packages: Sequence[str], scale: float) -> tuple[Library, Tally]:
    """Index packages and upload their dumps many times over; return them and what was written."""
    scene.screen.act(
        "Data comes in",
        "LSIF dumps of the packages in this environment, each uploaded under many ids. Of "
        f"{MULTIPLIED_EVERY} dumps one comes by the old inserter, whose {WORKERS} workers all "
        "write its row of metadata.",
    )
    library = _index(scene, packages)
    rows = _load(scene, library, round(MONIKER_ROWS * scale))
    _show_sizes(scene)
    return library, rows


def _index(scene: Scene, packages: Sequence[str]) -> Library:
    indexed: list[Dump] = []
    with scene.screen.counting("indexing", len(packages), "packages") as count:

        def done(dump: Dump) -> None:
            indexed.append(dump)
            count(1)

        library = dumps.make(packages, scene.stage.folder, done)
    scene.screen.table(
        ("package", "documents", "definitions", "references", "seconds"),
        [
            (
                dump.package,
                f"{len(dump.rows.documents):,}",
                f"{len(dump.rows.definitions):,}",
                f"{len(dump.rows.references):,}",
                f"{dump.seconds:.1f}",
            )
            for dump in indexed
        ],
    )
    return library


def _load(scene: Scene, library: Library, moniker_rows: int) -> Tally:
    chosen = uploads(library, moniker_rows)
    ledger = scene.stage.folder / "loaded.jsonl"
    total = sum(len(library.rows(one.dump_id)) for one in chosen)
    started = time.monotonic()
    with Appender(ledger) as appender, scene.screen.counting("uploading", total, "rows") as count:
        load(library, chosen, scene.stage.url(APP), appender, count)
    seconds = time.monotonic() - started
    rows = written(Follower(ledger).requests())
    scene.screen.say(
        f"{len(chosen):,} dumps, {rows.total():,} rows in {seconds:.1f} s: "
        f"{rows.total() / seconds:,.0f} rows/s."
    )
    return rows


def _show_sizes(scene: Scene) -> None:
    with scene.stage.connect(DEPLOYER) as deployer:
        deployer.execute("ANALYZE")
        sizes = {table: census.size(deployer, table) for table in TABLES}
    scene.screen.table(
        ("table", "rows", "heap", "TOAST", "indexes"),
        [
            (table, f"{s.rows:,}", megabytes(s.heap), megabytes(s.toast), megabytes(s.indexes))
            for table, s in sizes.items()
        ],
    )
