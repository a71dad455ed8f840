"""Ask a server for the plan of a query. The query is planned and never run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

from outofband.catalog.reader import Row
from outofband.errors import Misuse
from outofband.pretend.plan import Plan, parsed
from outofband.runbook.hand import StatementFailed
from outofband.stats.value import Setting
from outofband_lint.reader.split import pieces

_GENERIC_PLAN_FROM = 160000
_PREPARED = "outofband_explained"
_SET = """
    SELECT set_config(p.name, p.value, true)
      FROM unnest(%(names)s::text[], %(values)s::text[]) AS p(name, value)
"""
_KNOWN = "SELECT name FROM pg_settings WHERE name = ANY (%(names)s::text[])"
_COUNT = """
    SELECT cardinality(parameter_types) AS parameters
      FROM pg_prepared_statements
     WHERE name = %(name)s
"""
_OPTIONS = "FORMAT JSON, VERBOSE"
_PLANNED_WITHIN = {"statement_timeout": "10s"}


class QueryNotPlanned(Misuse):
    """The server does not plan the query: it does not parse, or names what is not there."""

    def __init__(self, why: str, sqlstate: str = "") -> None:
        self.sqlstate = sqlstate
        super().__init__(
            "a query cannot be planned", why=why, do="Correct it, or the schema that it is for"
        )


class Asked(Protocol):
    """The session that is asked."""

    @property
    def version(self) -> int:
        """The server's version as a number: 180006 is 18.6."""
        ...

    def rows(self, sql: str, parameters: Mapping[str, Any] | None = None) -> Sequence[Row]:
        """Run a statement and return its rows. Raises StatementFailed."""
        ...

    def transaction(self) -> AbstractContextManager[None]:
        """Make what is in the block one transaction, or a part of one that may fail alone."""
        ...


class Explainer(Protocol):
    """Tells the plan of a query, and how much its figures mean."""

    @property
    def sized(self) -> bool:
        """Whether costs and rows are those of production, and with them the choice of the plan."""
        ...

    @property
    def says(self) -> str:
        """What its plans can tell and what they cannot, in a sentence for a report."""
        ...

    def explain(self, sql: str) -> Plan:
        """Return the plan of one statement, the generic one where it has parameters ($1).

        Raises QueryNotPlanned.
        """
        ...

    def trying(self, create_index: str) -> AbstractContextManager[None]:
        """Have an index for the length of the block: ``CREATE INDEX`` without CONCURRENTLY.

        Raises StatementFailed.
        """
        ...


class WithoutSeqScan:
    """Any server, whatever is in it: sequential scans are forbidden, and one that comes all the
    same has no alternative.

    It sees that no index serves a query. It cannot see which of several plans production would
    choose, what it costs, or that an index helps too little.
    """

    sized = False
    says = (
        "size-free: a sequential scan here means that no index can serve the query; "
        "costs, rows and the choice between usable plans are not those of production"
    )

    def __init__(self, session: Asked) -> None:
        self._session = session

    def explain(self, sql: str) -> Plan:
        """Return the plan without sequential scans but those that are ``disabled``."""
        return explain(self._session, sql, {"enable_seqscan": "off"})

    @contextmanager
    def trying(self, create_index: str) -> Iterator[None]:
        """Have an index for the length of the block, built on what is in the table."""
        with undone(self._session):
            self._session.rows(create_index)
            yield


class AtSize:
    """A server that pretends to be production; used by :func:`outofband.pretend.pretended`.

    The planner's settings of production hold, as far as the server knows them.
    """

    sized = True
    says = (
        "at production's size and with its statistics: what the planner would choose there; "
        "no time is measured"
    )

    def __init__(self, session: Asked, settings: Sequence[Setting]) -> None:
        self._session = session
        asked = {setting.name: setting.value for setting in settings}
        known = session.rows(_KNOWN, {"names": list(asked)}) if asked else ()
        self._settings = {row["name"]: asked[row["name"]] for row in known}

    def explain(self, sql: str) -> Plan:
        """Return the plan that production would choose."""
        return explain(self._session, sql, self._settings)


class _Over(Exception):
    """The block is over: what was done in it is rolled back."""


@contextmanager
def undone(session: Asked) -> Iterator[None]:
    """Roll back at its end what is done in the block."""
    try:
        with session.transaction():
            yield
            raise _Over
    except _Over:
        pass


def explain(session: Asked, sql: str, settings: Mapping[str, str]) -> Plan:
    """Return the plan of one statement under these settings. Raises QueryNotPlanned."""
    query = _single(sql)
    try:
        return _explained(session, query, {**settings, **_PLANNED_WITHIN})
    except StatementFailed as failed:
        raise QueryNotPlanned(failed.what, failed.sqlstate) from None


def _single(sql: str) -> str:
    """Return the text of the statement; behind EXPLAIN a second one would be run."""
    found = list(pieces(sql))
    if len(found) != 1:
        raise QueryNotPlanned(f"it is {len(found)} statements")
    if found[0].broken or found[0].sent_by:
        raise QueryNotPlanned(found[0].broken or f"{found[0].sent_by} is psql's")
    return found[0].text


def _explained(session: Asked, query: str, settings: Mapping[str, str]) -> Plan:
    with undone(session):  # else what is set here would hold for the next query, too
        session.rows("SET TRANSACTION READ ONLY")
        _set(session, settings)
        if session.version >= _GENERIC_PLAN_FROM:
            return _plan_of(session, f"EXPLAIN ({_OPTIONS}, GENERIC_PLAN) {query}")
        return _prepared(session, query)


def _prepared(session: Asked, query: str) -> Plan:
    """Do what GENERIC_PLAN does since 16; the values are NULL and not looked at."""
    session.rows(f"PREPARE {_PREPARED} AS {query}")
    try:
        _set(session, {"plan_cache_mode": "force_generic_plan"})
        count = session.rows(_COUNT, {"name": _PREPARED})[0]["parameters"] or 0
        values = f"({', '.join(['NULL'] * count)})" if count else ""
        with session.transaction():  # so that after a failure it can still be deallocated
            return _plan_of(session, f"EXPLAIN ({_OPTIONS}) EXECUTE {_PREPARED}{values}")
    finally:
        session.rows(f"DEALLOCATE {_PREPARED}")


def _set(session: Asked, settings: Mapping[str, str]) -> None:
    """Set parameters for the transaction."""
    session.rows(_SET, {"names": list(settings), "values": list(settings.values())})


def _plan_of(session: Asked, explain: str) -> Plan:
    return parsed(session.rows(explain)[0]["QUERY PLAN"])
