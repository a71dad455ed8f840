"""The setting `queries`: files and callables, judged against the indexes at head."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from commands import ALEMBIC, OUTOFBAND, run

ROOT = Path(__file__).parents[2]

REVISION = """
from alembic import op
revision, down_revision = "1", None
def upgrade():
    op.execute("CREATE TABLE docs (id int PRIMARY KEY, dump_id int, path text)")
"""
SQLC = """\
-- name: get_doc :one
SELECT path FROM docs WHERE dump_id = $1;

-- name: by_key :one
SELECT path FROM docs WHERE id = $1;
"""
STATEMENTS = """\
import sqlalchemy as sa

docs = sa.table("docs", sa.column("id"), sa.column("dump_id"), sa.column("path"))


def statements():
    print("the project prints what it likes")
    yield sa.select(docs.c.path).where(docs.c.id == 1)
    yield sa.select(docs.c.path).where(docs.c.dump_id.in_([1, 2]))
    yield "clear", sa.delete(docs).where(docs.c.path == sa.bindparam("path"))
    yield sa.text("SELECT id FROM docs WHERE id = :id")
    yield "SELECT id FROM docs WHERE id = 3"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    run([ALEMBIC, "init", "migrations"], tmp_path)
    (tmp_path / "migrations/versions/1.py").write_text(REVISION)
    return tmp_path


def settings(folder: Path, *queries: str) -> None:
    text = f"[tool.outofband]\nqueries = {json.dumps(queries)}\n"
    (folder / "pyproject.toml").write_text(text)


def lint(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return run([OUTOFBAND, "lint", *words], folder)


def found(folder: Path, *words: str) -> list[tuple[str, int, str]]:
    findings = json.loads(lint(folder, "--format", "json", *words).stdout)["findings"]
    return [
        (f["path"], f["line"], f["message"].split(" filters ")[0])
        for f in findings
        if f["rule"] == "query-without-index"
    ]


def test_a_query_in_a_file_is_found_at_its_line(folder: Path) -> None:
    (folder / "queries").mkdir()
    (folder / "queries/docs.sql").write_text(SQLC)
    settings(folder, "queries/*.sql")
    assert found(folder) == [("queries/docs.sql", 2, "The query get_doc")]
    assert lint(folder).returncode == 1


def test_a_callable_yields_statements_texts_and_named_ones(folder: Path) -> None:
    (folder / "app.py").write_text(STATEMENTS)
    settings(folder, "app:statements")
    assert sorted(found(folder)) == [
        ("app.py", 6, "The query clear"),
        ("app.py", 6, "The query statements:2"),
    ]


@pytest.mark.parametrize(
    ("named", "why"),
    [
        ("queries/*.sql", "no file in"),
        ("app:missing", "AttributeError"),
        ("nowhere:statements", "ModuleNotFoundError"),
        ("app:exits", "SystemExit"),
        ("app:wrong", "AttributeError"),
    ],
)
def test_what_gives_no_queries_is_refused_in_words(folder: Path, named: str, why: str) -> None:
    (folder / "app.py").write_text(
        "import sys\ndef exits():\n    sys.exit(0)\ndef wrong():\n    return [3]\n"
    )
    settings(folder, named)
    linted = lint(folder)
    assert linted.returncode == 2
    assert "queries are to be read from" in linted.stderr
    assert why in linted.stderr
    assert "Traceback" not in linted.stderr


def test_since_a_ref_only_new_queries_count(folder: Path) -> None:
    (folder / "old.sql").write_text("SELECT id FROM docs WHERE dump_id = $1\n")
    (folder / "app.py").write_text(STATEMENTS)
    settings(folder, "*.sql", "app:statements")
    for words in (
        ("init", "--initial-branch=main"),
        ("add", "--all"),
        ("-c", "user.name=t", "-c", "user.email=t@t", "commit", "--message=x"),
    ):
        subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True)
    assert found(folder, "--since", "HEAD") == []
    (folder / "new.sql").write_text("SELECT id FROM docs WHERE path = $1\n")
    assert found(folder, "--since", "HEAD") == [("new.sql", 1, "The query new")]
    (folder / "app.py").write_text(STATEMENTS.replace("[1, 2]", "[1]"))
    assert ("app.py", 6, "The query statements:2") in found(folder, "--since", "HEAD")


def test_the_bare_checkout_takes_files_of_queries(tmp_path: Path) -> None:
    schema, queries = tmp_path / "schema.sql", tmp_path / "q.sql"
    schema.write_text("CREATE TABLE docs (id int PRIMARY KEY, dump_id int);\n")
    queries.write_text(SQLC)
    command = [sys.executable, str(ROOT / "lint"), str(schema), "--queries", str(queries)]
    linted = subprocess.run(command, capture_output=True, text=True)
    assert linted.returncode == 1
    assert f"{queries}:2: error[query-without-index]" in linted.stdout
