"""What the applied revisions want of the database, and what the coming ones will."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from outofband.model.step import CreateIndex, Step, Wanted, WantedStep
from outofband.revisions import graph
from outofband.revisions.environment import Environment
from outofband.revisions.folding.fold import declared, fold
from outofband.revisions.render import Rendered, render


def wanted(environment: Environment, heads: Iterable[str], to: str | None = None) -> Wanted:
    """Return what a database at ``heads`` wants, and with ``to`` what the way there will.

    Steps of revisions that have not run bear the names their own revision gives them, steps of
    applied ones the names of today; a step that a revision on the way cancels is wanted no more.
    Raises DatabaseAhead, NoSuchRevision or RevisionsNotLoaded.
    """
    heads = tuple(heads)
    everything = render(environment, graph.every(environment.script))
    by_id = {rendered.revision.id: rendered for rendered in everything}
    applied = [by_id[s.revision] for s in graph.applied(environment.script, heads)]
    coming = [by_id[s.revision] for s in (graph.ahead(environment.script, heads, to) if to else ())]
    return of_rendered(everything, applied, coming)


def of_rendered(
    everything: Iterable[Rendered], applied: list[Rendered], coming: list[Rendered]
) -> Wanted:
    """Fold revisions that are rendered already. Pure."""
    today = fold(applied)
    ending = fold([*applied, *coming]) if coming else today
    there = {entry.declared: entry.step for entry in ending.entries}
    ids = {rendered.revision.id for rendered in (*applied, *coming)}
    return Wanted(
        steps=tuple(entry.wanted for entry in today.entries if entry.declared in there)
        + tuple(_ahead(step, there[step]) for step in declared(coming) if step in there),
        unapplied=tuple(declared(r for r in everything if r.revision.id not in ids)),
        declared_names=today.declared_names,
        incomplete=tuple(r.revision.id for r in (*applied, *coming) if r.may_declare_more),
    )


def _ahead(wanted: WantedStep, at_the_end: Step) -> WantedStep:
    """Return a coming step as its revision declares it, with what it will have replaced."""
    step = wanted.step
    if isinstance(step, CreateIndex) and isinstance(at_the_end, CreateIndex):
        replaces = at_the_end.replaces
        step = replace(
            step, replaces=replaces and replace(replaces, name=step.name, table=step.table)
        )
    return replace(wanted, step=step, ahead=True)


def earlier(
    environment: Environment,
    heads: Iterable[str],
    running: str,
    here: Step | str,
    declared_here: Iterable[Step] = (),
) -> Wanted:
    """Return what is wanted at one point of an upgrade.

    ``heads`` are the revisions finished so far, ``running`` is the one whose ``upgrade()`` runs,
    and ``here`` the step that it is about to declare, or the step that its barrier names. Where
    it cannot be rendered, ``declared_here``, the steps it has declared so far, stand for it.
    """
    before = graph.applied(environment.script, heads)
    now = [s for s in graph.every(environment.script) if s.revision == running]
    *applied, last = render(environment, [*before, *now])
    last = last.before(here) if last.revision.problem is None else last.declaring(declared_here)
    folded = fold([*applied, last])
    return Wanted(
        steps=tuple(entry.wanted for entry in folded.entries),
        declared_names=folded.declared_names,
    )
