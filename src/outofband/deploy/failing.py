"""How an upgrade ends that cannot go on: each cause in words, with what the state is then."""

from __future__ import annotations

from collections.abc import Iterable

from outofband.catalog.reader import Row
from outofband.deploy.refusal import DeployRefused
from outofband.deploy.say import say
from outofband.errors import StateUnknown

ROLLED_BACK = "The open transaction is rolled back; what was committed before it stays"

_BEGUN = 60
ALREADY_THERE = {
    "42P06": "schema",
    "42P07": "table or index",
    "42701": "column",
    "42710": "object",
    "42723": "function",
}
"""What is said to be there already (PostgreSQL 18, appendix A)."""


class LockNotFree(DeployRefused):
    """A lock that a revision needs was not free, however often it was tried."""


class AlreadyThere(DeployRefused):
    """A revision makes what the database has already."""


class UpgradeCutOff(StateUnknown, SystemExit):
    """The connection broke while an upgrade ran; the next one finishes it.

    A SystemExit too, as DeployRefused is.
    """

    default_state = (
        "What was committed stays, the open transaction is rolled back; one that was just being"
        " committed is there as a whole or not at all"
    )

    def __init__(self, what: str, *, why: str = "", do: str = "") -> None:
        super().__init__(what, why=why, do=do)
        self.code = self.exit_status
        say(str(self))


def lock_not_free(
    where: str, tries: int, holders: Iterable[Row], obstacle: str = ""
) -> LockNotFree:
    """Return the refusal; ``obstacle`` is why it was not tried more often."""
    tried = "once" if tries == 1 else f"{tries} times"
    return LockNotFree(
        f"{where} did not get its lock",
        why=f"it was tried {tried}{_held(holders)}" + (f"; {obstacle}" if obstacle else ""),
        do="Upgrade again when there is less traffic, or end who holds it",
        state=ROLLED_BACK,
    )


def begun(sql: str) -> str:
    """Return as much of a statement as tells it from others, on one line."""
    line = " ".join(sql.split())
    return line if len(line) <= _BEGUN else line[:_BEGUN] + "…"


def _held(holders: Iterable[Row]) -> str:
    told = ", ".join(map(told_session, holders))
    return f", and is held by {told}" if told else ""


def told_session(row: Row) -> str:
    """Tell of a session who it is and what it does, as far as this role may see it."""
    name = row["application_name"] or "no application_name"
    state = f", {row['state']}" if row["state"] else ""
    age = f" for {row['age_seconds']:.0f} s" if row["age_seconds"] is not None else ""
    return f"process {row['pid']} ({name}, role {row['role']}{state}{age})"


def already_there(where: str, sqlstate: str, sql: str) -> AlreadyThere:
    """Return the refusal for a revision that makes what is there."""
    return AlreadyThere(
        f"{where} makes a {ALREADY_THERE[sqlstate]} that is there already, by {begun(sql)}",
        why="it was made by hand, or by a revision that the version table does not know of",
        do="Compare both; where they are alike, `alembic stamp` the revision, else rename or drop"
        " what is there, then upgrade again",
        state=ROLLED_BACK,
    )


def cut_off(where: str) -> UpgradeCutOff:
    """Return the error for a connection that the server or the network ended."""
    return UpgradeCutOff(
        f"the connection was lost in {where}",
        why="the server or the network ended it",
        do="Upgrade again: it goes on where this one ended",
    )
