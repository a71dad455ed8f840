"""What the project has said of findings holds for those of a rehearsal."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from outofband.gate.past import write_baseline
from outofband.gate.request import Request
from outofband.rehearse.rehearsal import Rehearsal
from outofband.rehearse.rehearse import rehearse
from outofband.settings import Settings
from outofband_lint.names import QualifiedName
from outofband_lint.rehearsed import REHEARSED
from outofband_lint.stats import Relation, written
from rehearsed import ENV, Project

PAGE = Path(__file__).parents[2] / "docs" / "rehearse.md"
TABLE = 'op.execute("CREATE TABLE docs (id int PRIMARY KEY, path text)")'
SCAN = "SELECT id FROM docs WHERE path = $1"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.chdir(tmp_path)
    sizes = (
        Relation(QualifiedName(n, "public"), 590_000, 7e6, 4_833_280_000) for n in ("docs", "x")
    )
    (tmp_path / "stats.json").write_text(written(sizes))
    project = Project(tmp_path)
    project.revise("1", TABLE, 'op.drop_table("docs")')
    return project


def run() -> Rehearsal:
    return rehearse(Request(), stats="stats.json", limit=60.0, queries=["*.sql"])


def seen(rehearsal: Rehearsal) -> list[tuple[str, str]]:
    return [(finding.rule, finding.severity) for finding in rehearsal.seen]


@pytest.mark.usefixtures("project")
def test_a_severity_of_the_settings_holds_for_a_rehearsals_finding(tmp_path: Path) -> None:
    (tmp_path / "q.sql").write_text(SCAN)
    assert seen(run()) == [("query-sequential-scan", "error")]
    level = '[tool.outofband]\nseverity = {"query-sequential-scan" = "%s"}'
    (tmp_path / "pyproject.toml").write_text(level % "warning")
    assert seen(run()) == [("query-sequential-scan", "warning")]
    (tmp_path / "pyproject.toml").write_text(level % "off")
    assert seen(run()) == []


def test_a_comment_allows_what_stands_below_it_and_is_a_finding_where_nothing_does(
    project: Project, tmp_path: Path
) -> None:
    allow, both = "outofband: allow[%s] because", "query-sequential-scan, query-sort-spills"
    (tmp_path / "q.sql").write_text(f"-- {allow % both} nobody asks it\n{SCAN}")
    downgrade = f"# {allow % 'downgrade-fails'} it is never run\npass"
    project.revise("2", 'op.add_column("docs", sa.Column("n", sa.Integer))', downgrade)
    told = {finding.message: finding.rule for finding in run().seen}
    assert told == {
        f"The suppression of {rule} allows nothing: there is no such finding.": "suppression-unused"
        for rule in ("query-sort-spills", "downgrade-fails")
    }


def test_a_way_back_that_is_none_on_purpose_is_a_warning(project: Project) -> None:
    project.revise("2", 'op.execute("SELECT 1")', "raise NotImplementedError('rows are gone')")
    rehearsal = rehearse(Request(), stats=None, limit=60.0)
    assert seen(rehearsal) == [("downgrade-fails", "warning")]
    assert "NotImplementedError: rows are gone" in rehearsal.seen[0].message


def test_what_start_after_ends_is_where_the_rehearsal_begins(
    project: Project, tmp_path: Path
) -> None:
    project.revise("2", TABLE.replace("docs", "old"))
    project.revise("3", TABLE.replace("docs", "new"))
    (tmp_path / "pyproject.toml").write_text('[tool.outofband]\nstart-after = "2"')
    rehearsal = rehearse(Request(), stats=None, limit=60.0)
    assert rehearsal.base == ("2",)
    assert [revision.id for revision in rehearsal.revisions] == ["3"]
    assert {finding.revision for finding in rehearsal.seen} == {"3"}


def test_what_is_in_the_baseline_is_not_told_and_what_is_new_is(
    project: Project, tmp_path: Path
) -> None:
    (tmp_path / "q.sql").write_text(SCAN)
    project.revise("2", TABLE.replace("docs", "x"), "raise NotImplementedError")
    all_of_it = rehearse(
        Request(), stats="stats.json", limit=60.0, queries=["*.sql"], with_baseline=False
    )
    settings = Settings(baseline=str(tmp_path / "known.txt"))
    (tmp_path / "pyproject.toml").write_text('[tool.outofband]\nbaseline = "known.txt"')
    write_baseline(settings, all_of_it.predicted)
    write_baseline(settings, all_of_it.seen, rehearsed=True)
    write_baseline(settings, all_of_it.predicted)
    assert {rule for rule, _ in seen(all_of_it)} == {"downgrade-fails", "query-sequential-scan"}
    (tmp_path / "r.sql").write_text(SCAN.replace("path", "lower(path)"))
    (new,) = run().findings
    assert (new.rule, new.path) == ("query-sequential-scan", "r.sql")


def test_a_table_of_the_stats_file_that_is_gone_is_noted(project: Project, tmp_path: Path) -> None:
    named = "context.configure(connection=connection, version_table='revisions')"
    project.configure(env=ENV.replace("context.configure(connection=connection)", named))
    there = [QualifiedName(name, "public") for name in ("docs", "x", "revisions")]
    sizes = written(Relation(name, 1, 1.0, 8192) for name in there)
    (tmp_path / "stats.json").write_text(sizes)
    (note,) = rehearse(Request(), stats="stats.json", limit=60.0).notes
    assert "The stats file has tables that no revision makes: x." in note


def test_the_page_lists_every_finding() -> None:
    table = PAGE.read_text().partition("## What it finds")[2].partition("## The reports")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert {name for row in rows for name in re.findall("`([a-z-]+)`", row)} == REHEARSED
