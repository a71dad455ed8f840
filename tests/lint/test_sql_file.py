"""SQL files as revisions, and `python lint FILE.sql`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from outofband_lint.names import QualifiedName
from outofband_lint.reader import read
from outofband_lint.sql_file import revision_from_sql
from outofband_lint.statement import NotUnderstood
from outofband_lint.stats import Relation, written

LINT = Path(__file__).parents[2] / "lint"

MARKED = """\
BEGIN;
-- outofband: step ix_docs
-- outofband: sql CREATE INDEX ix_docs ON docs (path) WHERE path <> ';';
DO $outofband$ BEGIN EXECUTE 'CREATE INDEX ' || 1; END $outofband$;
COMMIT;
"""


def test_statements_keep_their_line_and_know_their_transaction() -> None:
    text = "SELECT 1;\n\nBEGIN;\nSELECT 2\n;\nCOMMIT; SELECT 3"
    sources = revision_from_sql(text, "a.sql").sources
    assert [(source.sql, source.line, source.in_transaction) for source in sources] == [
        ("SELECT 1", 1, False),
        ("BEGIN", 3, True),
        ("SELECT 2", 4, True),
        ("COMMIT", 6, False),
        ("SELECT 3", 6, False),
    ]


def test_a_marked_block_is_the_step_that_it_declares() -> None:
    _, step, _ = revision_from_sql(MARKED, "a.sql").sources
    assert step.sql == "CREATE INDEX ix_docs ON docs (path) WHERE path <> ';'"
    assert step.out_of_band
    assert step.line == 4


def test_a_mark_before_another_statement_means_nothing() -> None:
    text = MARKED.replace("$outofband$", "$other$")
    assert not any(source.out_of_band for source in revision_from_sql(text, "a.sql").sources)


def test_of_a_file_that_cannot_be_cut_only_the_rest_is_lost() -> None:
    text = "SELECT 1;\nSELECT 'unfinished;\nSELECT 2;\n"
    first, rest = revision_from_sql(text, "a.sql").sources
    assert (first.sql, rest.sql, rest.line) == ("SELECT 1", "SELECT 'unfinished;\nSELECT 2;", 2)
    assert isinstance(read(rest.sql)[0], NotUnderstood)


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    texts = {
        "docs": "CREATE TABLE docs (path text);",
        "index": "CREATE INDEX ix ON docs (path);",
        "step": MARKED,
        "fine": "CREATE TABLE t (id int PRIMARY KEY);",
    }
    for name, text in texts.items():
        (tmp_path / f"{name}.sql").write_text(text)
    return {name: tmp_path / f"{name}.sql" for name in texts}


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the folder as a program, as from a bare checkout: no site configuration, no install."""
    return subprocess.run(
        [sys.executable, str(LINT), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def test_each_file_is_a_revision_in_the_order_given(files: dict[str, Path]) -> None:
    done = run(files["docs"], files["index"], "--format", "json")
    document = json.loads(done.stdout)
    assert [finding["rule"] for finding in document["findings"]] == ["index-built-in-deploy"]
    assert document["findings"][0]["path"] == str(files["index"])
    assert done.returncode == 1


def test_a_marked_step_is_the_index_of_its_table(files: dict[str, Path]) -> None:
    done = run(files["docs"], files["step"])
    assert done.stdout == "0 errors, 0 warnings in 2 revisions\n"
    assert done.returncode == 0


def test_settings_come_from_options(files: dict[str, Path]) -> None:
    assert run(files["docs"]).returncode == 1
    assert run(files["docs"], "--small", "docs").returncode == 0
    assert run(files["docs"], "--large", "other").returncode == 0


def test_a_file_that_is_missing_is_misuse(files: dict[str, Path]) -> None:
    done = run(files["fine"], files["fine"].with_name("missing.sql"))
    assert done.returncode == 2
    assert done.stdout == ""
    assert "missing.sql" in done.stderr
    assert "Nothing was judged." in done.stderr


def test_comments_sizes_and_a_baseline_count_in_a_bare_checkout_too(tmp_path: Path) -> None:
    file, known, sizes = (tmp_path / name for name in ("a.sql", "known.txt", "stats.json"))
    file.write_text("CREATE INDEX a ON t (a);\nCREATE INDEX b ON t (b);\n")
    sizes.write_text(written([Relation(QualifiedName("t", "public"), 1, 1.0, 8192)]))

    def run(*words: str) -> tuple[int, int]:
        command = [sys.executable, str(LINT), str(file), "--format", "json", *words]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        found = json.loads(ran.stdout)["findings"] if ran.stdout else []
        return ran.returncode, len(found)

    assert run() == (1, 2)
    assert run("--stats", str(sizes)) == (0, 2)
    assert run("--write-baseline", str(known)) == (0, 0)
    assert run("--baseline", str(known)) == (0, 0)
    assert run("--baseline", str(file)) == (2, 0)
    file.write_text(f"-- outofband: allow[index-built-in-deploy] because new\n{file.read_text()}")
    assert run() == (1, 1)
