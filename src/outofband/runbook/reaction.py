"""What to do about a failure, by SQLSTATE: facts that were measured on 15, 17 and 18. Pure."""

from __future__ import annotations

from enum import Enum

from outofband.model.state import State

OF_A_ROW = ("22", "23", "P0")
"""The classes of what one row may be the cause of: its data, a constraint, RAISE of a function."""

MOVED = ("42710", "42703", "2BP01", "55000")
"""What somebody else has done since the last look, if anything: the next look tells, or nothing."""


class Reaction(Enum):
    """Retry as it is, mend something and retry, or stop and tell a person."""

    RETRY = "retry"
    DUPLICATES = "duplicates"
    TEMP_FILES = "temp files"
    MEMORY = "memory"
    DISK = "disk"
    ROWS = "rows"
    CANCELLED = "cancelled"
    STOP = "stop"


_REACTIONS = {
    "40P01": Reaction.RETRY,  # deadlock: the queued one of two builds dies, leaving nothing
    "55P03": Reaction.RETRY,  # lock_timeout, of the brief statements only
    "55006": Reaction.RETRY,  # object in use
    # Somebody made or dropped the index since the last look; the next one tells what there is.
    "42P07": Reaction.RETRY,
    "42704": Reaction.RETRY,
    "42P01": Reaction.RETRY,
    # So did what it has, lacks or is needed by: a constraint, a column, a foreign key, a view.
    **dict.fromkeys(MOVED, Reaction.RETRY),
    "23505": Reaction.DUPLICATES,
    "53400": Reaction.TEMP_FILES,
    "53200": Reaction.MEMORY,
    "53100": Reaction.DISK,
    "54000": Reaction.ROWS,  # a key over 2704 bytes
    "42883": Reaction.ROWS,  # since 17 a function of the index does not find what it calls
    "57014": Reaction.CANCELLED,
    # An expression or a cast fails on a row, or a function raises what it likes.
    "22": Reaction.ROWS,
    "23514": Reaction.ROWS,
    "23502": Reaction.ROWS,
    "P0": Reaction.ROWS,
}

_ADVICE = {
    "42501": "Let the table's owner run this, or grant the role what it lacks",
    "53100": "Free disk space where the data or the temporary files lie",
    "53200": "Lower maintenance_work_mem",
    "54000": "Index a hash or a prefix of the column, since a key is over 2704 bytes",
    "57014": "Find who cancelled it",
    "25006": "Run this against the primary",
    "22": "Correct the row, or index another expression",
    "P0": "Read in the server's log what was raised, and where: the message may have data of rows, "
    "so that it is not shown here; \\dy in psql lists event triggers",
    "55P03": "Find who keeps the table locked, then run this again",
    "40P01": "Find who else works on the table, then run this again",
    "42P07": "Rename or drop what has the name, then run this again",
    "42703": "Upgrade the schema first: the column is not there",
    "42P01": "Upgrade the schema first: the table is not there",
}


_WAYS_OUT = {
    State.DIFFERENT: "Rename or drop what has the name, or declare what is there",
    State.NOT_PROVABLY_EQUAL: "Compare the two definitions, and spell the declared one as "
    "pg_get_indexdef spells the other, or drop that",
    State.BUILDING_ELSEWHERE: "Run this again when that is over",
    State.PAUSED: "Run outofband backfill resume with its name when it may go on",
    State.CANCELLED: "Run outofband backfill resume with its name if it is wanted after all",
    State.PARTITION_INCOMPLETE: "Do that, then run this again",
}


def way_out(state: State) -> str:
    """Return what a person should do about a state that apply leaves alone; empty where the
    obstacle says it.
    """
    return _WAYS_OUT.get(state, "")


def reaction(sqlstate: str) -> Reaction:
    """Return how to react to a failed statement."""
    known = _REACTIONS.get(sqlstate) or _REACTIONS.get(sqlstate[:2])
    return known or Reaction.STOP


def longest_pause(attempt: int) -> float:
    """Return how long to back off at most before an attempt is repeated, in seconds: doubling from
    a fifth to five. Half of it is left to chance, so that two runners part.
    """
    return float(min(0.2 * 2.0 ** (attempt - 1), 5.0))


def advice(sqlstate: str) -> str:
    """Return what a person should do about a failure that apply cannot mend."""
    known = _ADVICE.get(sqlstate) or _ADVICE.get(sqlstate[:2])
    return known or "Look the SQLSTATE up, mend the cause, then run this again"
