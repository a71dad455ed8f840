"""Inflate: give an ephemeral server the size of production, for the length of a block.

What is told to the catalog is told in a transaction that is rolled back, so that afterwards nothing
of it is left, and nobody else ever sees it. Only tables that are asked about are inflated: the plan
itself names them, whatever views or partitions the query goes through.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from outofband.catalog.reader import query
from outofband.errors import Misuse
from outofband.pretend import files
from outofband.pretend.explain import Asked, AtSize, undone
from outofband.pretend.inflation import Inflation
from outofband.pretend.plan import Plan
from outofband.pretend.there import Differences
from outofband.stats.value import PAGE, Stats


class NotPretendable(Misuse):
    """The server may not pretend: somebody would read the holes, or nobody can make them."""


class Pretended:
    """A server at production's size; an Explainer."""

    sized = AtSize.sized
    says = AtSize.says

    def __init__(self, session: Asked, at_size: AtSize, inflation: Inflation) -> None:
        self._session = session
        self._at_size = at_size
        self._inflation = inflation

    def explain(self, sql: str) -> Plan:
        """Return the plan that production would choose. Raises QueryNotPlanned."""
        plan = self._at_size.explain(sql)
        while self._inflation.include({node.relation for node in plan.nodes() if node.relation}):
            plan = self._at_size.explain(sql)
        return plan

    @cached_property
    def differences(self) -> Differences:
        """What only production has, and what only the server: all of the schema is looked at."""
        return self._inflation.differences()

    @contextmanager
    def trying(self, create_index: str) -> Iterator[None]:
        """Have an index for the length of the block: ``CREATE INDEX`` without CONCURRENTLY.

        It is built while the tables are empty, and is then as large as it would be in production.
        Raises StatementFailed.
        """
        self._inflation.empty()
        try:
            with undone(self._session):
                self._session.rows(create_index)
                yield
        finally:
            self._inflation.empty()


@contextmanager
def pretended(session: Asked, data_directory: Path, stats: Stats) -> Iterator[Pretended]:
    """Make the server as large as the stats say, and as small as it was at the end of the block.

    ``session`` is a superuser's on the server whose files are in ``data_directory``, and is in a
    transaction meanwhile: every plan is asked of it, through what is yielded. TOAST is left as it
    is, since no plan depends on it. Raises NotPretendable.
    """
    _refuse_unless_safe(session, data_directory)
    at_size = AtSize(session, stats.settings)
    inflation = Inflation(session, at_size, data_directory, stats)
    try:
        with undone(session):
            yield Pretended(session, at_size, inflation)
    finally:
        inflation.cut()


def _refuse_unless_safe(session: Asked, data_directory: Path) -> None:
    server = session.rows(query("server", __package__))[0]
    reasons = {
        "autovacuum is on, and would read every page": server["autovacuum"] != "off",
        "the role is no superuser": server["superuser"] != "on",
        "its pages or files have another size": (
            (server["block_size"], server["segment_size"]) != (PAGE, files.SEGMENT)
        ),
        "its files are elsewhere": not _is(data_directory, server["data_directory"]),
    }
    why = [reason for reason, holds in reasons.items() if holds]
    if why:
        raise NotPretendable(
            "the server cannot pretend to be production",
            why="; ".join(why),
            do="Take an ephemeral server with autovacuum=off",
        )


def _is(data_directory: Path, of_the_server: str) -> bool:
    try:
        return data_directory.samefile(of_the_server)
    except OSError:
        return False
