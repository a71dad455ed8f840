"""What one statement of a revision did on the rehearsal's server, as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any, Literal

from outofband_lint.locks import LockMode
from outofband_lint.names import QualifiedName

Direction = Literal["upgrade", "downgrade"]
Seeing = Literal["held", "parked", "unseen"]
"""How locks were seen: held in the transaction after the statement; asked for while it was parked
behind sessions of the rehearsal; or not at all, where it ran by itself and nobody stood in its way.
"""


@dataclass(frozen=True, slots=True)
class Lock:
    """A table and the strongest mode that a statement locks it in.

    One on an index counts as one on its table, since whoever plans a query on a table locks all its
    indexes (PostgreSQL 18, src/backend/optimizer/util/plancat.c, get_relation_info).
    """

    table: QualifiedName
    mode: LockMode


@dataclass(frozen=True, slots=True)
class Traced:
    """One statement: where it stands, and what it did to what was there before its transaction.

    ``seconds`` are those on the rehearsal's empty tables. ``locks`` are those that its transaction
    did not hold before. ``rewritten`` tables got a new file with their old rows; ``scanned`` were
    read from end to end without that; ``rebuilt`` indexes got a new file under their old name.
    ``created`` and ``dropped`` are tables and indexes, ``invalid`` are indexes that it leaves so.
    ``transaction`` counts from 1 over a whole run; locks are held to its end. What an operation of
    ours does in the deploy, since the tables here are small, is ``out_of_band`` where they are not.
    """

    revision: str
    path: str
    line: int
    direction: Direction
    sql: str
    seconds: float
    transaction: int
    out_of_band: bool = False
    seeing: Seeing = "held"
    locks: tuple[Lock, ...] = ()
    rewritten: tuple[QualifiedName, ...] = ()
    scanned: tuple[QualifiedName, ...] = ()
    rebuilt: tuple[QualifiedName, ...] = ()
    created: tuple[QualifiedName, ...] = ()
    dropped: tuple[QualifiedName, ...] = ()
    invalid: tuple[QualifiedName, ...] = ()

    @property
    def strongest(self) -> LockMode | None:
        """The strongest lock that it takes."""
        return max((lock.mode for lock in self.locks), key=attrgetter("strength"), default=None)

    @property
    def did_something(self) -> bool:
        """Whether it locked, made or removed anything that is not the system's."""
        return any(getattr(self, name) for name in ("locks", *_NAMES))


_NAMES = ("rewritten", "scanned", "rebuilt", "created", "dropped", "invalid")


def to_json(traced: Traced) -> dict[str, Any]:
    """Return a traced statement as a value that JSON can have."""
    told = {field.name: getattr(traced, field.name) for field in fields(Traced)}
    told["locks"] = [[lock.mode.name, *_parts(lock.table)] for lock in traced.locks]
    return told | {name: [_parts(each) for each in told[name]] for name in _NAMES}


def from_json(told: Mapping[str, Any]) -> Traced:
    """Return the statement that :func:`to_json` told."""
    locks = tuple(Lock(QualifiedName(*table), LockMode[mode]) for mode, *table in told["locks"])
    names = {name: tuple(QualifiedName(*each) for each in told[name]) for name in _NAMES}
    return Traced(**{**told, **names, "locks": locks})


def _parts(name: QualifiedName) -> list[str | None]:
    return [name.name, name.schema]
