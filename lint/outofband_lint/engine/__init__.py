"""Revisions in, findings out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice

from outofband_lint import suppress
from outofband_lint.context import Context
from outofband_lint.engine.run import Run
from outofband_lint.engine.script import Script, folded, script_of
from outofband_lint.environment import Environment
from outofband_lint.finding import Finding
from outofband_lint.query import Query
from outofband_lint.rule import Rule
from outofband_lint.rules import all_rules
from outofband_lint.schema import Schema
from outofband_lint.settings import Settings
from outofband_lint.source import Base, Revision
from outofband_lint.suppression import Suppression


class UnknownRevision(LookupError):
    """`start_after` names a revision that is not among those given."""


@dataclass(slots=True)
class Progress:
    """How far a chain is judged: over `count` revisions, which leave `schema` behind, and in whose
    statements there are `findings`. `began` is over how many, and with which schema, the first came
    for which findings are wanted; None where none has come yet.
    """

    count: int = 0
    schema: Schema = field(default_factory=Schema)
    findings: list[Finding] = field(default_factory=list)
    began: tuple[int, Schema] | None = None

    def over(self, revision: Revision, findings: Iterable[Finding]) -> None:
        """Go on over a revision in which, as an earlier run with all the same knows, this is."""
        self.schema = self.schema.new_session()
        for _, source, statement in script_of(revision):
            self.schema = folded(self.schema, statement, revision, source)
        self.findings += findings
        self.count += 1


def lint(
    revisions: Sequence[Revision],
    settings: Settings,
    *,
    progress: Progress | None = None,
    judged: Collection[str] | None = None,
    base: Base | None = None,
    environment: Environment | None = None,
    queries: Sequence[Query] = (),
    rules: Sequence[Rule] | None = None,
    suppressions: Sequence[Suppression] = (),
    today: date | None = None,
) -> tuple[Finding, ...]:
    """Judge revisions and return what was found, in upgrade order; env.py and queries come last.

    `revisions` is the whole chain, parents first. Findings are wanted for the ids in `judged`, or
    without it for all after `settings.start_after`. With `base`, *existing* means created by a
    revision that it has; without it every revision is a deploy of its own. A finding about the
    schema at head is left out where the base, or without one the revisions that are not judged,
    already have it (and the base the query that it is about), one about the project where the base
    has it. `rules` are ours unless given. `suppressions` are the comments of the files that are
    judged; of those that name a day, `today` tells whether it is over. `progress` is where to begin
    and is brought to the end; it goes with a run in which all revisions are judged. Raises
    UnknownRevision.
    """
    progress = Progress() if progress is None else progress
    wanted = judged_of(revisions, settings, judged)
    chosen = all_rules() if rules is None else tuple(rules)
    context = Context(settings, base, revisions, environment, queries, chosen)
    before = replace(context, queries=() if base is None else base.queries)
    run = Run(context, chosen, progress.schema, progress.findings)
    earlier = Run(before, chosen)
    scripts: dict[object, Script] = {}  # most of the base is as it was
    for count, revision in enumerate(islice(revisions, progress.count, None), progress.count):
        if progress.began is None and revision.id in wanted:
            progress.began = count, run.schema
        script = script_of(revision)
        if base is not None:
            scripts[revision.id, revision.sent] = script
        run.add(revision, script, is_judged=revision.id in wanted)
        if base is None and revision.id not in wanted:
            earlier.add(revision, script, is_judged=False)
    for revision in base.revisions if base is not None else ():
        script = scripts.get((revision.id, revision.sent)) or script_of(revision)
        earlier.add(revision, script, is_judged=False)
    progress.count, progress.schema = len(revisions), run.schema
    known = {finding.fingerprint for finding in earlier.at_head()}
    at_head, of_project = list(run.at_head()), list(run.of_project())
    new = [
        *run.findings,
        *(finding for finding in at_head if finding.fingerprint not in known),
        *_of_branch(of_project, context, chosen, wanted),
    ]
    comments = suppress.dated(suppressions, today)
    found = [finding for finding in new if not suppress.is_allowed(finding, comments)]
    found += run.of_suppressions(comments, [*run.findings, *at_head, *of_project], wanted)
    order = {revision.id: number for number, revision in enumerate(revisions)}
    last = len(order)
    return tuple(sorted(found, key=lambda f: (order.get(f.revision, last), f.line, f.rule)))


def judged_of(
    revisions: Sequence[Revision], settings: Settings, judged: Collection[str] | None
) -> set[str]:
    """Return in which revisions findings are wanted: those in `judged`, or without it all after
    `settings.start_after`. Raises UnknownRevision.
    """
    # Those that are still being rendered are not waited for to learn which there are.
    graph = getattr(revisions, "graph", revisions)
    ids = {revision.id for revision in graph}
    if judged is not None:
        return ids & set(judged)
    return ids - _up_to(graph, settings.start_after)


def _up_to(revisions: Sequence[Revision], last: str | None) -> set[str]:
    """Return a revision and all that it builds on."""
    if last is None:
        return set()
    by_id = {revision.id: revision for revision in revisions}
    if last not in by_id:
        raise UnknownRevision(
            f"start-after names the revision {last}, which is not among the {len(by_id)} revisions "
            "of this project"
        )
    found: set[str] = set()
    pending = [last]
    while pending:
        revision = by_id.get(pending.pop())
        if revision is not None and revision.id not in found:
            found.add(revision.id)
            pending += revision.down_revisions + revision.depends_on
    return found


def _of_branch(
    findings: list[Finding], context: Context, rules: tuple[Rule, ...], wanted: set[str]
) -> Iterator[Finding]:
    """Leave out the findings about the project that the base had already."""
    known = set()
    if context.base is not None:
        then = Context(context.settings, None, context.base.revisions, context.base.environment, ())
        known = {finding.fingerprint for finding in Run(then, rules).of_project()}
    for finding in findings:
        if finding.fingerprint not in known and (
            not finding.revision or finding.revision in wanted
        ):
            yield finding
