"""The revision for what may not share a transaction with the operation that it completes."""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Sequence
from pathlib import Path

from alembic.script import Script, ScriptDirectory
from alembic.util import rev_id

from outofband.errors import Misuse

_INDENT = "\n    "


class TemplateMissing(Misuse):
    """A fix needs a revision of its own, and the project has no template to make one from."""


def revision_after(
    script: ScriptDirectory, edited: Script, operations: Sequence[str], undo: Sequence[str]
) -> tuple[Path, str]:
    """Return the path and the text of a new revision that runs these operations.

    It comes behind the head that ``edited`` leads to, so that no revision gets another parent, and
    is made by the project's own script.py.mako. The script directory knows it from then on, which
    lets several of these follow each other; its file is not written. Raises TemplateMissing.
    """
    template = Path(script.dir, "script.py.mako")
    if not template.is_file():
        raise TemplateMissing(
            f"the fix of {edited.revision} needs a second revision",
            why=f"there is no {template} to make it from",
            do="Copy it from a project made by `alembic init`",
        )
    head = _head_behind(script, edited)
    with tempfile.TemporaryDirectory(prefix="outofband-") as folder:
        elsewhere = _writing_to(script, Path(folder))
        made = elsewhere.generate_revision(
            rev_id(),
            f"second part of {edited.revision}",
            head=head,
            upgrades=_INDENT.join(operations),
            downgrades=_INDENT.join(undo),
        )
        assert made is not None
        text = Path(made.path).read_text(encoding=script.output_encoding)
        return Path(edited.path).parent / Path(made.path).name, text


def _head_behind(script: ScriptDirectory, edited: Script) -> str:
    """Return a head that the revision leads to; the revision itself where it is one."""
    waiting = [edited.revision]
    while waiting:
        revision = script.get_revision(waiting.pop())
        if revision.is_head:
            return revision.revision
        waiting += sorted(revision.nextrev)
    return edited.revision


def _writing_to(script: ScriptDirectory, folder: Path) -> ScriptDirectory:
    """Return the same script directory, whose new files come to stand in another folder."""
    elsewhere = copy.copy(script)
    elsewhere.revision_map = script.revision_map  # shared: a new head is known to the next
    elsewhere.hooks = []
    elsewhere.messaging_opts = {**script.messaging_opts, "quiet": True}
    elsewhere.version_locations = [str(folder)]
    elsewhere.__dict__.pop("_version_locations", None)
    elsewhere.__dict__.pop("_singular_version_location", None)
    return elsewhere
