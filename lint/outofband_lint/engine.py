"""Revisions in, findings out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from outofband_lint.context import Context, Sent, StatementContext
from outofband_lint.environment import Environment
from outofband_lint.finding import Finding, Place, Severity
from outofband_lint.fingerprint import fingerprint, normalised
from outofband_lint.query import Query
from outofband_lint.reader import read
from outofband_lint.rule import Rule, Violation
from outofband_lint.rules import all_rules
from outofband_lint.schema import Schema, fold
from outofband_lint.settings import Settings
from outofband_lint.source import Base, Revision, Source
from outofband_lint.statement import Barrier, NotRendered, Statement
from outofband_lint.transaction import Transaction

_Script = list[tuple[int, Source, Statement]]


class UnknownRevision(LookupError):
    """`start_after` names a revision that is not among those given."""


def lint(
    revisions: Sequence[Revision],
    settings: Settings,
    *,
    judged: Collection[str] | None = None,
    base: Base | None = None,
    environment: Environment | None = None,
    queries: Sequence[Query] = (),
    rules: Sequence[Rule] | None = None,
) -> tuple[Finding, ...]:
    """Judge revisions and return what was found, in upgrade order; env.py and queries come last.

    `revisions` is the whole chain, parents first. Findings are wanted for the ids in `judged`, or
    without it for all after `settings.start_after`. With `base`, *existing* means created by a
    revision that it has; without it every revision is a deploy of its own. A finding about the
    schema at head is left out where the revisions that are not judged already have it (and the
    base the query that it is about), one about the project where the base has it. `rules` are ours
    unless given. Raises UnknownRevision.
    """
    wanted = _wanted(revisions, settings, judged)
    chosen = all_rules() if rules is None else tuple(rules)
    context = Context(settings, base, revisions, environment, queries)
    before = replace(context, queries=() if base is None else base.queries)
    run, earlier = _Run(context, chosen), _Run(before, chosen)
    for revision in revisions:
        script = _script(revision)
        run.add(revision, script, is_judged=revision.id in wanted)
        if revision.id not in wanted:
            earlier.add(revision, script, is_judged=False)
    known = {finding.fingerprint for finding in earlier.at_head()}
    at_head = [finding for finding in run.at_head() if finding.fingerprint not in known]
    found = [*run.findings, *at_head, *_of_project(context, chosen, wanted)]
    order = {revision.id: number for number, revision in enumerate(revisions)}
    last = len(order)
    return tuple(sorted(found, key=lambda f: (order.get(f.revision, last), f.line, f.rule)))


def _wanted(
    revisions: Sequence[Revision], settings: Settings, judged: Collection[str] | None
) -> set[str]:
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


def _of_project(context: Context, rules: tuple[Rule, ...], wanted: set[str]) -> Iterator[Finding]:
    """Judge the project as a whole; what the base had already is not the branch's."""
    known = set()
    if context.base is not None:
        then = Context(context.settings, None, context.base.revisions, context.base.environment, ())
        known = {finding.fingerprint for finding in _Run(then, rules).of_project()}
    for finding in _Run(context, rules).of_project():
        if finding.fingerprint not in known and (
            not finding.revision or finding.revision in wanted
        ):
            yield finding


