"""What `outofband lint --fix` writes and `--diff` shows."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from outofband.cli.files import replace_file
from outofband.errors import PartlyDone

if TYPE_CHECKING:
    from outofband.revisions.rewrite import FileChange, Rewriting

_COLOURS = {"+": "green", "-": "red", "@": "cyan"}
_STATE = "The files named before it are written, this one and those after it are as they were"


class FileMoved(PartlyDone):
    """A file is not what it was when its fix was made, or one of that name came to be."""

    default_state = _STATE


class FileNotWritten(PartlyDone):
    """A revision's file cannot be written."""

    default_state = _STATE


def write(rewriting: Rewriting) -> None:
    """Write each file as a whole or not at all, and say which. Raises FileMoved, FileNotWritten."""
    for change in rewriting.files:
        _write(change)
        verb = "created" if change.before is None else "changed"
        click.echo(f"{verb} {_shown(change.path)}", err=True)
    click.echo(_summary(rewriting, "fixed"), err=True)


def show(rewriting: Rewriting) -> None:
    """Print a unified diff, coloured where stdout is a terminal."""
    for change in rewriting.files:
        for line in _diff(change):
            click.secho(line, fg=_COLOURS.get(line[:1]))
    click.echo(_summary(rewriting, "would be fixed"), err=True)


def _write(change: FileChange) -> None:
    path = change.path
    try:
        now = path.read_bytes() if path.exists() else None
        if now != change.before:
            raise FileMoved(
                f"{_shown(path)} changed while its fix was made", do="Run lint --fix again"
            )
        replace_file(path, change.after, 0o644 if now is None else path.stat().st_mode)
    except OSError as error:
        raise FileNotWritten(
            f"cannot write {_shown(path)}",
            why=error.strerror or type(error).__name__,
            do="Make it writable, then run lint --fix again",
        ) from None


def _diff(change: FileChange) -> Iterator[str]:
    path = _shown(change.path)
    return difflib.unified_diff(
        (change.before or b"").decode(errors="replace").splitlines(),
        change.after.decode(errors="replace").splitlines(),
        "/dev/null" if change.before is None else path,
        path,
        lineterm="",
    )


def _summary(rewriting: Rewriting, verb: str) -> str:
    operations = f"{rewriting.made} operation{'' if rewriting.made == 1 else 's'}"
    files = f"{len(rewriting.files)} file{'' if len(rewriting.files) == 1 else 's'}"
    left = len(rewriting.left)
    stay = f"; {left} finding{' stays' if left == 1 else 's stay'} for a person" if left else ""
    return f"{operations} {verb} in {files}{stay}"


def _shown(path: Path) -> str:
    return os.path.relpath(path)
