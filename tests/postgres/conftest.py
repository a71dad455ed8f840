"""What the tests of the runbook on a real server share: steps by hand, a session, a silent
screen, and parked transactions.
"""

from __future__ import annotations

import base64
import pickle
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from commands import Command
from outofband.catalog.standing import Standing
from outofband.model.index import Index, Key
from outofband.model.names import QualifiedName
from outofband.model.step import AddConstraint, CreateIndex, DropIndex, Step, Wanted, WantedStep
from outofband.postgres.monitor import Monitor
from outofband.postgres.session import Session
from outofband.postgres.source import Url
from outofband.runbook.apply import apply as run
from outofband.runbook.conditions import Conditions
from outofband.runbook.duplicates.policy import Dedupe, Policy
from outofband.runbook.ending import Ending
from outofband.runbook.evidence import Evidence
from outofband.runbook.plan import Plan
from outofband.runbook.preflight import Report
from outofband.runbook.watch import Patient, Watched
from outofband.runbook.world import Scope, World, look

PATIENCE_SECONDS = 120.0
PARTITIONED = """
CREATE TABLE events (id int NOT NULL, day int NOT NULL, path text) PARTITION BY RANGE (id);
CREATE TABLE e1 PARTITION OF events FOR VALUES FROM (0) TO (500);
CREATE TABLE e2 PARTITION OF events FOR VALUES FROM (500) TO (2000) PARTITION BY LIST (day);
CREATE TABLE e2a PARTITION OF e2 FOR VALUES IN (1);
CREATE TABLE e2b PARTITION OF e2 DEFAULT;
INSERT INTO events SELECT n, n % 3, 'p' || n FROM generate_series(0, 999) AS n
"""
NOTHING_FOUND = Report()


@dataclass
class Recorder:
    """A screen that remembers what was said, what was data of rows, and every statement.

    ``meanwhile`` is what somebody does, once, just before a statement that begins so is sent;
    ``counted`` is what somebody does whenever rows have moved.
    """

    meanwhile: dict[str, Callable[[], Any]] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)
    statements: list[str] = field(default_factory=list)
    progress: list[Any] = field(default_factory=list)
    counted: Callable[[int], Any] = lambda _: None

    def say(self, line: str) -> None:
        self.said.append(line)

    def show_secret(self, line: str) -> None:
        self.secrets.append(line)

    def statement(self, sql: str) -> None:
        self.statements.append(sql)
        for verb in [verb for verb in self.meanwhile if sql.startswith(verb)]:
            self.meanwhile.pop(verb)()

    @contextmanager
    def counting(self, what: str, of: int) -> Iterator[Callable[[int], None]]:  # noqa: ARG002
        yield self.counted

    @contextmanager
    def watching(self, what: str, pid: int) -> Iterator[Callable[[], None]]:  # noqa: ARG002
        yield lambda: None

    @contextmanager
    def showing(self, what: str, *_: str) -> Iterator[Callable[[Any], None]]:  # noqa: ARG002
        yield self.progress.append

    awaiting = showing


