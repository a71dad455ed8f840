"""The query gate says the same on every server that a project may run."""

from __future__ import annotations

from pathlib import Path

import pytest

from matrix.servers import folder_of, majors
from outofband.ephemeral import BinariesNotFound
from outofband.gate.request import Request
from outofband.rehearse.rehearse import rehearse
from outofband.stats.file import written
from outofband.stats.value import Column, Relation, Stats
from rehearsed import Project

PAGE = 8192
TABLE = """
op.execute("CREATE TABLE orders (id int PRIMARY KEY, shop int, note text)")
op.execute("CREATE INDEX by_shop ON orders (shop)")
"""
STATS = Stats(
    relations=(Relation("public", "orders", 100_000, 5e6, 100_000 * PAGE),),
    columns=(
        Column("public", "orders", "shop", 50, 0, 4),
        Column("public", "orders", "note", -0.5, 0, 40),
    ),
)
ASKED = {
    "scan": "SELECT id FROM orders WHERE note = %(note)s",
    "filter": "SELECT id FROM orders WHERE shop = $1 AND note = $2",
    "sort": "SELECT * FROM orders ORDER BY note",
    "optional": "SELECT id FROM orders WHERE id = $1 AND ($2 IS NULL OR shop = $2) AND $3 IS NULL",
    "wrong": "SELECT id FROM orders WHERE colour = $1",
}


@pytest.mark.parametrize("major", majors())
def test_what_is_wrong_with_a_plan(
    major: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    try:
        binaries = folder_of(major)
    except BinariesNotFound as error:
        pytest.skip(f"PostgreSQL {major} is not here: {error}")
    monkeypatch.chdir(tmp_path)
    Project(tmp_path).revise("1", TABLE, 'op.drop_table("orders")')
    Path("stats.json").write_text(written(STATS))
    for name, sql in ASKED.items():
        Path(f"{name}.sql").write_text(sql)
    seen = rehearse(
        Request(), stats="stats.json", limit=60.0, queries=["*.sql"], pg_bin=binaries
    ).seen
    assert {(Path(finding.path).stem, finding.rule) for finding in seen} == {
        ("scan", "query-sequential-scan"),
        ("filter", "query-filter-discards"),
        ("sort", "query-sort-spills"),
        ("wrong", "query-not-planned"),
    }
