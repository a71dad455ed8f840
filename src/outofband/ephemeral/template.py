"""A new data directory: unpacked from a cached archive of what ``initdb`` made, or made by it.

The archive is one file that is only ever put in place whole, so that processes that start at once
need no lock: the last one wins, and all of them wrote the same. It is read by the caller and
unpacked by the server's user, so the cache may lie in a closed home directory.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from outofband.ephemeral.binaries import Binaries
from outofband.ephemeral.leash import Leash
from outofband.errors import NothingChanged

INITDB_OPTIONS = (
    "--username=postgres",
    "--auth=trust",
    "--encoding=UTF8",
    "--no-locale",
    "--wal-segsize=1",
    "--no-sync",
    "--no-instructions",
)
LAST = "complete"
"""The name of an archive's last file, which stands beside the data directory."""


class InitdbFailed(NothingChanged):
    """``initdb`` could not make a data directory."""


def archive_for(binaries: Binaries) -> Path:
    """Return where the archive for these binaries is kept, whether or not it exists.

    Its name is made of all that the content follows from: which binaries, and how initdb is called.
    """
    seen = [binaries.folder, *INITDB_OPTIONS]
    for program in (binaries.initdb, binaries.postgres):
        status = program.stat()
        seen += [status.st_size, status.st_mtime_ns]
    digest = hashlib.sha256(repr([str(part) for part in seen]).encode()).hexdigest()[:16]
    return cache_folder() / f"initdb-{binaries.version}-{digest}.tar"


def cache_folder() -> Path:
    """Return ``$XDG_CACHE_HOME/outofband``, else ``~/.cache/outofband``, else one in ``/tmp``."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "outofband")
    temporary = Path(tempfile.gettempdir(), f"outofband-cache-{os.geteuid()}")
    with contextlib.suppress(OSError):
        # A relative path: there is no home, or XDG's specification says to ignore it.
        if cache.is_absolute():
            cache.mkdir(mode=0o700, parents=True, exist_ok=True)
            if os.access(cache, os.W_OK):
                return cache
    with contextlib.suppress(OSError):
        temporary.mkdir(mode=0o700, exist_ok=True)
    return temporary


def make_data_directory(data: Path, binaries: Binaries, leash: Leash, scrap: Path) -> None:
    """Make ``data``, whose parent exists, belong to the server's user and hold a new cluster.

    ``scrap`` is a path on the leash, in the cache's folder, that a new archive is written to.
    Raises :class:`InitdbFailed`.
    """
    archive = archive_for(binaries)
    if unpack(archive, data, leash):
        return
    _initdb(data, binaries, leash)
    pack(archive, data, leash, scrap)


def unpack(archive: Path, data: Path, leash: Leash) -> bool:
    """Make ``data`` what an archive holds; False where there is none, or not all of one."""
    try:
        with open(archive, "rb") as file:
            # An archive decides which programs the server runs: nobody else may have written it.
            if os.fstat(file.fileno()).st_uid != os.geteuid():
                return False
            tar = leash.run("tar", "-x", "-C", data.parent, "-f", "-", stdin=file)
    except OSError:
        return False
    # tar is content with an archive that was cut between two files, so look for the last one.
    return tar.returncode == 0 and (data.parent / LAST).exists()


def _initdb(data: Path, binaries: Binaries, leash: Leash) -> None:
    shutil.rmtree(data, ignore_errors=True)  # what a damaged archive may have left
    done = leash.run(binaries.initdb, "--pgdata", data, *INITDB_OPTIONS)
    if done.returncode != 0:
        raise InitdbFailed(
            f"{binaries.initdb} could not make a data directory in {data.parent}",
            why=done.stderr.strip() or f"exit status {done.returncode}",
            do=f"Look at the space left in {data.parent.parent}, and at who may enter it",
        )


def pack(archive: Path, data: Path, leash: Leash, scrap: Path) -> None:
    """Put ``data``, in which no server runs, into an archive by way of ``scrap``."""
    # A cache that cannot be written costs time, not correctness.
    with contextlib.suppress(OSError):
        (data.parent / LAST).touch()
        with open(scrap, "xb") as file:
            tar = leash.run("tar", "-c", "-C", data.parent, data.name, LAST, stdout=file)
            os.fsync(file.fileno())
        if tar.returncode == 0:
            scrap.replace(archive)
