"""`stats pull` reads the same of every supported server, and of a standby."""

from __future__ import annotations

import time

import pytest

from matrix.servers import majors
from outofband import ephemeral
from outofband.postgres.session import Session
from outofband.postgres.source import Url
from outofband.stats.pull import Pulled, pull

pytestmark = pytest.mark.parametrize("own", majors(), indirect=True)
SETTINGS = {
    "shared_preload_libraries": "pg_stat_statements",
    "random_page_cost": "1.1",
    "autovacuum": "off",
    "synchronous_commit": "on",  # else VACUUM may find no page all-visible yet
}
SETUP = (
    "CREATE SCHEMA ext",
    "CREATE EXTENSION pg_stat_statements SCHEMA ext",
    "CREATE TABLE docs (id int PRIMARY KEY, path text)",
    "INSERT INTO docs SELECT n, 'p' || n % 50 FROM generate_series(1, 5000) AS n",
    "VACUUM ANALYZE docs",
    "SELECT count(*) FROM docs",
    "CREATE ROLE someone LOGIN",
    "ALTER ROLE someone PASSWORD 'docs-hunter2'",
    "SELECT path /* by joe */ FROM docs WHERE id = 4711",
)


SCANS = 2
"""Of docs: for its primary key, and to count its rows."""


@pytest.fixture
def filled(own: ephemeral.Server) -> ephemeral.Server:
    with Session(Url(own.url())) as session:
        for statement in SETUP:
            session.write(statement)
    return own


def look(server: ephemeral.Server, user: str = "postgres") -> Pulled:
    with Session(Url(server.url(user=user))) as session:
        return pull(session, session.version, with_values=True, with_queries=True)


def looked_at_counters(server: ephemeral.Server) -> Pulled:
    """Look until the counters are there, those of the last statement too: a session sends them once
    a second and when it ends, and PostgreSQL 14 to a process of its own.
    """
    deadline = time.monotonic() + 60
    while True:
        found = look(server)
        docs = found.stats.relations[0]
        if (docs.analyzed and docs.seq_scan == SCANS) or time.monotonic() > deadline:
            return found


def why_no_queries(server: ephemeral.Server) -> str:
    missing = look(server, "someone").stats.missing
    return next(each.why for each in missing if each.what == "queries")


def test_every_version_tells_the_same_and_so_does_a_standby(filled: ephemeral.Server) -> None:
    own = filled
    primary = looked_at_counters(own)
    (docs,) = primary.stats.relations
    assert (docs.tuples, docs.all_visible, docs.seq_scan) == (5000.0, docs.pages, SCANS)
    assert docs.analyzed is not None
    assert [s.name for s in primary.stats.settings] == ["random_page_cost"]
    path = next(column for column in primary.stats.columns if column.name == "path")
    assert path.most_common_vals is not None
    queries = {query.query for query in primary.stats.queries}
    assert "SELECT path FROM docs WHERE id = $1" in queries
    assert not any("hunter2" in query or "joe" in query for query in queries)
    assert (primary.standby, primary.stats.missing) == (False, ())
    assert why_no_queries(own) == "the role may not read pg_stat_statements"
    with Session(Url(own.url())) as session:
        session.write("GRANT USAGE ON SCHEMA ext TO someone")
    assert why_no_queries(own) == "the role may see only its own"

    own.stop()
    (own.data_directory / "standby.signal").touch()
    own.start()
    standby = look(own)
    assert standby.standby
    (same,) = standby.stats.relations
    assert (same.tuples, same.bytes) == (docs.tuples, docs.bytes)
    assert standby.stats.columns == primary.stats.columns
