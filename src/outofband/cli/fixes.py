"""What `outofband lint --fix` writes and `--diff` shows."""

from __future__ import annotations

import difflib
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from outofband.errors import NothingChanged, PartlyDone

if TYPE_CHECKING:
    from outofband.revisions.rewrite import FileChange, Rewriting

_COLOURS = {"+": "green", "-": "red", "@": "cyan"}


class FileMoved(PartlyDone):
    """A file is not what it was when its fix was made, or one of that name came to be."""


class NotWritable(PartlyDone):
    """A revision's file cannot be written."""


class FixNotInstalled(NothingChanged):
    """libcst, which edits Python without touching the rest of a file, is not installed."""

    exit_status = 2


def rewriting_of(*given: object) -> Rewriting:
    """Return what :func:`outofband.revisions.rewrite.rewritten` makes; raises FixNotInstalled."""
    try:
        from outofband.revisions.rewrite import rewritten
    except ModuleNotFoundError as error:
        if error.name != "libcst":
            raise
        raise FixNotInstalled(
            "--fix and --diff need libcst", do="pip install 'alembic-outofband[fix]'"
        ) from None
    return rewritten(*given)  # type: ignore[arg-type]


def write(files: Iterable[FileChange]) -> None:
    """Write each file as a whole or not at all, and say which. Raises FileMoved or NotWritable."""
    for change in files:
        _write(change)
        click.echo(f"{'changed' if change.before else 'created'} {_shown(change.path)}", err=True)


def _write(change: FileChange) -> None:
    now = change.path.read_bytes() if change.path.exists() else None
    if now != change.before:
        raise FileMoved(
            f"{_shown(change.path)} changed while its fix was made", do="Run lint --fix again"
        )
    try:
        _replace(change.path, change.after, 0o666 & ~_umask() if now is None else None)
    except OSError as error:
        raise NotWritable(
            f"cannot write {_shown(change.path)}",
            why=error.strerror or "",
            do="Make it writable, then run lint --fix again",
        ) from None


def _replace(path: Path, content: bytes, mode: int | None) -> None:
    """Put a file in the place of one of that name; a `mode` of None is the old one's."""
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".outofband-") as folder:
        new = Path(folder) / path.name
        new.write_bytes(content)
        new.chmod(path.stat().st_mode if mode is None else mode)
        os.replace(new, path)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def diff(files: Iterable[FileChange]) -> Iterator[str]:
    """Yield a unified diff line by line, coloured where the terminal reads colours."""
    for change in files:
        path = _shown(change.path)
        lines = difflib.unified_diff(
            (change.before or b"").decode(errors="replace").splitlines(),
            change.after.decode(errors="replace").splitlines(),
            "/dev/null" if change.before is None else path,
            path,
            lineterm="",
        )
        for line in lines:
            yield click.style(line, fg=_COLOURS.get(line[:1]))


def summary(rewriting: Rewriting, *, done: bool) -> str:
    """Return in one sentence what is or would be changed, and what stays for a person."""
    changed = f"{rewriting.made} operation{'s' * (rewriting.made != 1)}"
    files = f"{len(rewriting.files)} file{'s' * (len(rewriting.files) != 1)}"
    verb = "fixed" if done else "would be fixed"
    left = len(rewriting.left)
    stay = f"; {left} finding{'s stay' if left != 1 else ' stays'} for a person" if left else ""
    return f"{changed} {verb} in {files}{stay}"


def _shown(path: Path) -> str:
    return os.path.relpath(path)
