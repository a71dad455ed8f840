"""What the engine keeps in Postgres: one row a backfill, one a unit, written in the transactions of
the data.

A unit is held by a lease: a row with an owner and an end, renewed by every batch and by a heartbeat
while one lasts. Who died is known by its end; what a batch did is taken down only where the unit is
still its owner's, so that of two runners one alone can commit it.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

from outofband.backfill.desk import Desk
from outofband.backfill.spec import Abandoned, Batch, Cursor, Quarantined, Unit
from outofband.backfill.window import Window
from outofband.catalog import reader
from outofband.model.progress import Progress
from outofband.runbook import our_tables

LEASE_SECONDS = 30.0
MOST_ATTEMPTS = 3
_AT_ONCE = 1000

query = partial(reader.query, package=__package__)


class LeaseLost(Exception):
    """The unit is held by another runner by now, or the backfill was cancelled: what the batch
    wrote has to be rolled back.
    """


@dataclass(frozen=True, slots=True)
class Name:
    """What a backfill is known by: its step's name, the schema of its table, and whether it is the
    way back.
    """

    name: str
    schema: str
    reverse: bool = False


@dataclass(frozen=True, slots=True)
class Claim:
    """A unit in this runner's hands; ``attempts`` are those that failed since it last got on."""

    unit: Unit
    owner: str
    cursor: Cursor
    batch_rows: int | None
    attempts: int


@dataclass(frozen=True, slots=True)
class Left:
    """What is left: ``open`` units, those of them that can be done ``here``, and what was put
    aside: ``quarantined`` units, and rows that were ``left_out``. Those that an operator gave up
    are ``abandoned``, and not among them. ``unheard`` are hosts that have not listed what they
    hold.
    """

    status: str
    finished: bool
    open: int
    here: int
    quarantined: int
    left_out: int
    abandoned: int
    unheard: Sequence[str]


def prepare(desk: Desk) -> None:
    """Make the tables where they are not there yet. Raises StatementFailed."""
    (there,) = desk.rows(reader.query("backfill_there"))
    if there["has_table"]:
        return
    our_tables.make(desk, query("create").split(";\n"), has_schema=there["has_schema"])


