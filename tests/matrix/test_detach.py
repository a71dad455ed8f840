"""What a concurrent detach leaves where lock_timeout ends it, and what finishing it locks."""

from __future__ import annotations

import psycopg
import pytest

from matrix.cluster import Cluster
from matrix.servers import majors
from matrix.trace import Step
from outofband.catalog.reader import query
from outofband_lint.locks import LockMode

SPLIT = (
    "CREATE TABLE log (id int) PARTITION BY RANGE (id);"
    "CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM (0) TO (9)",
)
CONCURRENTLY = "ALTER TABLE log DETACH PARTITION log_1 CONCURRENTLY"
FINALIZE = "ALTER TABLE log DETACH PARTITION log_1 FINALIZE"
HELD = (
    "SELECT relation::regclass::text, mode FROM pg_locks WHERE locktype = 'relation' AND pid = %s"
)


@pytest.mark.parametrize("major", majors())
def test_a_detach_that_is_ended_is_pending_and_finalizing_locks_the_partition(
    cluster: Cluster,
) -> None:
    with (
        cluster.copy(SPLIT) as url,
        psycopg.connect(url, autocommit=True) as session,
        psycopg.connect(url) as reader,
    ):
        reader.execute("SELECT * FROM log")
        session.execute("SET lock_timeout = '50ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            session.execute(CONCURRENTLY)
        assert session.execute("SELECT inhdetachpending FROM pg_inherits").fetchall() == [(True,)]
        reader.rollback()
        with session.transaction():
            session.execute(FINALIZE.encode())
            held = session.execute(HELD, [session.info.backend_pid]).fetchall()
    assert {("log", "ShareUpdateExclusiveLock"), ("log_1", "AccessExclusiveLock")} <= set(held)
    assert ("log", "AccessExclusiveLock") not in held


@pytest.mark.parametrize("major", majors())
def test_any_role_is_told_who_is_in_the_way(cluster: Cluster) -> None:
    elsewhere, snapshot = (
        "CREATE TABLE elsewhere ()",
        "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
    )
    with (
        cluster.copy((*SPLIT, elsewhere)) as url,
        psycopg.connect(url, autocommit=True) as stranger,
        psycopg.connect(url) as reader,
        psycopg.connect(url) as old,
        psycopg.connect(url) as committed,
    ):
        stranger.execute("SET ROLE pg_read_server_files")  # which sees nothing of the kind
        reader.execute("TABLE log_1")
        old.execute(f"{snapshot}; TABLE elsewhere")
        committed.execute(f"{snapshot}; TABLE log")
        committed.commit()
        whom: dict[bool, set[int]] = {}
        for snapshots in (False, True):
            given = {"relations": ["log", "log_1", "none_such"], "snapshots": snapshots}
            rows = stranger.execute(query("in_the_way").encode(), given).fetchall()
            whom[snapshots] = {row[1] for row in rows}
        locking, looking = reader.info.backend_pid, old.info.backend_pid
    assert whom == {False: {locking}, True: {locking, looking}}


@pytest.mark.parametrize("major", majors())
def test_beside_a_default_partition_it_is_refused(cluster: Cluster) -> None:
    setup = (f"{SPLIT[0]}; CREATE TABLE log_default PARTITION OF log DEFAULT",)
    seen = cluster.measure(setup, Step(CONCURRENTLY, in_transaction=False))
    assert seen.sqlstate == "55000"
    plain = cluster.measure(setup, Step("ALTER TABLE log DETACH PARTITION log_1"))
    assert set(plain.locks.values()) == {LockMode.ACCESS_EXCLUSIVE}
