"""What the catalog holds of the tables asked for, as values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from outofband.catalog.constraint_facts import Constraints
from outofband.model.names import QualifiedName
from outofband.model.progress import Progress

APPLICATION_PREFIX = "outofband:"
"""And a fingerprint: what a session that builds is called."""
IN_UPGRADE = ":upgrade"
"""What comes after the fingerprint of a build that an upgrade runs, which has no watcher."""
WATCHER_PREFIX = "outofband watches "
"""And a pid: what a run calls the session that looks after its own build."""


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """One key of an index as stored: ``column`` or, for an expression, None and its ``text``."""

    column: str | None
    text: str
    operator_class: str
    default_class: bool
    collation: str | None
    collation_oid: int
    descending: bool
    nulls_first: bool


@dataclass(frozen=True, slots=True)
class IndexFacts:
    """One index as stored (PostgreSQL 18, pg_index). ``bytes`` is its main fork; ``parent`` is the
    index of a partitioned table that it is attached to. ``deferrable`` is a constraint's whose
    check can wait: neither ON CONFLICT nor a foreign key can use it. ``referenced_by`` names the
    foreign keys that depend on it; it is the ``replica_identity`` of its table where logical
    replication tells rows apart by it.
    """

    name: QualifiedName
    valid: bool
    ready: bool
    live: bool
    unique: bool
    nulls_not_distinct: bool
    method: str
    keys: tuple[KeyFacts, ...]
    include: tuple[str, ...]
    predicate: str | None
    constraint: str | None
    constraint_type: str | None
    partitioned: bool
    bytes: int
    parent: QualifiedName | None = None
    deferrable: bool = False
    replica_identity: bool = False
    referenced_by: tuple[str, ...] = ()

    @property
    def attached(self) -> bool:
        """Whether it is the part of an index of a partitioned table."""
        return self.parent is not None


@dataclass(frozen=True, slots=True)
class Worker:
    """A session that holds ShareUpdateExclusive on a table: a build, a drop, a repair."""

    pid: int
    application_name: str
    phase: str | None

    @property
    def fingerprint(self) -> str | None:
        """The fingerprint of the build when the session is ours."""
        if not self.application_name.startswith(APPLICATION_PREFIX):
            return None
        return self.application_name.removeprefix(APPLICATION_PREFIX).removesuffix(IN_UPGRADE)


@dataclass(frozen=True, slots=True)
class Column:
    """A column, as far as indexes and promotions ask."""

    not_null: bool
    collation_oid: int


@dataclass(frozen=True, slots=True)
class TableFacts:
    """One table: its resolved name, size and what is on it.

    ``heap_bytes`` is summed over all leaves; ``row_estimate`` is the planner's (-1 when never
    analysed). ``canonical`` maps the SQL of expressions and predicates to the planner's form; None
    where there is none. ``partition_key`` names the columns a partitioned table is split by, None
    for an expression, and ``partitions`` are its direct ones; a ``foreign`` one takes no index.
    """

    oid: int
    name: QualifiedName
    partitioned: bool
    heap_bytes: int
    row_estimate: float
    columns: Mapping[str, Column]
    indexes: tuple[IndexFacts, ...]
    workers: tuple[Worker, ...]
    canonical: Mapping[str, str | None] = field(default_factory=dict)
    partition_key: tuple[str | None, ...] = ()
    partitions: tuple[TableFacts, ...] = ()
    foreign: bool = False

    def tree(self) -> Iterator[TableFacts]:
        """Yield this table and its partitions at every level, parents first."""
        yield self
        for partition in self.partitions:
            yield from partition.tree()

    def index(self, name: str) -> IndexFacts | None:
        """Return this table's index of that name."""
        return next((i for i in self.indexes if i.name.name == name), None)


