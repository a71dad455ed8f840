"""A backfill that shows every row it does twice: it copies units of ``src`` into ``dst``, which has
no key. Run as a script it is a runner of its own.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from outofband.backfill import Batch, Cursor, Damaged, Limits, Progress, Size, Spec, Unit
from outofband.backfill.job import Job
from outofband.backfill.outcome import Outcome
from outofband.backfill.run import Runner
from outofband.backfill.state import Name
from outofband.postgres.session import Session
from outofband.postgres.source import Url

CALM = Limits(max_cpu=None, max_transaction_seconds=None, yield_to_autovacuum=False)
SCHEMA = (
    "CREATE TABLE src (unit text, n int, PRIMARY KEY (unit, n))",
    "CREATE TABLE dst (unit text, n int)",
)


@dataclass
class Copying(Spec):
    """``slow`` seconds a batch; units in ``damaged`` cannot be done, those in ``failing`` raise."""

    limits: Limits = CALM
    slow: float = 0.0
    damaged: tuple[str, ...] = ()
    failing: tuple[str, ...] = ()
    places: dict[str, str] = field(default_factory=dict)
    settles: list[str] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)

    def progress(self, connection: Any) -> Progress:
        sql = "SELECT (SELECT count(*) FROM dst), (SELECT count(*) FROM src)"
        return Progress(*connection.execute(sql).fetchone())

    def units(self, connection: Any) -> Iterable[Unit]:
        for key, rows in connection.execute("SELECT unit, count(*) FROM src GROUP BY 1").fetchall():
            yield Unit(key, rows, bytes=rows * 10, place=self.places.get(key))

    def batch(self, connection: Any, unit: Unit, cursor: Cursor, size: Size) -> Batch:
        self.sizes.append(size.rows)
        if unit.key in self.failing:
            raise ValueError("the secret of the row")
        after = -1 if cursor is None else cursor
        taken = connection.execute(
            "WITH taken AS (SELECT * FROM src WHERE unit = %s AND n > %s ORDER BY n LIMIT %s),"
            " made AS (INSERT INTO dst SELECT * FROM taken)"
            " SELECT count(*), max(n) FROM taken",
            (unit.key, after, size.rows),
        ).fetchone()
        if unit.key in self.damaged:
            raise Damaged("the file is truncated")
        time.sleep(self.slow)
        rows, last = taken
        return Batch(rows, rows * 10, last if rows == size.rows else None)

    def settle(self, unit: Unit) -> None:
        self.settles.append(unit.key)


@dataclass
class Told:
    """A teller that remembers."""

    said: list[str] = field(default_factory=list)
    shown: list[Progress] = field(default_factory=list)

    def say(self, line: str) -> None:
        self.said.append(line)

    def show(self, progress: Progress) -> None:
        self.shown.append(progress)


NAME = Name("copying", "public")


def job_of(session: Session, spec: Spec, table: str = "dst", **given: Any) -> Job:
    (row,) = session.rows("SELECT CAST(%(t)s AS regclass)::oid::bigint AS oid", {"t": table})
    return Job(spec, "tests:spec", NAME, row["oid"], "here", **given)


def run(url: str, spec: Spec, told: Told | None = None, **given: Any) -> Outcome:
    """Run a backfill in a session of its own."""
    source = Url(url)

    @contextmanager
    def another() -> Iterator[Session]:
        with Session(source) as session:
            yield session

    with Session(source) as session:
        return Runner(job_of(session, spec, **given), session, another, told or Told()).run()


if __name__ == "__main__":
    url, rows, slow = sys.argv[1:]
    small = replace(CALM, first_rows=int(rows), most_rows=int(rows))
    sys.stdout.write(run(url, Copying(small, slow=float(slow))).verdict.value)
