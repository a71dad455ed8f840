"""Citus as its catalog shows it: nothing is built on a worker, everything through the coordinator.

The catalog is made by hand; no test here runs Citus itself.
"""

from __future__ import annotations

from typing import Any

import pytest

from outofband.postgres.session import Session
from outofband.postgres.source import Url
from outofband.runbook.preflight import preflight
from outofband.runbook.world import Scope, look

EXTENSION = """
    INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
    VALUES (99999, 'citus', 10, 11, false, '12.1-1')
"""


def stops(db: Any, steps: Any) -> list[str]:
    with Session(Url(db.url)) as session:
        view = look(session, Scope(steps.wants(steps.create("docs_id", "docs", "id"))))
        return [f.what for f in preflight(session, view).findings if f.stops]


@pytest.fixture
def node(docs: Any) -> Any:
    docs.sql("SET allow_system_table_mods = on")
    docs.sql(EXTENSION)
    docs.sql("CREATE TABLE pg_catalog.pg_dist_local_group (groupid int NOT NULL)")
    return docs


def test_nothing_is_built_on_a_worker(node: Any, steps: Any) -> None:
    node.sql("INSERT INTO pg_catalog.pg_dist_local_group VALUES (2)")
    (what,) = stops(node, steps)
    assert what.startswith("this is a Citus worker (group 2)")


def test_on_the_coordinator_it_is(node: Any, steps: Any) -> None:
    node.sql("INSERT INTO pg_catalog.pg_dist_local_group VALUES (0)")
    assert stops(node, steps) == []


def test_without_citus_nobody_is_asked(docs: Any, steps: Any) -> None:
    assert stops(docs, steps) == []
