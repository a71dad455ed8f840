"""Which revisions a branch adds or edits, found by rendering the project as it was at the base
too.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from outofband.revisions import environment as environments
from outofband.revisions import graph
from outofband.revisions.environment import AlembicConfigWrong, Environment
from outofband.revisions.git import Checkout
from outofband.revisions.render import render
from outofband_lint.source import Base


def base_of(environment: Environment, ref: str, name: str, x: tuple[str, ...]) -> Base:
    """Render the revisions as they were where the branch left ``ref``.

    Uncommitted and untracked files count as the branch. Raises NotInGit, ShallowClone or
    GitRefUnknown. A configuration or folder that was not there yet is an empty base: everything is
    the branch's.
    """
    ini = Path(environment.config.config_file_name or "alembic.ini").resolve()
    checkout = Checkout.around(ini)
    commit = checkout.merge_base(ref)
    with tempfile.TemporaryDirectory(prefix="outofband-") as folder:
        checkout.export(commit, Path(folder))
        then = Path(folder) / ini.relative_to(checkout.top.resolve())
        if not then.is_file():
            return Base()
        try:
            old = environments.load([str(then)], name, x)
        except AlembicConfigWrong:
            return Base()
        return Base(tuple(r.revision for r in render(old, graph.every(old.script))))
