"""Which revisions a branch adds or edits, found by rendering the project as it was at the base
too.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from alembic.config import Config

from outofband.revisions import environment as environments
from outofband.revisions import history
from outofband.revisions.edited import edited
from outofband.revisions.environment import AlembicConfigWrong
from outofband.revisions.git import Checkout
from outofband.revisions.history import Reading
from outofband_lint.source import Base, Revision


def base_of(config: Config, ref: str, reading: Reading, now: Sequence[Revision]) -> Base:
    """Read the history as it was where the branch left ``ref``, with the helpers of then.

    ``now`` are the revisions of today.
    Uncommitted and untracked files count as the branch. Raises NotInGit, ShallowClone or
    GitRefUnknown. A configuration or folder that was not there yet is an empty base: everything is
    the branch's.
    """
    ini = Path(_file_of(config)).resolve()
    checkout = Checkout.around(ini)
    commit = checkout.merge_base(ref)
    top = checkout.top.resolve()
    with tempfile.TemporaryDirectory(prefix="outofband-") as name:
        folder = Path(name).resolve()
        checkout.export(commit, folder, ini.parent)
        then = folder / ini.relative_to(top)
        if not then.is_file():
            return Base()
        x = getattr(config.cmd_opts, "x", None) or ()
        old = environments.configured([str(then)], config.config_ini_section, x)
        try:
            read = history.read(old, replace(reading, moved=(top, folder)))
        except AlembicConfigWrong:
            return Base()
        revisions = tuple(_back(revision, folder, top) for revision in read.revisions)
        environment = replace(read.environment, path=_moved(read.environment.path, folder, top))
        return Base(revisions, environment, edited=edited(read.revisions, now))


def _file_of(config: Config) -> str:
    files = (config.config_file_name, config.toml_file_name)
    return next((name for name in files if name and Path(name).is_file()), "alembic.ini")


def _back(revision: Revision, folder: Path, top: Path) -> Revision:
    return replace(revision, path=_moved(revision.path, folder, top))


def _moved(path: str, folder: Path, top: Path) -> str:
    """Return where a file of the exported commit is in the checkout."""
    try:
        return str(top / Path(path).resolve().relative_to(folder))
    except ValueError:
        return path
