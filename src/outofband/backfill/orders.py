"""What an operator orders of a backfill beside running it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Literal

from outofband.backfill.desk import Desk
from outofband.backfill.state import Name, State, query
from outofband.catalog.reader import Row

Part = Literal["unit", "place"]
Way = Literal["forth", "back"]


class Orders:
    """One backfill as an operator orders it about; its row is made where it has never run, so that
    what is paused before it begins does not begin.
    """

    def __init__(self, desk: Desk, name: Name, spec: str) -> None:
        self._desk, self._name = desk, name
        self._id = State.begin(desk, name, spec, (), "").id

    def stop(self, status: Literal["paused", "cancelled"]) -> Way | None:
        """Pause or cancel the way back, where one is under way, or else the backfill; return which,
        None where it is finished.
        """
        found = self._write("pause", status=status, **asdict(self._name))
        return ("back" if found[0]["reverse"] else "forth") if found else None

    def resume(self, *, quarantined: bool) -> None:
        """Let it go on; with ``quarantined``, what was put aside too. What went back begins
        anew.
        """
        with self._desk.transaction():
            self._write("forget_reverse", **asdict(self._name))
            self._write("resume", quarantined=quarantined)

    def turn_back(self) -> None:
        """Let it pass for finished no more, do nothing forth, and let a way back go on."""
        self._write("turn_back", **asdict(self._name))

    def abandon(self, what: Part, name: str, because: str) -> int:
        """Give up a unit that was put aside, with the rows of it that were left out, or a host;
        return how many units, rows and hosts that were.
        """
        return self._count(f"abandon_{what}", **{what: name, "because": because})

    def reclaim(self, what: Part, name: str) -> int:
        """Take back that it was given up; return the same."""
        return self._count(f"reclaim_{what}", **{what: name})

    def aside(self) -> Sequence[Row]:
        """Return what is in quarantine, the oldest first."""
        return self._desk.rows(query("aside"), {"backfill": self._id})

    def _count(self, file: str, /, **given: object) -> int:
        return int(self._write(file, **given)[0]["count"])

    def _write(self, file: str, /, **given: object) -> Sequence[Row]:
        return self._desk.write(query(file), {"backfill": self._id, **given})
