"""One database with work to do, an application at work on it, and everything that goes wrong."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import TimeoutExpired
from typing import Any

import psycopg

from commands import Command
from faults.load import Does, Load, on_indexed
from faults.project import TAGGED
from outofband.ephemeral import Server

LOCK_SECONDS = 1.0
"""The lock_timeout of the runbook's statements: nobody stands on or behind its locks for longer."""
_SLACK_SECONDS = 0.2
"""How late a busy machine may let a timeout ring, and the sampler be."""
PATIENCE_SECONDS = 120.0
_TICK_SECONDS = 0.5
_OURS = "datname = current_database() AND application_name LIKE 'outofband:%'"
_INDEXES = """
    SELECT t.relname AS table_name, CASE WHEN i.relispartition THEN '' ELSE i.relname END,
           replace(pg_get_indexdef(i.oid), quote_ident(i.relname), '*'), x.indisvalid,
           x.indisprimary
      FROM pg_index AS x
      JOIN pg_class AS i ON i.oid = x.indexrelid
      JOIN pg_class AS t ON t.oid = x.indrelid
     WHERE i.relnamespace NOT IN ('pg_catalog'::regnamespace, 'pg_toast'::regnamespace,
           coalesce(to_regnamespace('outofband')::oid, 0))
       AND t.relname <> 'alembic_version'
     ORDER BY 1, 2, 3
"""


