"""Ctrl-C and kill in the middle of a build, and an operator at a terminal."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

OUTOFBAND = str(Path(sys.executable).with_name("outofband"))
PHASE = "SELECT phase FROM pg_stat_progress_create_index WHERE datname = current_database()"


@contextmanager
def parked(project: Any) -> Iterator[subprocess.Popen[str]]:
    """`outofband apply` in a build's last wait, which an open snapshot keeps it in."""
    with psycopg.connect(project.url) as old:
        old.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        old.execute("SELECT 1")
        child = subprocess.Popen(
            [OUTOFBAND, "apply", "--only", "docs_unique", "--yes"],
            cwd=project.folder,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            eventually(lambda: project.sql(PHASE) == [("waiting for old snapshots",)])
            yield child
        finally:
            child.kill()
            child.communicate()


def eventually(happens: Any) -> None:
    deadline = time.monotonic() + 20
    while not happens():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_ctrl_c_cancels_the_build_and_the_next_run_does_it(project: Any) -> None:
    project.filled()
    with parked(project) as child:
        child.send_signal(signal.SIGINT)
        _, err = child.communicate(timeout=20)
        assert child.returncode == 130
        assert "outofband: interrupted. Run outofband status" in err
        assert "Traceback" not in err
        assert "invalid enforcing" in project.run("status").out
    assert project.run("apply", "--only", "docs_unique", "--yes").status == 0
    assert project.indexes() == ["docs_unique"]


def test_a_runner_that_is_told_to_end_leaves_the_build_to_the_server(project: Any) -> None:
    project.filled()
    with parked(project) as child:
        child.terminate()
        child.wait(timeout=20)
        assert "building" in project.run("status").out
    assert project.run("apply", "--only", "docs_unique", "--yes").status == 0
    assert project.indexes() == ["docs_unique"]


def at_terminal(project: Any, answer: str, *words: str) -> tuple[int, str]:
    """Run apply with a terminal as stdin and stderr, type an answer, return what it showed."""
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        [OUTOFBAND, "apply", *words],
        cwd=project.folder,
        stdin=theirs,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "120"},
    )
    os.close(theirs)
    shown = b""
    try:
        while True:
            shown += os.read(ours, 65536)
            if answer and b"[y/N]" in shown:
                os.write(ours, answer.encode() + b"\n")
                answer = ""
    except OSError:  # the terminal's other end is closed: the command is over
        pass
    finally:
        os.close(ours)
        child.wait(timeout=20)
    return child.returncode, shown.decode()


@pytest.mark.parametrize(
    ("answer", "status", "indexes"), [("y", 0, ["docs_pkey"]), ("n", 3, []), ("", 0, ["docs_pkey"])]
)
def test_at_a_terminal_the_plan_is_asked_about(
    project: Any, answer: str, status: int, indexes: list[str]
) -> None:
    project.filled()
    ran = at_terminal(project, answer, *([] if answer else ["--yes"]))
    assert ran[0] == status, ran[1]
    assert ("Do it? [y/N]" in ran[1]) is bool(answer)
    assert project.indexes() == indexes


def test_at_a_terminal_keys_of_duplicates_are_shown(project: Any) -> None:
    project.filled()
    project.sql("INSERT INTO docs (id) VALUES (7)")
    status, shown = at_terminal(project, "", "--yes", "--only", "docs_unique")
    assert status == 3
    assert "id = 7: 2 rows" in shown
