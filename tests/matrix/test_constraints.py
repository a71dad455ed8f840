"""Foreign keys, checks and NOT NULL on PostgreSQL 14 to 18: whoever dies where, it is finished."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest

import suites
from matrix.cluster import Cluster
from matrix.servers import majors
from matrix.trace import Step as Sent
from mortal import Killed, Mortal
from outofband.catalog.standing import Standing
from outofband.model.names import QualifiedName
from outofband.model.step import (
    AddCheck,
    AddForeignKey,
    RowConstraint,
    SetNotNull,
    Wanted,
    WantedStep,
)
from outofband.postgres.session import Session
from outofband.postgres.source import Url
from outofband.runbook.apply import apply
from outofband.runbook.ending import End
from outofband.runbook.world import Scope, World, look

pytestmark = suites.MATRIX

KINDS = "CREATE TABLE kinds (id int PRIMARY KEY); INSERT INTO kinds VALUES (0), (1), (2)"
ROWS = "INSERT INTO docs SELECT n, n % 3, 'p' FROM generate_series(0, 99) AS n"
PLAIN = (f"{KINDS}; CREATE TABLE docs (id int NOT NULL, kind int, path text); {ROWS}",)
SPLIT = (
    f"{KINDS}; CREATE TABLE docs (id int NOT NULL, kind int, path text) PARTITION BY RANGE (id);"
    "CREATE TABLE d1 PARTITION OF docs FOR VALUES FROM (0) TO (50);"
    "CREATE TABLE d2 PARTITION OF docs FOR VALUES FROM (50) TO (100) PARTITION BY LIST (kind);"
    "CREATE TABLE d2a PARTITION OF d2 FOR VALUES IN (1);"
    f"CREATE TABLE d2b PARTITION OF d2 DEFAULT; {ROWS}",
)
DOCS = QualifiedName("docs")
CHECK = AddCheck("docs_positive", DOCS, "id >= 0")
KEY = AddForeignKey("docs_kind_fkey", DOCS, ("kind",), QualifiedName("kinds"), ("id",))
NOT_NULL = SetNotNull("docs_path_set", DOCS, "path")
STEPS = [CHECK, KEY, NOT_NULL]
LEFT = (
    "SELECT conrelid::regclass::text || ' ' || conname FROM pg_constraint "
    "WHERE NOT convalidated OR conname LIKE '%\\_\\_ob\\_%'"
)
NULLABLE = (
    "SELECT attrelid::regclass::text FROM pg_attribute JOIN pg_class AS c ON c.oid = attrelid "
    "WHERE attname = 'path' AND relkind IN ('r', 'p') AND NOT attnotnull"
)


@dataclass
class Silent:
    """A screen that keeps the statements."""

    statements: list[str] = field(default_factory=list)

    def statement(self, sql: str) -> None:
        self.statements.append(sql)

    def say(self, line: str) -> None:
        pass

    def watching(self, *_: Any) -> Any:
        return nullcontext(lambda: None)


def scope(step: RowConstraint) -> Scope:
    return Scope(Wanted((WantedStep(step, "r1"),)))


def applied(url: str, step: RowConstraint, left: int = 99) -> list[str]:
    """Apply a step, or die instead of the action after so many; return the statements shown."""
    screen = Silent()
    with Session(Url(url)) as session:
        world = World(Mortal(session, left), screen, scope(step))  # type: ignore[arg-type]
        try:
            endings = apply(world.look().plan, world)
        except Killed:
            return screen.statements[:-1]
    assert {e.end for e in endings} <= {End.DONE}, endings
    return screen.statements


def standing(url: str, step: RowConstraint) -> Standing:
    with Session(Url(url)) as session:
        return look(session, scope(step)).standings[0]


def rows_of(url: str, query: str) -> list[str]:
    with psycopg.connect(url) as session:
        return [name for (name,) in session.execute(query.encode()).fetchall()]


@pytest.mark.parametrize("major", majors())
@pytest.mark.parametrize("setup", [PLAIN, SPLIT], ids=["plain", "over partitions"])
@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.kind)
def test_a_run_that_dies_after_any_action_is_finished_by_the_next(
    cluster: Cluster, setup: tuple[str, ...], step: RowConstraint
) -> None:
    with cluster.copy(setup) as url:
        whole = applied(url, step)
        assert standing(url, step).done
    for died_after in range(len(whole)):
        with cluster.copy(setup) as url:
            first = applied(url, step, died_after)
            assert first == whole[:died_after]
            rest = applied(url, step)
            assert standing(url, step).done
            assert rows_of(url, LEFT) == []
            assert step is not NOT_NULL or rows_of(url, NULLABLE) == []
            assert [*first, *rest] == whole
            assert applied(url, step) == []


@pytest.mark.parametrize("major", majors())
@pytest.mark.parametrize("setup", [PLAIN, SPLIT], ids=["plain", "over partitions"])
@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.kind)
def test_every_row_is_read_once_and_by_the_validation(
    cluster: Cluster, setup: tuple[str, ...], step: RowConstraint
) -> None:
    with cluster.copy(setup) as url:
        whole = applied(url, step)
    read: list[str] = []
    for number, statement in enumerate(whole):
        seen = cluster.measure((*setup, *whole[:number]), Sent(statement))
        assert seen.sqlstate is None, seen
        assert not seen.scanned or "VALIDATE" in statement, seen
        read += (name.name for name in seen.scanned if name.name != "kinds")
    assert sorted(read) == (["docs"] if setup is PLAIN else ["d1", "d2a", "d2b"])
