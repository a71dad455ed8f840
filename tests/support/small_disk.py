"""A disk of a few megabytes, where the machine lets one be mounted."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from outofband import ephemeral
from outofband.ephemeral.identity import resolve


class SmallDisk:
    """A folder that is a disk of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def resize(self, megabytes: int) -> None:
        """Give it another size; what lies on it stays."""
        size = f"remount,size={megabytes}m"
        subprocess.run(["mount", "-o", size, str(self.folder)], check=True)


@contextmanager
def small_disk(server: ephemeral.Server, within: Path, megabytes: int) -> Iterator[SmallDisk]:
    """Mount a disk that the server may write to; skips the test where nobody may mount one."""
    folder = within / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody mount a disk")
    try:
        resolve(server.binaries / "postgres").own(folder)
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", str(folder)], check=True)
