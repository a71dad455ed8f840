"""A server pretends to be production, on every supported version: the incident's plan appears."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import replace

import pytest

from matrix.servers import majors
from outofband import ephemeral
from outofband.model.names import QualifiedName
from outofband.postgres.session import Session
from outofband.postgres.source import Url
from outofband.pretend import (
    NotPretendable,
    Plan,
    QueryNotPlanned,
    WithoutSeqScan,
    pretended,
)
from outofband.pretend.explain import AtSize
from outofband.runbook.hand import StatementFailed
from outofband.stats.pull import pull
from outofband.stats.value import Column, Index, Missing, Relation, Setting, Stats

pytestmark = pytest.mark.parametrize("own", majors(), indirect=True)
SETTINGS = {"autovacuum": "off"}
TABLE = "lsif_data_documents"
CREATE = f"CREATE TABLE {TABLE} (dump_id integer NOT NULL, path text NOT NULL, data bytea)"
INDEX = f"CREATE INDEX documents_temp ON {TABLE} (dump_id, path)"
DOCUMENT = f"SELECT data FROM {TABLE} WHERE dump_id = $1 AND path = $2 LIMIT 1"
TERABYTE = (1 << 40) // 8192


def incident(pages: int, tuples: float, **others: object) -> Stats:
    """What production would have told on the day."""
    columns = (
        Column("public", TABLE, "dump_id", 5000.0, 0.0, 4, 0.9),
        Column("public", TABLE, "path", -0.5, 0.0, 40, 0.1),
        Column("public", TABLE, "data", -1.0, 0.0, 176),
    )
    relation = Relation("public", TABLE, pages, tuples, pages * 8192)
    return replace(Stats(relations=(relation,), columns=columns), **others)  # type: ignore[arg-type]


@pytest.fixture
def session(own: ephemeral.Server) -> Iterator[Session]:
    with Session(Url(own.url())) as open_session:
        open_session.write("DROP SCHEMA public CASCADE")
        open_session.write("CREATE SCHEMA public")
        open_session.write(CREATE)
        yield open_session


def node_types(plan: Plan) -> list[str]:
    return [node.node_type for node in plan.nodes()]


def used(server: ephemeral.Server) -> int:
    """Return the kilobytes that the data directory takes."""
    du = subprocess.run(
        ["du", "-sk", server.data_directory], capture_output=True, text=True, check=True
    )
    return int(du.stdout.split()[0])


@pytest.mark.parametrize(
    ("pages", "tuples", "nodes"),
    [
        (594_289, 1_000_000.0, ["Limit", "Gather", "Seq Scan"]),
        (590_000, 702_600.0, ["Limit", "Seq Scan"]),
    ],
)
def test_the_plan_of_the_incident_appears_without_the_index_and_not_with_it(
    own: ephemeral.Server, session: Session, pages: int, tuples: float, nodes: list[str]
) -> None:
    stats = incident(pages, tuples)
    with pretended(session, own.data_directory, stats) as size:
        plan = size.explain(DOCUMENT)
    assert node_types(plan) == nodes
    *_, scan = plan.nodes()
    assert scan.reads_whole
    assert scan.total_cost == pytest.approx(600_539, abs=1)
    assert plan.plan_width == 176
    session.write(INDEX)
    with pretended(session, own.data_directory, stats) as size:
        assert node_types(size.explain(DOCUMENT)) == ["Limit", "Index Scan"]
        assert size.differences.indexes == (QualifiedName("documents_temp", "public"),)


def test_a_terabyte_takes_no_room_and_nothing_is_left_of_it(
    own: ephemeral.Server, session: Session
) -> None:
    session.write(INDEX)
    session.write(f"INSERT INTO {TABLE} VALUES (1, 'a', 'b')")
    before = used(own)
    catalog = """
        SELECT relname, relpages, reltuples, pg_relation_size(oid) AS bytes,
               (SELECT count(*) FROM pg_statistic WHERE starelid = pg_class.oid) AS known
          FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1"""
    catalog_before = session.rows(catalog)
    with pretended(session, own.data_directory, incident(TERABYTE, 1e9)) as size:
        assert used(own) - before < 4096
        assert node_types(size.explain(DOCUMENT)) == ["Limit", "Index Scan"]
        (bytes_now,) = (row["bytes"] for row in session.rows(catalog) if row["relname"] == TABLE)
        assert bytes_now == 1 << 40
        assert used(own) - before < 4096
    assert session.rows(catalog) == catalog_before
    assert session.rows(f"SELECT count(*) AS rows FROM {TABLE}") == [{"rows": 1}]
    assert node_types(WithoutSeqScan(session).explain(DOCUMENT)) == ["Limit", "Index Scan"]


def test_what_fails_in_the_block_leaves_the_server_as_it_was(
    own: ephemeral.Server, session: Session
) -> None:
    def fails() -> None:
        with pretended(session, own.data_directory, incident(200_000, 1e6)) as size:
            assert size.explain(DOCUMENT).total_cost > 200_000
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert session.rows(f"SELECT pg_relation_size('{TABLE}') AS bytes") == [{"bytes": 0}]


def test_an_index_is_tried_before_it_is_suggested(own: ephemeral.Server, session: Session) -> None:
    session.write(f"CREATE VIEW documents AS SELECT * FROM {TABLE}")
    query = "SELECT data FROM documents WHERE dump_id = $1 AND path = $2"
    with pretended(session, own.data_directory, incident(594_289, 1e6)) as size:
        assert "Seq Scan" in node_types(size.explain(query))
        with size.trying(INDEX):
            assert node_types(size.explain(query)) == ["Index Scan"]
        with size.trying(f"CREATE INDEX no_use ON {TABLE} (data)"):
            assert "Seq Scan" in node_types(size.explain(query))
        with pytest.raises(StatementFailed), size.trying(f"CREATE INDEX broken ON {TABLE} (nope)"):
            pass
        assert size.explain(query).total_cost > 594_289
    assert session.rows(f"SELECT pg_relation_size('{TABLE}') AS bytes") == [{"bytes": 0}]
    assert session.rows("SELECT indexname FROM pg_indexes WHERE schemaname = 'public'") == []


def test_a_partition_is_as_large_as_its_part_and_the_parent_knows_of_all(
    own: ephemeral.Server, session: Session
) -> None:
    session.write("CREATE TABLE event (id int, at date) PARTITION BY RANGE (at)")
    for year in (2025, 2026):
        bounds = f"FROM ('{year}-01-01') TO ('{year + 1}-01-01')"
        session.write(f"CREATE TABLE event_{year} PARTITION OF event FOR VALUES {bounds}")
    stats = Stats(
        relations=(
            Relation("public", "event", 300_000, 3e7, 300_000 * 8192, kind="partitioned table"),
            Relation("public", "event_2025", 200_000, 2e7, 200_000 * 8192),
            Relation("public", "event_2026", 100_000, 1e7, 100_000 * 8192),
            Relation("public", "event_2027", 100_000, 1e7, 100_000 * 8192),
        ),
        columns=(Column("public", "event", "id", 3e6, 0.0, 4, inherited=True),),
    )
    with pretended(session, own.data_directory, stats) as size:
        whole = size.explain("SELECT id, count(*) FROM event GROUP BY id")
        assert whole.plan_rows == pytest.approx(3e6, rel=0.01)
        part = size.explain("SELECT * FROM event WHERE at = '2026-05-05'")
        assert [str(node.relation) for node in part.nodes() if node.reads_whole] == [
            "public.event_2026"
        ]
        assert size.differences.tables == (QualifiedName("event_2027", "public"),)
        with size.trying("CREATE INDEX event_at ON event (at)"):
            found = size.explain("SELECT * FROM event WHERE at = '2026-05-05'")
            assert not any(node.reads_whole for node in found.nodes())


def test_what_is_not_there_is_reported_and_production_s_settings_hold(
    own: ephemeral.Server, session: Session
) -> None:
    settings = (Setting("enable_seqscan", "off"), Setting("enable_of_a_later_release", "on"))
    gone = Relation("public", "gone", 10, 1.0, 81920)
    stats = incident(594_289, 1e6, settings=settings)
    stats = replace(stats, relations=(*stats.relations, gone), missing=(Missing("size", "x"),))
    session.write("CREATE TABLE new (id int)")
    with pretended(session, own.data_directory, stats) as size:
        assert size.differences.tables == (gone.qualified,)
        assert size.differences.new_tables == (QualifiedName("new", "public"),)
        *_, scan = size.explain(DOCUMENT).nodes()
        assert scan.disabled


def test_what_is_no_query_is_told_and_the_next_one_is_planned(
    own: ephemeral.Server, session: Session
) -> None:
    with pretended(session, own.data_directory, incident(594_289, 1e6)) as size:
        for sql, why in {
            "SELECT * FORM docs": "syntax error",
            "SELECT * FROM nowhere": "does not exist",
            "SELECT 1; DROP TABLE lsif_data_documents": "it is 2 statements",
            "SELECT 'x": "does not end",
            "": "it is 0 statements",
        }.items():
            with pytest.raises(QueryNotPlanned, match=why):
                size.explain(sql)
        for sql in (
            f"INSERT INTO {TABLE} VALUES ($1, $2, $3)",
            f"UPDATE {TABLE} SET data = NULL WHERE dump_id = 3",
            f"SELECT * FROM {TABLE} WHERE path LIKE 'a%' FOR UPDATE",
        ):
            assert size.explain(sql).total_cost > 0
    assert session.rows(f"SELECT count(*) AS rows FROM {TABLE}") == [{"rows": 0}]


def test_without_files_what_no_index_serves_is_seen_on_an_empty_table(
    own: ephemeral.Server, session: Session
) -> None:
    explainer = WithoutSeqScan(session)
    *_, scan = explainer.explain(DOCUMENT).nodes()
    assert (scan.node_type, scan.disabled) == ("Seq Scan", True)
    session.write(INDEX)
    assert not any(node.disabled for node in explainer.explain(DOCUMENT).nodes())
    assert not explainer.sized
    assert session.rows("SHOW enable_seqscan") == [{"enable_seqscan": "on"}]
    assert own.version


def test_what_production_says_of_an_index_holds_for_one_of_another_name(
    own: ephemeral.Server, session: Session
) -> None:
    session.write(f"CREATE INDEX lowered ON {TABLE} (lower(path))")
    (definition,) = (
        row["def"] for row in session.rows("SELECT pg_get_indexdef('lowered'::regclass) AS def")
    )
    by_hand = definition.replace("lowered", "by_hand")
    stats = incident(594_289, 1e6)
    stats = replace(
        stats,
        indexes=(Index("public", TABLE, "by_hand", by_hand, 9000, 1e6, 9000 * 8192),),
        columns=(*stats.columns, Column("public", "by_hand", "lower", 7.0, 0.0, 20)),
    )
    sizes = "SELECT pg_relation_size('lowered') / 8192 AS pages, reltuples AS tuples FROM pg_class"
    sizes = f"{sizes} WHERE relname = 'lowered'"
    lookup = f"SELECT * FROM {TABLE} WHERE lower(path) = $1"
    with pretended(session, own.data_directory, stats) as size:
        assert size.explain(lookup).plan_rows == pytest.approx(1e6 / 7, rel=0.01)
        assert session.rows(sizes) == [{"pages": 9000, "tuples": 1e6}]
        assert size.differences.indexes == ()


FILLED = (
    "CREATE TYPE mood AS ENUM ('sad', 'ok')",
    "CREATE DOMAIN short AS varchar(10)",
    """CREATE TABLE shop (id int PRIMARY KEY, name varchar(20), mood mood, tags text[],
                          price numeric, at timestamptz, span int4range, doc jsonb,
                          code short, place point)""",
    "CREATE INDEX shop_name ON shop (name)",
    "CREATE INDEX shop_at ON shop (at)",
    "CREATE INDEX shop_tags ON shop USING gin (tags)",
    """INSERT INTO shop
       SELECT n, 'name' || n % 100, CASE WHEN n % 50 = 0 THEN 'sad' ELSE 'ok' END::mood,
              ARRAY['t' || n % 7, 't' || n % 3], n % 1000, now() - n * interval '1 min',
              int4range(n, n + 10), '{}', 'c' || n % 9, point(n, n)
         FROM generate_series(1, 20000) AS n""",
    "CREATE TABLE event (id int, at date) PARTITION BY RANGE (at)",
    "CREATE TABLE event_1 PARTITION OF event FOR VALUES FROM ('2026-01-01') TO ('2026-07-01')",
    "CREATE TABLE event_2 PARTITION OF event FOR VALUES FROM ('2026-07-01') TO ('2027-01-01')",
    "CREATE INDEX event_at ON event (at)",
    "INSERT INTO event SELECT n, date '2026-01-01' + n % 360 FROM generate_series(1, 20000) AS n",
)
QUERIES = (
    "SELECT * FROM shop WHERE id = $1",
    "SELECT * FROM shop WHERE name = 'name7'",
    "SELECT * FROM shop WHERE mood = 'sad'",
    "SELECT * FROM shop WHERE tags @> ARRAY['t5']",
    "SELECT * FROM shop WHERE at > now() - interval '1 hour'",
    "SELECT * FROM shop WHERE price < 10 ORDER BY at LIMIT 5",
    "SELECT code, count(*) FROM shop GROUP BY code",
    "SELECT * FROM event WHERE at = '2026-03-01'",
    "SELECT count(*) FROM event JOIN shop USING (id) WHERE shop.name = $1",
)


def test_an_empty_copy_plans_as_the_filled_original_does(
    own: ephemeral.Server, session: Session
) -> None:
    for statement in FILLED:
        session.write(statement)
    session.write("VACUUM ANALYZE")
    stats = pull(session, session.version, with_values=True).stats
    original = AtSize(session, ())
    expected = {sql: original.explain(sql) for sql in QUERIES}
    session.write("TRUNCATE shop, event")
    session.write("DELETE FROM pg_statistic WHERE starelid > 16383")
    with pretended(session, own.data_directory, stats) as size:
        found = {sql: size.explain(sql) for sql in QUERIES}
    assert {sql: plan.shape for sql, plan in found.items()} == {
        sql: plan.shape for sql, plan in expected.items()
    }
    for sql, plan in found.items():
        assert plan.plan_rows == pytest.approx(expected[sql].plan_rows, rel=0.05, abs=1), sql


def test_a_server_that_would_read_the_holes_is_refused(
    own: ephemeral.Server, session: Session, server: ephemeral.Server
) -> None:
    with (
        Session(Url(server.url())) as other,
        pytest.raises(NotPretendable, match="autovacuum is on"),
        pretended(other, server.data_directory, incident(10, 1.0)),
    ):
        pass
    with (
        pytest.raises(NotPretendable, match="its files are elsewhere"),
        pretended(session, server.data_directory, incident(10, 1.0)),
    ):
        pass
    assert own.pid
