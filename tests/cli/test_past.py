"""`outofband lint` for a team with a past: baseline, comments, sizes, own rules, a summary."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from outofband_lint.names import QualifiedName
from outofband_lint.stats import Relation, written

ENV = """
from alembic import context
context.configure(dialect_name="postgresql")
context.execute("SET lock_timeout = '2s'")
context.run_migrations()
"""
REVISION = """
from alembic import op
revision, down_revision = {revision!r}, {before!r}
def upgrade():
    {upgrade}
"""
TABLE = 'op.execute("CREATE TABLE docs (id int PRIMARY KEY, path text)")'
INDEX = 'op.create_index("docs_path", "docs", ["path"])'
OTHER = 'op.create_index("docs_other", "docs", ["id", "path"])'


class Project:
    """A folder with an Alembic project, and the command run in it."""

    def __init__(self, folder: Path, run: Callable[..., Any]) -> None:
        self.folder, self.run = folder, run
        (folder / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s/migrations\n")
        (folder / "migrations" / "versions").mkdir(parents=True)
        (folder / "migrations" / "env.py").write_text(ENV)
        self.revise("1", None, TABLE)
        self.revise("2", "1", INDEX)
        self.settings("")

    def revise(self, revision: str, before: str | None, upgrade: str) -> Path:
        path = self.folder / "migrations" / "versions" / f"r{revision}.py"
        path.write_text(REVISION.format(revision=revision, before=before, upgrade=upgrade))
        return path

    def settings(self, text: str) -> None:
        (self.folder / "pyproject.toml").write_text(f"[tool.outofband]\n{text}\n")

    def rule(self, text: str, name: str = "no_views") -> None:
        (self.folder / "own").mkdir(exist_ok=True)
        (self.folder / "own" / f"{name}.py").write_text(text)
        self.settings('rules = ["own/"]')

    def found(self, *words: str) -> list[dict[str, Any]]:
        findings: list[dict[str, Any]] = json.loads(
            self.run("lint", "--format", "json", *words).out
        )["findings"]
        return findings

    def rules(self, *words: str) -> list[str]:
        return [finding["rule"] for finding in self.found(*words)]


@pytest.fixture
def project(
    tmp_path: Path, outofband: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> Project:
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path, outofband)


def test_what_is_in_the_baseline_is_not_reported(project: Project) -> None:
    assert project.rules() == ["index-built-in-deploy"]
    wrote = project.run("lint", "--write-baseline")
    assert (wrote.status, wrote.out) == (0, "")
    assert "1 finding is kept in" in wrote.err
    text = (project.folder / "outofband-baseline.txt").read_text()
    assert "  # index-built-in-deploy migrations/versions/r2.py:5\n" in text
    assert (project.run("lint").status, project.rules()) == (0, [])

    renamed = project.folder / "migrations" / "versions" / "r2.py"
    renamed.write_text("# moved\n\n" + renamed.read_text())
    renamed.rename(renamed.with_name("renamed.py"))
    assert project.rules() == []
    project.revise("3", "2", OTHER)
    assert [f["revision"] for f in project.found()] == ["3"]


def test_what_the_baseline_has_and_nothing_finds_is_told_and_pruned(project: Project) -> None:
    project.run("lint", "--write-baseline")
    project.revise("2", "1", "op.execute('SELECT 1')")
    linted = project.run("lint")
    assert linted.status == 0
    assert "1 findings of the baseline are gone" in linted.err
    project.run("lint", "--write-baseline")
    assert project.run("lint").err == ""
    text = (project.folder / "outofband-baseline.txt").read_text()
    assert all(line.startswith("#") for line in text.splitlines())


def test_the_baseline_is_where_the_settings_say(project: Project) -> None:
    project.settings('baseline = "known.txt"')
    project.run("lint", "--write-baseline")
    assert (project.folder / "known.txt").is_file()
    assert project.rules() == []


def test_a_baseline_that_cannot_be_read_is_told_and_can_be_written_anew(project: Project) -> None:
    (project.folder / "outofband-baseline.txt").write_text("<<<<<<< HEAD\n")
    linted = project.run("lint")
    assert linted.status == 2
    assert "line 1 is no fingerprint" in linted.err
    assert "--write-baseline" in linted.err
    assert project.run("lint", "--write-baseline").status == 0
    assert project.run("lint").status == 0


def test_a_comment_in_a_revision_allows_its_finding(project: Project) -> None:
    project.revise("2", "1", f"{INDEX}  # outofband: allow[index-built-in-deploy] because tiny")
    assert project.rules() == []
    project.revise("2", "1", f"{INDEX}  # outofband: allow[index-dropped-in-deploy] because tiny")
    assert project.rules() == ["index-built-in-deploy", "suppression-unused"]


@pytest.mark.parametrize("how", ["option", "setting"])
def test_the_stats_file_tells_what_is_large(project: Project, how: str) -> None:
    path = project.folder / "stats.json"
    words = ["--stats", "stats.json"] if how == "option" else []
    if how == "setting":
        project.settings('stats = "stats.json"')
    for size, severity in ((1 << 40, "error"), (8192, "warning")):
        path.write_text(written([Relation(QualifiedName("docs", "public"), 1, 1.0, size)]))
        (finding,) = project.found(*words)
        assert finding["severity"] == severity
    path.write_text("{}")
    linted = project.run("lint", *words)
    assert linted.status == 2
    assert "stats.json" in linted.err


OWN = '''
"""no-views."""
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.statement import CreateIndex
{head}
@statement_rule(failure="nobody finds it", bad=(), good=())
def {name}(statement: CreateIndex, schema, context):
    """An index is called docs_path."""
    {body}
'''
BODY = 'if statement.name == "docs_path": yield Violation("docs_path is taken.", "Choose another")'


def own(name: str = "no_views", head: str = "", body: str = BODY) -> str:
    return OWN.format(name=name, head=head, body=body)


def test_a_rule_of_the_projects_own_judges_beside_ours(project: Project) -> None:
    project.rule(own())
    assert sorted(project.rules()) == ["index-built-in-deploy", "no-views"]
    project.settings('rules = ["own/"]\nseverity = {"no-views" = "off"}')
    assert project.rules() == ["index-built-in-deploy"]


def test_a_helper_beside_the_rules_is_imported_and_is_no_rule(project: Project) -> None:
    project.rule(own(head="from _names import Violation"))
    (project.folder / "own" / "_names.py").write_text("from outofband_lint.rule import Violation\n")
    assert "no-views" in project.rules()


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("no_views", "x = 1", "has no rule no_views"),
        ("no_views", "import nothing_of_that_name", "No module named 'nothing_of_that_name'"),
        ("no_views", "def (", "SyntaxError"),
        ("no_views", "raise SystemExit(3)", "SystemExit: 3"),
        ("index_built_in_deploy", own("index_built_in_deploy"), "has a rule index-built-in-deploy"),
        ("no_views", own(body="yield statement.colour"), "no attribute 'colour' (line 9 of"),
    ],
)
def test_a_rule_that_cannot_be_used_is_told_in_words(
    project: Project, name: str, text: str, told: str
) -> None:
    project.rule(text, name)
    linted = project.run("lint")
    assert (linted.status, linted.out) == (2, "")
    assert told in linted.err
    assert f"{name}.py" in linted.err
    assert "Traceback" not in linted.err


def test_a_folder_of_rules_that_is_not_there_is_told(project: Project) -> None:
    project.settings('rules = ["nowhere"]')
    linted = project.run("lint")
    assert linted.status == 2
    assert "nowhere is not a folder" in linted.err


@pytest.mark.parametrize(
    "setting",
    [
        'severity = {"index-build-in-deploy" = "off"}',
        'per-path = {"*.py" = {"index-build-in-deploy" = "off"}}',
    ],
)
def test_a_rule_that_the_settings_misspell_is_told(project: Project, setting: str) -> None:
    project.settings(setting)
    linted = project.run("lint")
    assert linted.status == 2
    assert "Did you mean index-built-in-deploy?" in linted.err


def test_a_long_history_is_summed_up_with_the_setting_to_add(project: Project) -> None:
    indexes = "\n    ".join(INDEX.replace("docs_path", f"docs_{n}") for n in range(60))
    project.revise("2", "1", indexes)
    linted = project.run("lint")
    assert linted.status == 1
    lines = linted.out.splitlines()
    assert len(lines) <= 20
    assert all(len(line) <= 80 for line in lines)
    assert 'start-after = "2"' in linted.out
    assert "     60  error    index-built-in-deploy" in lines
    assert project.run("lint", "--all").out.count("error[index-built-in-deploy]") == 60
    concise = project.run("lint", "--format", "concise").out
    assert concise.count("error[index-built-in-deploy]") == 60

    project.revise("3", "1", "op.execute('SELECT 1')")
    assert "start-after" not in project.run("lint").out
    (project.folder / "migrations" / "versions" / "r3.py").unlink()
    project.settings('start-after = "1"')
    assert project.run("lint").out.count("error[index-built-in-deploy]") == 60
