"""Ask every question about a database, in one transaction that reads only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from outofband.catalog.facts import TableFacts
from outofband.catalog.reader import query
from outofband.catalog.standing import standings
from outofband.doctor import (
    foreign_keys,
    indexes,
    missing,
    parameters,
    rights,
    sequential,
    transactions,
)
from outofband.doctor.constraints import by_table
from outofband.doctor.declared import declared, names
from outofband.doctor.drift import expressions
from outofband.doctor.drift.differences import differences
from outofband.doctor.drift.there import There, kept
from outofband.doctor.finding import Finding, ranked
from outofband.doctor.look import Seen, look
from outofband.doctor.session import Asked, Session, asking
from outofband.doctor.subject import Subject
from outofband.model.names import OUR_SCHEMA, QualifiedName
from outofband.runbook.hand import StatementFailed
from outofband.runbook.providers import read_provider
from outofband.runbook.temp_files import read_means

Question = Callable[[Asked, Seen, Subject], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Examination:
    """What was found, what harms most first, as which ``role``, among how many ``tables``."""

    findings: tuple[Finding, ...]
    role: str
    standby: bool
    tables: int


def examine(session: Session, subject: Subject) -> Examination:
    """Examine a database. Raises StatementFailed where not even the catalog can be read."""
    ours = declared(subject.revisions)  # which takes its time, where there are many
    with asking(session) as asked:
        seen = look(asked, subject, ours)
        found = [f for question in _QUESTIONS for f in _answer(question, asked, seen, subject)]
    return Examination(ranked(found), seen.server.role, seen.server.standby, len(seen.tables))


def _answer(question: Question, session: Asked, seen: Seen, subject: Subject) -> list[Finding]:
    """Ask one question; that it was refused an answer is a finding, and the others go on."""
    try:
        return list(question(session, seen, subject))
    except StatementFailed as failed:
        name = question.__name__.strip("_").replace("_", " ")
        return [Finding("not-seen", "note", f"the question of {name} got no answer: {failed.what}")]


def _missing_indexes(_: Asked, seen: Seen, subject: Subject) -> Iterator[Finding]:
    """Say which indexes are missing, and which tables are read sequentially for want of others."""
    there = [*missing.pending(standings(subject.wanted, seen.observation), seen.observation)]
    for pending in there:
        yield missing.judge(pending, seen.observation, seen.readings)
    explained = {pending.table for pending in there if pending.is_build}
    ahead = {w.revision for w in subject.coming.steps if w.ahead}
    coming = missing.pending(standings(subject.coming, seen.observation), seen.observation)
    builds = [p for p in coming if p.is_build and p.standing.revision in ahead]
    for name, reading in seen.readings.items():
        if name not in explained:
            usable = [i.name.name for i in seen.tables[name].indexes if i.valid]
            to_come = [p.declared for p in builds if p.table == name]
            asked, apply = seen.planned.planned, subject.apply_to_the_end
            yield sequential.judge(reading, usable, to_come, apply, asked)


def _foreign_keys(_: Asked, seen: Seen, subject: Subject) -> Iterator[Finding]:
    large = {name: t.heap_bytes for name, t in _large(seen, subject).items()}
    yield from foreign_keys.judge(seen.constraints, seen.schema, large, seen.server.counted_since)


def _indexes(_: Asked, seen: Seen, subject: Subject) -> Iterator[Finding]:
    wanted = names(subject.steps) | {step.name for step in seen.in_deploy}
    constraints = by_table(seen.constraints)
    for name, facts in seen.tables.items():
        table = seen.schema.tables[name]
        for part in facts.tree():
            yield from indexes.invalid(part, wanted)
        # of two that are equal, what no revision declares goes
        declared_first = sorted(table.indexes, key=lambda index: index.name not in wanted)
        ordered = replace(table, indexes=tuple(declared_first))
        yield from indexes.redundant(ordered, facts, seen.counted)
        keys = [c.columns for c in constraints.get(name, ()) if c.kind == "foreign_key"]
        yield from indexes.unused(ordered, facts, seen.counted, keys)


def _drift(session: Asked, seen: Seen, subject: Subject) -> Iterator[Finding]:
    rows = session.rows(query("columns", __package__), {"ours": OUR_SCHEMA})
    there = There(
        seen.observation,
        seen.tables,
        kept(rows),
        by_table(seen.constraints),
        frozenset(name for name in seen.relations if name not in seen.tables),
    )
    asked = expressions.pairs(seen.declared.tables, there)
    there = replace(there, unlike=expressions.unlike(session, asked))
    yield from differences(seen.declared, seen.in_deploy, there, names(subject.steps))


def _transactions(session: Asked, seen: Seen, subject: Subject) -> Iterator[Finding]:
    waiting = transactions.read_waiting(session)
    yield from transactions.judge_waiting(waiting, transactions.read_holders(session, waiting))
    oids = [part.oid for table in _large(seen, subject).values() for part in table.tree()]
    yield from transactions.in_the_way(session, oids, seen.server.role)


def _parameters(session: Asked, seen: Seen, subject: Subject) -> Iterator[Finding]:
    lacking = [*seen.readings, *(step.table for step in subject.steps)]
    facts = [table for name in lacking if (table := seen.observation.table(name)) is not None]
    largest = max((table.heap_bytes for table in facts), default=0)
    found, means = parameters.read_parameters(session), read_means(session)
    yield from parameters.judge(found, means, largest, read_provider(session))


def _rights(_: Asked, seen: Seen, __: Subject) -> Iterator[Finding]:
    yield from rights.judge(seen.missing, seen.planned, seen.server, seen.out_of_sight)


def _large(seen: Seen, subject: Subject) -> dict[QualifiedName, TableFacts]:
    tables = seen.tables.items()
    return {name: table for name, table in tables if table.heap_bytes > subject.large_bytes}


_QUESTIONS: tuple[Question, ...] = (
    _missing_indexes,
    _foreign_keys,
    _indexes,
    _drift,
    _transactions,
    _parameters,
    _rights,
)
