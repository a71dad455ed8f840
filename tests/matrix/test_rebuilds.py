"""What is rebuilt, detached and dropped out of band is done and seen alike on every version."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import pytest

from matrix.cluster import Cluster
from matrix.servers import majors
from outofband.model.index import Index, Key
from outofband.model.names import QualifiedName
from outofband.model.step import (
    AddEnumValue,
    CreateIndex,
    DetachPartition,
    DropColumn,
    DropTable,
    RefreshView,
    Reindex,
    Step,
    Wanted,
    WantedStep,
)
from outofband.postgres.session import Session
from outofband.postgres.source import Url
from outofband.runbook.apply import apply
from outofband.runbook.ending import End
from outofband.runbook.world import Scope, World, look

GIVEN = """
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE docs (id int PRIMARY KEY, path text, kind text NOT NULL);
INSERT INTO docs SELECT n, 'p' || n, 'k' || n % 3 FROM generate_series(1, 1000) AS n;
CREATE INDEX by_kind ON docs (kind, id);
CREATE TABLE notes (doc int CONSTRAINT notes_doc REFERENCES docs);
CREATE MATERIALIZED VIEW counts AS SELECT 1 AS one;
CREATE UNIQUE INDEX one_count ON counts (one);
CREATE VIEW seen AS SELECT path FROM docs;
CREATE TABLE log (id int) PARTITION BY RANGE (id);
CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM (0) TO (9)
"""
DOCS = QualifiedName("docs")
STEPS: tuple[tuple[Step, list[str]], ...] = (
    (
        CreateIndex(Index("lowered", DOCS, (Key("(lower(path))"),))),
        ["CREATE INDEX", "ANALYZE", "ALTER INDEX"],
    ),
    (DetachPartition("goes", QualifiedName("log"), QualifiedName("log_1")), ["ALTER TABLE"]),
    (Reindex("anew", DOCS, "by_kind"), ["REINDEX INDEX CONCURRENTLY", "COMMENT ON INDEX"]),
    (
        RefreshView("fresh", QualifiedName("counts")),
        ["REFRESH MATERIALIZED VIEW CONCURRENTLY", "COMMENT ON MATERIALIZED VIEW"],
    ),
    (AddEnumValue("glad", QualifiedName("mood"), "glad"), ["ALTER TYPE"]),
    (DropColumn("kind_goes", DOCS, "kind"), ["DROP INDEX CONCURRENTLY", "ALTER TABLE"]),
    (DropTable("notes_go", QualifiedName("notes")), ["ALTER TABLE", "DROP TABLE"]),
)


class Screen:
    """Remembers the statements."""

    def __init__(self) -> None:
        self.statements: list[str] = []

    def say(self, line: str) -> None:
        pass

    def show_secret(self, line: str) -> None:
        pass

    def statement(self, sql: str) -> None:
        self.statements.append(sql)

    def counting(self, what: str, of: int) -> Any:  # noqa: ARG002
        return nullcontext(lambda _: None)

    def watching(self, what: str, pid: int) -> Any:  # noqa: ARG002
        return nullcontext(lambda: None)

    def showing(self, what: str) -> Any:  # noqa: ARG002
        return nullcontext(lambda _: None)

    awaiting = showing


@pytest.mark.parametrize("major", majors())
@pytest.mark.parametrize(("step", "sent"), STEPS, ids=lambda told: getattr(told, "kind", ""))
def test_a_step_is_done_and_seen_to_be(step: Step, sent: list[str], cluster: Cluster) -> None:
    wanted, screen = Wanted((WantedStep(step, "r1"),)), Screen()
    with cluster.copy((GIVEN,)) as url, Session(Url(url)) as session:
        world = World(session, screen, Scope(wanted, only=(step.name,)))
        (ending,) = apply(world.look().plan, world)
        assert ending.end is End.DONE, ending
        assert all(s.startswith(v) for s, v in zip(screen.statements, sent, strict=True))
        (standing,) = look(session, Scope(wanted)).standings
        assert standing.done


@pytest.mark.parametrize("major", majors())
@pytest.mark.parametrize("step", [DropTable("go", DOCS), DropColumn("goes", DOCS, "path")])
def test_what_a_view_needs_stays(step: Step, cluster: Cluster) -> None:
    wanted = Wanted((WantedStep(step, "r1"),))
    with cluster.copy((GIVEN,)) as url, Session(Url(url)) as session:
        (planned,) = look(session, Scope(wanted, only=(step.name,))).plan.steps
    assert (
        planned.obstacle == "view seen depends on it; a revision has to drop or change that first"
    )
