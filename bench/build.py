"""`outofband apply` beside a DBA at psql, on one server, and what `plan` said beside what came.

::

    python bench/build.py [--quick] [--rounds N] [--only a,b,c,d,e,estimates]

The runs are interleaved, so that a busy machine slows all of them; medians are compared, and every
target is said to be reached or missed.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import build_status
import psycopg
from build_builds import Database
from build_tables import BIG, ESTIMATED, INCIDENT, SMALL, TRAFFIC, fill
from build_traffic import traffic
from verdict import spread, verdict

from outofband import ephemeral
from outofband.model.index import Index

WORKERS, MEMORY = "max_parallel_maintenance_workers", "maintenance_work_mem"
GRID = [((WORKERS, w), (MEMORY, m)) for w in "0124" for m in ("64MB", "256MB", "1GB")]
STOCK = ((WORKERS, "2"), (MEMORY, "64MB"))
_LOOKS_AT_GRID, _BEST_OF_GRID = 1, 2
_WORTH_KNOWING = 0.1  # seconds: nobody plans for less

_PAIRS = 3

Runs = Mapping[str, Callable[[], float]]
Amounts = tuple[float, float, float, float]


def interleaved(runs: Runs, rounds: int) -> dict[str, list[float]]:
    """Run each once to warm up, then all of them in turns; return the seconds by name."""
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for run in runs.values():
        run()
    for turn in range(rounds):
        names = list(runs)
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            seconds[name].append(runs[name]())
    return seconds


def told(title: str, seconds: Mapping[str, Sequence[float]]) -> str:
    """Return the medians with their spread."""
    return "\n".join([title, *(f"  {name:40} {spread(s)}" for name, s in seconds.items())])


def ratio(seconds: Mapping[str, Sequence[float]], one: str, other: str) -> float:
    """Return how many times as long the one takes, by the medians."""
    return statistics.median(seconds[one]) / statistics.median(seconds[other])


class Bench:
    """The runs, each a method; each prints what it measured and keeps its verdicts."""

    def __init__(self, database: Database, rows: int, rounds: int, scratch: Path) -> None:
        self.database, self.rows, self.rounds, self.scratch = database, rows, rounds, scratch
        self.verdicts: list[str] = []

    def a(self) -> None:
        """From the first statement to the rename, against psql at equal settings."""
        database = self.database

        def ours() -> float:
            database.drop([SMALL])
            return database.by_apply([SMALL], as_is=True)

        def theirs() -> float:
            database.drop([SMALL])
            return database.by_psql([SMALL])

        seconds = interleaved({"apply --as-is": ours, "psql": theirs}, self.rounds * 2 - 1)
        print(told("(a) one index, equal settings", seconds))
        value = ratio(seconds, "apply --as-is", "psql")
        self.verdicts.append(verdict("(a) apply / psql", value, 1.03))

    def b(self) -> None:
        """The settings chosen, against stock and the best of a grid."""
        database = self.database

        def with_(settings: Sequence[tuple[str, str]]) -> Callable[[], float]:
            def run() -> float:
                database.drop([BIG])
                return database.by_psql([BIG], settings)

            return run

        tuning = database.forecast(BIG).tuning
        first = {_name(s): with_(s) for s in GRID}
        looks = interleaved(first, _LOOKS_AT_GRID)
        print(told("(b) the grid, a few looks", looks))
        best = sorted(looks, key=lambda name: statistics.median(looks[name]))[:_BEST_OF_GRID]
        chosen = {"chosen": with_(tuning.parameters), "stock": with_(STOCK)}
        seconds = interleaved({**chosen, **{n: first[n] for n in best}}, self.rounds)
        print(told(f"(b) {'; '.join(tuning.reasons)}", seconds))
        quickest = min(best, key=lambda name: statistics.median(seconds[name]))
        self.verdicts += [
            verdict("(b) chosen / best of the grid", ratio(seconds, "chosen", quickest), 1.2),
            verdict("(b) chosen / stock", ratio(seconds, "chosen", "stock"), 1.05),
        ]

    def c(self) -> None:
        """The incident's tables, two at once, against a DBA's script."""
        database = self.database

        def ours() -> float:
            database.drop(INCIDENT)
            return database.by_apply(INCIDENT, beside=2)

        def theirs() -> float:
            database.drop(INCIDENT)
            return database.by_psql(INCIDENT, STOCK)

        seconds = interleaved({"apply --parallel 2": ours, "psql, in turn": theirs}, self.rounds)
        print(told("(c) the incident's five tables", seconds))
        value = ratio(seconds, "apply --parallel 2", "psql, in turn")
        self.verdicts.append(verdict("(c) apply --parallel 2 / psql", value, 0.8))

    def d(self) -> None:
        """Requests of an application meanwhile: what is lost, and how slow the slowest are."""
        database, failures = self.database, 0

        def during(build: Callable[[], float]) -> Callable[[], float]:
            def run() -> float:
                nonlocal failures
                database.drop([TRAFFIC])
                with traffic(database.server.url(), self.rows // 4) as requests:
                    build()
                failures += len(requests.failures)
                return requests.p99

            return run

        seconds = interleaved(
            {
                "p99 during apply": during(lambda: database.by_apply([TRAFFIC])),
                "p99 during psql": during(lambda: database.by_psql([TRAFFIC])),
            },
            self.rounds,
        )
        print(told("(d) reads and writes during a build", seconds))
        value = ratio(seconds, "p99 during apply", "p99 during psql")
        self.verdicts += [
            verdict("(d) requests lost", float(failures), 0, "requests"),
            verdict("(d) p99 during apply / during psql", value, 1.5),
        ]

    def e(self) -> None:
        """Status where there are many indexes."""
        indexes = 20_000 if self.rows >= 1_000_000 else 1_000
        declared = indexes // 20
        build_status.project(self.scratch, declared)
        build_status.fill(self.database, indexes, declared)
        run = {"status": lambda: build_status.seconds(self.database, self.scratch)}
        seconds = interleaved(run, self.rounds)
        print(
            told(
                f"(e) {indexes:,} indexes, {declared:,} declared, beyond imports and connecting",
                seconds,
            )
        )
        self.verdicts.append(verdict("(e) status", statistics.median(seconds["status"]), 0.5, "s"))

    def estimates(self) -> None:
        """What plan says, beside what comes of it: medians of pairs, one after the other."""
        print("estimates, as parts of what came: size, WAL, temporary files, time")
        sizes, times = [], []
        for index in ESTIMATED:
            pairs = [self._pair(index) for _ in range(_PAIRS)]
            told, came = (_medians(side) for side in zip(*pairs, strict=True))
            size, wal, temp, seconds = (
                one / other if other else 1.0 for one, other in zip(told, came, strict=True)
            )
            shares = f"{size:6.2f} {wal:6.2f} {temp:6.2f} {seconds:6.2f}"
            each = ", ".join(f"{said[3]:.2f} of {took[3]:.2f}" for said, took in pairs)
            print(f"  {index.name:40} {shares}  ({each} s)", flush=True)
            sizes.append(abs(size - 1))
            if came[3] >= _WORTH_KNOWING:
                times.append(abs(seconds - 1))
        self.verdicts += [
            verdict("estimates of size, the worst is off by", max(sizes) * 100, 25, "%"),
            verdict("estimates of time, the worst is off by", max(times, default=0) * 100, 50, "%"),
        ]

    def _pair(self, index: Index) -> tuple[Amounts, Amounts]:
        """Return size, WAL and temporary files in bytes, and seconds: as told, and as they came."""
        database = self.database
        database.drop([index])
        forecast = database.forecast(index)
        told = forecast.estimate
        temp_bytes = (told.sort_bytes or 0) + (told.check_bytes or 0)
        wal, temp = _wal(database), _temp(database)
        seconds = database.by_psql([index], forecast.tuning.parameters)
        wal, temp = _wal(database) - wal, _temp(database) - temp
        size = database.value(f"SELECT pg_relation_size('{index.qualified_name}')")
        database.drop([index])
        said = (told.size_bytes or 0, told.wal_bytes or 0, temp_bytes, told.seconds or 0.0)
        return said, (size, wal, temp, seconds)


def _medians(rows: Sequence[Amounts]) -> list[float]:
    return [statistics.median(column) for column in zip(*rows, strict=True)]


def _wal(database: Database) -> int:
    return int(database.value("SELECT pg_current_wal_insert_lsn() - '0/0'"))


def _temp(database: Database) -> int:
    database.run("SELECT pg_stat_clear_snapshot()")
    query = "SELECT temp_bytes FROM pg_stat_database WHERE datname = current_database()"
    return int(database.value(query))


def _name(settings: Sequence[tuple[str, str]]) -> str:
    return ", ".join(f"{value} {name.split('_')[-1]}" for name, value in settings)


def main(rows: int, rounds: int, only: Sequence[str]) -> None:
    """Measure and print."""
    begun = time.perf_counter()
    with (
        ephemeral.server() as server,
        psycopg.connect(server.url(), autocommit=True) as connection,
        tempfile.TemporaryDirectory(prefix="bench-build-") as folder,
    ):
        database = Database(server, connection)
        fill(database, rows)
        bench = Bench(database, rows, rounds, Path(folder))
        for name in only:
            getattr(bench, name)()
            print(flush=True)
        print("\n".join(bench.verdicts))
        print(f"\n{machine(server.version, rows, time.perf_counter() - begun)}")


def machine(version: int, rows: int, seconds: float) -> str:
    """Return on what it was measured."""
    return (
        f"{os.cpu_count()} cores, {platform.machine()}, PostgreSQL {version // 10000}."
        f"{version % 10000}, {rows:,} rows in the largest table, {seconds / 60:.0f} min"
    )


if __name__ == "__main__":
    names = ["estimates", "a", "b", "c", "d", "e"]
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--quick", action="store_true", help="small tables, few rounds")
    options.add_argument("--rounds", type=int, default=None)
    options.add_argument("--only", default=",".join(names))
    given = options.parse_args()
    main(
        400_000 if given.quick else 5_000_000,
        given.rounds or (3 if given.quick else 7),
        [name for name in given.only.split(",") if name in names],
    )