def eventually(happens: Callable[[], Any], what: str, run: Run | None = None) -> Any:
    """Poll until something is true and return it; a run that should bring it about may not end
    before.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        # Asked first: what a run does between the two and ends with has happened all the same.
        may_come = time.monotonic() < deadline and (run is None or run.alive)
        if found := happens():
            return found
        assert may_come, f"{what} never happened\n{run.said if run else ''}"
        time.sleep(0.01)


def indexes(session: psycopg.Connection[Any]) -> list[Any]:
    """Every index of the application's tables: of which table, its name, how it is defined, whether
    valid, whether the primary key. What Postgres names on partitions is nobody's concern.
    """
    return session.execute(_INDEXES).fetchall()


@dataclass
class Tally:
    """What one scene was put through, whether it was survived, and the longest wait we caused."""

    major: int
    injected: list[str] = field(default_factory=list)
    survived: bool = False
    statements: int = 0
    longest: float = 0.0


class Run:
    """One process of the command line."""

    def __init__(self, words: list[str], folder: Path, log: Path) -> None:
        self._log = log
        program = str(Path(sys.executable).with_name(words[0]))
        environ = {**os.environ, "PGAPPNAME": "outofband deploy"}
        with log.open("w") as file:
            out = file.fileno()
            self._process = Command([program, *words[1:]], folder, environ, out=out, err=out)

    @property
    def said(self) -> str:
        """What it has printed."""
        return self._log.read_text()

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def says(self, text: str) -> None:
        """Wait until it has said something."""
        eventually(lambda: text in self.said, f"saying {text!r}", self)

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        self._process.send_signal(how)
        self._process.wait(PATIENCE_SECONDS)

    def status(self) -> int:
        """Wait for its end; an exit that takes two minutes is a failure."""
        # In ticks: while this machine stops us as well, the patience does not run out.
        for _ in range(round(PATIENCE_SECONDS / _TICK_SECONDS)):
            with suppress(TimeoutExpired):
                return self._process.wait(_TICK_SECONDS)
        self._process.kill()
        raise AssertionError(f"it did not end:\n{self.said}")


STARTED = Counter(
    [f"start{n}" for n in range(-1, 2001) if n]
    + [f"start{n}" for n in range(1, 3001)]
    + [f"start{n}" for n in range(1, 1001)]
)
"""The tags of the rows of the tables that indexes are built on."""


class Scene:
    """A database, the load on it, and the runs of the command line over it."""

    does: Does = staticmethod(on_indexed)
    tables: tuple[str, ...] = TAGGED
    """Where the load's rows are, as SQL, and those that every scene begins with."""
    started = STARTED

    def __init__(self, server: Server, url: str, project: Path, logs: Path) -> None:
        self.server, self.url = server, url
        self._project, self._logs = project, logs
        self._hand = psycopg.connect(url, autocommit=True)
        self.load = Load(url, self.does)
        self.tally = Tally(server.version // 10_000)
        self.limit = LOCK_SECONDS
        self.inserted: Counter[str] = Counter()
        self._runs: list[Run] = []

    def close(self) -> None:
        """End everything that runs."""
        self.load.stop()
        for run in self._runs:
            if run.alive:
                run.kill()
        self._hand.close()

    def injects(self, kind: str) -> None:
        """Count a fault; the figures are told by kind, so it names no phase and no table."""
        self.tally.injected.append(kind)

    def sql(self, text: str, *given: Any) -> list[Any]:
        """Run a statement by hand, in a session that outlives the server's crashes."""
        if self._hand.closed:
            self._hand = psycopg.connect(self.url, autocommit=True)
        cursor = self._hand.execute(text.encode(), given or None)
        rows = cursor.fetchall() if cursor.description is not None else []
        return [row[0] if len(row) == 1 else row for row in rows]

    def set(self, **parameters: str) -> None:
        """Set what every new session of the database begins with."""
        for name, value in parameters.items():
            self.sql(f"ALTER ROLE CURRENT_USER IN DATABASE scene SET {name} = '{value}'")

    def fill(self, count: int) -> None:
        """Add rows whose keys have no order, so that a sort of them takes room."""
        self.sql(
            "INSERT INTO docs SELECT 5000000 + n, 'p', 'k' || n % 7, 'fill' || n "
            f"FROM generate_series(1, {count}) AS n ORDER BY md5(n::text)"
        )
        self.inserted.update(f"fill{n}" for n in range(1, count + 1))

    def repeat(self, first: int, last: int) -> None:
        """Add a copy of each row between two ids."""
        between = f"id BETWEEN {first} AND {last}"
        tags = self.sql(f"INSERT INTO docs SELECT * FROM docs WHERE {between} RETURNING tag")
        self.inserted.update(tags)

    def restart(self, immediate: bool = True) -> None:
        """Stop the server, at once as in a crash, and start it again."""
        self.stop(immediate)
        self.server.start()

    def stop(self, immediate: bool = True) -> None:
        """Stop the server, at once as in a crash; ``server.start()`` brings it back."""
        self.server.stop(immediate)
        self._hand.close()

    @contextmanager
    def transaction(self, *statements: str) -> Iterator[psycopg.Connection[Any]]:
        """Keep a transaction open that ran the statements."""
        session = psycopg.connect(self.url)
        try:
            for statement in statements:
                session.execute(statement.encode())
            yield session
        finally:
            session.close()

    def writer(self, table: str = "docs") -> Any:
        return self.transaction(f"LOCK TABLE {table} IN ROW EXCLUSIVE MODE")

    def reader(self, table: str = "docs") -> Any:
        return self.transaction(f"SELECT FROM {table} LIMIT 1")

    def old_snapshot(self) -> Any:
        return self.transaction("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", "SELECT 1")

    def apply(self, *more: str, url: str = "") -> Run:
        """Start ``outofband apply``."""
        words = ["outofband", "apply", "--yes", "--dedupe", "identical", *more]
        return self._run([*words, "--database-url", url or self.url])

    def _run(self, words: list[str]) -> Run:
        log = self._logs / f"run{len(self._runs)}.log"
        self._runs.append(Run(words, self._project, log))
        return self._runs[-1]

    def in_phase(self, phase: str, run: Run | None = None) -> int:
        """Wait until a build is in a phase, and return its server process."""
        seen = (
            "SELECT pid FROM pg_stat_progress_create_index "
            "WHERE datname = current_database() AND phase = %s"
        )
        return int(eventually(lambda: self.sql(seen, phase), f"phase {phase!r}", run)[0])

    def finish(self) -> None:
        """Run ``apply`` once more and look at everything that was promised."""
        run = self.apply()
        assert run.status() == 0, run.said
        for run in self._runs:
            run.status()

    def check(self, expected: list[Any]) -> None:
        """Exactly what is wanted is there, valid, and no row is lost; nobody waited too long."""
        self.load.stop()
        assert (found := self.picture(self._live())) == expected, found
        assert self.sql("SELECT FROM pg_locks WHERE locktype = 'advisory'") == []
        assert self._lost() == {}
        assert self.load.errors == [], self.load.errors
        assert self.load.statements > 0
        self.tally.statements += self.load.statements
        self.tally.longest = self.load.longest
        assert self.load.longest <= self.limit + _SLACK_SECONDS
        self.tally.survived = True

    def picture(self, session: psycopg.Connection[Any]) -> list[Any]:
        """What is there of what the scene is about."""
        return indexes(session)

    def _live(self) -> psycopg.Connection[Any]:
        self.sql("SELECT 1")
        return self._hand

    def _lost(self) -> dict[str, tuple[int, int]]:
        """Rows by tag: how often each should be there, in its table or in quarantine, and is."""
        kept = (f"SELECT tag FROM {table}" for table in self.tables)
        places = self.sql(
            "SELECT oid::regclass::text FROM pg_class "
            "WHERE relnamespace = to_regnamespace('outofband') AND relkind = 'r' "
            "AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = pg_class.oid "
            "AND attname = 'outofband_source')"
        )
        moved = (f"SELECT tag FROM {place}" for place in places)
        there = Counter(self.sql(" UNION ALL ".join([*kept, *moved])))
        should = self.inserted + self.load.certain + self.started
        tags = (should.keys() | there.keys()) - self.load.doubtful
        return {t: (should[t], there[t]) for t in tags if should[t] != there[t]}
