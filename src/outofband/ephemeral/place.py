"""Where a server's folder stands: in memory when there is ample room, otherwise on disk."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from outofband.errors import Misuse

VARIABLE = "OUTOFBAND_EPHEMERAL_DIR"
PREFIX = "outofband-pg-"
MEMORY = Path("/dev/shm")
AMPLE = 8 * 1024**3
"""Bytes that must be free for a server in memory: twice what the demonstration loads."""

PORT = 5432
SOCKET = f".s.PGSQL.{PORT}"
LONGEST_SOCKET = 103
"""Bytes of a socket's path that every kernel takes (sun_path has 104 on macOS, 108 on Linux)."""


class DirectoryUnusable(Misuse):
    """The directory that was named for ephemeral servers cannot hold one."""


def new_folder(directory: Path | None = None) -> Path:
    """Return the path of a folder that does not exist yet, below the directory for servers.

    That is ``directory``, else ``$OUTOFBAND_EPHEMERAL_DIR``, else :func:`default_parent`. Raises
    :class:`DirectoryUnusable`.
    """
    named = directory or (Path(value) if (value := os.environ.get(VARIABLE)) else None)
    parent = (named or default_parent()).absolute()
    folder = parent / f"{PREFIX}{secrets.token_hex(4)}"
    _refuse_unless_usable(parent, folder / SOCKET)
    return folder


@contextlib.contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Make ``folder``, closed to everybody else, and hold the lock that says it is in use."""
    # Locked before it gets its name: at no moment does it look abandoned.
    newborn(folder).mkdir(mode=0o700)
    with _lock(newborn(folder), fcntl.LOCK_SH):
        newborn(folder).rename(folder)
        yield


def newborn(folder: Path) -> Path:
    """Return what a folder is called until it is locked."""
    return folder.with_name(f".{folder.name}")


def remove_abandoned(parent: Path) -> None:
    """Remove the folders of servers whose owner and watcher were killed together.

    Nobody holds their lock. A postmaster that survived both notices that its lock file is gone and
    shuts down within a minute (PostgreSQL, postmaster.c, RecheckDataDirLockFile).
    """
    for folder in parent.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError), _lock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB):
            shutil.rmtree(folder)


@contextlib.contextmanager
def _lock(folder: Path, mode: int) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, mode)
        yield
    finally:
        os.close(descriptor)


def _refuse_unless_usable(parent: Path, socket: Path) -> None:
    if not os.access(parent, os.W_OK | os.X_OK):
        why = "it does not exist, or nothing may be created in it"
    elif len(os.fsencode(socket)) > LONGEST_SOCKET:
        why = f"the path of a socket in it, {socket}, is longer than {LONGEST_SOCKET} bytes"
    elif "," in str(socket):
        why = "a comma in a path separates two hosts to PostgreSQL's clients"
    else:
        return
    raise DirectoryUnusable(
        f"No ephemeral server can live in {parent}",
        why=why,
        do=f"Name a short, writable directory in ${VARIABLE}",
    )


def default_parent(ample: int = AMPLE) -> Path:
    """Return ``/dev/shm`` if it and memory have ``ample`` bytes free, else the temporary folder.

    A busy disk can make a start ten times slower; a server that fills memory gets others killed.
    """
    free = shutil.disk_usage(MEMORY).free if os.access(MEMORY, os.W_OK | os.X_OK) else -1
    return MEMORY if min(free, _available_memory()) >= ample else Path(tempfile.gettempdir())


def _available_memory() -> float:
    """Return MemAvailable (proc_meminfo(5)) in bytes, or what the cgroup leaves of it."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return 0
    fields = dict(line.split(":", 1) for line in lines)
    return min(int(fields["MemAvailable"].split()[0]) * 1024, left_by_cgroup())


def left_by_cgroup(group: Path = Path("/sys/fs/cgroup")) -> float:
    """Return how many more bytes a container may use (Linux, cgroup v2), or infinity."""
    try:
        limit = (group / "memory.max").read_text().strip()
        used = (group / "memory.current").read_text()
    except OSError:
        return float("inf")
    return float("inf") if limit == "max" else int(limit) - int(used)
