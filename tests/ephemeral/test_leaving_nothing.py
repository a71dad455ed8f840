"""However a run ends, and whenever: no process, no folder, no permission is left changed."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from outofband.ephemeral import binaries, server

if TYPE_CHECKING:
    from tests.ephemeral.conftest import Place

Eventually = Callable[[Callable[[], object]], None]


def test_ctrl_c_has_cleaned_up_when_the_program_ends(place: Place) -> None:
    program, _ = place.run_until_ready()
    os.killpg(program.pid, signal.SIGINT)
    _, complaint = program.communicate()
    assert complaint.rstrip().endswith("KeyboardInterrupt")
    assert place.is_clean()


def test_a_return_leaves_nothing(here: Place) -> None:
    with server() as running:
        assert here.folders() == [running.socket_directory]
    assert here.is_clean()


def test_an_exception_passes_and_leaves_nothing(here: Place) -> None:
    with pytest.raises(LookupError, match="mine"), server():
        raise LookupError("mine")
    assert here.is_clean()


def test_a_stopped_server_leaves_nothing(here: Place) -> None:
    with server() as running:
        running.stop()
    assert here.is_clean()


def test_a_server_in_use_is_not_taken_for_an_abandoned_one(here: Place) -> None:
    with server() as first, server() as second:
        folders = {first.socket_directory, second.socket_directory}
        assert set(here.folders()) == folders
        assert len(folders) == 2


def test_permissions_of_other_folders_stay_as_they_are(here: Place) -> None:
    found = binaries.find()
    outside = {*here.servers.parents, here.servers, found.folder, *found.folder.parents}
    outside |= {Path.home(), Path.cwd(), *Path.cwd().parents}

    def modes() -> dict[Path, tuple[int, int, int]]:
        seen = {path: path.stat() for path in outside}
        return {path: (s.st_mode, s.st_uid, s.st_gid) for path, s in seen.items()}

    before = modes()
    with server():
        assert modes() == before
    assert modes() == before


@pytest.mark.usefixtures("here")
def test_accounts_stay_as_they_are() -> None:
    before = Path("/etc/passwd").read_bytes()
    with server():
        assert Path("/etc/passwd").read_bytes() == before
