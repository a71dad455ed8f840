"""The states of a wanted step, derived from the catalog each time they are asked for."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """What the catalog shows of a step's object (contract, States)."""

    ABSENT = "absent"
    """Nothing of it exists."""
    BUILDING = "building"
    """A session of ours is building it now."""
    BUILDING_ELSEWHERE = "building_elsewhere"
    """Another session works on its table; what is there cannot be shown to be dead."""
    INVALID = "invalid"
    """A failed build left it; it costs nothing on writes and serves nothing."""
    INVALID_ENFORCING = "invalid_enforcing"
    """A failed build left it; every write maintains it, a unique one even enforces."""
    VALID = "valid"
    """There, valid, and as declared. Of a drop: still there."""
    VALID_OTHER_NAME = "valid_other_name"
    """An equal, valid index has another name; ``apply`` renames it."""
    DIFFERENT = "different"
    """The name is taken by something else than declared."""
    NOT_PROVABLY_EQUAL = "not_provably_equal"
    """Valid under its name, but its expression or predicate could not be shown equal; a person
    decides.
    """
    CONSTRAINT_OWNED = "constraint_owned"
    """An equal, valid index belongs to a constraint, which serves as well and is never renamed."""
    PARTITION_INCOMPLETE = "partition_incomplete"
    """The index of a partitioned table waits for its partitions."""
    NOT_VALID = "not_valid"
    """A constraint is there for new rows; those from before it are not looked at yet."""
    DETACH_PENDING = "detach_pending"
    """A concurrent detach of the partition was begun: new queries of the table do not see it any
    more, and it is not yet a table of its own.
    """
    RUNNING = "running"
    """Of a backfill: somebody is at work on it."""
    UNFINISHED = "unfinished"
    """It is begun, and nobody is at work on it. Of NOT NULL: a check proves it, and it is to be set
    still.
    """
    PAUSED = "paused"
    """An operator has paused it."""
    CANCELLED = "cancelled"
    """An operator has cancelled it."""
    QUARANTINED = "quarantined"
    """What is left of it is in quarantine; a person decides."""
    FINISHED = "finished"
    """The data says that all of it is done."""
    UNWANTED = "unwanted"
    """There, though only a known, unapplied revision declares it: left by a downgrade, or built
    ahead.
    """

    @property
    def words(self) -> str:
        """The state as people read it."""
        return self.value.replace("_", " ")


BUILT = frozenset({State.VALID, State.CONSTRAINT_OWNED})
"""The states of an object that is there as declared."""

LEFT_OVER = frozenset({State.INVALID, State.INVALID_ENFORCING})
"""The states of an index that a failed build left."""
