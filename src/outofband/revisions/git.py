"""What git knows: the commit a branch started from, and the files as they were then."""

from __future__ import annotations

import io
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

from outofband.errors import Misuse


class NotInGit(Misuse):
    """``--since`` was given outside a git checkout, or git is not installed."""


class ShallowClone(Misuse):
    """The clone's history is cut off, so that the start of the branch cannot be told."""


class GitRefUnknown(Misuse):
    """``--since`` names no commit, or one that shares no history with the branch."""


@dataclass(frozen=True, slots=True)
class Checkout:
    """A git checkout; ``top`` is its root."""

    top: Path

    @classmethod
    def around(cls, path: Path) -> Checkout:
        """Return the checkout that ``path`` is in. Raises NotInGit."""
        folder = path if path.is_dir() else path.parent
        try:
            top = _git(folder, "rev-parse", "--show-toplevel")
        except (OSError, subprocess.CalledProcessError):
            raise NotInGit(
                f"--since needs a git checkout around {folder}", do="Leave --since away"
            ) from None
        return cls(Path(top.decode().rstrip("\n")))

    def merge_base(self, ref: str) -> str:
        """Return the commit at which the present branch left ``ref``."""
        if _git(self.top, "rev-parse", "--is-shallow-repository").strip() == b"true":
            raise ShallowClone(
                f"--since {ref} needs the whole history",
                why="this clone is shallow",
                do="Type: git fetch --unshallow origin",
            )
        try:
            found = _git(self.top, "merge-base", "--end-of-options", ref, "HEAD")
        except subprocess.CalledProcessError:
            raise GitRefUnknown(
                f"--since {ref}",
                why="no such commit is here, or it shares no history with this branch",
                do=f"Type: git fetch origin, or name another ref than {ref}",
            ) from None
        return found.decode().strip()

    def export(self, commit: str, folder: Path) -> None:
        """Write all files of a commit below ``folder``."""
        archive = _git(self.top, "archive", "--format=tar", commit)
        with tarfile.open(fileobj=io.BytesIO(archive)) as files:
            files.extractall(folder, filter="data")


def _git(folder: Path, *words: str) -> bytes:
    return subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True).stdout
