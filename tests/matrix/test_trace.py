"""The tracer sees what is known of PostgreSQL, on every major version."""

from __future__ import annotations

import pytest

from matrix.cluster import Cluster
from matrix.servers import majors
from matrix.trace import Seen, Step
from outofband_lint.locks import LockMode
from outofband_lint.names import QualifiedName

GIVEN = """
    CREATE TABLE t (id int PRIMARY KEY, a int, b varchar(20), c text, n numeric(10,2));
    CREATE INDEX ix_a ON t (a);
    CREATE TABLE child (id int, t_id int);
    CREATE TABLE referring (t_id int CONSTRAINT fk REFERENCES t);
    CREATE TABLE proven (a int CONSTRAINT a_is_there CHECK (a IS NOT NULL));
    CREATE TABLE p (id int, k int) PARTITION BY RANGE (id);
    CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (10);
    CREATE TABLE p2 (id int, k int);
    CREATE TABLE source (id int);
    CREATE MATERIALIZED VIEW mv AS SELECT id FROM source;
    CREATE UNIQUE INDEX mv_id ON mv (id);
    INSERT INTO t SELECT n, n, n, n, n FROM generate_series(1, 100) AS n
"""

# What is done, and what is seen of tables; reads lock nothing worth a word.
FACTS = {
    "ALTER TABLE t ADD COLUMN x int DEFAULT 5": "t: ACCESS EXCLUSIVE",
    "ALTER TABLE t ADD COLUMN x timestamptz DEFAULT clock_timestamp()": (
        "t: ACCESS EXCLUSIVE, rewritten"
    ),
    "ALTER TABLE t ADD COLUMN x uuid DEFAULT gen_random_uuid()": "t: ACCESS EXCLUSIVE, rewritten",
    "ALTER TABLE t ADD COLUMN x serial": "t: ACCESS EXCLUSIVE, rewritten",
    "ALTER TABLE t ADD COLUMN x int GENERATED ALWAYS AS IDENTITY": (
        "t: ACCESS EXCLUSIVE, rewritten"
    ),
    "ALTER TABLE t ADD COLUMN x int GENERATED ALWAYS AS (a + 1) STORED": (
        "t: ACCESS EXCLUSIVE, rewritten"
    ),
    "ALTER TABLE t ALTER b TYPE varchar(40)": "t: ACCESS EXCLUSIVE",
    "ALTER TABLE t ALTER b TYPE text": "t: ACCESS EXCLUSIVE",
    "ALTER TABLE t ALTER n TYPE numeric(12,2)": "t: ACCESS EXCLUSIVE",
    "ALTER TABLE t ALTER b TYPE varchar(10)": "t: ACCESS EXCLUSIVE, rewritten",
    "ALTER TABLE t ALTER a TYPE bigint": "t: ACCESS EXCLUSIVE, rewritten",
    "ALTER TABLE t ALTER a SET NOT NULL": "t: ACCESS EXCLUSIVE, scanned",
    "ALTER TABLE proven ALTER a SET NOT NULL": "proven: ACCESS EXCLUSIVE",
    "ALTER TABLE t ADD CHECK (a > 0)": "t: ACCESS EXCLUSIVE, scanned",
    "ALTER TABLE t ADD CHECK (a > 0) NOT VALID": "t: ACCESS EXCLUSIVE",
    "ALTER TABLE t ADD UNIQUE (a)": "t: ACCESS EXCLUSIVE, scanned",
    "ALTER TABLE child ADD FOREIGN KEY (t_id) REFERENCES t": (
        "child: SHARE ROW EXCLUSIVE, scanned; t: SHARE ROW EXCLUSIVE"
    ),
    "ALTER TABLE child ADD FOREIGN KEY (t_id) REFERENCES t NOT VALID": (
        "child: SHARE ROW EXCLUSIVE; t: SHARE ROW EXCLUSIVE"
    ),
    "ALTER TABLE referring DROP CONSTRAINT fk": "referring: ACCESS EXCLUSIVE; t: ACCESS EXCLUSIVE",
    "ALTER TABLE p ATTACH PARTITION p2 FOR VALUES FROM (10) TO (20)": (
        "p: SHARE UPDATE EXCLUSIVE; p2: ACCESS EXCLUSIVE, scanned"
    ),
    "ALTER TABLE p DETACH PARTITION p1": "p: ACCESS EXCLUSIVE; p1: ACCESS EXCLUSIVE",
    "ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY": (
        "p: SHARE UPDATE EXCLUSIVE; p1: ACCESS EXCLUSIVE"
    ),
    "ALTER TABLE child SET UNLOGGED": "child: ACCESS EXCLUSIVE, rewritten",
    "CREATE INDEX ON t (c)": "t: SHARE, scanned",
    "CREATE INDEX CONCURRENTLY ON t (c)": "t: SHARE UPDATE EXCLUSIVE",
    "DROP INDEX ix_a": "t: ACCESS EXCLUSIVE",
    "DROP INDEX CONCURRENTLY ix_a": "t: SHARE UPDATE EXCLUSIVE",
    "REINDEX INDEX ix_a": "t: ACCESS EXCLUSIVE, scanned",
    "REINDEX INDEX CONCURRENTLY ix_a": "t: SHARE UPDATE EXCLUSIVE",
    "TRUNCATE child": "child: ACCESS EXCLUSIVE",
    "VACUUM FULL child": "child: ACCESS EXCLUSIVE, rewritten",
    "VACUUM child": "child: SHARE UPDATE EXCLUSIVE",
    "CLUSTER t USING ix_a": "t: ACCESS EXCLUSIVE, rewritten",
    "REFRESH MATERIALIZED VIEW CONCURRENTLY mv": "mv: EXCLUSIVE, scanned; source: scanned",
    "CREATE UNIQUE INDEX CONCURRENTLY twice ON t ((a / 2))": "t: SHARE UPDATE EXCLUSIVE; 23505",
}


