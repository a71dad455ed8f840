"""The doctor sees the same on every supported server, and what a standby can tell."""

from __future__ import annotations

import time

import pytest

from matrix.servers import majors
from outofband import ephemeral
from outofband.doctor import Examination, Subject, examine
from outofband.model.step import Wanted
from outofband.postgres.session import Session
from outofband.postgres.source import Url
from outofband_lint.sql_file import revision_from_sql

pytestmark = pytest.mark.parametrize("own", majors(), indirect=True)
SETTINGS = {"shared_preload_libraries": "pg_stat_statements", "autovacuum": "off"}
TABLES = (
    "CREATE TABLE makers (id int PRIMARY KEY)",
    "CREATE TABLE docs (id int, maker int CONSTRAINT docs_maker REFERENCES makers, path text)",
    "CREATE INDEX docs_wide ON docs (id) INCLUDE (maker)",
)
BY_HAND = (
    "CREATE EXTENSION pg_stat_statements",
    "DROP INDEX docs_wide",
    "CREATE INDEX docs_wide ON docs (id)",
    "INSERT INTO docs SELECT n, NULL, 'p' || n FROM generate_series(1, 5000) AS n",
    "ANALYZE",
)
ASKED = "SELECT id FROM docs WHERE path = 'hunter2'"


def look(server: ephemeral.Server) -> Examination:
    subject = Subject(
        Wanted(), Wanted(), (revision_from_sql("; ".join(TABLES), "1.sql"),), large_bytes=0
    )
    with Session(Url(server.url())) as session:
        return examine(session, subject)


def looked_when_counted(server: ephemeral.Server) -> Examination:
    """Look until the scans are counted: PostgreSQL 14 sends them to a process of its own."""
    deadline = time.monotonic() + 60
    while True:
        found = look(server)
        counted = any(f.question == "table-read-sequentially" for f in found.findings)
        if counted or time.monotonic() > deadline:
            return found


def test_every_version_tells_the_same_and_a_standby_tells_that_it_is_one(
    own: ephemeral.Server,
) -> None:
    with Session(Url(own.url())) as session:
        for statement in (*TABLES, *BY_HAND, *([ASKED] * 12)):
            session.write(statement)
    found = looked_when_counted(own)
    told = {(f.question, f.severity): f for f in found.findings}
    reading = told["table-read-sequentially", "error"]
    assert reading.of == "public.docs"
    evidence = " ".join(reading.evidence)
    assert "SELECT id FROM docs WHERE path = $1 is planned as a Seq Scan (12 calls" in evidence
    assert 'op.create_index_out_of_band("ix_docs_path", "docs", ["path"])' in reading.do
    assert "in INCLUDE" in told["schema-drift", "error"].what
    assert ("foreign-key-without-index", "warning") in told
    assert ("not-seen", "note") not in told

    own.stop()
    (own.data_directory / "standby.signal").touch()
    own.start()
    standby = look(own)
    assert standby.standby
    whats = {f.question: f.what for f in standby.findings}
    assert "in INCLUDE" in whats["schema-drift"]
    assert "this is a standby" in whats["not-seen"]
