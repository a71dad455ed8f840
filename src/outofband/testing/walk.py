"""Each revision up, down and up once more, in upgrade order, as far as somebody asks."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

from outofband.rehearse.run import Call, Leg, Ran, Site, legs
from outofband.rehearse.schema import Schema, difference


@dataclass(frozen=True, slots=True)
class Told:
    """A revision, and the ``trouble`` with it; empty where there is none. One that says itself that
    there is no way back (NotImplementedError) is in trouble ``on_purpose``.
    """

    revision: str
    trouble: str
    on_purpose: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """A revision, and those that it builds on."""

    revision: str
    parents: tuple[str, ...]


def walked(
    call: Call, steps: Sequence[Step], new: Callable[[], Site]
) -> Generator[Told, None, None]:
    """Yield what came of each step. After one whose downgrade failed, the walk goes on where it
    stands, or on a new database where the failure has left something.
    """
    site, done = new(), 0
    lead = Leg("base", "downgrade", ("base",))  # runs env.py, and no revision
    while done < len(steps):
        last: Ran | None = None
        with closing(_stretch(call, site, lead, steps[done:])) as stretch:
            for trouble, ran in stretch:
                last = ran
                yield Told(steps[done].revision, trouble, _on_purpose(ran))
                done += 1
        if last is None or last.failure is None:
            return
        if last.part == "upgrade":
            yield from _not_reached(steps[done - 1].revision, steps[done:])
            return
        if last.part == "again" or not last.schema:
            site = new()
        lead = Leg("base", "upgrade", _heads(steps[:done]))


def _stretch(
    call: Call, site: Site, lead: Leg, steps: Sequence[Step]
) -> Generator[tuple[str, Ran], None, None]:
    """Yield the trouble with each step and how it ended, up to the first that failed; its schema is
    empty where it left another one than the upgrade made.
    """
    wanted = [lead, *(leg for step in steps for leg in _round(step))]
    with closing(legs(call, site, wanted)) as run:
        base = next(run)
        if base.failure is not None:
            yield str(base.failure), Ran("upgrade", failure=base.failure)
            return
        before = base.schema
        for step in steps:
            up = next(run)
            if up.failure is not None:
                yield str(up.failure), up
                return
            down = next(run)
            if down.failure is not None:
                yield _cannot(step.revision, down), _left(down, up.schema)
                return
            again = next(run)
            trouble = _trouble(step.revision, before, up, down, again)
            yield trouble, again
            if again.failure is not None:
                return
            before = again.schema


def _round(step: Step) -> tuple[Leg, Leg, Leg]:
    # Of a branch only this revision, whatever else stands on what it builds on; `-1` says nothing
    # where it builds on several.
    below = step.parents[0] if len(step.parents) > 1 else "-1"
    down = Leg("downgrade", "downgrade", (f"{step.revision}@{below}",))
    up = Leg("upgrade", "upgrade", (step.revision,))
    return up, down, Leg("again", "upgrade", (step.revision,))


def _left(down: Ran, up: Schema) -> Ran:
    return down if down.schema == up else Ran(down.part, failure=down.failure)


def _trouble(revision: str, before: Schema, up: Ran, down: Ran, again: Ran) -> str:
    if differs := difference(before, down.schema):
        return f"the downgrade of revision {revision} does not undo its upgrade: {differs}"
    if again.failure is not None:
        return _cannot(revision, again)
    if differs := difference(up.schema, again.schema):
        return f"revision {revision}, upgraded to again, makes another schema: {differs}"
    return ""


def _on_purpose(ran: Ran) -> bool:
    return ran.part == "downgrade" and ran.failure is not None and ran.failure.on_purpose


def _cannot(revision: str, ran: Ran) -> str:
    what = "be downgraded" if ran.part == "downgrade" else "be upgraded to again"
    return f"revision {revision} cannot {what}: {ran.failure}"


def _not_reached(failed: str, steps: Sequence[Step]) -> Iterator[Told]:
    for step in steps:
        name = step.revision
        yield Told(name, f"revision {name} was not reached: {failed} fails before it")


def _heads(steps: Sequence[Step]) -> tuple[str, ...]:
    built_on = {parent for step in steps for parent in step.parents}
    return tuple(step.revision for step in steps if step.revision not in built_on)
