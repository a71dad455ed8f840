"""`python -m codeintel move` beside other ways for a bundle's rows into Postgres, on one server.

::

    python bench/move.py [--quick] [--rounds N] [--only rivals,keyed,...]

The runs are interleaved, so that a busy machine slows all of them; medians are compared, and every
target is said to be reached or missed. ``rivals`` are measured on tables like the incident's, those
of revision 0006 without their keys: it is for those that the targets were set. Everything else is
measured on the tables of the last revision, with keys, more indexes, and triggers, whose upkeep is
most of what every way has to do then; ``keyed`` are the same rivals there. ``triggers``
is what these cost COPY, ``reads`` what a request costs beside its queries alone; ``workers``,
``memory`` and ``linear`` are about many bundles and large ones.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import move_bundles
import move_reads
import move_rivals
import psycopg
from alembic import command
from alembic.config import Config
from verdict import at_least, spread, verdict

from codeintel.mover.move import move
from codeintel.store.folder import BundleFolder
from codeintel.store.postgres import PostgresStore
from codeintel.store.rows import DEFINITIONS, DOCUMENTS, REFERENCES, TABLES, Rows
from outofband import ephemeral

CHECKOUT = Path(__file__).parents[1]
Runs = Mapping[str, Callable[[], float]]
OURS, LIMIT, PSQL = "codeintel move", "psycopg's COPY, rows in memory", r"psql \copy, prepared"
INSERT, PGLOADER = "multi-row INSERT", "pgloader"


class Store:
    """A store at some revision, and a folder of bundles."""

    def __init__(self, server: ephemeral.Server, scratch: Path, revision: str) -> None:
        with psycopg.connect(server.url(), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{revision}"')
        self.server = server
        self.scratch = scratch
        self.url = server.url(revision)
        self.folder = BundleFolder(scratch / revision)
        self.connection = psycopg.connect(self.url, autocommit=True)
        os.environ["DATABASE_URL"] = self.url
        command.upgrade(Config(CHECKOUT / "alembic.ini"), revision)

    def drop_keys(self) -> None:
        """Let the tables have no keys, as the incident's had none."""
        for table in TABLES:
            self.connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_pkey")

    @property
    def options(self) -> list[str]:
        """The options of a command that say where it works."""
        return ["--bundle-dir", str(self.folder.root), "--database-url", self.url]

    def empty(self) -> None:
        """Take all rows away, and let the server write what it has put off."""
        tables = ", ".join((*TABLES, "lsif_moved_bundles"))
        self.connection.execute(f"TRUNCATE {tables}")
        self.connection.execute("CHECKPOINT")

    def put_back(self) -> None:
        """Let the files be where they were before they were moved."""
        for dump_id in self.folder.backups(limit=1_000_000):
            bundle = self.folder.bundle(dump_id)
            bundle.parent.mkdir(exist_ok=True)
            self.folder.backup(dump_id).rename(bundle)

    def move(self, dump_id: int = 1) -> float:
        """Move one bundle in this process."""
        started = time.perf_counter()
        moved = move(self.connection, self.folder, dump_id)
        seconds = time.perf_counter() - started
        assert moved.copied, moved.reason
        return seconds

    def move_all(self, workers: int) -> float:
        """Move every bundle by the command."""
        words = ["move", *self.options, "--workers", str(workers)]
        started = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "codeintel", *words], check=True, stderr=subprocess.DEVNULL
        )
        return time.perf_counter() - started


def interleaved(runs: Runs, rounds: int, before: Callable[[], None]) -> dict[str, list[float]]:
    """Run each once to warm up, then all of them in turns; return the seconds by name."""
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for turn in range(-1, rounds):
        names = list(runs)
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            before()
            took = runs[name]()
            if turn >= 0:
                seconds[name].append(took)
    return seconds


