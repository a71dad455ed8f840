"""What `outofband lint --fix` writes and `--diff` shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from outofband.cli import changes

if TYPE_CHECKING:
    from outofband.revisions.rewrite import Rewriting


def write(rewriting: Rewriting) -> None:
    """Write the files and say which. Raises FileMoved, FileNotWritten."""
    changes.write(rewriting.files, "lint --fix")
    click.echo(_summary(rewriting, "fixed"), err=True)


def show(rewriting: Rewriting) -> None:
    """Print what would be written."""
    changes.show(rewriting.files)
    click.echo(_summary(rewriting, "would be fixed"), err=True)


def _summary(rewriting: Rewriting, verb: str) -> str:
    operations = f"{rewriting.made} operation{'' if rewriting.made == 1 else 's'}"
    files = f"{len(rewriting.files)} file{'' if len(rewriting.files) == 1 else 's'}"
    left = len(rewriting.left)
    stay = f"; {left} finding{' stays' if left == 1 else 's stay'} for a person" if left else ""
    return f"{operations} {verb} in {files}{stay}"
