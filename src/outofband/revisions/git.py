"""What git knows: the commit a branch started from, and the files as they were then."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from outofband.errors import Misuse

LARGEST = 1 << 20
"""Bytes; what else than Python a revision reads, such as SQL or seed data, is smaller."""

_LINK = b"120000"
_OF_HOOKS = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR")


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
        except OSError as error:
            raise NotInGit(
                "--since needs git", why=error.strerror or "", do="Install git, or leave it away"
            ) from None
        except subprocess.CalledProcessError as error:
            raise _not_in_git(folder, error.stderr.decode(errors="replace")) from None
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

    def export(
        self,
        commit: str,
        folder: Path,
        project: Path,
        wanted: Callable[[Path], bool] = lambda _: True,
    ) -> None:
        """Write below ``folder`` what rendering a project at a commit may need, or of that what is
        ``wanted``, by its path from ``top``.

        These are all Python files, since revisions import them from anywhere, and what else is in
        ``project``, the folder that Alembic's configuration is in, up to LARGEST bytes a file: not
        the assets and the other services of a monorepo.
        """
        inside = project.resolve().relative_to(self.top.resolve())
        files = [f for f in self._files(commit) if f.is_safe and f.is_needed(inside)]
        files = [file for file in files if wanted(file.path)]
        with tempfile.TemporaryFile() as names:
            names.write(b"".join(file.blob + b"\n" for file in files))
            names.seek(0)
            command = ["git", "cat-file", "--batch", "--buffer"]
            with subprocess.Popen(
                command, cwd=self.top, env=_environment(), stdin=names, stdout=subprocess.PIPE
            ) as reading:
                assert reading.stdout is not None
                for file in files:
                    size = int(reading.stdout.readline().split()[2])
                    content = reading.stdout.read(size + 1)[:size]
                    file.write(content, folder)

    def _files(self, commit: str) -> list[_File]:
        listed = _git(self.top, "ls-tree", "-r", "-l", "-z", "--full-tree", commit)
        return [_File.listed(entry) for entry in listed.split(b"\0") if entry]


def _not_in_git(folder: Path, told: str) -> NotInGit:
    """Return why git sees no checkout: there is none, or it belongs to another user."""
    if "dubious ownership" in told:
        return NotInGit(
            f"git does not trust the checkout around {folder}",
            why="it belongs to another user",
            do=f"Type: git config --global --add safe.directory {folder}",
        )
    return NotInGit(f"--since needs a git checkout around {folder}", do="Leave --since away")


@dataclass(frozen=True, slots=True)
class _File:
    """A file of a commit; ``size`` is in bytes, None for what is no file of its own."""

    mode: bytes
    blob: bytes
    size: int | None
    path: Path

    @classmethod
    def listed(cls, entry: bytes) -> _File:
        head, _, name = entry.partition(b"\t")
        mode, _, blob, size = head.split()
        return cls(mode, blob, int(size) if size.isdigit() else None, Path(os.fsdecode(name)))

    @property
    def is_safe(self) -> bool:
        """Whether its path leads where a checkout would put it: a commit may be a stranger's."""
        return not self.path.is_absolute() and not {"..", ".git"} & set(self.path.parts)

    def is_needed(self, project: Path) -> bool:
        if self.size is None:
            return False
        is_near = self.path.is_relative_to(project) and self.size <= LARGEST
        return self.path.suffix == ".py" or is_near

    def write(self, content: bytes, folder: Path) -> None:
        """Write it below a folder; a link that leads out of there is left away."""
        target = folder / self.path
        target.parent.mkdir(parents=True, exist_ok=True)
        if self.mode != _LINK:
            target.write_bytes(content)
        elif (target.parent / os.fsdecode(content)).resolve().is_relative_to(folder.resolve()):
            target.symlink_to(os.fsdecode(content))


def _git(folder: Path, *words: str) -> bytes:
    return subprocess.run(
        ["git", *words], cwd=folder, env=_environment(), check=True, capture_output=True
    ).stdout


def _environment() -> dict[str, str]:
    """Return the environment without what git tells its hooks: paths that hold for it alone."""
    return {name: value for name, value in os.environ.items() if name not in _OF_HOOKS}
