"""Ctrl-C and kill in the middle of a build, and an operator at a terminal."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

import suites
from commands import OUTOFBAND, Command

pytestmark = suites.FAULTS

PHASE = "SELECT phase FROM pg_stat_progress_create_index WHERE datname = current_database()"


@contextmanager
def old_snapshot(project: Any) -> Iterator[None]:
    with psycopg.connect(project.url) as old:
        old.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        old.execute("SELECT 1")
        yield


@contextmanager
def parked(project: Any, begun: Any = Command) -> Iterator[Any]:
    """`outofband apply` in a build's last wait, which an open snapshot keeps it in."""
    with old_snapshot(project):
        words = [OUTOFBAND, "apply", "--only", "docs_unique", "--yes"]
        child = begun(words, project.folder)
        try:
            eventually(lambda: project.sql(PHASE) == [("waiting for old snapshots",)])
            yield child
        finally:
            child.kill()
            child.communicate()


def eventually(happens: Any) -> None:
    deadline = time.monotonic() + 60
    while not happens():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_runner_that_is_told_to_end_leaves_the_build_to_the_server(
    project: Any, told: signal.Signals
) -> None:
    project.filled()
    with parked(project) as child:
        child.send_signal(told)
        _, err = child.communicate(timeout=60)
        assert child.returncode == 4
        assert "outofband: the server goes on with: CREATE UNIQUE INDEX CONCURRENTLY docs_u" in err
        assert err.endswith("to follow it, run: outofband apply --only docs_unique\n")
        assert "Traceback" not in err
        assert "building" in project.run("status").out
    assert project.run("apply", "--only", "docs_unique", "--yes").status == 0
    assert project.indexes() == ["docs_unique"]


def test_builds_side_by_side_are_left_together(project: Any) -> None:
    project.filled("3")
    with old_snapshot(project):
        words = ["--yes", "--parallel", "2", "--only", "docs_unique", "--only", "pages_id"]
        child = Command([OUTOFBAND, "apply", *words], project.folder)
        eventually(lambda: project.sql(PHASE) == [("waiting for old snapshots",)] * 2)
        child.terminate()
        _, err = child.communicate(timeout=60)
        assert child.returncode == 4
        assert err.count("outofband: the server goes on with: CREATE") == 2
        assert len(project.sql(PHASE)) == 2
    assert project.run("apply", *words).status == 0
    assert project.indexes() == ["docs_unique", "pages_id"]


def test_a_runner_under_nohup_outlives_its_terminal(project: Any) -> None:
    def begun(words: list[str], folder: Path) -> subprocess.Popen[bytes]:
        how = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(["nohup", *words], cwd=folder, **how)

    project.filled()
    with parked(project, begun) as child:
        child.send_signal(signal.SIGHUP)
        child.send_signal(signal.SIGTERM)
        child.wait(timeout=60)
        assert child.returncode == 4


def at_terminal(
    project: Any, answer: str, *words: str, meanwhile: Any = None, question: bytes = b"[y/N]"
) -> tuple[int, str]:
    """Run apply with a terminal as stdin and stderr, type an answer, return what it showed.

    ``meanwhile`` is done with the process once it has begun.
    """
    ours, theirs = pty.openpty()
    environ = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "120"}
    command = [OUTOFBAND, "apply", *words]
    child = Command(command, project.folder, environ, reads=theirs, err=theirs)
    os.close(theirs)
    shown = b""
    try:
        if meanwhile is not None:
            meanwhile(child)
        while True:
            shown += os.read(ours, 65536)
            if answer and question in shown:
                os.write(ours, answer.encode() + b"\n")
                answer = ""
    except OSError:  # the terminal's other end is closed: the command is over
        pass
    finally:
        os.close(ours)
        child.wait(timeout=60)
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


@pytest.mark.parametrize(
    ("answer", "status", "phase", "indexes"),
    [("detach", 4, True, []), ("cancel", 3, False, []), ("", 4, True, [])],
)
def test_ctrl_c_at_a_terminal_asks(
    project: Any, answer: str, status: int, phase: bool, indexes: list[str]
) -> None:
    project.filled()

    def interrupt(child: Command) -> None:
        eventually(lambda: project.sql(PHASE) == [("waiting for old snapshots",)])
        child.send_signal(signal.SIGINT)

    with old_snapshot(project):
        ran, shown = at_terminal(
            project, answer or "\n", "--yes", "--only", "docs_unique",
            meanwhile=interrupt, question=b"[detach]",
        )  # fmt: skip
        assert ran == status, shown
        assert "Detach (the server goes on), cancel and clean up, or go on?" in shown
        assert bool(project.sql(PHASE)) is phase
        assert "Traceback" not in shown
        if not phase:
            assert "cancelled by the operator" in shown
            assert project.indexes() == indexes


def test_after_ctrl_c_the_run_may_go_on(project: Any) -> None:
    project.filled()
    held = old_snapshot(project)
    held.__enter__()

    def interrupt(child: Command) -> None:
        eventually(lambda: project.sql(PHASE) == [("waiting for old snapshots",)])
        child.send_signal(signal.SIGINT)
        held.__exit__(None, None, None)

    status, shown = at_terminal(
        project, "go-on", "--yes", "--only", "docs_unique", meanwhile=interrupt,
        question=b"[detach]",
    )  # fmt: skip
    assert status == 0, shown
    assert project.indexes() == ["docs_unique"]
