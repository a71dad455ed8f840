"""Which large tables are read from beginning to end, again and again? Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from outofband.doctor.asking import Asking
from outofband.doctor.finding import Finding, Severity, reading
from outofband.doctor.words import count, told
from outofband.model.names import QualifiedName
from outofband.runbook.amount import size
from outofband.stats.value import Relation

_FEWEST = 10
_LEAST_SHARE, _LARGE_SHARE = 0.01, 0.1
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Reading:
    """A table that is read sequentially: its counters since ``since`` (None: nobody knows), and the
    queries that are seen to do it.
    """

    relation: Relation
    since: str | None
    queries: tuple[Asking, ...] = ()

    @property
    def name(self) -> QualifiedName:
        """The table."""
        return self.relation.qualified

    @property
    def heap_bytes(self) -> int:
        """What one sequential scan reads at most."""
        return self.relation.heap_bytes or 0

    @property
    def read_bytes(self) -> float:
        """What all of them have read, by the rows that they have met."""
        most = float(self.relation.seq_scan * self.heap_bytes)
        if self.relation.tuples <= 0:
            return most
        return min(most, self.relation.seq_tup_read / self.relation.tuples * self.heap_bytes)

    @property
    def share(self) -> float:
        """How many of all scans are sequential."""
        scans = self.relation.seq_scan + self.relation.idx_scan
        return self.relation.seq_scan / scans if scans else 0.0

    @property
    def harm(self) -> float:
        """Seconds that reading took, measured where the queries are known, or else estimated."""
        measured = sum(asking.seconds for asking in self.queries)
        return max(measured, reading(self.read_bytes))

    @property
    def evidence(self) -> tuple[str, ...]:
        """What shows it."""
        since = f" since {self.since}" if self.since else ""
        of = "of partitions" if self.relation.partitioned else f"of {size(self.heap_bytes)} each"
        scans = (
            f"about {count(self.relation.seq_scan, 'sequential scan')} {of}{since}, which read "
            f"{size(round(self.read_bytes))}, beside {count(self.relation.idx_scan, 'index scan')}"
        )
        return (scans, *(asking.told for asking in self.queries[:_SHOWN]))


def read_sequentially(
    relations: Iterable[Relation], large_bytes: int, since: str | None
) -> Iterator[Reading]:
    """Yield the tables that have more than ``large_bytes`` and are read whole more than a backup
    and a report now and then would; a partitioned one for all that is below it.
    """
    relations = tuple(relations)
    split = {str(r.qualified) for r in relations if r.partitioned}
    for relation in relations:
        found = Reading(relation, since)
        if (
            relation.partition_of not in split
            and found.heap_bytes > large_bytes
            and relation.seq_scan >= _FEWEST
            and found.share >= _LEAST_SHARE
            and found.read_bytes >= found.heap_bytes
        ):
            yield found


def judge(
    found: Reading, indexes: Sequence[str], coming: Sequence[str], apply: str, asked: int = 0
) -> Finding:
    """Say why a table is read sequentially: ``indexes`` are those that queries may use on it,
    ``coming`` those that revisions declare which are not applied yet, and ``apply`` builds.

    Counters remember what is over: where ``asked`` queries were planned and none of them reads it
    whole now, it is a note.
    """
    table, needs = found.name, [query.needs for query in found.queries]
    what = f"{table} has no index: every query reads all of it, {size(found.heap_bytes)}"
    if indexes:
        what = f"{table} is read sequentially, {size(found.heap_bytes)} a time"
        if found.queries:
            number = count(len(found.queries), "query", "queries")
            what += f": no index of it serves {number} of the application"
    severe = not indexes or found.queries or found.share >= _LARGE_SHARE
    severity: Severity = "error" if severe else "warning"
    evidence = found.evidence
    if indexes and asked and not found.queries:
        severity = "note"
        known = count(asked, "query that was planned reads", "queries that were planned read")
        evidence = (*evidence, f"none of the {known} it so now: the scans may be of before")
    if coming:
        evidence = (*evidence, f"revisions that are not applied yet declare {told(coming)}")
    helps = coming and not all(needs or [""])
    do = apply if helps else _declare([each for each in needs if each])
    return Finding(
        "table-read-sequentially",
        severity,
        what,
        evidence,
        _cost(found),
        do,
        str(table),
        found.harm,
    )


def _cost(found: Reading) -> str:
    if found.relation.seq_scan == 0:
        return ""
    if found.relation.partitioned:
        whole = size(found.heap_bytes)
        return f"a query that asks all partitions reads {whole}, and more with growth"
    each = found.read_bytes / found.relation.seq_scan
    return f"each of these queries reads {size(round(each))} to find its rows, and more with growth"


def _declare(needs: Sequence[str]) -> str:
    if needs:
        return f"Declare {needs[0]} in a revision, then run outofband apply --to head"
    return (
        "Find the query (pg_stat_statements, or `queries` in [tool.outofband]), declare its index "
        "with op.create_index_out_of_band(…), then run outofband apply --to head"
    )
