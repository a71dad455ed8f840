"""From a revision's Python to the statements it sends and the steps it declares."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from alembic.script import Script

from outofband.model.step import Step
from outofband.revisions import child
from outofband.revisions.environment import Environment
from outofband.revisions.unread import may_declare_more
from outofband.revisions.wire import Run
from outofband_lint.source import Revision, Source

DEFAULT_LIMIT = 10.0
"""Seconds that one ``upgrade()`` may take to render; it runs no SQL."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """One revision as statements, and the steps that its ``out_of_band`` sources stand for.

    ``may_declare_more``: the revision could not be run, and it or a helper it imports names
    operations of ours that the syntax tree did not give away.
    """

    revision: Revision
    steps: tuple[Step, ...] = ()
    may_declare_more: bool = False

    def in_order(self) -> Iterator[tuple[Source, Step | None]]:
        """Yield every source with the step it declares, if it declares one."""
        steps = iter(self.steps)
        for source in self.revision.sources:
            yield source, next(steps) if source.out_of_band else None

    def before(self, here: Step | str) -> Rendered:
        """Return the part above a step, or above the barrier that names one; all if neither is."""
        sources: list[Source] = []
        steps: list[Step] = []
        for source, step in self.in_order():
            if source.barrier == here or (step is not None and step == here):
                break
            sources.append(source)
            steps += [] if step is None else [step]
        return self._with(sources, steps)

    def declaring(self, steps: Iterable[Step]) -> Rendered:
        """Return the revision as one that declares these steps and sends nothing else."""
        steps = tuple(steps)
        path = self.revision.path
        return self._with((Source(s.plain_sql, path, 1, out_of_band=True) for s in steps), steps)

    def _with(self, sources: Iterable[Source], steps: Iterable[Step]) -> Rendered:
        revision = replace(self.revision, sources=tuple(sources))
        return replace(self, revision=revision, steps=tuple(steps))


def render(
    environment: Environment, scripts: Sequence[Script], *, limit: float = DEFAULT_LIMIT
) -> tuple[Rendered, ...]:
    """Render the ``upgrade()`` of each revision, in the order given.

    A revision that raises, exits, reads the database or runs longer than ``limit`` seconds comes
    with a problem and what its syntax tree gives; the others are not touched by it. A revision is
    rendered once in a process.
    """
    known: dict[str, Rendered] = environment.rendered
    missing = [script for script in scripts if script.revision not in known]
    if missing:
        for script, run in zip(missing, child.runs(environment, missing, limit), strict=True):
            known[script.revision] = _rendered(script, run)
    return tuple(known[script.revision] for script in scripts)


def _rendered(script: Script, run: Run) -> Rendered:
    revision = Revision(
        id=script.revision,
        path=script.path,
        down_revisions=_tuple(script.down_revision),
        depends_on=_tuple(script.dependencies),
        sources=run.sources,
        problem=run.problem,
    )
    more = run.problem is not None and may_declare_more(script, len(run.steps))
    return Rendered(revision, run.steps, more)


def _tuple(value: str | Sequence[str] | None) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)
