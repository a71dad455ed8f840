"""From a revision's Python to the statements it sends and the steps it declares."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from alembic.script import Script

from outofband import child
from outofband.model.step import Step
from outofband.revisions import databases
from outofband.revisions.child.perform import Performer
from outofband.revisions.environment import Environment
from outofband.revisions.unread import may_declare_more
from outofband.wire import Run, from_json, to_json
from outofband_lint.source import Revision, Source

DEFAULT_LIMIT = 10.0
"""Seconds that one ``upgrade()`` may take to render; it runs no SQL."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """One revision as statements, and the steps that its ``out_of_band`` sources stand for.

    ``may_declare_more``: the revision could not be run, or rows decide what it does, and it or a
    helper it imports names operations of ours that the syntax tree did not give away.
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

    A revision that looks at the schema is told what the revisions before it among ``scripts`` have
    made. One that raises, exits or runs longer than ``limit`` seconds comes with a problem and what
    its syntax tree gives; the others are not touched by it. A revision is rendered once in a
    process.
    """
    known: dict[str, Rendered] = environment.rendered
    missing = [script for script in scripts if script.revision not in known]
    if missing:
        before = [known[script.revision] for script in scripts if script.revision in known]
        for script, run in zip(missing, _runs(environment, missing, before, limit), strict=True):
            known[script.revision] = _rendered(script, run)
    return tuple(known[script.revision] for script in scripts)


def _runs(
    environment: Environment, scripts: Sequence[Script], before: Iterable[Rendered], limit: float
) -> list[Run]:
    def work(post: child.Post) -> None:
        here = databases.configured(environment.config, environment.options)
        performer = Performer(environment, post, limit, databases=here)
        done = [from_json(answer) for answer in post.said]
        for rendered in before:
            performer.chain.add(rendered.revision.id, rendered.revision.sources)
        for script, run in zip(scripts, done, strict=False):
            performer.chain.add(script.revision, run.sources)
        for script in scripts[len(done) :]:
            post.say(to_json(performer.upgrade(script)))

    return [from_json(answer) for answer in child.answers(work)]


def _rendered(script: Script, run: Run) -> Rendered:
    revision = Revision(
        id=script.revision,
        path=script.path,
        down_revisions=_tuple(script.down_revision),
        depends_on=_tuple(script.dependencies),
        sources=run.sources,
        problem=run.problem,
    )
    seen_whole = run.problem is None and not any(source.rows_read for source in run.sources)
    return Rendered(
        revision, run.steps, not seen_whole and may_declare_more(script, len(run.steps))
    )


def _tuple(value: str | Sequence[str] | None) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)