@dataclass(slots=True)
class _Run:
    """The schema so far and what was found on the way."""

    context: Context
    rules: tuple[Rule, ...]
    schema: Schema = field(default_factory=Schema)
    findings: list[Finding] = field(default_factory=list)
    seen: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    judges: dict[type[Statement], tuple[Rule, ...]] = field(default_factory=dict)

    def add(self, revision: Revision, script: _Script, *, is_judged: bool) -> None:
        """Judge a revision statement by statement, folding each into the schema."""
        self.schema = self.schema.new_session()
        earlier: list[Sent] = []
        transaction = Transaction()
        for index, (position, source, statement) in enumerate(script):
            if is_judged:
                context = StatementContext(
                    self.context.settings,
                    self.context.base,
                    self.context.revisions,
                    self.context.environment,
                    self.context.queries,
                    revision=revision,
                    source=source,
                    position=position,
                    transaction=transaction.sent if source.in_transaction else (),
                    earlier=earlier,
                    script=script,
                    index=index,
                    held=transaction.held if source.in_transaction else {},
                )
                self.findings += self._judge(statement, context)
                sent = Sent(statement, source, self.schema)
                earlier.append(sent)
                transaction.add(sent, context)
            self.schema = fold(
                self.schema,
                statement,
                revision=revision.id,
                out_of_band=source.out_of_band,
                source=source,
            )

    def _judge(self, statement: Statement, context: StatementContext) -> Iterator[Finding]:
        for rule in self._judges(type(statement)):
            assert rule.check is not None
            for violation in rule.check(statement, self.schema, context):
                place = Place(context.source.path, context.source.line, context.revision.id)
                yield from self._findings(rule, violation, place, statement.sql)

    def _judges(self, kind: type[Statement]) -> tuple[Rule, ...]:
        """Return the rules that want to see a kind of statement."""
        known = self.judges.get(kind)
        if known is None:
            known = tuple(r for r in self.rules if r.check and issubclass(kind, r.statements))
            self.judges[kind] = known
        return known

    def at_head(self) -> Iterator[Finding]:
        """Judge the schema that is left; a finding belongs to what created its table."""
        for rule in self.rules:
            if rule.check_at_head is not None:
                for violation in rule.check_at_head(self.schema, self.context):
                    yield from self._finding_at_head(rule, violation)

    def of_project(self) -> Iterator[Finding]:
        """Judge the revisions' graph and env.py."""
        for rule in self.rules:
            if rule.check_project is not None:
                for violation in rule.check_project(self.context):
                    if violation.place is None:
                        raise TypeError(f"{rule.name} judges the project and must name the place")
                    yield from self._findings(rule, violation, violation.place, "")

    def _finding_at_head(self, rule: Rule, violation: Violation) -> Iterator[Finding]:
        table, place = violation.table, violation.place
        if table is not None and table.source is not None:
            place = place or Place(table.source.path, table.source.line, table.revision)
        if place is None:
            raise TypeError(f"{rule.name} judges the schema at head and must name table or place")
        sql = table.source.sql if table is not None and table.source is not None else ""
        yield from self._findings(rule, violation, place, sql)

    def _findings(
        self, rule: Rule, violation: Violation, place: Place, sql: str
    ) -> Iterator[Finding]:
        severity = _severity(rule, violation, place.path, self.context)
        if severity is None:
            return
        key = (rule.name, place.revision, _subject(violation, sql))
        self.seen[key] += 1
        yield Finding(
            rule=rule.name,
            severity=severity,
            revision=place.revision,
            path=place.path,
            line=place.line,
            message=violation.message,
            help=violation.help,
            statement=sql,
            fingerprint=fingerprint(*key, self.seen[key]),
            fix=violation.fix,
        )


def _severity(rule: Rule, violation: Violation, path: str, context: Context) -> Severity | None:
    """Return how bad a finding is, by the project's word before the rule's; None for off."""
    level = context.settings.level(rule.name, path)
    if level is not None:
        return None if level == "off" else level
    if rule.opt_in:
        return None
    own = violation.severity or rule.severity
    if violation.costs and all(map(context.is_small, violation.costs)):
        return "warning" if own == "error" else None
    return own


def _subject(violation: Violation, sql: str) -> str:
    """Return what tells findings of a rule in a revision apart, whatever the file looks like."""
    if violation.subject:
        return violation.subject
    return normalised(sql) if violation.table is None else str(violation.table.created_as)


def _script(revision: Revision) -> _Script:
    """Return what a revision does, each statement with its source and that source's position."""
    script = [
        (position, source, statement)
        for position, source in enumerate(revision.sources)
        for statement in _statements(source)
    ]
    if revision.problem is not None:
        place = Source("", revision.path, revision.problem.line)
        script.append((len(revision.sources), place, NotRendered(revision.problem.reason)))
    return script


def _statements(source: Source) -> Iterable[Statement]:
    if source.barrier is not None:
        return (Barrier(source.barrier),)
    return read(source.sql)
