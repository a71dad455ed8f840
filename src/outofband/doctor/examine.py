"""Ask every question about a database, in one transaction that reads only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from outofband.doctor import missing, sequential
from outofband.doctor.finding import Finding, ranked
from outofband.doctor.look import Seen, look
from outofband.doctor.session import Session, asking
from outofband.doctor.subject import Subject


@dataclass(frozen=True, slots=True)
class Examination:
    """What was found, what harms most first, as which ``role``, among how many ``tables``."""

    findings: tuple[Finding, ...]
    role: str
    standby: bool
    tables: int


def examine(session: Session, subject: Subject) -> Examination:
    """Examine a database. Raises StatementFailed and NotAllowed where it cannot be looked at."""
    with asking(session) as asked:
        seen = look(asked, subject)
        findings = [*_indexes(seen, subject)]
    return Examination(ranked(findings), seen.server.role, seen.server.standby, len(seen.tables))


def _indexes(seen: Seen, subject: Subject) -> Iterator[Finding]:
    """Say which indexes are missing, and which tables are read sequentially for want of others."""
    there = [*missing.pending(seen.standings, seen.seen)]
    for pending in there:
        yield missing.judge(pending, seen.seen, seen.readings)
    explained = {pending.table for pending in there if pending.is_build}
    coming = [p for p in missing.pending(seen.ahead, seen.seen) if p.is_build]
    for name, reading in seen.readings.items():
        if name in explained:
            continue
        usable = [i.name.name for i in seen.tables[name].indexes if i.valid]
        declared = [p.declared for p in coming if p.table == name]
        yield sequential.judge(reading, usable, declared, subject.apply_to_the_end)
