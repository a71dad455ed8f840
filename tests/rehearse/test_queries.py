"""The application's queries, planned at production's size before anybody merges."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from outofband.gate.request import Request
from outofband.rehearse.rehearsal import Rehearsal
from outofband.rehearse.rehearse import rehearse
from outofband.stats import file
from outofband.stats.value import Column, Stats
from outofband.stats.value import Relation as Counted
from outofband_lint.finding import Finding
from outofband_lint.names import QualifiedName
from outofband_lint.stats import Relation, written
from rehearsed import ENV, Project

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = 8192
INCIDENT = {
    "lsif_data_documents": (594_289, 1e6),
    "lsif_data_result_chunks": (36_700, 4.88e6),
    "lsif_data_definitions": (21_200_000, 307.8e6),
    "lsif_data_references": (32_800_000, 444.7e6),
    "lsif_data_metadata": (2_000, 50_000.0),
}
"""Pages and rows, of facts/codeintel.md: those of documents give the cost of the article's plan."""


def sizes(of: Mapping[str, tuple[int, float]]) -> str:
    """Return a stats file that knows sizes alone."""
    return written(
        Relation(QualifiedName(name, "public"), pages, rows, pages * PAGE)
        for name, (pages, rows) in of.items()
    )


def found(rehearsal: Rehearsal) -> dict[str, Finding]:
    """Return the findings about queries, by the file's name."""
    about = (f for f in rehearsal.seen if f.rule.startswith("query-"))
    return {Path(finding.path).stem: finding for finding in about}


@pytest.fixture
def incident(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DATABASE_URL", "postgresql+psycopg://app:secret@db.invalid/production")
    monkeypatch.chdir(tmp_path)
    for name in ("alembic.ini", "pyproject.toml"):
        shutil.copy(REPOSITORY / name, tmp_path)
    for name in ("alembic", "src/codeintel/store/queries"):
        shutil.copytree(REPOSITORY / name, tmp_path / name)
    (tmp_path / "stats.json").write_text(sizes(INCIDENT))
    return tmp_path


def test_the_incident_is_red_for_the_right_reason_and_green_with_its_indexes(
    incident: Path,
) -> None:
    versions = incident / "alembic" / "versions"
    for path in versions.glob("*.py"):
        if path.name > "0003":
            path.unlink()
    assert found(rehearse(Request(), stats="stats.json", limit=60.0)) == {}
    (versions / "0002_stand_in_indexes.py").unlink()
    red = found(rehearse(Request(), stats="stats.json", limit=60.0))
    assert {*red} == {p.stem for p in incident.glob("src/codeintel/store/queries/*.sql")} - {
        "columns"
    }
    assert {finding.rule for finding in red.values()} == {"query-sequential-scan"}
    assert "Parallel Seq Scan on lsif_data_documents reads 4643 MB" in red["paths"].message
    assert (
        'op.create_index_out_of_band("ix_lsif_data_documents_dump_id_path", '
        '"lsif_data_documents", ["dump_id", "path"])'
    ) in red["document"].help


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path)


def test_a_query_that_cannot_be_planned_is_told_in_words(project: Project, tmp_path: Path) -> None:
    project.revise("1", 'op.execute("CREATE TABLE t (id int PRIMARY KEY)")', 'op.drop_table("t")')
    for name, sql in {
        "absent": "SELECT colour FROM t",
        "broken": "SELEKT 1",
        "open": "SELECT 'x FROM t",
        "setting": "SET work_mem = '4MB'",
        "fine": "SELECT id FROM t WHERE id = :id",
    }.items():
        (tmp_path / f"{name}.sql").write_text(sql)
    rehearsal = rehearse(Request(), stats=None, limit=60.0, queries=["*.sql"])
    told = found(rehearsal)
    assert {finding.rule for finding in told.values()} == {"query-not-planned"}
    assert 'column "colour" does not exist' in told["absent"].message
    assert {*told} == {"absent", "broken", "open"}


def test_queries_are_planned_under_the_search_path_of_the_projects_connections(
    project: Project, tmp_path: Path
) -> None:
    path = "connect_args={'options': '-csearch_path=app,public'}, poolclass=pool.NullPool"
    project.configure(env=ENV.replace("poolclass=pool.NullPool", path))
    table = "CREATE SCHEMA app; CREATE TABLE app.t (id int PRIMARY KEY)"
    project.revise("1", f'op.execute("{table}")', 'op.execute("DROP SCHEMA app CASCADE")')
    (tmp_path / "q.sql").write_text("SELECT id FROM t WHERE id = $1")
    assert rehearse(Request(), stats=None, limit=60.0, queries=["*.sql"]).seen == ()


def test_without_sizes_a_query_that_no_index_can_serve_is_found(
    project: Project, tmp_path: Path
) -> None:
    project.revise(
        "1", 'op.execute("CREATE TABLE t (id int PRIMARY KEY, at int)")', 'op.drop_table("t")'
    )
    (tmp_path / "served.sql").write_text("SELECT at FROM t WHERE id = $1")
    (tmp_path / "unserved.sql").write_text("SELECT id FROM t WHERE at = $1")
    (tmp_path / "all.sql").write_text("SELECT count(*) FROM t")
    told = found(rehearse(Request(), stats=None, limit=60.0, queries=["*.sql"]))
    assert {*told} == {"unserved"}
    assert 'op.create_index_out_of_band("ix_t_at", "t", ["at"])' in told["unserved"].help


