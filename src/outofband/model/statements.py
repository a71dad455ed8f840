"""What the runbook does to a database, and the one function that turns it into SQL.

Showing a plan and running it both call :func:`statement`; a test holds the log of the server
against the text that was shown.
"""

from __future__ import annotations

from dataclasses import dataclass

from outofband.model.index import Index
from outofband.model.names import QualifiedName, quote
from outofband.model.step import AddConstraint, Backfill, ConstraintIndex


@dataclass(frozen=True, slots=True)
class BuildIndex:
    """Build under the temporary name, without blocking reads or writes."""

    index: Index


@dataclass(frozen=True, slots=True)
class CoverTable:
    """Give a partitioned table an index, under its temporary name: Share on it, for milliseconds.

    It is invalid until each partition's is attached to it, and partitions made meanwhile get one by
    themselves. ``whole`` takes up the partitions' indexes at once, which has to be so where some
    partitions are foreign: what is built ``ON ONLY`` such a table stays invalid for ever (measured
    on 14 to 18).
    """

    index: Index
    whole: bool = False


@dataclass(frozen=True, slots=True)
class ConstrainTable:
    """Give a partitioned table a constraint, under its temporary name: AccessExclusive on that
    table alone, for milliseconds.

    Its index is invalid until each partition's is attached to it, which has to be a constraint's
    too; partitions made meanwhile get one by themselves (measured on 14 to 18).
    """

    key: ConstraintIndex


@dataclass(frozen=True, slots=True)
class AttachIndex:
    """Make a partition's index the part of its parent's: AccessExclusive on that index alone, for
    milliseconds.
    """

    parent: QualifiedName
    part: QualifiedName


@dataclass(frozen=True, slots=True)
class RenameIndex:
    """Give an index its name: the commit point of a build. ShareUpdateExclusive on the index
    alone.
    """

    index: QualifiedName
    new_name: str


@dataclass(frozen=True, slots=True)
class AnalyzeTable:
    """Have the planner know an expression of a new index: a build leaves no statistics of it
    (PostgreSQL 18, ANALYZE). ShareUpdateExclusive on the table, for a sample of it.

    Only that of the whole table does, one of some columns does not (measured on 14 to 18).
    """

    table: QualifiedName


@dataclass(frozen=True, slots=True)
class RemoveIndex:
    """Drop an index without blocking reads or writes.

    That of a partitioned table cannot be dropped concurrently (0A000): AccessExclusive on the table
    and all its partitions, for milliseconds.
    """

    index: QualifiedName
    partitioned: bool = False


@dataclass(frozen=True, slots=True)
class RepairIndex:
    """Build an index anew in its place, without blocking reads or writes: what a constraint owns
    cannot be dropped. A failure leaves a second, INVALID one beside it.
    """

    index: Index


@dataclass(frozen=True, slots=True)
class Promote:
    """Make an index a constraint: AccessExclusive on the table, for milliseconds."""

    constraint: AddConstraint


@dataclass(frozen=True, slots=True)
class DropConstraint:
    """Drop a constraint and its index: AccessExclusive on the table and all its partitions, for
    milliseconds.
    """

    table: QualifiedName
    name: str
    partitioned: bool = False


@dataclass(frozen=True, slots=True)
class AwaitBuild:
    """Wait for a build of ours whose client has died; the server goes on with it. No SQL."""

    index: Index
    pid: int


@dataclass(frozen=True, slots=True)
class RunBackfill:
    """Run a background data migration, batch by batch. What its batches send is the spec's own."""

    step: Backfill


Action = (
    BuildIndex
    | CoverTable
    | ConstrainTable
    | AttachIndex
    | RenameIndex
    | AnalyzeTable
    | RemoveIndex
    | RepairIndex
    | Promote
    | DropConstraint
    | AwaitBuild
    | RunBackfill
)


