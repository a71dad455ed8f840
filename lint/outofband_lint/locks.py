"""Postgres' table locks: which wait for which, and what that means to an application.

Source: PostgreSQL 18, table 13.2 (conflicting lock modes); the same since 14.
"""

from __future__ import annotations

from enum import Enum


class LockMode(Enum):
    """A mode in which a statement locks a table, weakest first; the value is its SQL name."""

    ACCESS_SHARE = "ACCESS SHARE"
    ROW_SHARE = "ROW SHARE"
    ROW_EXCLUSIVE = "ROW EXCLUSIVE"
    SHARE_UPDATE_EXCLUSIVE = "SHARE UPDATE EXCLUSIVE"
    SHARE = "SHARE"
    SHARE_ROW_EXCLUSIVE = "SHARE ROW EXCLUSIVE"
    EXCLUSIVE = "EXCLUSIVE"
    ACCESS_EXCLUSIVE = "ACCESS EXCLUSIVE"

    @property
    def catalog_name(self) -> str:
        """The mode as pg_locks shows it: `AccessExclusiveLock`."""
        return self.value.title().replace(" ", "") + "Lock"

    @property
    def strength(self) -> int:
        """Where the mode stands among all; 0 is the weakest."""
        return _STRENGTH[self]

    @property
    def blocks(self) -> str:
        """What cannot go on beside this lock, in plain words."""
        return _BLOCKS[self]

    def conflicts_with(self, other: LockMode) -> bool:
        """Tell whether the two modes exclude each other; the relation is symmetric."""
        return other in _CONFLICTS[self]


def stronger(one: LockMode, other: LockMode) -> LockMode:
    """Return the stronger of two modes, which is what a session that takes both holds."""
    return one if one.strength >= other.strength else other


_STRENGTH = {mode: strength for strength, mode in enumerate(LockMode)}

_A, _RS, _RE, _SUE, _S, _SRE, _E, _AE = LockMode

_CONFLICTS: dict[LockMode, frozenset[LockMode]] = {
    _A: frozenset({_AE}),
    _RS: frozenset({_E, _AE}),
    _RE: frozenset({_S, _SRE, _E, _AE}),
    _SUE: frozenset({_SUE, _S, _SRE, _E, _AE}),
    _S: frozenset({_RE, _SUE, _SRE, _E, _AE}),
    _SRE: frozenset({_RE, _SUE, _S, _SRE, _E, _AE}),
    _E: frozenset({_RS, _RE, _SUE, _S, _SRE, _E, _AE}),
    _AE: frozenset(LockMode),
}

_BLOCKS: dict[LockMode, str] = {
    _A: "nothing but ACCESS EXCLUSIVE",
    _RS: "no read and no write, only schema changes",
    _RE: "no read and no write, only index builds and schema changes",
    _SUE: "no read and no write, only VACUUM, index builds and schema changes",
    _S: "every write",
    _SRE: "every write",
    _E: "every write and SELECT … FOR UPDATE",
    _AE: "every read and every write",
}