class Bench:
    """What is measured, a method a question."""

    def __init__(self, store: Store, dumps: Sequence[Rows], *, quick: bool, rounds: int) -> None:
        self.store = store
        self.dumps = dumps
        self.quick = quick
        self.rounds = rounds
        self.verdicts: list[str] = []

    def rivals(self) -> None:
        """One bundle by every way, into tables without keys."""
        store = Store(self.store.server, self.store.scratch, "0006")
        store.drop_keys()
        as_then = Bench(store, self.dumps, quick=self.quick, rounds=self.rounds)
        seconds = as_then._by_every_way(keys=False)
        store.connection.close()
        for rival, target in ((PGLOADER, 2.5), (INSERT, 3), (PSQL, 0.6), (LIMIT, 0.6)):
            value = _ratio(seconds, rival, OURS) if rival in seconds else None
            self.verdicts.append(at_least(f"{OURS}, speed / {rival}", value, target))

    def keyed(self) -> None:
        """The same into tables with their keys; what is told of it is no target."""
        seconds = self._by_every_way(keys=True)
        for rival in (PGLOADER, INSERT, PSQL, LIMIT):
            if rival in seconds:
                print(f"  {OURS}, speed / {rival}: {_ratio(seconds, rival, OURS):.2f} x")

    def _by_every_way(self, *, keys: bool) -> dict[str, list[float]]:
        store = self.store
        rows = move_bundles.multiplied(self.dumps, 3 if self.quick else 12)
        bundle = store.folder.bundle(1)
        with self._bundles(rows, 1):
            move_rivals.from_memory(store.connection, rows)
            prepared = store.scratch / f"prepared-{keys}"
            move_rivals.prepare_for_psql(store.connection, prepared)
            ways: dict[str, Callable[[], float]] = {
                LIMIT: lambda: move_rivals.from_memory(store.connection, rows),
                OURS: store.move,
                PSQL: lambda: self._psql(prepared),
                INSERT: lambda: move_rivals.by_inserts(store.connection, bundle),
            }
            if move_rivals.has_pgloader():
                ways[PGLOADER] = lambda: self._pgloader(bundle, keys=keys)
            else:
                print("pgloader is not measured: it is not installed (apt-get install pgloader)")
            seconds = interleaved(ways, self.rounds, self._before)
        self._tell_rates(seconds, rows)
        return seconds

    def _before(self) -> None:
        self.store.empty()
        self.store.put_back()

    def _tell_rates(self, seconds: Mapping[str, Sequence[float]], rows: Rows) -> None:
        size = move_bundles.megabytes(rows)
        print(f"one bundle of {len(rows):,} rows, {size:.0f} MB of keys and blobs")
        for name, values in seconds.items():
            middle = statistics.median(values)
            rate = f"{size / middle:6.1f} MB/s {len(rows) / middle:10,.0f} rows/s"
            print(f"  {name:32} {spread(values)} {rate}")

    def triggers(self) -> None:
        """psql's COPY with the triggers that keep the bounds of versions, and without."""
        store = self.store
        rows = move_bundles.multiplied(self.dumps, 3 if self.quick else 12)
        store.empty()
        move_rivals.from_memory(store.connection, rows)
        prepared = store.scratch / "prepared-triggers"
        move_rivals.prepare_for_psql(store.connection, prepared)
        kept, off = "with triggers", "without"
        ways = {
            kept: lambda: self._psql(prepared),
            off: lambda: self._without_triggers(lambda: self._psql(prepared)),
        }
        seconds = interleaved(ways, self.rounds, store.empty)
        for name, values in seconds.items():
            print(f"  {name:32} {spread(values)}")
        print(f"  COPY with triggers, time / without: {_ratio(seconds, kept, off):.2f} x")

    def _without_triggers(self, run: Callable[[], float]) -> float:
        self._set_triggers("DISABLE")
        seconds = run()
        self._set_triggers("ENABLE")
        return seconds

    def _set_triggers(self, state: str) -> None:
        for table in (DOCUMENTS, DEFINITIONS, REFERENCES):
            self.store.connection.execute(f"ALTER TABLE {table} {state} TRIGGER USER")

    def reads(self) -> None:
        """Questions of one dump among others, through the reader of both stores."""
        store = self.store
        store.empty()
        for dump_id, rows in enumerate(self.dumps, 1):
            PostgresStore(store.connection).write(dump_id, rows)
        store.connection.execute("VACUUM (ANALYZE)")
        questions = 100 if self.quick else 500
        found = move_reads.measured(store.connection, store.folder, 1, self.dumps[0], questions)
        for kind, (queries, bare, reader) in found.items():
            told = f"queries {queries * 1e3:.3f} ms, and decoded {bare * 1e3:.3f} ms"
            print(f"  {kind:12} {told}, by the reader {reader * 1e3:.3f} ms (p50 of {questions})")
            self.verdicts.append(verdict(f"{kind}, p50 / the bare queries'", reader / bare, 1.3))
        store.empty()

    def _psql(self, prepared: Path) -> float:
        return move_rivals.by_psql(self.store.server.binaries / "psql", self.store.url, prepared)

    def _pgloader(self, bundle: Path, *, keys: bool) -> float:
        server = self.store.server
        url = f"postgresql://postgres@unix:{server.socket_directory}:{server.port}/pgloader"
        self.store.connection.execute("DROP DATABASE IF EXISTS pgloader")
        self.store.connection.execute("CREATE DATABASE pgloader")
        return move_rivals.by_pgloader(url, bundle, self.store.scratch, keys=keys)

    def workers(self) -> None:
        """Equal bundles, by one worker and by two."""
        store = self.store
        rows = move_bundles.multiplied(self.dumps, 1)
        ways = {"one worker": lambda: store.move_all(1), "two workers": lambda: store.move_all(2)}
        with self._bundles(rows, 16 if self.quick else 48):
            seconds = interleaved(ways, self.rounds, self._before)
        for name, values in seconds.items():
            print(f"  {name:32} {spread(values)}")
        value = _ratio(seconds, "one worker", "two workers")
        self.verdicts.append(at_least("two workers, speed / one", value, 1.3))

    def memory(self) -> None:
        """The most memory of a process that moves a bundle, and one ten times as large."""
        for times in (1, 10) if self.quick else (8, 80):
            rows = move_bundles.multiplied(self.dumps, times)
            with self._bundles(rows, 1):
                size = self.store.folder.bundle(1).stat().st_size / 1e6
                peak = _peak_of_child(self.store)
            print(f"  a bundle of {size:6.0f} MB: at most {peak:4.0f} MB in memory")
        self.verdicts.append(verdict("memory", peak, 150, "MB"))

    def linear(self) -> None:
        """What one of many bundles costs, and one of many more."""
        store = self.store
        rows = move_bundles.part(self.dumps[0], 10)
        counts = (20, 200) if self.quick else (100, 2_000)
        each: dict[int, list[float]] = {}
        for count in counts:
            with self._bundles(rows, count):
                started = time.perf_counter()
                for dump_id in range(1, count + 1):
                    store.move(dump_id)
                each[count] = [(time.perf_counter() - started) / count]
            print(f"  {count:5,} bundles of {len(rows):,} rows: {each[count][0] * 1e3:.1f} ms each")
        few, many = (statistics.median(each[count]) for count in counts)
        self.verdicts.append(
            verdict(f"cost of one of {counts[1]:,} / of {counts[0]}", many / few, 1.2)
        )

    @contextmanager
    def _bundles(self, rows: Rows, count: int) -> Iterator[None]:
        """Let there be so many bundles with the same rows, and nothing else."""
        folder = self.store.folder
        for path in [*folder.root.glob("dbs/*/*"), *folder.root.glob("db-backups/*")]:
            path.unlink()
        self.store.empty()
        first = self.store.scratch / "first.db"
        first.unlink(missing_ok=True)
        move_bundles.write_bundle(first, rows)
        for dump_id in range(1, count + 1):
            bundle = folder.bundle(dump_id)
            bundle.parent.mkdir(parents=True, exist_ok=True)
            bundle.hardlink_to(first)
        yield


