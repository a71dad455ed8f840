"""Revisions in, findings out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from outofband_lint.context import Context, StatementContext
from outofband_lint.fingerprint import fingerprint, normalised
from outofband_lint.reader import read
from outofband_lint.rule import Finding, Rule, Violation
from outofband_lint.rules import all_rules
from outofband_lint.schema import Schema, fold
from outofband_lint.settings import Settings
from outofband_lint.source import Revision, Source
from outofband_lint.statement import Barrier, NotRendered, Statement

_Script = list[tuple[int, Source, Statement]]


class UnknownRevision(LookupError):
    """`start_after` names a revision that is not among those given."""


def lint(
    revisions: Sequence[Revision],
    settings: Settings,
    *,
    judged: Collection[str] | None = None,
    base: Collection[str] | None = None,
) -> tuple[Finding, ...]:
    """Judge revisions and return what was found, in upgrade order.

    `revisions` is the whole chain, parents first. Findings are wanted for the ids in `judged`, or
    without it for all after `settings.start_after`. With `base`, the ids that the base ref has,
    *existing* means created by one of these; without it every revision is a deploy of its own. A
    finding about the schema at head is left out where the revisions that are not judged already
    have it. Raises UnknownRevision.
    """
    wanted = _wanted(revisions, settings, judged)
    run, earlier = _Run(Context(settings, base)), _Run(Context(settings, base))
    for revision in revisions:
        script = _script(revision)
        run.add(revision, script, is_judged=revision.id in wanted)
        if revision.id not in wanted:
            earlier.add(revision, script, is_judged=False)
    known = {finding.fingerprint for finding in earlier.at_head()}
    at_head = [finding for finding in run.at_head() if finding.fingerprint not in known]
    order = {revision.id: number for number, revision in enumerate(revisions)}
    return tuple(sorted(run.findings + at_head, key=lambda f: (order[f.revision], f.line, f.rule)))


def _wanted(
    revisions: Sequence[Revision], settings: Settings, judged: Collection[str] | None
) -> set[str]:
    ids = {revision.id for revision in revisions}
    if judged is not None:
        return ids & set(judged)
    return ids - _up_to(revisions, settings.start_after)


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


@dataclass(slots=True)
class _Run:
    """The schema so far and what was found on the way."""

    context: Context
    schema: Schema = field(default_factory=Schema)
    findings: list[Finding] = field(default_factory=list)
    seen: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def add(self, revision: Revision, script: _Script, *, is_judged: bool) -> None:
        """Judge a revision statement by statement, folding each into the schema."""
        self.schema = self.schema.new_session()
        for position, source, statement in script:
            if is_judged:
                context = StatementContext(
                    self.context.settings, self.context.base, revision, source, position
                )
                self.findings += self._judge(statement, context)
            self.schema = fold(
                self.schema,
                statement,
                revision=revision.id,
                out_of_band=source.out_of_band,
                source=source,
            )

    def _judge(self, statement: Statement, context: StatementContext) -> Iterator[Finding]:
        for rule in all_rules():
            if rule.check is not None:
                for violation in rule.check(statement, self.schema, context):
                    yield self._finding(
                        rule, violation, context.revision.id, context.source, statement.sql
                    )

    def at_head(self) -> Iterator[Finding]:
        """Judge the schema that is left; a finding belongs to what created its table."""
        for rule in all_rules():
            if rule.check_at_head is not None:
                for violation in rule.check_at_head(self.schema, self.context):
                    yield self._finding_at_head(rule, violation)

    def _finding_at_head(self, rule: Rule, violation: Violation) -> Finding:
        table = violation.table
        if table is None or table.source is None:
            raise TypeError(f"{rule.name} judges the schema at head and must name the table")
        return self._finding(rule, violation, table.revision, table.source, table.source.sql)

    def _finding(
        self, rule: Rule, violation: Violation, revision: str, source: Source, sql: str
    ) -> Finding:
        subject = normalised(sql) if violation.table is None else str(violation.table.created_as)
        key = (rule.name, revision, subject)
        self.seen[key] += 1
        return Finding(
            rule=rule.name,
            severity=violation.severity or rule.severity,
            revision=revision,
            path=source.path,
            line=source.line,
            message=violation.message,
            help=violation.help,
            statement=sql,
            fingerprint=fingerprint(*key, self.seen[key]),
        )


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
