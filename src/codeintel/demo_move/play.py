"""The acts in their order."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psycopg

from codeintel.demo import dumps
from codeintel.demo.dumps import Library
from codeintel.demo.failure import ActFailed
from codeintel.demo.screen import Screen, milliseconds
from codeintel.demo.stage import CHECKOUT
from codeintel.demo_move.census import Census, Rows, look_at_rows, read_everything
from codeintel.demo_move.dumps import rows_of
from codeintel.demo_move.ledger import Ledger
from codeintel.demo_move.traffic import Traffic
from codeintel.mode import Mode, switch
from codeintel.store.bundle_file import write_bundle
from codeintel.store.folder import BundleFolder
from codeintel.store.sqlite import SqliteStore
from outofband import ephemeral

_PACKAGES = ("mako", "click")
_KILLED_AFTER = 3  # a third of the bundles
_PATIENCE = 120.0  # seconds
_DONE = {"write": "written", "replace": "replaced", "delete": "deleted"}
_SHOWN = 5
_AFTERWARDS = 3.0  # seconds of traffic after the cut-over, so that there is something to export


@dataclass(frozen=True, slots=True)
class Verdict:
    """What went wrong, of which there has to be nothing."""

    wrong_answers: int
    failed_requests: int
    lost_dumps: int
    wrong_dumps: int
    double_rows: int

    @property
    def is_clean(self) -> bool:
        """Whether nothing went wrong."""
        return not any(asdict(self).values())


@dataclass(frozen=True)
class _Scene:
    screen: Screen
    url: str
    folder: BundleFolder
    store: psycopg.Connection[Any]
    traffic: Traffic

    def command(self, *words: str) -> None:
        """Run a command of ours, and show what it says."""
        self.screen.command("python", "-m", "codeintel", *words)
        done = subprocess.run(_argv(words), env=self.environment(), capture_output=True, text=True)
        for line in (done.stdout + done.stderr).splitlines():
            self.screen.output(line)
        if done.returncode != 0:
            raise ActFailed(f"codeintel {words[0]} ended with status {done.returncode}")

    def environment(self) -> dict[str, str]:
        """Return where the commands find store and files."""
        return {**os.environ, "DATABASE_URL": self.url, "BUNDLE_DIR": str(self.folder.root)}

    def moved(self) -> int:
        """Return how many bundles have been moved."""
        return int(self.store.execute("SELECT count(*) FROM lsif_moved_bundles").fetchall()[0][0])


def play(screen: Screen, *, bundles: int, pg_bin: Path | None = None) -> Verdict:
    """Move, cut over and go back under traffic.

    Raises ActFailed, and what ephemeral.server raises.
    """
    with ephemeral.server(pg_bin=pg_bin) as server:
        version = server.version
        screen.title(f"From files to PostgreSQL {version // 10_000}.{version % 10_000}, and back")
        # Below the server's own folder, which its watcher removes whatever becomes of us.
        scratch = server.socket_directory / "demo"
        scratch.mkdir()
        with psycopg.connect(server.url(), autocommit=True) as store:
            folder = BundleFolder(scratch / "lsif-storage")
            ledger = Ledger()
            library = _files(screen, store, server.url(), folder, ledger, scratch, bundles)
            traffic = Traffic(server.url(), folder, library, ledger)
            scene = _Scene(screen, server.url(), folder, store, traffic)
            with traffic.running():
                _move(scene, bundles)
                _cut_over(scene)
            # Nobody writes for a moment, so that rows and ledger can be compared.
            in_postgres = look_at_rows(store, library, ledger)
            with traffic.running():
                _back(scene)
            in_files = read_everything(SqliteStore(folder), library, ledger)
            return _summary(scene, in_postgres, in_files)


def _files(
    screen: Screen,
    store: psycopg.Connection[Any],
    url: str,
    folder: BundleFolder,
    ledger: Ledger,
    scratch: Path,
    bundles: int,
) -> Library:
    screen.act("Files", f"{bundles} dumps are SQLite files, and Postgres has empty tables.")
    alembic = [str(Path(sys.executable).parent / "alembic"), "upgrade", "head"]
    environment = {**os.environ, "DATABASE_URL": url}
    subprocess.run(alembic, cwd=CHECKOUT, env=environment, check=True, capture_output=True)
    switch(store, Mode.SQLITE)
    library = dumps.make(_PACKAGES, scratch, lambda _: None)
    for dump_id in range(1, bundles + 1):
        path = folder.bundle(dump_id)
        path.parent.mkdir(parents=True)
        ledger.begin(dump_id, 1)
        write_bundle(path, rows_of(library, dump_id, 1))
        ledger.commit(dump_id)
    return library


def _move(scene: _Scene, bundles: int) -> None:
    scene.screen.act("The move", "Readers ask, a writer writes, and a mover is killed on its way.")
    scene.command("mode", "both")
    words = ("move", "--workers", "2")
    scene.screen.command("python", "-m", "codeintel", *words)
    with subprocess.Popen(
        _argv(words), env=scene.environment(), stderr=subprocess.DEVNULL
    ) as mover:
        _await(scene, mover, bundles // _KILLED_AFTER)
        mover.kill()
    scene.screen.output(f"kill -9 after {scene.moved()} of {bundles} bundles")
    scene.command(*words)


def _await(scene: _Scene, mover: subprocess.Popen[bytes], moved: int) -> None:
    deadline = time.monotonic() + _PATIENCE
    while scene.moved() < moved:
        if mover.poll() is not None or time.monotonic() > deadline:
            raise ActFailed(f"the mover moved {scene.moved()} bundles, not {moved}")
        time.sleep(0.01)


def _cut_over(scene: _Scene) -> None:
    scene.screen.act("The cut-over", "From here on, what is written is rows alone.")
    scene.command("mode", "postgres")
    scene.command("move")
    scene.command("move", "--verify")
    if left := scene.folder.bundles():
        raise ActFailed(f"{len(left)} files are still in their place")
    time.sleep(_AFTERWARDS)


def _back(scene: _Scene) -> None:
    scene.screen.act("The way back", "Every dump is a file again, those written since too.")
    scene.command("mode", "sqlite")
    scene.command("reverse")


def _summary(scene: _Scene, in_postgres: Rows, in_files: Census) -> Verdict:
    tally, counts = scene.traffic.tally, scene.traffic.tally.counts
    verdict = Verdict(
        wrong_answers=len(tally.wrong) + in_files.wrong,
        failed_requests=len(tally.failed),
        lost_dumps=in_postgres.lost + in_files.lost,
        wrong_dumps=in_postgres.wrong,
        double_rows=in_postgres.double,
    )
    scene.screen.act("Summary", "Every number in the second part has to be 0.")
    scene.screen.pairs(
        [
            ("dumps at the end", f"{in_files.dumps:,}"),
            ("answers compared", f"{counts['read']:,}"),
            ("p50 of an answer", milliseconds(statistics.median(tally.seconds))),
            *((f"dumps {done}", f"{counts[kind]:,}") for kind, done in _DONE.items()),
        ]
    )
    scene.screen.pairs(
        [(name.replace("_", " "), f"{value:,}") for name, value in asdict(verdict).items()]
    )
    for line in [*tally.wrong[:_SHOWN], *tally.failed[:_SHOWN]]:
        scene.screen.output(line)
    return verdict


def _argv(words: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "codeintel", *words]
