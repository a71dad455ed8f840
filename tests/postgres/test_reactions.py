"""Each failure that a build can meet, provoked on a real server, and what is done about it.

The preflight is left out, so that what it would have found is met by the build itself.
"""

from __future__ import annotations

import resource
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from outofband import ephemeral
from outofband.model.index import Key
from outofband.runbook.ending import End
from proxy import proxy
from small_disk import SmallDisk, small_disk

STOPS = {
    "42P17": ({"keys": (Key("(random())"),)}, "must be marked IMMUTABLE"),
    "0A000": ({"keys": (Key.of("id"), Key.of("path")), "method": "hash"}, "multicolumn"),
    "42704": ({"keys": (Key("path", "path", operator_class="no_such_ops"),)}, "no_such_ops"),
}


@pytest.mark.parametrize("sqlstate", STOPS)
def test_what_no_retry_mends_stops_at_once_with_the_reason(
    docs: Any, steps: Any, sqlstate: str
) -> None:
    given, says = STOPS[sqlstate]
    (ending,) = docs.apply(steps.create("docs_x", "docs", **given))
    assert (ending.end, ending.acted) == (End.FAILED, False)
    assert says in ending.why
    assert ending.do
    assert docs.indexes() == {}


@pytest.mark.parametrize("right", ["owner", "schema"])
def test_a_right_that_is_lost_meanwhile_stops_with_42501(
    docs: Any, steps: Any, screen: Any, right: str
) -> None:
    docs.sql("CREATE ROLE passing_owner LOGIN")
    docs.sql("GRANT CREATE ON SCHEMA public TO passing_owner")
    docs.sql("ALTER TABLE docs OWNER TO passing_owner")
    take = {
        "owner": "ALTER TABLE docs OWNER TO postgres",
        "schema": "REVOKE CREATE ON SCHEMA public FROM passing_owner, PUBLIC",
    }[right]
    screen.meanwhile["CREATE INDEX"] = lambda: docs.sql(take)
    try:
        url = docs.url.replace("postgres@", "passing_owner@")
        (ending,) = docs.apply(steps.create("docs_id", "docs", "id"), screen=screen, url=url)
    finally:
        docs.sql("ALTER TABLE docs OWNER TO postgres")
        docs.sql("DROP OWNED BY passing_owner")
        docs.sql("DROP ROLE passing_owner")
    assert (ending.end, ending.acted) == (End.FAILED, False)
    assert "42501" in ending.why
    assert docs.indexes() == {}


@pytest.mark.parametrize("phase", ["waiting for writers before build", "waiting for old snapshots"])
def test_when_the_network_is_cut_the_build_goes_on_and_is_found_again(
    docs: Any, steps: Any, screen: Any, phase: str
) -> None:
    hold = docs.writer("docs") if "writers" in phase else docs.old_snapshot()
    with proxy(docs.url) as network:
        with hold:
            step = steps.create("docs_id", "docs", "id")
            run = docs.beside(lambda: docs.apply(step, screen=screen, url=network.url))
            docs.parked(phase)
            network.cut()
            docs.eventually(lambda: any("connection was lost" in line for line in screen.said))
        assert run.result()[0].end is End.DONE
    assert docs.indexes() == {"docs_id": True}
    assert sum(sql.startswith("CREATE INDEX") for sql in screen.statements) == 1


def test_a_connection_that_is_not_to_be_had_yet_is_asked_for_again(
    docs: Any, steps: Any, screen: Any
) -> None:
    """The build that was cut off still has the only connection that its role may have (53300)."""
    docs.sql("CREATE ROLE lonely LOGIN CONNECTION LIMIT 1")
    docs.sql("GRANT CREATE ON SCHEMA public TO lonely")
    docs.sql("ALTER TABLE docs OWNER TO lonely")
    try:
        with proxy(docs.url.replace("postgres@", "lonely@")) as network:
            with docs.old_snapshot():
                step = steps.create("docs_id", "docs", "id")
                run = docs.beside(lambda: docs.apply(step, screen=screen, url=network.url))
                docs.parked("waiting for old snapshots")
                network.cut()
                docs.eventually(lambda: any("connection was lost" in line for line in screen.said))
            assert run.result()[0].end is End.DONE
        assert docs.indexes() == {"docs_id": True}
    finally:
        docs.sql("ALTER TABLE docs OWNER TO postgres")
        docs.sql("DROP OWNED BY lonely")
        docs.sql("DROP ROLE lonely")


@pytest.fixture
def disk(server: ephemeral.Server, db: Any, short_path: Path) -> Iterator[SmallDisk]:
    """A disk of 8 MB below the tablespace ``small``."""
    with small_disk(server, short_path, 8) as mounted:
        db.sql(f"CREATE TABLESPACE small LOCATION '{mounted.folder}'")
        yield mounted
        db.sql("DROP TABLE IF EXISTS docs")
        db.sql("DROP TABLESPACE small")


@pytest.mark.parametrize("full", ["data", "temporary files"])
def test_a_full_disk_is_given_back_what_the_build_had_taken(
    docs: Any, steps: Any, disk: SmallDisk, full: str
) -> None:
    docs.sql(
        "INSERT INTO docs (id, path) SELECT n, sha256(n::text::bytea)::text "
        "FROM generate_series(1001, 150000) AS n ORDER BY md5(n::text)"
    )
    given = {}
    if full == "data":
        given["tablespace"] = "small"
    else:
        name = docs.sql("SELECT current_database()")[0]
        docs.sql(f"ALTER DATABASE {name} SET temp_tablespaces = 'small'")
        docs.sql(f"ALTER DATABASE {name} SET maintenance_work_mem = '1MB'")
    step = steps.create("docs_path", "docs", "path", **given)
    (ending,) = docs.apply(step)
    assert (ending.end, ending.acted) == (End.FAILED, False)
    assert "53100" in ending.why
    assert "free space" in ending.do
    assert docs.indexes() == {}
    assert docs.sql("SELECT pg_tablespace_size('small') < 100000") == [True]
    disk.resize(200)
    (ending,) = docs.apply(step)
    assert ending.end is End.DONE


def test_out_of_memory_the_build_is_tried_with_less(docs: Any, steps: Any, screen: Any) -> None:
    docs.sql(
        "INSERT INTO docs (id, path) SELECT n, sha256(n::text::bytea)::text "
        "FROM generate_series(1001, 400000) AS n"
    )
    name = docs.sql("SELECT current_database()")[0]
    docs.sql(f"ALTER DATABASE {name} SET maintenance_work_mem = '400MB'")
    docs.sql(f"ALTER DATABASE {name} SET max_parallel_maintenance_workers = 0")

    def starve() -> None:
        pid = docs.sql(
            "SELECT pid FROM pg_stat_activity "
            "WHERE application_name LIKE 'outofband%%' AND pid <> pg_backend_pid()"
        )[0]
        try:
            status = Path(f"/proc/{pid}/status").read_text()
            used = int(status.partition("VmSize:")[2].split()[0]) * 1024
            resource.prlimit(pid, resource.RLIMIT_AS, (used + (40 << 20), resource.RLIM_INFINITY))
        except OSError:
            pytest.skip("this machine lets nobody limit another process")

    screen.meanwhile["CREATE INDEX"] = starve
    (ending,) = docs.apply(steps.create("docs_path", "docs", "path"), screen=screen)
    assert ending.end is End.DONE, ending.why
    assert any("maintenance_work_mem lowered to" in line for line in screen.said)