def named(index: Index) -> tuple[Action, ...]:
    """Return what gives a built index its name, of which that is the last: what the planner has to
    know for it comes before.
    """
    known = (AnalyzeTable(index.table),) if index.has_expressions else ()
    return (*known, RenameIndex(index.temporary, index.name))


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement, sent by itself in an autocommit session.

    ``unhurried`` statements run with every timeout at 0, which only CREATE, DROP and REINDEX INDEX
    CONCURRENTLY may; all others with ``lock_timeout`` 1 s and retries (contract, States). A
    ``bounded`` one locks many relations, for each of which it might wait as long while it keeps the
    others: the statement as a whole is bounded too. Behind the wait of a ``harmless`` one no read
    and no write stands: it is 10 s, after which an autovacuum has given way (deadlock_timeout).
    """

    sql: str
    unhurried: bool
    bounded: bool = False
    harmless: bool = False


def statement(action: Action) -> Statement | None:
    """Return the SQL of an action, None where it only waits, or runs what is no SQL of ours."""
    match action:
        case BuildIndex(index):
            sql = index.create(name=index.temporary_name, concurrently=True)
            return Statement(sql, unhurried=True)
        case CoverTable(index, whole):
            sql = index.create(name=index.temporary_name, only=not whole)
            return Statement(sql, unhurried=False, bounded=True)
        case ConstrainTable(key):
            sql = key.index.constrain(key.kind, name=key.index.temporary_name, only=True)
            return Statement(sql, unhurried=False)
        case AttachIndex(parent, part):
            return Statement(f"ALTER INDEX {parent} ATTACH PARTITION {part}", unhurried=False)
        case RenameIndex(index_name, new_name):
            return Statement(
                f"ALTER INDEX {index_name} RENAME TO {quote(new_name)}", unhurried=False
            )
        case AnalyzeTable(table):
            return Statement(f"ANALYZE {table}", unhurried=False, harmless=True)
        case RemoveIndex(index_name, partitioned=True):
            return Statement(f"DROP INDEX {index_name}", unhurried=False, bounded=True)
        case RemoveIndex(index_name):
            return Statement(f"DROP INDEX CONCURRENTLY {index_name}", unhurried=True)
        case RepairIndex(index):
            return Statement(f"REINDEX INDEX CONCURRENTLY {index.qualified_name}", unhurried=True)
        case Promote(constraint):
            return Statement(constraint.plain_sql, unhurried=False)
        case DropConstraint(table, name, partitioned):
            sql = f"ALTER TABLE {table} DROP CONSTRAINT {quote(name)}"
            return Statement(sql, unhurried=False, bounded=partitioned)
        case AwaitBuild() | RunBackfill():
            return None


def due_timeouts(sent: Statement, server_version: int) -> tuple[tuple[str, str], ...]:
    """Return the parameters that a statement of a plan runs under, shown and set alike."""
    return timeouts(sent.unhurried, server_version, bounded=sent.bounded, harmless=sent.harmless)


def timeouts(
    unhurried: bool, server_version: int, *, bounded: bool = False, harmless: bool = False
) -> tuple[tuple[str, str], ...]:
    """Return the parameters that statements run under, shown and set alike.

    None but a ``bounded`` one is ended for the time it takes, whatever the role's defaults are: a
    look for duplicates reads a whole table. An ``unhurried`` one also waits for locks as long as it
    has to: a lock_timeout would cut its waits for old transactions and leave an INVALID index, and
    with client_connection_check_interval at 0 the server finishes a build whose client has died
    (PostgreSQL 18, Building Indexes Concurrently).
    """
    names = ["idle_session_timeout", "client_connection_check_interval"]
    if server_version >= 170000:
        names += ["transaction_timeout"]
    return (
        ("lock_timeout", "0" if unhurried else "10s" if harmless else "1s"),
        ("statement_timeout", "2s" if bounded else "0"),
        *((name, "0") for name in names),
    )
