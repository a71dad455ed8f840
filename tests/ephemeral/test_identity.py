"""A server runs for root, for a user, and for root who may not make user namespaces."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import outofband
import outofband_lint
from outofband.ephemeral import binaries

if TYPE_CHECKING:
    from tests.ephemeral.conftest import Place

NOBODY = pwd.getpwnam("nobody")
NAMESPACE = ("unshare", "--user", f"--map-user={NOBODY.pw_uid}", f"--map-group={NOBODY.pw_gid}")
WITHOUT_SETUID = ("setpriv", "--bounding-set=-setuid,-setgid")

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")
with_namespaces = pytest.mark.skipif(
    subprocess.run([*NAMESPACE, "true"], capture_output=True, check=False).returncode != 0,
    reason="user namespaces are not allowed here",
)


@pytest.fixture
def no_namespaces(tmp_path: Path) -> str:
    """A $PATH on which making a user namespace fails, as in a default Docker container."""
    unshare = tmp_path / "path" / "unshare"
    unshare.parent.mkdir()
    unshare.write_text("#!/bin/sh\necho unshare failed: Operation not permitted >&2; exit 1\n")
    unshare.chmod(0o755)
    return f"{unshare.parent}{os.pathsep}{os.environ['PATH']}"


def pid_and_uid(place: Place, *prefix: str, **how: str) -> tuple[int, int]:
    """Start a server and return the postmaster's pid and whom the kernel takes it for."""
    _, pid = place.run_until_ready(*prefix, **how)
    return pid, Path(f"/proc/{pid}").stat().st_uid


def end(place: Place) -> None:
    for program in place.programs:
        program.communicate()
        assert program.returncode == 0
    assert place.is_clean()


@as_root
@with_namespaces
def test_root_runs_it_in_a_user_namespace(place: Place) -> None:
    pid, _ = pid_and_uid(place)
    assert os.readlink(f"/proc/{pid}/ns/user") != os.readlink("/proc/self/ns/user")
    end(place)


@as_root
def test_root_without_namespaces_runs_it_as_another_account(
    place: Place, no_namespaces: str
) -> None:
    _, uid = pid_and_uid(place, PATH=no_namespaces)
    assert pwd.getpwuid(uid).pw_name in {"postgres", "nobody"}
    end(place)


@as_root
def test_binaries_that_the_account_cannot_reach_are_copied(
    place: Place, no_namespaces: str, tmp_path: Path
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    installation = binaries.copy(binaries.find(), closed)
    _, uid = pid_and_uid(place, PATH=no_namespaces, PG_BIN=str(installation.folder))
    (folder,) = place.folders()
    assert uid == folder.stat().st_uid != 0
    assert (folder / "install").is_dir()
    end(place)


@with_namespaces
def test_a_user_runs_it_directly(place: Place) -> None:
    pid, _ = pid_and_uid(place, *NAMESPACE)
    program = place.programs[0].pid
    assert os.readlink(f"/proc/{pid}/ns/user") == os.readlink(f"/proc/{program}/ns/user")
    end(place)


@as_root
def test_an_account_of_its_own_runs_it_directly(place: Place) -> None:
    python = next(filter(usable_by_nobody, (sys.executable, "/usr/bin/python3")), None)
    if python is None:
        pytest.skip("nobody can reach no Python 3.11 or newer here")
    for package in (outofband, outofband_lint):
        shutil.copytree(package.__path__[0], place.path / "lib" / package.__name__)
    installation = binaries.copy(binaries.find(), place.path)
    _, uid = pid_and_uid(
        place,
        python=python,
        user="nobody",
        PYTHONPATH=str(place.path / "lib"),
        PG_BIN=str(installation.folder),
    )
    assert uid == NOBODY.pw_uid
    end(place)


@as_root
def test_root_who_can_be_nobody_else_is_told_so(place: Place, no_namespaces: str) -> None:
    program = place.run(*WITHOUT_SETUID, PATH=no_namespaces)
    _, complaint = program.communicate()
    assert "NoUserForServer" in complaint
    assert place.is_clean()


def usable_by_nobody(python: str) -> bool:
    check = [python, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]
    try:
        return subprocess.run(check, user="nobody", check=False).returncode == 0
    except OSError:
        return False
