"""Which revisions a branch adds or edits, found by rendering the project as it was at the base
too.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from outofband.revisions import environment as environments
from outofband.revisions import graph
from outofband.revisions.edited import edited
from outofband.revisions.environment import AlembicConfigWrong, Environment
from outofband.revisions.git import Checkout
from outofband.revisions.render import render
from outofband_lint.source import Base, Revision


def base_of(
    environment: Environment, ref: str, name: str, x: tuple[str, ...], now: Sequence[Revision]
) -> Base:
    """Render the revisions as they were where the branch left ``ref``; ``now`` are those of today.

    Uncommitted and untracked files count as the branch. Raises NotInGit, ShallowClone or
    GitRefUnknown. A configuration or folder that was not there yet is an empty base: everything is
    the branch's.
    """
    ini = Path(environment.config.config_file_name or "alembic.ini").resolve()
    checkout = Checkout.around(ini)
    commit = checkout.merge_base(ref)
    with tempfile.TemporaryDirectory(prefix="outofband-") as folder:
        checkout.export(commit, Path(folder), ini.parent)
        then = Path(folder) / ini.relative_to(checkout.top.resolve())
        if not then.is_file():
            return Base()
        try:
            old = environments.load([str(then)], name, x)
        except AlembicConfigWrong:
            return Base()
        revisions = tuple(r.revision for r in render(old, graph.every(old.script)))
        return Base(revisions, edited=edited(revisions, now))
