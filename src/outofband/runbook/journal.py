"""The journal: a table in the database that tells who did what, when, and how long it took.

Made by the runbook and never by an upgrade or the application. Rows are only ever added. Nothing
reads it to decide anything, so that a run goes on without it, with a line that says why.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from outofband.catalog.reader import Reader, Row, query
from outofband.errors import NothingChanged, OutofbandError
from outofband.model.names import OUR_SCHEMA, QualifiedName, quote
from outofband.runbook import our_tables
from outofband.runbook.events import Sizes, StepEnded, StepName
from outofband.runbook.hand import Hand, SessionLost, StatementFailed
from outofband.runbook.reach import require_reachable, require_readable

TABLE = QualifiedName("journal", OUR_SCHEMA)
_NO_TABLE = ("42P01", "3F000")
_OTHER_TABLE = ("42703", "42804", "42809", "55000")
_ANOTHER = f"{TABLE} is another table than the journal"
_RENAME = f"Rename it: ALTER TABLE {TABLE} RENAME TO another; the next run makes the journal"


class OtherJournal(NothingChanged):
    """Something else has the journal's name."""


class Journal:
    """Writes lines of the journal, on whichever session is at hand.

    ``say`` is told once why no journal is kept. Several runs, and several sessions of one, may
    write at once.
    """

    def __init__(self, run: str, version: str, say: Callable[[str], None]) -> None:
        self._run, self._version, self._say = run, version, say
        self._kept, self._prepared = True, False
        self._role = self._database = ""

    def prepare(self, hand: Hand) -> None:
        """Make the table where it is not there yet and may be made."""
        self._prepared = True
        try:
            there = hand.rows(query("journal_there"))[0]
            self._role, self._database = there["role"], there["database"]
            if there["has_table"]:
                return
            if there["publication"]:
                self._give_up(_published(there["publication"]))
            else:
                statements = [query("journal_create")]
                our_tables.make(hand, statements, has_schema=there["has_schema"])
        except (OutofbandError, SessionLost) as error:
            self._give_up(self._reason(error))

    def started(self, hand: Hand, step: StepName, sizes: Sizes) -> None:
        """Add that a step's turn begins, with the sizes before it."""
        self._add(hand, {"event": "started", **_named(step), **asdict(sizes)})

    def ended(self, hand: Hand, ended: StepEnded) -> None:
        """Add how it ended, with the sizes after it."""
        taken = {
            "outcome": ended.outcome,
            "why": ended.why,
            "seconds": ended.seconds,
            "phases": json.dumps([asdict(phase) for phase in ended.phases]),
            "waits": json.dumps([asdict(wait) for wait in ended.waits]),
            "sqlstates": ended.sqlstates,
        }
        self._add(hand, {"event": "ended", **_named(ended.step), **taken, **asdict(ended.after)})

    def detached(self, hand: Hand, steps: Iterable[StepName]) -> None:
        """Add that these were left to the server."""
        for step in steps:
            self._add(hand, {"event": "detached", **_named(step)})

    def _add(self, hand: Hand, line: Mapping[str, Any]) -> None:
        if not self._kept:
            return
        given = {"run": self._run, "version": self._version, **_EMPTY, **line}
        try:
            hand.write(query("journal_add"), given)
        except (OutofbandError, SessionLost) as error:
            # A run that changes nothing makes no table, and need not say that there is none.
            is_absent = isinstance(error, StatementFailed) and error.sqlstate in _NO_TABLE
            if is_absent and not self._prepared:
                self._kept = False
            else:
                self._give_up(self._reason(error))

    def _reason(self, error: Exception) -> str:
        sqlstate = error.sqlstate if isinstance(error, StatementFailed) else ""
        if sqlstate in _OTHER_TABLE:
            return f"{_ANOTHER}. {_RENAME}"
        if sqlstate in _NO_TABLE:
            return f"{TABLE} is there no more; the next run makes it anew"
        if not isinstance(error, StatementFailed) or sqlstate != "42501":
            return str(error)
        role, database = quote(self._role), quote(self._database)
        grants = (
            f"CREATE SCHEMA IF NOT EXISTS {OUR_SCHEMA}",
            f"GRANT USAGE, CREATE ON SCHEMA {OUR_SCHEMA} TO {role}",
            f"and where the table is there: GRANT SELECT, INSERT ON {TABLE} TO {role};",
        )
        return f"{error.what}; as the owner of database {database}: {'; '.join(grants)}"

    def _give_up(self, why: str) -> None:
        if self._kept:
            self._kept = False
            self._say(f"no journal is kept: {why}")


_EMPTY = dict.fromkeys(
    ("outcome", "why", "seconds", "phases", "waits", "sqlstates", "table_bytes", "index_bytes")
)


def read(reader: Reader, step: str | None, limit: int) -> Sequence[Row] | None:
    """Return the latest lines of the journal, oldest first; None where there is none. Raises
    NotAllowed where the role may not read it.
    """
    if not reader.rows(query("journal_there"))[0]["has_table"]:
        return None
    require_reachable(reader, [TABLE])
    require_readable(reader, TABLE)
    try:
        return reader.rows(query("journal_read"), {"step": step, "limit": limit})
    except StatementFailed as failed:
        if failed.sqlstate in _OTHER_TABLE:
            raise OtherJournal(_ANOTHER, do=_RENAME) from None
        raise


def _named(step: StepName) -> dict[str, str]:
    return asdict(step)


def _published(publication: str) -> str:
    """Subscribers of all tables stop at the first row of a table that they lack (PostgreSQL 18,
    Logical Replication, Subscription).
    """
    return (
        f"publication {quote(publication)} publishes every table, and its subscribers lack "
        f"{TABLE}; make the table on both sides to have one"
    )
