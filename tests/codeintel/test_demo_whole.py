"""The whole demonstration, as a newcomer starts it.

At a scale at which builds need no temporary files: with a temp_file_limit it is played by
``make demo``, which ``.ci/run`` begins with.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import suites
from codeintel.store.folder import BundleFolder

pytestmark = suites.FAULTS

SMALLEST = ("--scale", "0.01", "--seconds", "1", "--package", "mako")
SMALL = ("--scale", "0.02", "--seconds", "1", "--package", "click", "--package", "mako")


def demo(*arguments: str, environment: Mapping[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "codeintel", "demo", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
        start_new_session=True,
    )


def test_the_incident_happens_and_is_cured(tmp_path: Path) -> None:
    bundle = BundleFolder(tmp_path).bundle(1)
    bundle.parent.mkdir(parents=True)
    bundle.write_bytes(b"the operator's own")
    with demo(*SMALL, environment={"BUNDLE_DIR": str(tmp_path)}) as process:
        out, err = process.communicate()
    assert bundle.read_bytes() == b"the operator's own"
    assert process.returncode == 0, out + err
    for counted in ("failed requests", "wrong answers", "lost rows", "doubled rows"):
        assert re.search(rf"^{counted} +0$", out, re.MULTILINE)
    assert re.search(r"^rows in quarantine +[1-9]", out, re.MULTILINE)
    assert "error[table-without-index]" in out
    assert out.index("Seq Scan on lsif_data_definitions") < out.index(
        "Index Scan using lsif_data_definitions_pkey"
    )
    assert "\x1b" not in out


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT])
def test_nothing_outlives_it(sent: signal.Signals, short_path: Path) -> None:
    servers = short_path
    with demo(*SMALLEST, environment={"OUTOFBAND_EPHEMERAL_DIR": str(servers)}) as process:
        assert process.stdout is not None
        while "outofband apply" not in (line := process.stdout.readline()):
            assert line, "it ended before the traffic flowed"
        assert any("codeintel.demo.traffic" in program for program in programs(servers))
        process.send_signal(sent)
        process.communicate()
    wait_until_none(lambda: programs(servers))
    wait_until_none(lambda: list(servers.iterdir()))


def programs(servers: Path) -> list[str]:
    """The command lines of whatever was started for a server in this folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if bytes(servers) in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
    return found


def wait_until_none(left: Callable[[], list[Any]]) -> None:
    deadline = time.monotonic() + 120
    while left():
        assert time.monotonic() < deadline, left()
        time.sleep(0.02)
