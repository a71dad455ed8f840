"""What a person sees: one line on stderr, the right exit status, nothing half-written."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from codeintel.cli import COMMANDS, main

WriteDump = Callable[..., Path]
Capture = pytest.CaptureFixture[str]


def failure(capsys: Capture, *arguments: str) -> tuple[int, str]:
    status = main(arguments)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert err.startswith("codeintel: ")
    return status, err


def test_stats_prints_four_counts(write_dump: WriteDump, capsys: Capture) -> None:
    document = {"type": "vertex", "label": "document", "uri": "file:///p/a"}
    path = str(write_dump(document))
    assert main(["stats", path, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "documents": 1,
        "result_chunks": 1,
        "definitions": 0,
        "references": 0,
    }
    assert main(["stats", path]) == 0
    names = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert names == ["documents", "result_chunks", "definitions", "references"]


def test_an_index_can_be_counted(tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "pluggy.lsif.gz"
    assert main(["index", "pluggy", "-o", str(out)]) == 0
    assert "0 files skipped" in capsys.readouterr().err
    assert main(["stats", str(out), "--format", "json"]) == 0
    assert all(json.loads(capsys.readouterr().out).values())


WRONG_CALLS = {
    "no such command": (["frobnicate"], "No such command 'frobnicate'"),
    "no such option": (["stats", "--frobnicate", "x"], "No such option '--frobnicate'"),
    "no dump": (["stats"], "Missing argument 'DUMP'"),
    "no such dump": (["stats", "nowhere.lsif"], "nowhere.lsif cannot be read"),
    "a foreign file": (["stats", __file__], "is not an LSIF 0.4 dump at line 1"),
    "no such package": (["index", "nowhere"], "no package 'nowhere'"),
    "the name of a distribution": (["index", "Mako"], "Mako installs mako"),
    "a submodule": (["index", "click.core"], "no package 'click.core'"),
    "a built-in module": (["index", "sys"], "no Python source"),
    "the running module": (["index", "__main__"], "no package '__main__'"),
    "a dump id below 1": (
        ["load", "x", "--dump-id", "0", "--database-url", "postgresql://"],
        "--dump-id",
    ),
}


@pytest.mark.parametrize(("arguments", "said"), WRONG_CALLS.values(), ids=WRONG_CALLS.keys())
def test_a_wrong_call_is_one_line_and_exit_status_2(
    arguments: list[str],
    said: str,
    capsys: Capture,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    status, line = failure(capsys, *arguments)
    assert (status, said in line) == (2, True), line
    assert list(tmp_path.iterdir()) == []


def test_an_index_into_no_folder_is_refused(capsys: Capture, tmp_path: Path) -> None:
    out = tmp_path / "nowhere" / "out.lsif.gz"
    status, line = failure(capsys, "index", "pluggy", "-o", str(out))
    assert status == 2
    assert "cannot be written" in line


def test_an_index_that_fails_leaves_the_old_dump(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out.lsif.gz"
    out.write_bytes(b"old")

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("codeintel.index_python.index.occurrences", dies)
    assert main(["index", "pluggy", "-o", str(out)]) == 130
    assert [path.name for path in tmp_path.iterdir()] == ["out.lsif.gz"]
    assert out.read_bytes() == b"old"


def test_load_writes_a_dump_once(
    small_dump: Path, migrated: psycopg.Connection[Any], migrated_url: str, capsys: Capture
) -> None:
    arguments = ["load", str(small_dump), "--database-url", migrated_url, "--dump-id", "5"]
    assert main(arguments) == 0
    assert " rows in " in capsys.readouterr().err
    assert migrated.execute("SELECT dump_id FROM lsif_data_metadata").fetchall() == [(5,)]
    status, line = failure(capsys, *arguments)
    assert (status, "dump 5 is not written" in line) == (3, True)


def test_load_into_an_empty_database_changes_nothing(
    small_dump: Path, database: str, capsys: Capture
) -> None:
    status, line = failure(
        capsys, "load", str(small_dump), "--database-url", database, "--dump-id", "5"
    )
    assert (status, "alembic upgrade head" in line) == (3, True)


def test_what_the_server_refuses_is_said_with_its_sqlstate(
    small_dump: Path, migrated: psycopg.Connection[Any], migrated_url: str, capsys: Capture
) -> None:
    migrated.execute("ALTER TABLE lsif_data_documents ADD COLUMN new integer NOT NULL")
    status, line = failure(
        capsys, "load", str(small_dump), "--database-url", migrated_url, "--dump-id", "5"
    )
    assert (status, "SQLSTATE 23502" in line) == (3, True)
    assert migrated.execute("SELECT count(*) FROM lsif_data_metadata").fetchall() == [(0,)]


UNREACHABLE = {
    "nothing listens": ("postgresql://me:s3cret@127.0.0.1:1/x", 5),
    "a password with an @": ("postgresql://me:s3@cret@127.0.0.1:1/x", 2),
    "no such host": ("postgresql://me:s3cret@nowhere.invalid/x", 5),
    "no URL": ("postgresql;//me:s3cret@h/x", 2),
    "a broken port": ("postgresql://me:s3cret@h:port/x", 5),
}


@pytest.mark.parametrize(("url", "expected"), UNREACHABLE.values(), ids=UNREACHABLE.keys())
def test_a_store_out_of_reach_is_said_without_the_secret(
    small_dump: Path, url: str, expected: int, capsys: Capture
) -> None:
    status, line = failure(capsys, "load", str(small_dump), "--database-url", url, "--dump-id", "5")
    assert status == expected
    assert "s3" not in line.replace(str(small_dump), "")
    assert "cret" not in line


def test_every_command_has_help(capsys: Capture) -> None:
    for name in COMMANDS:
        assert main([name, "--help"]) == 0
        assert f"Usage: codeintel {name}" in capsys.readouterr().out


def test_the_module_runs_as_a_program(small_dump: Path, tmp_path: Path) -> None:
    truncated = tmp_path / "truncated.lsif.gz"
    truncated.write_bytes(small_dump.read_bytes()[:-9])
    ran = subprocess.run(
        [sys.executable, "-m", "codeintel", "stats", truncated],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith(f"codeintel: the dump {truncated} is cut off at line ")
    assert ran.stderr.count("\n") == 1


def test_an_index_needs_no_driver(tmp_path: Path) -> None:
    program = (
        "import sys; from codeintel.cli import main; main(sys.argv[1:]);"
        "sys.exit(any(name in sys.modules for name in ('psycopg', 'sqlalchemy', 'alembic')))"
    )
    out = str(tmp_path / "out.lsif.gz")
    subprocess.run([sys.executable, "-c", program, "index", "pluggy", "-o", out], check=True)
