"""What a project was where a branch began: its revisions of then, rendered with the helpers of
then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from alembic.config import Config

from outofband.revisions import environment as environments
from outofband.revisions import history
from outofband.revisions.edited import Print, print_of
from outofband.revisions.environment import AlembicConfigWrong
from outofband.revisions.git import Checkout
from outofband.revisions.history import Reading
from outofband_lint.environment import Environment
from outofband_lint.source import Revision


@dataclass(frozen=True, slots=True)
class Departure:
    """Where a branch began: the commit, and Alembic's configuration file in the checkout."""

    checkout: Checkout
    commit: str
    ini: Path

    def export(self, folder: Path) -> None:
        """Write what the project was then into a folder."""
        self.checkout.export(self.commit, folder, self.ini.parent)


@dataclass(frozen=True, slots=True)
class Past:
    """The project at a commit, as if its files lay in the checkout; ``prints`` are of the files of
    its revisions, by id. A configuration or folder that was not there yet leaves all of it empty.
    """

    revisions: tuple[Revision, ...] = ()
    environment: Environment | None = None
    prints: Mapping[str, Print] = field(default_factory=dict)


def departure(config: Config, ref: str) -> Departure:
    """Find where the branch left ``ref``. Raises NotInGit, ShallowClone or GitRefUnknown."""
    ini = Path(_file_of(config)).resolve()
    checkout = Checkout.around(ini)
    return Departure(checkout, checkout.merge_base(ref), ini)


def past(left: Departure, config: Config, reading: Reading, folder: Path) -> Past:
    """Read the history of then from a ``folder`` into which it was exported."""
    top = left.checkout.top.resolve()
    then = folder / left.ini.relative_to(top)
    if not then.is_file():
        return Past()
    x = getattr(config.cmd_opts, "x", None) or ()
    old = environments.configured([str(then)], config.config_ini_section, x)
    try:
        read = history.read(old, replace(reading, moved=(top, folder)))
    except AlembicConfigWrong:
        return Past()
    prints = {revision.id: print_of(Path(revision.path)) for revision in read.revisions}
    revisions = tuple(replace(r, path=_moved(r.path, folder, top)) for r in read.revisions)
    environment = replace(read.environment, path=_moved(read.environment.path, folder, top))
    return Past(revisions, environment, prints)


def _file_of(config: Config) -> str:
    files = (config.config_file_name, config.toml_file_name)
    return next((name for name in files if name and Path(name).is_file()), "alembic.ini")


def _moved(path: str, folder: Path, top: Path) -> str:
    """Return where a file of the exported commit is in the checkout."""
    try:
        return str(top / Path(path).resolve().relative_to(folder))
    except ValueError:
        return path
