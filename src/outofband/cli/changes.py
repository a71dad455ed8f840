"""Files that a command changes: their differences on stdout, and each written as a whole."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from outofband.cli.files import replace_file
from outofband.errors import PartlyDone
from outofband.revisions.change import FileChange

_COLOURS = {"+": "green", "-": "red", "@": "cyan"}
_STATE = "The files named before it are written, this one and those after it are as they were"


class FileMoved(PartlyDone):
    """A file is not what it was when its change was made, or one of that name came to be."""

    default_state = _STATE


class FileNotWritten(PartlyDone):
    """A file cannot be written."""

    default_state = _STATE


def show(changes: Iterable[FileChange]) -> None:
    """Print a unified diff, coloured where stdout is a terminal."""
    for change in changes:
        for line in _diff(change):
            click.secho(line, fg=_COLOURS.get(line[:1]))


def write(changes: Iterable[FileChange], command: str) -> None:
    """Write each file as a whole or not at all, and say which; ``command`` is what to run again.
    Raises FileMoved, FileNotWritten.
    """
    for change in changes:
        _write(change, command)
        verb = "created" if change.before is None else "changed"
        click.echo(f"{'removed' if change.after is None else verb} {shown(change.path)}", err=True)


def shown(path: Path) -> str:
    """Return a path as it is told: from here."""
    return os.path.relpath(path)


def _write(change: FileChange, command: str) -> None:
    path = change.path
    try:
        now = path.read_bytes() if path.exists() else None
        if now != change.before:
            raise FileMoved(
                f"{shown(path)} changed while its change was made", do=f"Run {command} again"
            )
        if change.after is None:
            path.unlink()
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, change.after, 0o644 if now is None else path.stat().st_mode)
    except OSError as error:
        raise FileNotWritten(
            f"cannot write {shown(path)}",
            why=error.strerror or type(error).__name__,
            do=f"Make it writable, then run {command} again",
        ) from None


def _diff(change: FileChange) -> Iterator[str]:
    path = shown(change.path)
    return difflib.unified_diff(
        (change.before or b"").decode(errors="replace").splitlines(),
        (change.after or b"").decode(errors="replace").splitlines(),
        "/dev/null" if change.before is None else path,
        "/dev/null" if change.after is None else path,
        lineterm="",
    )