def _peak_of_child(store: Store) -> float:
    """Return the most memory that a process had resident that moved every bundle, in MB.

    By its own account: what getrusage tells of children includes ours, before they began.
    """
    arguments = ["move", *store.options]
    code = (
        "import sys; from codeintel.cli import main; status = main(sys.argv[1:]);"
        "print(open('/proc/self/status').read()); sys.exit(status)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], check=True, capture_output=True, text=True
    )
    [kilobytes] = re.findall(r"VmHWM:\s+(\d+) kB", done.stdout)
    return int(kilobytes) / 1024


def _ratio(seconds: Mapping[str, Sequence[float]], one: str, other: str) -> float:
    """Return how many times faster the other is: the median of pairs of one round."""
    return statistics.median(a / b for a, b in zip(seconds[one], seconds[other], strict=True))


def main(*, quick: bool, rounds: int, only: Sequence[str]) -> None:
    """Measure and print."""
    begun = time.perf_counter()
    with (
        tempfile.TemporaryDirectory(prefix="bench-move-") as scratch,
        ephemeral.server() as server,
    ):
        store = Store(server, Path(scratch), "head")
        bench = Bench(store, move_bundles.real_dumps(), quick=quick, rounds=rounds)
        for name in only:
            print(name)
            getattr(bench, name)()
            print(flush=True)
        store.connection.close()
        minutes = (time.perf_counter() - begun) / 60
        print("\n".join(bench.verdicts))
        print(
            f"\n{os.cpu_count()} cores, {platform.machine()}, PostgreSQL {server.version // 10000}."
            f"{server.version % 10000}, {minutes:.1f} min"
        )


if __name__ == "__main__":
    names = ["rivals", "keyed", "triggers", "reads", "workers", "memory", "linear"]
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--quick", action="store_true", help="small bundles, few rounds")
    options.add_argument("--rounds", type=int, default=None)
    options.add_argument("--only", default=",".join(names))
    given = options.parse_args()
    main(
        quick=given.quick,
        rounds=given.rounds or (3 if given.quick else 5),
        only=[name for name in given.only.split(",") if name in names],
    )
