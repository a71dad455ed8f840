"""A project of Alembic's template multidb, as it is: lint judges all, the runbook takes one."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from commands import ALEMBIC, OUTOFBAND, run

REVISION = '''
"""Revision ID: {id}"""
from alembic import op
revision, down_revision = "{id}", {before!r}
def upgrade(engine_name):
    globals()["upgrade_%s" % engine_name]()
def downgrade(engine_name):
    globals()["downgrade_%s" % engine_name]()
def upgrade_engine1():
    pass
def downgrade_engine1():
    pass
def upgrade_engine2():
    {upgrade}
def downgrade_engine2():
    {downgrade}
'''
TABLE = 'op.execute("CREATE TABLE hits (user_id int PRIMARY KEY, at timestamptz)")'
INDEX = 'op.create_index("hits_at", "hits", ["at"])'
DROP = 'op.drop_index("hits_at", "hits")'


@pytest.fixture
def project(tmp_path: Path, database: str, make_database: Callable[[], str]) -> Path:
    assert (
        run([ALEMBIC, "init", "-t", "multidb", "alembic"], tmp_path, dict(os.environ)).returncode
        == 0
    )
    ini = tmp_path / "alembic.ini"
    text = ini.read_text(encoding="utf-8")
    for name, url in (("dbname2", make_database()), ("dbname", database)):
        driven = url.replace("postgresql:", "postgresql+psycopg:").replace("%", "%%")
        text = text.replace(f"driver://user:pass@localhost/{name}\n", f"{driven}\n")
    ini.write_text(text, encoding="utf-8")
    versions = tmp_path / "alembic" / "versions"
    for number, before, upgrade, downgrade in (("1", None, TABLE, "pass"), ("2", "1", INDEX, DROP)):
        revision = REVISION.format(id=number, before=before, upgrade=upgrade, downgrade=downgrade)
        (versions / f"{number}.py").write_text(revision, encoding="utf-8")
    return tmp_path


def test_lint_finds_and_mends_what_any_of_the_databases_gets(project: Path) -> None:
    def lint(*words: str) -> tuple[int, str]:
        done = run([OUTOFBAND, "lint", "--format", "concise", *words], project, dict(os.environ))
        return done.returncode, done.stdout

    status, found = lint()
    assert (status, "error[index-built-in-deploy] Building index hits_at" in found) == (1, True)
    assert "index-built-in-deploy" not in lint("-x", "database=engine1")[1]
    assert lint("--fix")[0] == 0
    text = (project / "alembic" / "versions" / "2.py").read_text(encoding="utf-8")
    assert "op.create_index_out_of_band(" in text
    assert "op.drop_index_out_of_band(" in text


def test_the_runbook_works_on_the_database_that_is_named(project: Path) -> None:
    revision = project / "alembic" / "versions" / "2.py"
    text = revision.read_text(encoding="utf-8")
    revision.write_text(text.replace("_index(", "_index_out_of_band("), encoding="utf-8")

    def told(command: str, *words: str) -> tuple[int, str]:
        done = run([OUTOFBAND, command, *words], project, dict(os.environ))
        return done.returncode, done.stderr.splitlines()[-1]

    assert run([ALEMBIC, "upgrade", "1"], project, dict(os.environ)).returncode == 0
    of_second = ("--to", "head", "-x", "database=engine2")
    assert told("check", *of_second) == (1, "1 wanted, 1 pending")
    assert told("check", "--to", "head") == (0, "0 wanted, 0 pending")
    assert told("apply", *of_second, "--yes") == (0, "done     create index hits_at")
    assert told("check", *of_second) == (0, "1 wanted, 0 pending")
    status, said = told("check", "-x", "database=engine3")
    assert (status, "there is no database engine3; there are engine1, engine2" in said) == (2, True)


def test_a_rehearsal_asks_for_one_of_them(project: Path) -> None:
    done = run([OUTOFBAND, "rehearse", "--format", "json"], project, dict(os.environ))
    assert done.returncode == 1
    assert "for the databases engine1, engine2, and this has one" in done.stdout
    assert "Take one at a time: -x database=engine1" in done.stdout