def eventually(happens: Callable[[], Any], what: str = "it") -> Any:
    """Poll until something is true and return it."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (found := happens()):
        assert time.monotonic() < deadline, f"{what} never happened"
        time.sleep(0.02)
    return found


class Database:
    """One database: what a test does to it by hand, and what outofband makes of it."""

    def __init__(self, url: str, background: ThreadPoolExecutor) -> None:
        self.url = url
        self._background = background
        self._hand = psycopg.connect(url, autocommit=True)
        self._children: list[Command] = []

    def close(self) -> None:
        self._hand.close()
        for child in self._children:
            child.kill()

    recorder, eventually = Recorder, staticmethod(eventually)

    def since(self, major: int, what: str) -> None:
        """Skip the test on a server older than what it is about."""
        if self._hand.info.server_version < major * 10_000:
            pytest.skip(f"{what} came with PostgreSQL {major}")

    def reconnect(self) -> None:
        """Connect anew, after the server was away."""
        self._hand.close()
        self._hand = psycopg.connect(self.url, autocommit=True)

    def sql(self, text: str, *parameters: Any) -> list[Any]:
        """Run one statement by hand; rows of one column are told as values."""
        cursor = self._hand.execute(text, parameters or None)
        rows = cursor.fetchall() if cursor.description is not None else []
        return [row[0] if len(row) == 1 else row for row in rows]

    @contextmanager
    def transaction(self, *statements: str) -> Iterator[psycopg.Connection[Any]]:
        """Keep a transaction open that ran the statements, as a DBA at lunch does."""
        with psycopg.connect(self.url) as open_one:
            for statement in statements:
                open_one.execute(statement)
            yield open_one

    def writer(self, table: str) -> Any:
        """Park every build on the table in its first wait, for writers."""
        return self.transaction(f"LOCK TABLE {table} IN ROW EXCLUSIVE MODE")

    def old_snapshot(self) -> Any:
        """Park every build of the database in its last wait, for old snapshots."""
        return self.transaction("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", "SELECT 1")

    def beside(self, work: Callable[..., Any], *given: Any) -> Future[Any]:
        """Do something in another thread."""
        return self._background.submit(work, *given)

    def by_hand(self, statement: str, **parameters: str) -> Future[Any]:
        """Send a statement from a session of its own, in another thread."""

        def send() -> None:
            with psycopg.connect(self.url, autocommit=True, **parameters) as session:
                session.execute(statement)

        return self.beside(send)

    def phase(self) -> str:
        """The phase of the build that runs in this database; empty when none does."""
        found = self.sql(
            "SELECT phase FROM pg_stat_progress_create_index WHERE datname = current_database()"
        )
        return str(found[0]) if found else ""

    def parked(self, phase: str) -> int:
        """Wait until a build is in a phase, and return its server process."""
        eventually(lambda: phase in self.phase(), f"phase {phase!r}")
        return int(self.sql("SELECT pid FROM pg_stat_progress_create_index")[0])

    def indexes(self) -> dict[str, bool]:
        """Every index outside the system's own schemas, and whether it is valid."""
        return dict(
            self.sql(
                "SELECT c.relname, i.indisvalid FROM pg_index i JOIN pg_class c "
                "ON c.oid = i.indexrelid WHERE c.relnamespace NOT IN "
                "('pg_catalog'::regnamespace, 'pg_toast'::regnamespace) ORDER BY 1"
            )
        )

    @staticmethod
    def wants(*steps: Step) -> Wanted:
        """What is wanted, a step a revision."""
        return wants(*steps)

    def standings(self, *steps: Step, **given: Any) -> tuple[Standing, ...]:
        """Look at steps through a session of our own."""
        with Session(Url(self.url)) as session:
            return look(session, Scope(wants(*steps, **given))).standings

    def runner(
        self,
        *steps: Step,
        dedupe: Policy = Dedupe.REPORT,
        undoing: str = "",
        parallel: int = 1,
    ) -> Command:
        """Start ``apply`` for the steps as a process of its own, or put moved rows back."""
        script = str(Path(__file__).with_name("runner.py"))
        told = base64.b64encode(pickle.dumps((wants(*steps), dedupe, undoing))).decode()
        child = Command([script, self.url, told, str(parallel)])
        self._children.append(child)
        return child

    def standing(self, step: Step) -> Standing:
        return self.standings(step)[0]

    def apply(
        self,
        *steps: Step,
        screen: Recorder | None = None,
        dedupe: Policy = Dedupe.REPORT,
        report: Report = NOTHING_FOUND,
        url: str = "",
        unapplied: tuple[WantedStep, ...] = (),
        patient: Patient | None = None,
        conditions: Conditions | None = None,
        evidence: Evidence | None = None,
        **scope: Any,
    ) -> tuple[Ending, ...]:
        """Plan and apply in a session of its own, as the command does; with ``patient``, watched
        by a monitor as well.
        """
        wanted = wants(*steps, unapplied=unapplied)
        shown: Any = screen or Recorder()
        source = Url(url or self.url)
        with Session(source) as session:
            if patient is not None:
                shown = Watched(shown, Monitor(source), session, patient, evidence)
            given = patient or Patient(), conditions or Conditions(), evidence or Evidence()
            world = World(session, shown, Scope(wanted, **scope), *given)
            return run(world.look().plan, world, dedupe, report)

    def plan(self, *steps: Step, **scope: Any) -> Plan:
        with Session(Url(self.url)) as session:
            return look(session, Scope(wants(*steps), **scope)).plan


