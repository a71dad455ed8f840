"""Which revisions a branch adds or edits, found by rendering the project as it was at the base
too.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from outofband.revisions import environment as environments
from outofband.revisions import graph
from outofband.revisions.environment import AlembicConfigWrong, Environment
from outofband.revisions.git import Checkout
from outofband.revisions.render import render
from outofband_lint.source import Revision


@dataclass(frozen=True, slots=True)
class Base:
    """The project's revisions at the commit where the branch began, in upgrade order."""

    revisions: tuple[Revision, ...]

    @property
    def ids(self) -> frozenset[str]:
        """The revisions that exist there."""
        return frozenset(r.id for r in self.revisions)

    def unlike(self, now: Iterable[Revision]) -> frozenset[str]:
        """Return the revisions that are new since the base, or send other statements than there.

        What is sent is compared, so that a changed helper counts and a changed comment does not.
        """
        then = {r.id: _sent(r) for r in self.revisions}
        return frozenset(r.id for r in now if then.get(r.id) != _sent(r))


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
            return Base(())
        try:
            old = environments.load([str(then)], name, x)
        except AlembicConfigWrong:
            return Base(())
        return Base(tuple(r.revision for r in render(old, graph.every(old.script))))


def _sent(revision: Revision) -> tuple[object, ...]:
    statements = tuple(
        (s.sql, s.in_transaction, s.out_of_band, s.barrier) for s in revision.sources
    )
    problem = revision.problem.reason if revision.problem else None
    return (statements, problem)
