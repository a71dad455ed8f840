"""A state machine of what applications, deploys, colleagues and faults do to one database."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psycopg
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from estate.edges import HELD_AT, Edge
from estate.project import FIRST, ORDER, PARTED, REPLACED, SPLIT_INDEX, STAND_IN, UNIQUE, WHOLE
from estate.stage import APPLY, EstateStage
from estate.wire import Side, Stop, Wire
from faults.project import SCHEMA
from faults.scene import Run, Tally, eventually, indexes
from outofband.model.names import QualifiedName, quote

_ORDER = quote(ORDER)
_ENDS = 0, 3, 4, 5
_OTHER = QualifiedName("by hand", SCHEMA)
_NEW = QualifiedName('new "%"', SCHEMA)
_DECLARED = STAND_IN, UNIQUE, REPLACED, SPLIT_INDEX
_BY_HAND = (
    *(f"DROP INDEX CONCURRENTLY {QualifiedName(name, SCHEMA)}" for name in _DECLARED),
    f"CREATE INDEX CONCURRENTLY {quote(_OTHER.name)} ON {WHOLE} ({_ORDER})",
    f"CREATE INDEX CONCURRENTLY {quote(STAND_IN)} ON {WHOLE} ({_ORDER})",
    f"REINDEX TABLE CONCURRENTLY {WHOLE}",
    f"CREATE TABLE {_NEW} PARTITION OF {PARTED} FOR VALUES FROM (7000) TO (8000)",
    f"DROP TABLE {_NEW}",
    f"TRUNCATE {FIRST}",
)


class Disorder(RuleBasedStateMachine):
    """One database, and at most one run that is held at a statement while other things happen."""

    def __init__(self, stage: EstateStage, folder: Path, tell: Callable[[Tally], None]) -> None:
        super().__init__()
        logs = Path(tempfile.mkdtemp(dir=folder))
        self.expected = stage.expected
        self.scene = stage.scene(logs)
        tell(self.scene.tally)
        # The deploys of the sequence wait for locks as long as the setting lets them.
        self.scene.limit = 2.0
        self.numbers = itertools.count(5_000_000)
        self.ours: list[int] = []
        self.revision = 3
        self.held: tuple[Wire, Run] | None = None

    @initialize(edge=some.sampled_from(HELD_AT), side=some.sampled_from(["before", "after"]))
    def begin_with_a_run(self, edge: Edge, side: Side) -> None:
        """What follows happens while a run is on its way, or has died there."""
        self._apply_up_to(edge, side)

    @rule(rows=some.integers(1, 50))
    def write_rows(self, rows: int) -> None:
        for number in itertools.islice(self.numbers, rows):
            tag = f"machine{number}"
            self.scene.sql(f"INSERT INTO {WHOLE} VALUES ({number}, 'm', '{tag}')")
            self.scene.inserted[tag] += 1
            self.ours.append(number)

    @precondition(lambda self: self.ours)
    @rule(rows=some.integers(1, 50), copies=some.integers(1, 3))
    def write_duplicates(self, rows: int, copies: int) -> None:
        numbers = ", ".join(map(str, self.ours[-rows:]))
        copy = (
            f"INSERT INTO {WHOLE} SELECT t.* FROM {WHOLE} AS t, generate_series(1, {copies})"
            f" WHERE {_ORDER} IN ({numbers}) RETURNING tag"
        )
        with suppress(psycopg.errors.UniqueViolation):
            self.scene.inserted.update(self.scene.sql(copy))
            self.scene.injects("duplicates arrive")

    @precondition(lambda self: self.held is None)
    @rule()
    def apply(self) -> None:
        self._finished()

    @precondition(lambda self: self.held is None)
    @rule(edge=some.sampled_from(HELD_AT), side=some.sampled_from(["before", "after"]))
    def apply_up_to(self, edge: Edge, side: Side) -> None:
        self._apply_up_to(edge, side)

    def _apply_up_to(self, edge: Edge, side: Side) -> None:
        what, pattern, *nth = edge
        wire = Wire(self.scene.url, Stop(side, what, pattern, *nth))
        run = self.scene.outofband(*APPLY, url=wire.url)
        eventually(lambda: wire.reached.is_set() or not run.alive, f"{side} {what}")
        if wire.reached.is_set():
            self.held = wire, run
        else:
            wire.close()

    @precondition(lambda self: self.held is not None)
    @rule()
    def kill_it(self) -> None:
        wire, run = self._let_go()
        assert wire.stop is not None
        side = wire.stop.side
        run.kill()
        wire.close()
        self.scene.injects(f"kill -9 {side} a statement")

    @precondition(lambda self: self.held is not None)
    @rule()
    def go_on(self) -> None:
        wire, run = self._let_go()
        wire.go_on()
        self._ended(run)
        wire.close()

    @precondition(lambda self: self.held is not None)
    @rule()
    def terminate_backend(self) -> None:
        self.scene.sql(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND application_name LIKE 'outofband%'"
        )
        self.scene.injects("pg_terminate_backend")
        self.go_on()

    @precondition(lambda self: self.held is not None)
    @rule()
    def cut_the_network(self) -> None:
        assert self.held is not None
        self.held[0].cut()
        self.scene.injects("a cut network")
        self.go_on()

    @rule(statement=some.sampled_from(_BY_HAND))
    def do_by_hand(self, statement: str) -> None:
        """What stands in the way of a colleague is his to see."""
        with suppress(psycopg.Error):
            self.scene.sql(statement)
            self.scene.injects("a change by hand")

    @precondition(lambda self: self.held is None)
    @rule()
    def undo_dedupe(self) -> None:
        self._ended(self.scene.outofband("apply", "--undo-dedupe", UNIQUE), (0, 2, 3, 4))

    @rule(revision=some.sampled_from([2, 3, 4]))
    def deploy(self, revision: int) -> None:
        if revision != self.revision:
            way = "upgrade" if revision > self.revision else "downgrade"
            self.scene.wait(self.scene.alembic(way, str(revision)))
            self.scene.injects(f"alembic {way}")
            self.revision = revision

    @precondition(lambda self: self.held is None)
    @rule()
    def apply_twice_at_once(self) -> None:
        for run in [self.scene.apply(), self.scene.apply()]:
            self._ended(run)
        self.scene.injects("several runners at once")

    def teardown(self) -> None:
        try:
            if self.held is not None:
                self.go_on()
            self._finished()
            self.scene.check(self.expected)
        finally:
            self.scene.close()

    def _finished(self) -> None:
        """Apply to the end and look at the indexes; what is done by hand only is taken back."""
        if self.revision == 2:
            self.deploy(3)
        self.scene.wait(self.scene.apply())
        self.scene.sql(f"DROP INDEX CONCURRENTLY IF EXISTS {_OTHER}")
        self.scene.sql(f"DROP TABLE IF EXISTS {_NEW}")
        with psycopg.connect(self.scene.url) as session:
            assert (found := indexes(session)) == self.expected, found

    def _ended(self, run: Run, ends: tuple[int, ...] = _ENDS) -> None:
        assert run.status() in ends, run.said
        assert "Traceback" not in run.said

    def _let_go(self) -> tuple[Wire, Run]:
        assert self.held is not None
        held, self.held = self.held, None
        return held
