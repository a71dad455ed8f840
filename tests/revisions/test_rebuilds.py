"""What is to be done anew: in the deploy, in a script, and in the fold of revisions."""

from __future__ import annotations

import io

import psycopg
import pytest
from alembic import command

from outofband.model.names import QualifiedName
from outofband.model.step import RefreshView, Reindex
from outofband.revisions.folding.fold import fold
from outofband.revisions.render import Rendered
from outofband_lint.source import Revision, Source

SETUP = """
op.create_table("t", sa.Column("a", sa.Integer()), sa.Column("b", sa.Text()))
op.create_index("ix", "t", ["a"])
op.execute("CREATE MATERIALIZED VIEW v AS SELECT a FROM t")
"""
STEPS = """
op.reindex_out_of_band("anew", "ix", "t")
op.refresh_materialized_view_out_of_band("fresh", "v")
"""
FILL = "INSERT INTO t SELECT n, repeat('x', 100) FROM generate_series(1, 30000) AS n"
MARKS = {"ix": "outofband: anew is done", "v": "outofband: fresh is done"}


@pytest.fixture
def chain(on_server):
    on_server.settings("inline_max_bytes = 1000000\n")
    on_server.revision("r1", SETUP)
    on_server.revision("r2", STEPS)
    return on_server


def comments(project) -> dict[str, str]:
    with psycopg.connect(project.libpq_url) as session:
        return dict(
            session.execute(
                "SELECT objoid::regclass::text, description FROM pg_description"
                " WHERE objoid IN (to_regclass('ix'), to_regclass('v')) AND objsubid = 0"
            )
        )


def test_what_the_same_upgrade_has_made_is_new(chain, capsys) -> None:
    chain.upgrade()
    assert comments(chain) == MARKS
    assert capsys.readouterr().err == ""


def test_a_small_index_is_built_anew_in_the_deploy_and_no_view_refreshed(chain, capsys) -> None:
    chain.upgrade("r1")
    chain.upgrade()
    assert comments(chain) == {"ix": MARKS["ix"]}
    said = capsys.readouterr().err
    assert "deferred refresh materialized view fresh: nobody knows how long" in said
    assert "anew" not in said


def test_a_large_index_is_deferred(chain, capsys) -> None:
    chain.upgrade("r1")
    chain.sql(FILL)
    chain.upgrade()
    assert comments(chain) == {}
    assert "deferred reindex anew: public.t has" in capsys.readouterr().err


@pytest.mark.parametrize("large", [False, True])
def test_a_script_does_what_is_small(chain, large: bool) -> None:
    chain.upgrade("r1")
    chain.sql("COMMENT ON INDEX ix IS 'it''s ours'")
    if large:
        chain.sql(FILL)
    config = chain.config
    config.output_buffer = io.StringIO()
    command.upgrade(config, "r1:r2", sql=True)
    text = config.output_buffer.getvalue()
    assert "-- outofband: sql REINDEX INDEX ix" in text
    with psycopg.connect(chain.libpq_url, autocommit=True) as session:
        session.execute(text)
        session.execute("DELETE FROM alembic_version")
        session.execute("INSERT INTO alembic_version VALUES ('r1')")
        session.execute(text)
    noted = "it's ours" if large else f"it's ours\n{MARKS['ix']}"
    assert comments(chain) == {"ix": noted}


T = QualifiedName("t")
ANEW, FRESH = Reindex("anew", T, "ix"), RefreshView("fresh", QualifiedName("v"))


@pytest.mark.parametrize(
    ("event", "left"),
    [
        ("ALTER INDEX ix RENAME TO iy", [Reindex("anew", T, "iy"), FRESH]),
        ("ALTER TABLE t RENAME TO u", [Reindex("anew", QualifiedName("u"), "ix"), FRESH]),
        ("DROP INDEX ix", [FRESH]),
        ("DROP TABLE t", [FRESH]),
        ("DROP MATERIALIZED VIEW v", [ANEW]),
        ("ALTER TABLE t RENAME COLUMN a TO c", [ANEW, FRESH]),
        ("ALTER TABLE t DROP COLUMN b", [ANEW, FRESH]),
        ("ALTER INDEX anew RENAME TO other", [ANEW, FRESH]),
    ],
)
def test_it_follows_what_revisions_do_later(event, left) -> None:
    events = (ANEW, FRESH, event)
    steps = tuple(e for e in events if not isinstance(e, str))
    sources = tuple(
        Source(e, "r.py", n)
        if isinstance(e, str)
        else Source(e.plain_sql, "r.py", n, out_of_band=True)
        for n, e in enumerate(events, start=1)
    )
    entries = fold([Rendered(Revision("r", "r.py", sources=sources), steps)]).entries
    assert [entry.step for entry in entries] == left
