"""The application's queries, planned at production's size before anybody merges."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from outofband.gate.request import Request
from outofband.rehearse.rehearsal import Rehearsal, rehearse
from outofband_lint.finding import Finding
from outofband_lint.names import QualifiedName
from outofband_lint.stats import Relation, written
from rehearsed import Project

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
    green = rehearse(Request(), stats="stats.json", limit=60.0)
    assert found(green) == {}
    for path in (incident / "alembic" / "versions").glob("000[2-5]_*.py"):
        path.unlink()
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
