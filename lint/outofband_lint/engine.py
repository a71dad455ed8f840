"""Revisions in, findings out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice

from outofband_lint import suppress
from outofband_lint.context import Context, Sent, StatementContext
from outofband_lint.environment import Environment
from outofband_lint.finding import Finding, Place, Severity
from outofband_lint.fingerprint import fingerprint, normalised
from outofband_lint.names import QualifiedName
from outofband_lint.query import Query
from outofband_lint.reader import read
from outofband_lint.rehearsed import REHEARSED
from outofband_lint.rule import Rule, Violation
from outofband_lint.rules import all_rules
from outofband_lint.schema import Schema, fold
from outofband_lint.settings import Settings
from outofband_lint.source import Base, Revision, Source
from outofband_lint.spelling import shown
from outofband_lint.statement import Barrier, NotRendered, Statement
from outofband_lint.suppression import Suppression
from outofband_lint.transaction import Transaction

_Script = list[tuple[int, Source, Statement]]


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
        for _, source, statement in _script(revision):
            self.schema = _folded(self.schema, statement, revision, source)
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
    run = _Run(context, chosen, progress.schema, progress.findings)
    earlier = _Run(before, chosen)
    scripts: dict[object, _Script] = {}  # most of the base is as it was
    for count, revision in enumerate(islice(revisions, progress.count, None), progress.count):
        if progress.began is None and revision.id in wanted:
            progress.began = count, run.schema
        script = _script(revision)
        if base is not None:
            scripts[revision.id, revision.sent] = script
        run.add(revision, script, is_judged=revision.id in wanted)
        if base is None and revision.id not in wanted:
            earlier.add(revision, script, is_judged=False)
    for revision in base.revisions if base is not None else ():
        script = scripts.get((revision.id, revision.sent)) or _script(revision)
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
        known = {finding.fingerprint for finding in _Run(then, rules).of_project()}
    for finding in findings:
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
        numbers = _numbers(script) if is_judged else {}
        for index, (position, source, statement) in enumerate(script):
            if is_judged:
                context = StatementContext(
                    self.context.settings,
                    self.context.base,
                    self.context.revisions,
                    self.context.environment,
                    self.context.queries,
                    self.context.rules,
                    revision=revision,
                    source=source,
                    position=position,
                    transaction=transaction.sent if source.in_transaction else (),
                    earlier=earlier,
                    script=script,
                    index=index,
                    numbers=numbers,
                    held=transaction.held if source.in_transaction else {},
                )
                self.findings += self._judge(statement, context)
                sent = Sent(statement, source, self.schema)
                earlier.append(sent)
                transaction.add(sent, context)
            self.schema = _folded(self.schema, statement, revision, source)

    def _judge(self, statement: Statement, context: StatementContext) -> Iterator[Finding]:
        for rule in self._judges(type(statement)):
            assert rule.check is not None
            for violation in rule.check(statement, self.schema, context):
                place = Place(context.source.path, context.source.line, context.revision.id)
                emptied = self.schema.emptied
                yield from self._findings(rule, violation, place, statement.sql, emptied)

    def _judges(self, kind: type[Statement]) -> tuple[Rule, ...]:
        """Return the rules that want to see a kind of statement."""
        known = self.judges.get(kind)
        if known is None:
            asked = (r for r in self.rules if r.check and issubclass(kind, r.statements))
            known = tuple(rule for rule in asked if self._is_on(rule))
            self.judges[kind] = known
        return known

    def _is_on(self, rule: Rule) -> bool:
        """Tell whether findings of the rule can be reported at all: many cost a lookup each."""
        settings = self.context.settings
        levels = (settings.severity, *settings.per_path.values())
        return not rule.opt_in or any(rule.name in named for named in levels)

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

    def of_suppressions(
        self, comments: Sequence[Suppression], findings: Sequence[Finding], wanted: set[str]
    ) -> Iterator[Finding]:
        """Judge the comments of files that are judged, knowing all that could be found."""
        revisions = {revision.path: revision for revision in self.context.revisions}
        for comment in suppress.measured(comments, findings, self._is_looked_for):
            revision = revisions.get(comment.path)
            if revision is None or revision.id in wanted:
                place = Place(comment.path, comment.line, revision.id if revision else "")
                for rule in self.rules:
                    if rule.check_suppression is not None:
                        for violation in rule.check_suppression(comment, self.context):
                            yield from self._findings(rule, violation, place, "")

    def _is_looked_for(self, name: str, path: str) -> bool:
        """Tell whether a rule's findings in a file would be seen, were there any.

        A revision that could not be rendered does not show all that it does, and what a rehearsal
        finds is not looked for here.
        """
        rule = next((rule for rule in self.rules if rule.name == name), None)
        level = self.context.settings.level(name, path)
        is_off = level == "off" or (level is None and rule is not None and rule.opt_in)
        is_whole = not any(r.path == path and r.problem for r in self.context.revisions)
        return name not in REHEARSED and (rule is None or (is_whole and not is_off))

    def _finding_at_head(self, rule: Rule, violation: Violation) -> Iterator[Finding]:
        table, place = violation.table, violation.place
        if table is not None and table.source is not None:
            place = place or Place(table.source.path, table.source.line, table.revision)
        if place is None:
            raise TypeError(f"{rule.name} judges the schema at head and must name table or place")
        sql = table.source.sql if table is not None and table.source is not None else ""
        yield from self._findings(rule, violation, place, sql)

    def _findings(
        self,
        rule: Rule,
        violation: Violation,
        place: Place,
        sql: str,
        emptied: frozenset[QualifiedName] = frozenset(),
    ) -> Iterator[Finding]:
        severity = _severity(rule, violation, place.path, self.context, emptied)
        if severity is None:
            return
        # A file of SQL is known by its path, which a fingerprint must survive.
        revision = "" if place.revision == place.path else place.revision
        key = (rule.name, revision, _subject(violation, sql))
        self.seen[key] += 1
        yield Finding(
            rule=rule.name,
            severity=severity,
            revision=place.revision,
            path=place.path,
            line=place.line,
            message=_with_sizes(violation, self.context.settings),
            help=violation.help,
            statement=sql,
            fingerprint=fingerprint(*key, self.seen[key]),
            fix=violation.fix,
        )


def _severity(
    rule: Rule,
    violation: Violation,
    path: str,
    context: Context,
    emptied: frozenset[QualifiedName],
) -> Severity | None:
    """Return how bad a finding is, by the project's word before the rule's; None for off.

    `emptied` are the tables that the same session has removed all rows of: as good as small.
    """
    level = context.settings.level(rule.name, path)
    if level is not None:
        return None if level == "off" else level
    if rule.opt_in:
        return None
    own = violation.severity or rule.severity
    costs = violation.costs
    if costs and all(context.is_small(table) or table in emptied for table in costs):
        return "warning" if own == "error" else None
    return own


def _with_sizes(violation: Violation, settings: Settings) -> str:
    """Return the message, and how large the tables are whose size is the cost, where known."""
    known = filter(None, map(settings.relation, dict.fromkeys(violation.costs)))
    sizes = ", ".join(f"{shown(relation.name)} has {relation.size}" for relation in known)
    return f"{violation.message} In production {sizes}." if sizes else violation.message


def _subject(violation: Violation, sql: str) -> str:
    """Return what tells findings of a rule in a revision apart, whatever the file looks like."""
    if violation.subject:
        return violation.subject
    return normalised(sql) if violation.table is None else str(violation.table.created_as)


def _numbers(script: _Script) -> dict[type[Statement], list[int]]:
    """Return at which numbers the statements of each type stand."""
    numbers: dict[type[Statement], list[int]] = {}
    for number, (_, _, statement) in enumerate(script):
        numbers.setdefault(type(statement), []).append(number)
    return numbers


def _folded(schema: Schema, statement: Statement, revision: Revision, source: Source) -> Schema:
    band = source.out_of_band
    return fold(schema, statement, revision=revision.id, out_of_band=band, source=source)


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
