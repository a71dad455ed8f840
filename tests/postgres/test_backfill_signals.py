"""What the engine sees of a real server before a batch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

import copying
from copying import CALM, Copying, Told, run
from outofband import ephemeral
from outofband.backfill import Batch, Progress, Unit
from outofband.backfill.look import Look
from outofband.backfill.outcome import Verdict
from outofband.backfill.pace import Signals
from outofband.postgres.session import Session
from outofband.postgres.source import Url


@pytest.fixture
def look(docs: Any, session: Session) -> Look:
    return Look(session, docs.sql("SELECT 'docs'::regclass::oid::bigint")[0])


def test_nothing_speaks_against_a_batch_on_a_quiet_server(look: Look) -> None:
    seen = look.signals()
    assert (seen.vacuum, seen.build, seen.lock_waits, seen.unarchived) == (None, None, 0, None)


def test_an_index_that_is_built_concurrently_is_seen(docs: Any, look: Look) -> None:
    with docs.writer("docs"):
        build = docs.by_hand("CREATE INDEX CONCURRENTLY i ON docs (path)")
        pid = docs.parked("waiting for writers before build")
        assert look.signals().build == pid
    build.result()
    assert look.signals().build is None


def test_who_vacuums_the_table_is_seen(docs: Any, look: Look) -> None:
    docs.sql("INSERT INTO docs SELECT n FROM generate_series(1, 200000) AS n")
    slow = {"options": "-c vacuum_cost_delay=100 -c vacuum_cost_limit=1"}
    vacuum = docs.by_hand("VACUUM docs", **slow)
    seen: Signals = docs.eventually(lambda: (s := look.signals()).vacuum and s)
    assert seen.build is None
    docs.sql("SELECT pg_cancel_backend(%s)", seen.vacuum)
    assert vacuum.exception() is not None


def test_who_waits_for_a_lock_that_we_would_keep_is_seen(docs: Any, look: Look) -> None:
    with docs.writer("docs"):
        waiting = docs.by_hand("ALTER TABLE docs ADD COLUMN later int")
        docs.eventually(lambda: look.signals().lock_waits == 1)
    waiting.result()


def test_the_oldest_transaction_is_seen(docs: Any, look: Look) -> None:
    with docs.old_snapshot():
        docs.eventually(lambda: (look.signals().transaction_seconds or 0) > 0.1)


def test_segments_that_are_not_archived_are_counted(db: Any, tmp_path: Path) -> None:
    full = tmp_path / "full"
    archive = {"archive_mode": "on", "archive_command": f"test ! -e {full}"}
    with ephemeral.server(settings=archive) as server, Session(Url(server.url("postgres"))) as hand:
        look = Look(hand, 0)

        def switch() -> None:
            hand.write("SELECT pg_logical_emit_message(true, 'x', 'y')")
            hand.write("SELECT pg_switch_wal()")

        switch()
        db.eventually(lambda: look.signals().unarchived == 0)
        full.touch()
        for _ in range(4):
            switch()
        assert look.signals().unarchived == 4


@pytest.fixture
def stranger(docs: Any) -> Iterator[str]:
    """The URL by which a role that may not see where replicas are reaches ``docs``."""
    docs.sql("CREATE ROLE outofband_unseeing LOGIN")
    name = urlsplit(docs.url).path.removeprefix("/")
    docs.sql(f"GRANT CREATE ON DATABASE {name} TO outofband_unseeing")
    docs.sql("GRANT SELECT ON docs TO outofband_unseeing")
    yield docs.url.replace("postgres@", "outofband_unseeing@")
    docs.sql("DROP OWNED BY outofband_unseeing CASCADE")
    docs.sql("DROP ROLE outofband_unseeing")


@pytest.mark.parametrize("bears", [False, True])
def test_a_role_from_which_the_lag_is_hidden_is_told_so_and_waits_unless_it_bears_that(
    docs: Any, stranger: str, bears: bool
) -> None:
    class One(Copying):
        def progress(self, _: Any) -> Progress:
            return Progress(len(self.sizes), 1)

        def units(self, _: Any) -> list[Unit]:
            return [Unit("one")]

        def batch(self, _: Any, unit: Unit, cursor: Any, size: Any) -> Batch:  # noqa: ARG002
            self.sizes.append(size.rows)
            return Batch(1)

    spec, told = One(replace(CALM, bears_hidden_lag=bears)), Told()
    with psycopg.connect(docs.url, replication="true", application_name="far", autocommit=True):
        outcome = run(stranger, spec, told, table="docs", max_wait=0.0)
    if bears:
        assert outcome.verdict is Verdict.FINISHED
        told_so = "copying goes on though it is hidden from this role how far they lag: replica far"
        assert told.said == [told_so]
    else:
        assert outcome.verdict is Verdict.STOPPED
        assert outcome.why.startswith("how far replica far lags is hidden from a role without pg_")
        assert "GRANT pg_monitor to it, or let Limits(bears_hidden_lag=True)" in outcome.why
        assert spec.sizes == []


def test_no_batch_runs_while_an_index_is_built_on_the_table(db: Any) -> None:
    for statement in copying.SCHEMA:
        db.sql(statement)
    db.sql("INSERT INTO src SELECT 'u', n FROM generate_series(1, 100) AS n")
    spec, told = Copying(CALM), Told()
    with db.writer("dst"):
        build = db.by_hand("CREATE INDEX CONCURRENTLY i ON dst (n)")
        pid = db.parked("waiting for writers before build")
        other = db.beside(lambda: run(db.url, spec, told))
        db.eventually(lambda: told.said)
        assert told.said == [f"copying waits: pid {pid} builds or drops an index on the table"]
        assert spec.sizes == []
    build.result()
    assert other.result().verdict is Verdict.FINISHED
    assert db.indexes()["i"]