def wants(*steps: Step, **given: Any) -> Wanted:
    return Wanted(tuple(WantedStep(s, f"r{n}") for n, s in enumerate(steps, start=1)), **given)


class Steps:
    """Makes steps as revisions declare them: tables without a schema, the rest by default."""

    wants = staticmethod(wants)

    @staticmethod
    def create(name: str, table: str, *columns: str, **given: Any) -> CreateIndex:
        after, schema = given.pop("after", ()), given.pop("schema", None)
        keys = given.pop("keys", tuple(Key.of(c) for c in columns))
        return CreateIndex(Index(name, QualifiedName(table, schema), keys, **given), after=after)

    @staticmethod
    def drop(name: str, table: str, **given: Any) -> DropIndex:
        return DropIndex(name, QualifiedName(table), **given)

    @staticmethod
    def primary_key(name: str, table: str, *columns: str, using: str) -> AddConstraint:
        return AddConstraint(name, QualifiedName(table), "primary_key", columns, using)

    @classmethod
    def cure(cls) -> tuple[Step, ...]:
        """The incident's: a stand-in index, the unique one, the primary key, the stand-in gone."""
        return (
            cls.create("docs_temp", "docs", "id"),
            cls.create("docs_unique", "docs", "id", unique=True),
            cls.primary_key("docs_pkey", "docs", "id", using="docs_unique"),
            cls.drop("docs_temp", "docs"),
        )

    @staticmethod
    def temporary(step: CreateIndex, schema: str = "public") -> str:
        """The name a step's index is built under."""
        table = QualifiedName(step.table.name, schema)
        return replace(step.index, table=table).temporary_name


@pytest.fixture
def steps() -> type[Steps]:
    return Steps


@pytest.fixture(scope="session")
def background() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(max_workers=12) as pool:
        yield pool


@pytest.fixture
def db(database: str, background: ThreadPoolExecutor) -> Iterator[Database]:
    opened = Database(database, background)
    yield opened
    opened.close()


def with_docs(db: Database) -> Database:
    db.sql("CREATE TABLE docs (id int NOT NULL, path text, kind text, body bytea)")
    db.sql("INSERT INTO docs SELECT n, 'p' || n, 'k' || n % 3 FROM generate_series(1, 1000) AS n")
    return db


@pytest.fixture
def events(db: Any) -> Any:
    """A database whose table ``events`` is partitioned at two levels."""
    for statement in PARTITIONED.split(";"):
        db.sql(statement)
    return db


@pytest.fixture
def docs(db: Database) -> Database:
    """A database with the table ``docs`` of a thousand rows."""
    return with_docs(db)


@pytest.fixture
def docs_on(background: ThreadPoolExecutor) -> Iterator[Callable[[str], Database]]:
    """The same in a database elsewhere."""
    opened: list[Database] = []

    def make(url: str) -> Database:
        opened.append(Database(url, background))
        return with_docs(opened[-1])

    yield make
    for db in opened:
        db.close()


@pytest.fixture
def session(database: str) -> Iterator[Session]:
    with Session(Url(database)) as opened:
        yield opened


@pytest.fixture
def screen() -> Recorder:
    return Recorder()
