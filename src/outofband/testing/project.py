"""The project under test: what is called, and which revisions there are."""

from __future__ import annotations

from collections.abc import Sequence

from outofband.rehearse.run import Call
from outofband.testing.walk import Step

_LIMIT = 300.0
"""Seconds for each run of Alembic; a test has a time limit of its own where somebody sets one."""


def call(configs: Sequence[str], x: Sequence[str], *, apart: bool) -> Call:
    """Return how Alembic is called; ``apart`` gives each revision a transaction of its own."""
    return Call(tuple(configs), "alembic", tuple(x), (), apart, _LIMIT)


def steps(called: Call) -> tuple[Step, ...]:
    """Return all revisions, each after those that it builds on.

    Raises AlembicConfigWrong and RevisionsNotLoaded.
    """
    from outofband.revisions import graph
    from outofband.revisions.environment import configured, script_directory

    script = script_directory(configured(called.configs, called.name, called.x))
    return tuple(Step(each.revision, graph.parents(each)) for each in graph.every(script))
