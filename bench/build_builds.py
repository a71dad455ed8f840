"""How an index is built in the benchmarks: by `apply`, and by a DBA in psql."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import psycopg

from outofband.ephemeral import Server
from outofband.model.index import Index, Key
from outofband.model.names import QualifiedName
from outofband.model.statement import Statement
from outofband.model.step import CreateIndex, Wanted, WantedStep
from outofband.postgres.monitor import Monitor
from outofband.postgres.session import Session
from outofband.postgres.source import Url
from outofband.runbook.ending import End
from outofband.runbook.parallel import apply_beside
from outofband.runbook.plan import Plan
from outofband.runbook.preflight import preflight
from outofband.runbook.sizing.estimate import Forecast
from outofband.runbook.sizing.forecast import Forecaster
from outofband.runbook.watch import Patient, Watched
from outofband.runbook.world import Scope, World

_TIMED = re.compile(r"^Time: ([\d.]+) ms", re.MULTILINE)


class Silent:
    """A screen that nobody watches."""

    def say(self, line: str) -> None:
        """Say nothing."""

    show_secret = statement = say

    @contextmanager
    def counting(self, what: str, of: int) -> Iterator[Callable[[int], None]]:  # noqa: ARG002
        """Count nothing."""
        yield lambda _: None

    @contextmanager
    def watching(self, what: str, pid: int) -> Iterator[Callable[[], None]]:  # noqa: ARG002
        """Watch nothing."""
        yield lambda: None

    @contextmanager
    def showing(self, what: str) -> Iterator[Callable[[Any], None]]:  # noqa: ARG002
        """Show nothing."""
        yield lambda _: None


@dataclass
class Clock:
    """When the first statement of a plan was sent, and when the last was done."""

    begun: float = 0.0
    ended: float = 0.0

    @property
    def seconds(self) -> float:
        """From the first statement to the end of the last, which is a rename."""
        return self.ended - self.begun


class Timed(Session):
    """A session that tells a clock of what it sends."""

    def __init__(self, source: Url, clock: Clock) -> None:
        super().__init__(source)
        self._clock = clock

    def send(self, statement: Statement, *, fingerprint: str = "") -> None:
        """Run a statement of the plan."""
        self._clock.begun = self._clock.begun or time.perf_counter()
        super().send(statement, fingerprint=fingerprint)
        self._clock.ended = time.perf_counter()


@dataclass(frozen=True)
class Database:
    """The database that everything is measured in."""

    server: Server
    connection: psycopg.Connection[Any] = field(repr=False)

    def run(self, *statements: str) -> None:
        """Run statements."""
        for statement in statements:
            self.connection.execute(statement)  # type: ignore[call-overload]

    def value(self, query: str) -> Any:
        """Return the one value of a query."""
        row = self.connection.execute(query).fetchone()  # type: ignore[call-overload]
        return row[0]

    def drop(self, indexes: Sequence[Index]) -> None:
        """Drop indexes, and write what is due, so that no run pays for the one before it."""
        for index in indexes:
            self.run(f"DROP INDEX IF EXISTS {index.qualified_name}")
        self.run("CHECKPOINT")

    def by_apply(
        self,
        indexes: Sequence[Index],
        *,
        as_is: bool = False,
        beside: int = 1,
        settings: Sequence[tuple[str, str]] = (),
    ) -> float:
        """Build with `apply`; return the seconds from its first statement to its last rename.

        As in the command, the preflight, which looks at the rows, comes before the first statement.
        """
        source, clock = Url(self.server.url()), Clock()
        scope = Scope(wanted(indexes))
        with ExitStack() as opened:
            hands = [opened.enter_context(Timed(source, clock)) for _ in range(beside)]
            for hand in hands:
                for name, value in settings:
                    hand.set(name, value)
            patient = Patient()
            worlds = [
                World(h, Watched(Silent(), Monitor(source), h, patient), scope, patient)
                for h in hands
            ]
            view = worlds[0].look()
            plan = view.plan if as_is else Forecaster(hands[0], beside=beside).forecast(view.plan)
            report = preflight(hands[0], replace(view, plan=plan))
            endings = apply_beside(plan, view.seen, worlds, report=report)
        failed = [e.why for e in endings if e.end is not End.DONE]
        if failed:
            raise SystemExit(f"apply did not finish: {failed}")
        return clock.seconds

    def by_psql(self, indexes: Sequence[Index], settings: Sequence[tuple[str, str]] = ()) -> float:
        """Build in psql, one after the other; return the seconds that it says they took."""
        lines = [f"SET {name} = '{value}';" for name, value in settings]
        lines += [r"\timing on", *(f"{i.create(concurrently=True)};" for i in indexes)]
        done = subprocess.run(
            [self.server.binaries / "psql", "-X", "-v", "ON_ERROR_STOP=1", self.server.url()],
            input="\n".join(lines),
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise SystemExit(f"psql failed: {done.stderr}")
        return sum(float(ms) for ms in _TIMED.findall(done.stdout)) / 1000

    def forecast(self, index: Index) -> Forecast:
        """Return what `plan` says that a build takes."""
        with Session(Url(self.server.url())) as session:
            plan: Plan = World(session, Silent(), Scope(wanted([index]))).look().plan
            (planned,) = Forecaster(session).forecast(plan).steps
        return planned.forecasts[0]


def wanted(indexes: Sequence[Index]) -> Wanted:
    """Return what a revision would declare."""
    return Wanted(tuple(WantedStep(CreateIndex(i), f"r{n}") for n, i in enumerate(indexes)))


def index(table: str, *columns: str, where: str | None = None) -> Index:
    """Return an index of a table; a column with a parenthesis is an expression."""
    keys = tuple(Key(c) if "(" in c else Key.of(c) for c in columns)
    told = f"{table}_{'_'.join(columns)}{'_where' if where else ''}"
    name = re.sub(r"\W+", "_", told)
    return Index(name[:40], QualifiedName(table, "public"), keys, where=where)