@pytest.mark.parametrize("major", majors())
@pytest.mark.parametrize(("statement", "expected"), FACTS.items(), ids=FACTS)
def test_what_a_statement_does_is_seen(statement: str, expected: str, cluster: Cluster) -> None:
    assert shown(cluster.measure((GIVEN,), Step(statement, in_transaction=False))) == expected


def shown(seen: Seen) -> str:
    """Spell what happened to tables, one after another."""
    words: dict[str, list[str]] = {}
    for table, mode in seen.locks.items():
        if mode is not LockMode.ACCESS_SHARE:
            words.setdefault(table.name, []).append(mode.value)
    for what in ("rewritten", "scanned"):
        for table in getattr(seen, what):
            words.setdefault(table.name, []).append(what)
    tables = [f"{table}: {', '.join(said)}" for table, said in sorted(words.items())]
    return "; ".join([*tables, *filter(None, [seen.sqlstate])])


@pytest.mark.parametrize("major", majors())
def test_a_lock_on_an_index_counts_as_one_on_its_table(cluster: Cluster) -> None:
    seen = cluster.measure((GIVEN,), Step("REINDEX INDEX ix_a"))
    assert seen.rebuilt == {QualifiedName("ix_a", "public")}
    assert seen.strongest is LockMode.ACCESS_EXCLUSIVE


@pytest.mark.parametrize("major", majors())
def test_a_failed_concurrent_build_leaves_an_invalid_index(cluster: Cluster) -> None:
    build = "CREATE UNIQUE INDEX CONCURRENTLY twice ON t ((a / 2))"
    seen = cluster.measure((GIVEN,), Step(build, in_transaction=False))
    assert seen.sqlstate == "23505"
    assert seen.created == seen.invalid == {QualifiedName("twice", "public")}


@pytest.mark.parametrize("major", majors())
def test_tables_that_the_statements_create_are_left_out(cluster: Cluster) -> None:
    new = "CREATE TABLE fresh (a int); ALTER TABLE fresh ADD COLUMN b serial; DROP TABLE fresh"
    assert cluster.measure((GIVEN,), Step(new)) == Seen()


@pytest.mark.parametrize("major", majors())
def test_statements_after_an_error_are_not_run(cluster: Cluster) -> None:
    seen = cluster.measure((GIVEN,), Step("SELECT 1 / 0; DROP TABLE t"))
    assert seen.sqlstate == "22012"
    assert not seen.locks


def test_a_script_is_run_a_statement_at_a_time() -> None:
    script = """
        CREATE TABLE a (t text DEFAULT ';'); /* none; */ -- none;
        DO $$ BEGIN CREATE TABLE b (); DROP TABLE b; END $$; CREATE TABLE b ()
    """
    assert Step(script).statements == [
        "CREATE TABLE a (t text DEFAULT ';')",
        "DO $$ BEGIN CREATE TABLE b (); DROP TABLE b; END $$",
        "CREATE TABLE b ()",
    ]
