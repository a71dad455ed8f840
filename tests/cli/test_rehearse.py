"""``outofband rehearse`` as a pull request's author and its CI see it."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import jsonschema
import pytest

from outofband.cli.main import main
from outofband_lint.names import QualifiedName
from outofband_lint.stats import Relation, written
from rehearsed import Project

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "rehearsal.schema.json").read_text())
DOCUMENTS = 'op.execute("CREATE TABLE documents (dump_id int NOT NULL, path text)")'


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.chdir(tmp_path)
    name = QualifiedName("documents", "public")
    (tmp_path / "stats.json").write_text(written([Relation(name, 590_000, 7e6, 4_833_280_000)]))
    return Project(tmp_path)


def rehearse(*words: str) -> int:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["outofband", "rehearse", *words])
        with pytest.raises(SystemExit) as left:
            main()
    return int(left.value.code or 0)


def test_a_build_in_the_deploy_is_red_with_its_lock_and_its_time(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.revise("1", DOCUMENTS, 'op.drop_table("documents")')
    project.revise(
        "2", 'op.create_index("d_path", "documents", ["path"])', 'op.drop_index("d_path")'
    )
    assert rehearse("--stats", "stats.json", "--format", "json", "--report", "out") == 1
    told = json.loads(capsys.readouterr().out)
    jsonschema.validate(told, SCHEMA)
    statement = told["statements"][-1]
    assert statement["locks"][0]["mode"] == "SHARE"
    assert statement["locks"][0]["blocks"] == "every write"
    assert statement["in_production"]["at_least_seconds"] == pytest.approx(24.166, abs=0.01)
    assert [*told["parts"].values()] == ["ran"] * 4
    assert told["seen"] == []
    assert "index-built-in-deploy" in {found["rule"] for found in told["predicted"]}
    markdown = Path("out/rehearsal.md").read_text()
    assert "every write of `documents` waits for at least 24 s" in markdown
    assert "| SHARE `documents` |" in markdown


def test_what_no_rule_predicts_is_a_finding_of_its_own(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    hidden = "CREATE FUNCTION f() RETURNS void LANGUAGE sql AS 'LOCK TABLE documents'"
    project.revise("1", DOCUMENTS, 'op.drop_table("documents")')
    project.revise(
        "2", f'op.execute("{hidden}")\nop.execute("SELECT f()")', 'op.execute("DROP FUNCTION f()")'
    )
    rehearse("--format", "json")
    told = json.loads(capsys.readouterr().out)
    assert [(found["rule"], found["line"]) for found in told["seen"]] == [("lock-not-predicted", 8)]


def test_a_step_out_of_band_holds_nothing_up(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.revise("1", DOCUMENTS, 'op.drop_table("documents")')
    project.revise("2", 'op.create_index_out_of_band("d_path", "documents", ["path"])')
    rehearse("--stats", "stats.json")
    told = capsys.readouterr().out
    assert "out of band, unless the table is small" in told
    assert "lock-held-long" not in told


def test_a_downgrade_that_leaves_something_is_said(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.revise("1", DOCUMENTS)
    rehearse("--format", "json")
    told = json.loads(capsys.readouterr().out)
    assert told["parts"]["again"] == "failed"
    differs = next(found for found in told["seen"] if found["rule"] == "downgrade-differs")
    assert "left over: column public.documents.dump_id" in differs["message"]


@pytest.mark.parametrize(
    ("words", "status"),
    [(("--pg-bin", "/nowhere"), 2), (("--timeout", "0"), 2), (("--stats", "absent.json"), 2)],
)
def test_a_wrong_call_is_told_so(words: tuple[str, ...], status: int, project: Project) -> None:
    project.revise("1", DOCUMENTS)
    assert rehearse(*words) == status


def test_a_postgresql_that_is_too_old_is_refused_before_it_is_started(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project.revise("1", DOCUMENTS)
    for name in ("initdb", "postgres"):
        (tmp_path / name).write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 13.22'\n")
        (tmp_path / name).chmod(0o755)
    assert rehearse("--pg-bin", str(tmp_path)) == 3
    told = capsys.readouterr().err
    assert "holds PostgreSQL 13: outofband works with PostgreSQL 14 and newer." in told


def test_two_servers_are_one_too_many(project: Project) -> None:
    project.revise("1", DOCUMENTS)
    assert rehearse("--pg-bin", "/nowhere", "--server", "postgresql://db.invalid/x") == 2


def shown(terminal: int) -> Iterator[bytes]:
    """Yield what is written to a terminal, as it comes: it has room for no more than some kB."""
    with os.fdopen(terminal, "rb", buffering=0) as reading, suppress(OSError):  # EIO at its end
        while more := reading.read(1 << 16):
            yield more


def test_who_waits_at_a_terminal_sees_how_far_it_is_and_a_pipe_nothing(
    project: Project, tmp_path: Path
) -> None:
    project.revise("1", DOCUMENTS, 'op.drop_table("documents")')
    command = [str(Path(sys.executable).parent / "outofband"), "rehearse", "--format", "json"]
    ours, theirs = pty.openpty()
    with (tmp_path / "told.json").open("wb") as out:
        running = subprocess.Popen(command, stdout=out, stderr=theirs)
    os.close(theirs)
    told = b"".join(shown(ours)).decode()
    running.wait()
    assert json.loads((tmp_path / "told.json").read_text())["parts"]["again"] == "ran"
    for part in ("reading the revisions", "upgrade, revision 1", "downgrade", "upgrade again"):
        assert f"Rehearsing: {part}" in told
    assert told.endswith("\r\x1b[2K")
    quiet = subprocess.run(command, capture_output=True, check=False)
    assert quiet.stderr == b""
