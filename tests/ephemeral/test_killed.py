"""Whoever is killed, and whenever: no process, no folder, no shared memory is left."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import suites
from outofband.ephemeral import WatcherDied, server
from outofband.ephemeral.leash import WATCHER

if TYPE_CHECKING:
    from tests.ephemeral.conftest import Place

pytestmark = suites.FAULTS

Eventually = Callable[[Callable[[], object]], None]

MOMENTS = {
    "the folder is made": "run/outofband-pg-*",
    "initdb runs": "run/outofband-pg-*/data/PG_VERSION",
    "initdb fills the catalog": "run/outofband-pg-*/data/base/1/PG_VERSION",
    "the archive is written": "cache/outofband/outofband-*.tar",
    "the server starts": "run/outofband-pg-*/data/postmaster.opts",
    "the server listens": "run/outofband-pg-*/.s.PGSQL.5432",
}

STAYS = """
import signal, sys
sys.addaudithook(
    lambda event, given: event == "os.rename" and given[0].endswith(".tar") and signal.pause()
)
"""
"""Keeps an archive from its place: what else is made stays anyhow until somebody has seen it."""


def run_past(place: Place, path: str) -> subprocess.Popen[str]:
    return place.run(before=STAYS if path.endswith(".tar") else "")


@pytest.mark.parametrize("path", MOMENTS.values(), ids=MOMENTS.keys())
@pytest.mark.parametrize("who", [os.killpg, os.kill], ids=["group", "owner"])
def test_kill_9_leaves_nothing(
    place: Place, eventually: Eventually, who: Callable[[int, int], None], path: str
) -> None:
    program = run_past(place, path)
    eventually(lambda: list(place.path.glob(path)))
    who(program.pid, signal.SIGKILL)
    eventually(place.is_clean)
    assert program.wait() == -signal.SIGKILL


@pytest.mark.parametrize("event", ["fcntl.flock", "os.rename"])
def test_kill_9_before_the_folder_has_its_name_leaves_nothing(
    place: Place, eventually: Eventually, event: str
) -> None:
    hook = f"lambda event, _: event == {event!r} and os.killpg(0, {signal.SIGKILL:d})"
    program = place.run(before=f"import os, sys; sys.addaudithook({hook})")
    assert program.wait() == -signal.SIGKILL
    eventually(place.is_clean)


@pytest.mark.parametrize("who", [os.killpg, os.kill], ids=["group", "owner"])
def test_kill_9_of_a_server_in_use_leaves_nothing(
    place: Place, eventually: Eventually, who: Callable[[int, int], None]
) -> None:
    program, _ = place.run_until_ready()
    who(program.pid, signal.SIGKILL)
    eventually(place.is_clean)


@pytest.mark.parametrize("path", MOMENTS.values(), ids=MOMENTS.keys())
def test_ctrl_c_leaves_nothing(place: Place, eventually: Eventually, path: str) -> None:
    program = run_past(place, path)
    eventually(lambda: list(place.path.glob(path)))
    os.killpg(program.pid, signal.SIGINT)
    eventually(place.is_clean)
    assert program.wait() != 0


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGHUP])
def test_the_end_of_a_job_or_a_terminal_leaves_nothing(
    place: Place, eventually: Eventually, signum: signal.Signals
) -> None:
    program, _ = place.run_until_ready()
    os.killpg(program.pid, signum)
    eventually(place.is_clean)


def shared_memory() -> set[str]:
    """The ids of all System V segments."""
    lines = Path("/proc/sysvipc/shm").read_text().splitlines()
    return {line.split()[1] for line in lines[1:]}


def test_a_server_that_was_killed_leaves_nothing(here: Place, eventually: Eventually) -> None:
    with server() as running:
        lock_file = (running.data_directory / "postmaster.pid").read_text().splitlines()
        segment = lock_file[6].split()[1]
        assert segment in shared_memory()
        os.kill(int(lock_file[0]), signal.SIGKILL)
    eventually(here.is_clean)
    eventually(lambda: segment not in shared_memory())


def kill_everything(place: Place, eventually: Eventually) -> None:
    """Kill the watcher, before it can see the rest die, and the server."""
    found = sorted(place.processes().items(), key=lambda item: WATCHER.name not in item[1])
    for pid, _ in found:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    eventually(lambda: not place.processes())


def test_what_even_the_watcher_could_not_remove_goes_at_the_next_start(
    here: Place, eventually: Eventually
) -> None:
    program, _ = here.run_until_ready()
    kill_everything(here, eventually)
    program.kill()
    program.wait()
    (abandoned,) = here.folders()
    with server() as running:
        assert here.folders() == [running.socket_directory] != [abandoned]


def test_the_end_of_the_watcher_is_reported(here: Place, eventually: Eventually) -> None:
    def kill_everything_and_restart() -> None:
        with server() as running:
            kill_everything(here, eventually)
            running.restart()

    with pytest.raises(WatcherDied) as caught:
        kill_everything_and_restart()
    assert caught.value.exit_status == 5
    (abandoned,) = here.folders()
    assert str(abandoned) in str(caught.value)


FORKS = """
import os, sys
from outofband.ephemeral import server

with server():
    if os.fork() == 0:
        sys.stdin.read()
        os._exit(0)
print("left the block", flush=True)
os.wait()
"""


def test_a_forked_child_that_lives_on_does_not_hold_up_the_end(place: Place) -> None:
    program = place.run(program=FORKS)
    assert program.stdout is not None
    assert program.stdout.readline() == "left the block\n"
    assert place.is_clean()
