"""Output that nobody reads, or a full disk behind it: words and a status, never a trace."""

from __future__ import annotations

import io
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from commands import OUTOFBAND
from outofband.cli.screen import OperatorScreen
from outofband.runbook.hand import Progress

FULL = Path("/dev/full")
full_disk = pytest.mark.skipif(not FULL.exists(), reason="no /dev/full")


def closed_pipe() -> Any:
    reader, writer = os.pipe()
    os.close(reader)
    return os.fdopen(writer, "w")


@full_disk
@pytest.mark.parametrize("words", [["rule"], ["rule", "table-without-index"]])
def test_a_result_that_is_not_written_is_5(tmp_path: Path, words: list[str]) -> None:
    with FULL.open("w") as full:
        ran = subprocess.run(
            [OUTOFBAND, *words], stdout=full, stderr=subprocess.PIPE, text=True, cwd=tmp_path
        )
    assert ran.returncode == 5
    assert "outofband: the result could not be written" in ran.stderr
    assert "No space left on device" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_result_that_nobody_reads_is_5(tmp_path: Path) -> None:
    with closed_pipe() as pipe:
        ran = subprocess.run(
            [OUTOFBAND, "rule"], stdout=pipe, stderr=subprocess.PIPE, text=True, cwd=tmp_path
        )
    assert ran.returncode == 5
    assert "the result could not be written" in ran.stderr
    assert "Broken pipe" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_apply_goes_on_when_nobody_reads_what_it_says(project: Any) -> None:
    project.filled()
    with closed_pipe() as pipe:
        ran = subprocess.run(
            [OUTOFBAND, "apply", "--yes"], stdout=pipe, stderr=pipe, cwd=project.folder
        )
    assert ran.returncode == 0
    assert project.indexes() == ["docs_pkey"]


def test_nothing_is_drawn_over_a_question_and_what_is_said_meanwhile_comes_after_it() -> None:
    told = io.StringIO()
    screen = OperatorScreen(Console(file=told, force_terminal=True, width=80, highlight=False))
    with screen.showing("docs_id") as show:
        show(Progress("waiting for old snapshots", 0, 1, "transactions"))
        assert "0 of 1 transactions" in told.getvalue()
        with screen.asking():
            before = told.getvalue()
            show(Progress("waiting for old snapshots", 0, 1, "transactions"))
            screen.say("the wait has lasted a minute")
            assert told.getvalue() == before
    assert "the wait has lasted a minute" in told.getvalue().removeprefix(before)
