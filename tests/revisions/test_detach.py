"""A partition that is to be detached: in the deploy, in a script, and in the fold of revisions."""

from __future__ import annotations

import io

import psycopg
import pytest
from alembic import command

from outofband.model.names import QualifiedName
from outofband.model.step import DetachPartition
from outofband.revisions.folding.fold import fold
from outofband.revisions.render import Rendered
from outofband_lint.source import Revision, Source

SPLIT = """
op.execute("CREATE TABLE t (a int NOT NULL, b text) PARTITION BY RANGE (a)")
op.execute("CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (40000)")
"""
DETACH = 'op.detach_partition_out_of_band("t1_goes", "t", "t1")'
FILL = "INSERT INTO t SELECT n, repeat('x', 100) FROM generate_series(1, 30000) AS n"
SMALL = "inline_max_bytes = 1000000\n"


@pytest.fixture
def chain(on_server):
    on_server.settings(SMALL)
    on_server.revision("r1", SPLIT, 'op.drop_table("t")')
    attach = "ALTER TABLE t ATTACH PARTITION t1 FOR VALUES FROM (0) TO (40000)"
    on_server.revision("r2", DETACH, f'op.execute("{attach}")')
    return on_server


def attached(project) -> bool:
    with psycopg.connect(project.libpq_url) as session:
        return session.execute("SELECT FROM pg_inherits").fetchone() is not None


def test_of_a_small_table_it_is_detached_in_the_deploy_and_taken_back(chain, capsys) -> None:
    chain.upgrade()
    assert not attached(chain)
    chain.downgrade("r1")
    assert attached(chain)
    assert capsys.readouterr().err == ""


def test_of_a_large_table_it_is_deferred(chain, capsys) -> None:
    chain.upgrade("r1")
    chain.sql(FILL)
    chain.upgrade()
    assert attached(chain)
    assert "deferred detach partition t1_goes: public.t has" in capsys.readouterr().err


def test_what_is_locked_is_deferred(chain, capsys) -> None:
    chain.upgrade("r1")
    with psycopg.connect(chain.libpq_url) as reader:
        reader.execute("SELECT * FROM t")
        chain.upgrade()
    assert attached(chain)
    assert "deferred detach partition t1_goes: a lock was not free" in capsys.readouterr().err


@pytest.mark.parametrize("large", [False, True])
def test_a_script_detaches_of_what_is_small(chain, large: bool) -> None:
    chain.upgrade("r1")
    if large:
        chain.sql(FILL)
    config = chain.config
    config.output_buffer = io.StringIO()
    command.upgrade(config, "r1:r2", sql=True)
    text = config.output_buffer.getvalue()
    assert "-- outofband: step t1_goes\n-- outofband: sql ALTER TABLE t DETACH PARTITION t1" in text
    with psycopg.connect(chain.libpq_url, autocommit=True) as session:
        session.execute(text)
    assert attached(chain) is large


T, T1 = QualifiedName("t"), QualifiedName("t1")
STEP = DetachPartition("t1_goes", T, T1)


@pytest.mark.parametrize(
    ("events", "left"),
    [
        ((STEP,), STEP),
        ((STEP, "ALTER TABLE t RENAME TO u"), DetachPartition("t1_goes", QualifiedName("u"), T1)),
        ((STEP, "ALTER TABLE t1 RENAME TO p"), DetachPartition("t1_goes", T, QualifiedName("p"))),
        ((STEP, "ALTER TABLE t RENAME COLUMN a TO b"), STEP),
        ((STEP, "ALTER INDEX t1_goes RENAME TO ix"), STEP),
        ((STEP, "DROP TABLE t"), None),
        ((STEP, "DROP TABLE t1"), None),
        ((STEP, "ALTER TABLE t DETACH PARTITION t1"), None),
        ((STEP, "ALTER TABLE t ATTACH PARTITION t1 DEFAULT"), None),
        (("ALTER TABLE t ATTACH PARTITION t1 DEFAULT", STEP), STEP),
    ],
)
def test_it_follows_what_revisions_do_later(events, left) -> None:
    steps = tuple(event for event in events if not isinstance(event, str))
    sources = tuple(
        Source(event, "r.py", n)
        if isinstance(event, str)
        else Source(event.plain_sql, "r.py", n, out_of_band=True)
        for n, event in enumerate(events, start=1)
    )
    entries = fold([Rendered(Revision("r", "r.py", sources=sources), steps)]).entries
    assert [entry.step for entry in entries] == ([] if left is None else [left])
