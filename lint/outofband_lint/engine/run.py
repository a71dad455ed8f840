"""One run over a chain: the schema so far, and what the rules find on the way and at its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from outofband_lint import suppress
from outofband_lint.context import Context, Sent, StatementContext
from outofband_lint.engine.script import Script, folded, numbers
from outofband_lint.engine.telling import severity_of, subject_of, with_sizes
from outofband_lint.finding import Finding, Place
from outofband_lint.fingerprint import fingerprint
from outofband_lint.names import QualifiedName
from outofband_lint.rehearsed import REHEARSED
from outofband_lint.rule import Rule, Violation
from outofband_lint.schema import Schema
from outofband_lint.source import Revision
from outofband_lint.statement import Statement
from outofband_lint.suppression import Suppression
from outofband_lint.transaction import Transaction


@dataclass(slots=True)
class Run:
    """The schema so far and what was found on the way."""

    context: Context
    rules: tuple[Rule, ...]
    schema: Schema = field(default_factory=Schema)
    findings: list[Finding] = field(default_factory=list)
    seen: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    judges: dict[type[Statement], tuple[Rule, ...]] = field(default_factory=dict)

    def add(self, revision: Revision, script: Script, *, is_judged: bool) -> None:
        """Judge a revision statement by statement, folding each into the schema."""
        self.schema = self.schema.new_session()
        earlier: list[Sent] = []
        transaction = Transaction()
        standing = numbers(script) if is_judged else {}
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
                    numbers=standing,
                    held=transaction.held if source.in_transaction else {},
                )
                self.findings += self._judge(statement, context)
                sent = Sent(statement, source, self.schema)
                earlier.append(sent)
                transaction.add(sent, context)
            self.schema = folded(self.schema, statement, revision, source)

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
        severity = severity_of(rule, violation, place.path, self.context, emptied)
        if severity is None:
            return
        # A file of SQL is known by its path, which a fingerprint must survive.
        revision = "" if place.revision == place.path else place.revision
        key = (rule.name, revision, subject_of(violation, sql))
        self.seen[key] += 1
        yield Finding(
            rule=rule.name,
            severity=severity,
            revision=place.revision,
            path=place.path,
            line=place.line,
            message=with_sizes(violation, self.context.settings),
            help=violation.help,
            statement=sql,
            fingerprint=fingerprint(*key, self.seen[key]),
            fix=violation.fix,
        )