@dataclass(frozen=True, slots=True)
class BackfillFacts:
    """What is kept of a backfill, and where somebody asked, what the data says.

    ``begun`` is False where nothing is kept yet. Units are ``open``, of these ``running`` in the
    hands of a live runner or ``bound`` to a host, or ``quarantined``, for a ``reason`` of one of
    them; ``left_out`` counts rows. ``abandoned`` are units and rows that an operator gave up.
    ``progress`` is the last that was told, ``waits`` what a runner waits for. Of the hosts that may
    hold units, ``listed`` have listed theirs or were given up, ``awaited`` have not, and ``places``
    are those that the data tells of.
    ``seconds_left`` is by the rate of those at work, None while nobody knows. ``truth`` is the
    data's own answer, None where it was not asked, or in words why it cannot be.
    """

    begun: bool = False
    status: str = "active"
    finished: bool = False
    open: int = 0
    running: int = 0
    quarantined: int = 0
    left_out: int = 0
    bound: int = 0
    abandoned: int = 0
    listed: tuple[str, ...] = ()
    awaited: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    reason: str = ""
    progress: Progress | None = None
    waits: str = ""
    rows_per_second: float | None = None
    bytes_per_second: float | None = None
    open_bytes: int = 0
    truth: Progress | str | None = None

    @property
    def unheard(self) -> tuple[str, ...]:
        """The hosts of which nobody knows what they hold."""
        return tuple(sorted({*self.awaited, *self.places}.difference(self.listed)))

    @property
    def in_work(self) -> bool:
        """Whether somebody is at it, or is to be: what is bound to a host is not seen from all."""
        return bool(self.running or self.bound)


@dataclass(frozen=True, slots=True)
class AttachmentFacts:
    """A partition that is one still: its resolved name, and whether a concurrent detach is
    ``pending`` (PostgreSQL 18, pg_inherits).

    Where its table has a ``default`` partition Postgres refuses CONCURRENTLY, and where that of
    another is pending (``other_pending``) it refuses a second one; both are names, or empty.
    """

    name: QualifiedName
    pending: bool
    default: str = ""
    other_pending: str = ""


@dataclass(frozen=True, slots=True)
class DropFacts:
    """A table or a column that is to be dropped, and is there still.

    ``foreign_keys`` are those that go first, each with the table it is on; ``indexes`` those of the
    column. ``dependents`` keep Postgres from dropping it, in its words; ``mentions`` are functions
    whose text names the table. ``last_read_seconds`` is how long ago somebody read it, None where
    nobody has or where that is not told, as before PostgreSQL 16. A column ``needs_value`` that is
    NOT NULL and has no default; ``made_here`` is a table of the transaction that looks.
    """

    is_table: bool = True
    foreign_keys: tuple[tuple[QualifiedName, str], ...] = ()
    indexes: tuple[QualifiedName, ...] = ()
    dependents: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()
    last_read_seconds: float | None = None
    needs_value: bool = False
    made_here: bool = False


@dataclass(frozen=True, slots=True)
class RebuildFacts:
    """An index, or a materialized view, that is to be built anew, and its ``comment``, in which is
    noted what was done.

    A view that was never ``populated`` cannot be read, nor refreshed concurrently, for which it
    needs an index that makes that ``concurrent``; ``made_here`` is one of the transaction that
    looks.
    """

    name: QualifiedName
    is_view: bool = False
    over_partitions: bool = False
    comment: str = ""
    populated: bool = True
    concurrent: bool = True
    made_here: bool = False


@dataclass(frozen=True, slots=True)
class Observation:
    """The world as far as the wanted steps touch it.

    ``tables`` goes from the name a step uses to the table it means; a table that does not exist is
    not in it. ``taken`` maps a wanted index name to the kind of relation elsewhere that holds the
    name; ``backfills`` what is kept of a wanted backfill, by its name in the schema of its table as
    the step has that; ``constraints`` are those of the tables of wanted foreign keys, checks and
    NOT NULLs, ``attachments`` the partitions that are to be detached, by the names of table and
    partition that their steps use; ``drops`` what is to be dropped, by the table's name as its step
    has it and the column's, empty for the table; ``rebuilds`` what is to be done anew, by the name
    that its step gives it; ``labels`` are those of the enums that steps add to, in order.
    """

    tables: Mapping[QualifiedName, TableFacts]
    taken: Mapping[QualifiedName, str] = field(default_factory=dict)
    backfills: Mapping[QualifiedName, BackfillFacts] = field(default_factory=dict)
    constraints: Constraints = field(default_factory=Constraints)
    attachments: Mapping[tuple[QualifiedName, QualifiedName], AttachmentFacts] = field(
        default_factory=dict
    )
    drops: Mapping[tuple[QualifiedName, str], DropFacts] = field(default_factory=dict)
    rebuilds: Mapping[QualifiedName, RebuildFacts] = field(default_factory=dict)
    labels: Mapping[QualifiedName, tuple[str, ...]] = field(default_factory=dict)

    def table(self, name: QualifiedName) -> TableFacts | None:
        """Return what is known of a table, None when there is no such table."""
        return self.tables.get(name)
