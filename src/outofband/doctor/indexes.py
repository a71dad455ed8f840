"""Which indexes cost and serve nothing: invalid, redundant, unused? Pure.

What enforces something is never named: what is unique, belongs to a constraint, is referred to by a
foreign key, or tells rows apart for logical replication.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import date

from outofband.catalog.facts import IndexFacts, TableFacts
from outofband.doctor.finding import Finding, Severity, reading
from outofband.model.names import QualifiedName, is_reindex_leftover, is_temporary
from outofband.runbook.amount import size
from outofband_lint.redundancy import covering
from outofband_lint.schema import Index, Table
from outofband_lint.serving import leads_reference
from outofband_lint.spelling import drop_index

_LEAST_BYTES = 1 << 20
_LONG_DAYS = 7


@dataclass(frozen=True, slots=True)
class Scans:
    """How often an index was scanned, its size, and a day on which it was there, None where nobody
    knows any; over all partitions.
    """

    scans: int
    bytes: int
    there_on: str | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """What the counters tell: ``by_index``, from ``since`` (None: from nobody knows when) to
    ``today``; only of its own queries where the server is a ``standby``.
    """

    by_index: Mapping[QualifiedName, Scans]
    since: str | None
    today: str
    standby: bool

    @property
    def told(self) -> str:
        """Say since when."""
        return f"since {self.since}" if self.since else "since the counters began"

    def doubt(self, scans: Scans) -> str:
        """Say why an index that was not used may be needed; empty where that is unlikely."""
        if self._is_recent(self.since):
            return f"that is less than {_LONG_DAYS} days: it may be needed all the same"
        if scans.there_on is None:
            return "nobody knows since when it is there: one built lately was not needed yet"
        if self._is_recent(scans.there_on):
            return f"it is known to be there since {scans.there_on} alone"
        return ""

    def _is_recent(self, day: str | None) -> bool:
        before = date.fromisoformat(day or self.today)
        return (date.fromisoformat(self.today) - before).days < _LONG_DAYS


def invalid(table: TableFacts, wanted: Set[str]) -> Iterator[Finding]:
    """Name what failed builds have left, unless a step of ours wants it: that one heals it."""
    if table.workers:
        return  # somebody builds, drops or repairs something here now
    for facts in table.indexes:
        if facts.valid or facts.partitioned or facts.attached or facts.name.name in wanted:
            continue
        kept = "every write maintains it" if facts.ready else "it takes space"
        yield Finding(
            "index-invalid",
            "error" if facts.ready else "warning",
            f"index {facts.name} of {table.name} is INVALID, and no query uses it",
            (_origin(facts, table), f"{size(facts.bytes)}, {_flags(facts)}"),
            f"{kept}{', and refuses rows as a valid one would' if facts.unique else ''}",
            f"DROP INDEX CONCURRENTLY {facts.name};",
            str(facts.name),
            reading(facts.bytes),
        )


def _origin(facts: IndexFacts, table: TableFacts) -> str:
    if is_temporary(facts.name.name):
        return "a build of outofband that is wanted no more left it"
    if any(is_reindex_leftover(facts.name.name, other.name.name) for other in table.indexes):
        return "a failed REINDEX CONCURRENTLY left it"
    return "no revision declares it out of band; a failed CREATE INDEX CONCURRENTLY leaves one so"


def _flags(facts: IndexFacts) -> str:
    return f"indisvalid = f, indisready = {'t' if facts.ready else 'f'}"


def redundant(table: Table, facts: TableFacts, counted: Counted) -> Iterator[Finding]:
    """Name the indexes of which another one begins with the same keys."""
    for number, index in enumerate(table.indexes):
        other = covering(index, number, table)
        stored = facts.index(index.name)
        if other is None or stored is None or _enforces(stored):
            continue
        scans = counted.by_index.get(stored.name, Scans(0, stored.bytes))
        if scans.bytes < _LEAST_BYTES:
            continue
        yield Finding(
            "index-redundant",
            "warning",
            f"index {stored.name} of {table.name} is redundant: {other.name} begins with the same "
            "keys",
            (f"({', '.join(map(str, index.keys))}); {size(scans.bytes)}",),
            f"every write to {table.name} keeps both",
            _drop(stored, table.name),
            str(stored.name),
            reading(scans.bytes),
        )


def unused(
    table: Table, facts: TableFacts, counted: Counted, references: Iterable[tuple[str, ...]]
) -> Iterator[Finding]:
    """Name the indexes that no query of this server has used.

    Not the only one of its table beside redundant ones, nor one that finds the rows of a foreign
    key; on a standby none, since that counts its own queries alone.
    """
    kept = [i for number, i in enumerate(table.indexes) if covering(i, number, table) is None]
    for index in kept if len(kept) > 1 and not counted.standby else ():
        stored = facts.index(index.name)
        scans = counted.by_index.get(stored.name) if stored is not None and stored.valid else None
        if stored is None or scans is None or scans.scans or scans.bytes < _LEAST_BYTES:
            continue
        needed = any(leads_reference(index, columns) for columns in references)
        if _enforces(stored) or needed:
            continue
        doubt = counted.doubt(scans)
        severity: Severity = "note" if doubt else "warning"
        yield Finding(
            "index-unused",
            severity,
            f"index {stored.name} of {table.name} was not used once {counted.told}",
            (
                _unused_evidence(index, scans),
                *filter(None, [doubt]),
                "replicas count their own scans: look there, too",
            ),
            f"every write to {table.name} keeps it",
            _drop(stored, table.name),
            str(stored.name),
            reading(scans.bytes),
        )


def _unused_evidence(index: Index, scans: Scans) -> str:
    return f"({', '.join(map(str, index.keys))}); {size(scans.bytes)}, 0 scans"


def _enforces(facts: IndexFacts) -> bool:
    owned = facts.constraint is not None or bool(facts.referenced_by)
    return facts.unique or owned or facts.replica_identity or facts.attached


def _drop(facts: IndexFacts, table: QualifiedName) -> str:
    return (
        f"Declare {drop_index('drop_index_out_of_band', facts.name, table)} in a revision, then "
        "run outofband apply --to head"
    )