class State:
    """The rows of one backfill, as one runner reads and writes them.

    ``id`` is its number there, ``places`` are the hosts whose units can be done here; ``holder`` is
    who that is, for people.
    """

    def __init__(self, desk: Desk, backfill: int, places: Sequence[str], holder: str) -> None:
        self._desk, self.id, self._holder = desk, backfill, holder
        self._places = ["", *places]

    @classmethod
    def begin(cls, desk: Desk, name: Name, spec: str, places: Sequence[str], holder: str) -> State:
        """Find the backfill's rows, or make them."""
        prepare(desk)
        given = {"name": name.name, "schema": name.schema, "reverse": name.reverse}
        (row,) = desk.write(query("begin"), {**given, "spec": spec})
        return cls(desk, row["id"], places, holder)

    def announce(self, units: Iterable[Unit]) -> int:
        """Take down units that are not known yet, a thousand at once; return how many."""
        added, rest = 0, iter(units)
        while some := list(islice(rest, _AT_ONCE)):
            given = {
                "keys": [unit.key for unit in some],
                "places": [unit.place or "" for unit in some],
                "rows": [unit.rows for unit in some],
                "bytes": [unit.bytes for unit in some],
            }
            added += self._write("announce", given)[0]["added"]
        return added

    def expect(self, places: Iterable[str]) -> None:
        """Take down hosts that have to list what they hold before anything is finished."""
        self._write("expect", {"places": list(places)})

    def heard(self) -> None:
        """Take down that this host has listed what it holds."""
        self._write("heard", {"places": self._places[1:]})

    def abandoned(self) -> tuple[Abandoned, ...]:
        """Return what an operator has given up."""
        return tuple(Abandoned(**row) for row in self._write("abandoned", {}))

    def claim(self) -> Claim | None:
        """Take a unit that nobody holds; None where there is none."""
        owner = str(uuid.uuid4())
        given = {"owner": owner, "holder": self._holder, "lease": LEASE_SECONDS}
        for row in self._write("claim", {**given, "places": self._places}):
            return Claim(_unit(row), owner, row["cursor"], row["batch_rows"], row["attempts"])
        return None

    def advance(self, claim: Claim, batch: Batch, window: Window) -> str:
        """Take down what a batch did, in its transaction; return the backfill's status. Raises
        LeaseLost.
        """
        if batch.quarantined:
            self._leave_out(claim.unit, batch.quarantined)
        given = {
            "cursor": None if batch.cursor is None else json.dumps(batch.cursor),
            "rows": batch.rows,
            "bytes": batch.bytes,
            "batch_rows": window.rows,
            "rows_per_second": window.rows_per_second,
            "bytes_per_second": window.bytes_per_second,
            "done": batch.cursor is None,
            "lease": LEASE_SECONDS,
        }
        found = self._write_of(claim, "advance", given)
        if not found:
            raise LeaseLost
        return str(found[0]["status"])

    def beat(self, claim: Claim, desk: Desk) -> bool:
        """Renew the lease, from another session; tell whether the unit is still held."""
        given = {"backfill": self.id, "key": claim.unit.key, "owner": claim.owner}
        return bool(desk.write(query("beat"), {**given, "lease": LEASE_SECONDS}))

    def release(self, claim: Claim) -> None:
        """Give the unit back."""
        self._write_of(claim, "release", {})

    def fail(self, claim: Claim, reason: str, *, pause: float, for_good: bool) -> bool:
        """Give a unit back that failed, for later; tell whether it went to quarantine instead."""
        given = {"reason": reason, "pause": pause, "for_good": for_good, "most": MOST_ATTEMPTS}
        found = self._write_of(claim, "fail", given)
        return bool(found and found[0]["quarantined"])

    def unsettled(self) -> tuple[Unit, ...]:
        """Return units that are done and of which what has to follow is not, a thousand at most."""
        return tuple(map(_unit, self._write("unsettled", {"places": self._places})))

    def settled(self, unit: Unit) -> None:
        """Take down that what had to follow a unit has been done."""
        self._write("settle", {"key": unit.key})

    def status(self) -> str:
        """Return what an operator wants of it: active, paused or cancelled."""
        return str(self._write("status", {})[0]["status"])

    def left(self) -> Left:
        """Return what is left to do."""
        (row,) = self._write("open", {"places": self._places})
        return Left(**row)

    def reopen(self) -> None:
        """Let every unit be done again, from its beginning."""
        self._write("reopen", {})

    def show(self, progress: Progress | None = None, waits: str = "") -> None:
        """Keep for those who look how far it is, and what it waits for."""
        self._write("show", {**_told(progress), "waits": waits or None})

    def finish(self, progress: Progress) -> bool:
        """Write the verdict; tell whether that could be, no unit being open. In the transaction of
        the query that told the progress.
        """
        return bool(self._write("finish", _told(progress)))

    def _leave_out(self, unit: Unit, rows: Iterable[Quarantined]) -> None:
        listed = list(rows)
        given = {"keys": [r.key for r in listed], "reasons": [r.reason for r in listed]}
        self._write("leave_out", {"unit": unit.key, **given})

    def _write(self, name: str, given: dict[str, Any]) -> Sequence[reader.Row]:
        return self._desk.write(query(name), {"backfill": self.id, **given})

    def _write_of(self, claim: Claim, name: str, given: dict[str, Any]) -> Sequence[reader.Row]:
        return self._write(name, {"key": claim.unit.key, "owner": claim.owner, **given})


def _unit(row: reader.Row) -> Unit:
    return Unit(row["key"], row["size_rows"], row["size_bytes"], row["place"] or None)


def _told(progress: Progress | None) -> dict[str, Any]:
    if progress is None:
        return dict.fromkeys(("done", "total", "unit"))
    return {"done": progress.done, "total": progress.total, "unit": progress.unit}
