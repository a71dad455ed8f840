"""From findings to the text of each file, before and after."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from alembic.script import Script

from outofband.revisions.change import FileChange
from outofband.revisions.environment import Environment
from outofband.revisions.rewrite.choose import Edit, choose
from outofband.revisions.rewrite.downgrade import followed
from outofband.revisions.rewrite.edit import edited
from outofband.revisions.rewrite.later import revision_after
from outofband.revisions.rewrite.source import parsed
from outofband_lint.finding import Finding
from outofband_lint.source import Revision


@dataclass(frozen=True, slots=True)
class Rewriting:
    """The files to change, how many operations that mends, and what stays for a person.

    Of an operation that is replaced nothing stays, whatever else was found about it.
    """

    files: tuple[FileChange, ...]
    made: int
    left: tuple[Finding, ...]


def rewritten(
    environment: Environment, revisions: Sequence[Revision], findings: Sequence[Finding]
) -> Rewriting:
    """Put each finding's fix in place of the operation that it found fault with.

    ``revisions`` are as they were rendered for these findings. A finding without a fix, or whose
    operation is not one plain call, is left.
    """
    choice = choose(revisions, findings)
    files: list[FileChange] = []
    done: set[tuple[str, int]] = set()
    for revision in revisions:
        if revision.id in choice.edits:
            script = environment.script.get_revision(revision.id)
            made, changes = _change(environment, script, choice.edits[revision.id])
            files += changes
            done |= {(revision.id, edit.line) for edit in made}
    left = tuple(f for f in findings if (f.revision, f.line) not in done)
    return Rewriting(tuple(files), len(done), left)


def _change(
    environment: Environment, script: Script, edits: Sequence[Edit]
) -> tuple[tuple[Edit, ...], list[FileChange]]:
    path = Path(script.path)
    before = path.read_bytes()
    module, made = edited(parsed(path, before), edits)
    if not made:
        return (), []
    module = followed(module, [operation for edit in made for operation in edit.fix.here])
    changes = [FileChange(path, before, module.bytes)]
    changes += _later(environment, script, made)
    return made, changes


def _later(environment: Environment, script: Script, made: Sequence[Edit]) -> Iterator[FileChange]:
    operations = [operation for edit in made for operation in edit.fix.later]
    if operations:
        undo = [operation for edit in reversed(made) for operation in edit.fix.undo]
        path, text = revision_after(environment.script, script, operations, undo)
        yield FileChange(path, None, text.encode())