SHOP = """
op.execute("CREATE TABLE orders (id bigint PRIMARY KEY, customer int, state text, at timestamptz)")
op.execute("CREATE INDEX by_customer ON orders (customer)")
op.execute("CREATE INDEX by_time ON orders (at)")
"""
CHANGES = """
op.execute("DROP INDEX by_customer")
op.create_index_out_of_band("by_customer_and_time", "orders", ["customer", "at"])
op.execute("DROP INDEX by_time")
op.execute("ALTER TABLE orders DROP COLUMN state")
op.execute("CREATE TABLE lately (at timestamptz)")
"""
BACK = """
op.execute("DROP TABLE lately")
op.execute("ALTER TABLE orders ADD COLUMN state text")
op.drop_index_out_of_band("by_customer_and_time", "orders")
op.execute("CREATE INDEX by_customer ON orders (customer)")
op.execute("CREATE INDEX by_time ON orders (at)")
"""
COUNTED = Stats(
    relations=(Counted("public", "orders", 100_000, 5e6, 100_000 * PAGE),),
    columns=(
        Column("public", "orders", "id", -1, 0, 8),
        Column("public", "orders", "customer", 200_000, 0, 4),
        Column("public", "orders", "state", 4, 0, 6),
        Column("public", "orders", "at", -1, 0, 8),
    ),
)
ASKED = {
    "waits": "SELECT id FROM orders WHERE customer = $1",
    "worse": "SELECT id FROM orders WHERE at = $1",
    "broken": "SELECT id FROM orders WHERE id = $1 AND ($2 IS NULL OR state = $2) AND $3 IS NULL",
    "as_before": "SELECT at FROM orders WHERE id + 0 = $1",
    "other_table": "SELECT at FROM lately WHERE at < $1",
}


def test_a_branch_answers_for_what_it_makes_worse(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    project.revise("1", SHOP, 'op.drop_table("orders")')
    (tmp_path / ".gitignore").write_text("cache\n")
    (tmp_path / "stats.json").write_text(file.written(COUNTED))
    for name, sql in ASKED.items():
        (tmp_path / f"{name}.sql").write_text(sql)
    who = ("-c", "user.email=a@example.org", "-c", "user.name=a")
    for words in (("init", "-q"), ("add", "-A"), (*who, "commit", "-qm", "base")):
        subprocess.run(["git", *words], check=True)
    project.revise("2", CHANGES, BACK)
    (tmp_path / "new.sql").write_text("SELECT at FROM orders WHERE id + 1 = $1")
    rehearsal = rehearse(Request(since="HEAD"), stats="stats.json", limit=60.0, queries=["*.sql"])
    told = found(rehearsal)
    assert {name: finding.rule for name, finding in told.items()} == {
        "broken": "query-not-planned",
        "new": "query-sequential-scan",
        "waits": "query-waits-for-steps",
        "worse": "query-plan-worse",
    }
    assert {finding.rule for finding in rehearsal.predicted} & {"query-without-index"} == set()
    assert "before these revisions it could" in told["broken"].message
    assert "by Index Scan using by_time on public.orders" in told["worse"].message
    assert "Keep what the old plan uses (by_time)" in told["worse"].help


TWO = """
op.execute("CREATE TABLE orders (id bigint PRIMARY KEY, customer int, gone_at timestamptz)")
op.execute("CREATE TABLE items (id bigint PRIMARY KEY, order_id bigint, parent bigint)")
"""
COUNTED_TWO = Stats(
    relations=(
        Counted("public", "orders", 100_000, 5e6, 100_000 * PAGE),
        Counted("public", "items", 300_000, 2e7, 300_000 * PAGE),
    ),
    columns=(
        Column("public", "orders", "id", -1, 0, 8),
        Column("public", "orders", "customer", 200_000, 0, 4),
        Column("public", "orders", "gone_at", -1, 0.9999, 8),
        Column("public", "items", "id", -1, 0, 8),
        Column("public", "items", "order_id", -0.25, 0, 8),
        Column("public", "items", "parent", -0.5, 0, 8),
    ),
)
WANTS = {
    "join": (
        "SELECT i.id FROM orders o JOIN items i ON i.order_id = o.id WHERE o.customer = $1",
        {'"orders", ["customer"]', '"items", ["order_id"]'},
    ),
    "partial": (
        "SELECT id FROM orders WHERE gone_at IS NOT NULL ORDER BY customer LIMIT 20",
        {'"orders", ["customer"], postgresql_where=sa.text("gone_at IS NOT NULL")'},
    ),
    "either": (
        "SELECT id FROM items WHERE id + 1 = $1",
        {'"items", [sa.text("(id + 1)")]'},
    ),
}


def test_an_index_of_each_of_two_tables_and_a_partial_one_are_tried_and_suggested(
    project: Project, tmp_path: Path
) -> None:
    project.revise("1", TWO, 'op.drop_table("items")\nop.drop_table("orders")')
    (tmp_path / "stats.json").write_text(file.written(COUNTED_TWO))
    for name, (sql, _) in WANTS.items():
        (tmp_path / f"{name}.sql").write_text(sql)
    rehearsal = rehearse(Request(), stats="stats.json", limit=60.0, queries=["*.sql"])
    suggested = {
        planned.query.name: {
            fault.suggestion.operation.partition(", ")[2].removesuffix(")")
            for fault in planned.faults
            if fault.suggestion is not None
        }
        for planned in rehearsal.planned
    }
    assert suggested == {name: wanted for name, (_, wanted) in WANTS.items()}
    names = [f.suggestion.index.name for p in rehearsal.planned for f in p.faults if f.suggestion]
    assert len({*names}) == len(names)
