"""Data on stdout, prose on stderr, colours on terminals alone."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from commands import ALEMBIC, OUTOFBAND, run
from outofband import ephemeral

ROOT = Path(__file__).parents[2]
KEYS = {"name", "kind", "table", "state", "done", "since_revision"}


@pytest.mark.parametrize("command", ["status", "plan", "check"])
def test_json_is_one_document_with_the_contracts_keys(project: Any, command: str) -> None:
    project.filled()
    ran = project.run(command, "--format", "json")
    told = json.loads(ran.out)
    assert [s["name"] for s in told["steps"]] == [
        "docs_temp",
        "docs_unique",
        "docs_pkey",
        "docs_temp",
    ]
    assert all(set(step) >= KEYS for step in told["steps"])
    assert {step["state"] for step in told["steps"]} == {"absent"}
    assert {step["since_revision"] for step in told["steps"]} == {"2"}
    assert told["steps"][2]["waits_for"] == ["docs_unique"]


def test_the_plan_as_json_holds_the_statements_of_the_plan_in_words(project: Any) -> None:
    project.filled()
    told = json.loads(project.run("plan", "--format", "json").out)
    words = project.run("plan").out
    statements = [sql for step in told["steps"] for sql in step["statements"]]
    assert len(statements) == 6
    assert all(sql in words for sql in statements)


@pytest.mark.parametrize("state", ["pending", "done"])
def test_json_has_nothing_beside_it(project: Any, state: str) -> None:
    project.filled()
    if state == "done":
        project.run("apply", "--yes")
    told = json.loads(project.run("check", "--format", "json").out)
    assert {step["done"] for step in told["steps"]} == {state == "done"}


def test_the_script_of_plan_does_the_work_in_psql(project: Any, server: ephemeral.Server) -> None:
    project.filled()
    script = project.run("plan", "--sql").out
    psql = [str(server.binaries / "psql"), "--no-psqlrc", "--quiet", project.url]
    subprocess.run(psql, input=script, text=True, check=True, capture_output=True)
    assert project.run("check").status == 0
    assert project.indexes() == ["docs_pkey"]


def test_a_build_by_hand_is_adopted_by_renaming(project: Any) -> None:
    project.filled()
    project.sql("CREATE UNIQUE INDEX by_hand ON docs (id)")
    assert "valid other name" in project.run("status").out
    ran = project.run("apply", "--only", "docs_unique", "--yes")
    assert ran.status == 0
    assert "ALTER INDEX public.by_hand RENAME TO docs_unique" in ran.err
    assert project.indexes() == ["docs_unique"]


@pytest.mark.parametrize("command", ["status", "plan", "apply", "check", "lint"])
def test_help_tells_what_the_command_does_and_its_options(project: Any, command: str) -> None:
    ran = project.run(command, "--help")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.startswith(f"Usage: outofband {command}")
    assert "--help" in ran.out
    assert project.run(command, "-h").out == ran.out


def test_a_revision_that_cannot_be_rendered_is_named_and_keeps_check_from_passing(
    project: Any,
) -> None:
    reads = "rows = op.get_bind().exec_driver_sql('SELECT 1').all()\n    "
    project.filled("1")
    project.revise("2", "1", reads + 'op.create_index_out_of_band("docs_id", "docs", ["id"])')
    project.upgrade("2")
    ran = project.run("check", "--format", "json")
    told = json.loads(ran.out)
    assert [s["name"] for s in told["steps"]] == ["docs_id"]
    project.run("apply", "--yes")
    assert project.indexes() == ["docs_id"]


@pytest.mark.parametrize("words", [["status"], ["plan"], ["check"], ["apply", "--yes"]])
def test_a_pipe_gets_no_colours_and_no_trailing_blanks(project: Any, words: list[str]) -> None:
    project.filled()
    told = {k: v for k, v in os.environ.items() if not k.startswith(("FORCE_COLOR", "OUTOFBAND"))}
    ran = run([OUTOFBAND, *words], project.folder, {**told, "TERM": "xterm-256color"})
    assert ran.returncode in (0, 1)
    assert "\x1b" not in ran.stdout + ran.stderr
    assert not re.search(r"[ \t]$", ran.stdout, re.MULTILINE)


def test_the_repositorys_own_revisions_are_done_after_upgrade_and_apply(
    database: str, tmp_path: Path
) -> None:
    url = database.replace("postgresql://", "postgresql+psycopg://")
    environment = {**os.environ, "DATABASE_URL": url}

    def ran(*words: str) -> subprocess.CompletedProcess[str]:
        return run(words, tmp_path, environment)

    ini = str(ROOT / "alembic.ini")
    assert ran(ALEMBIC, "-c", ini, "upgrade", "head").returncode == 0
    assert ran(OUTOFBAND, "apply", "-c", ini, "--yes").returncode == 0
    checked = ran(OUTOFBAND, "check", "-c", ini, "--format", "json")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert json.loads(checked.stdout)["steps"]
