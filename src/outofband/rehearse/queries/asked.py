"""The queries that the gate asks about, each once, and which of them nobody plans."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from outofband.stats.value import Stats
from outofband_lint.fingerprint import normalised
from outofband_lint.query import Query
from outofband_lint.reader.split import pieces

_UTILITY_LIST = """
    abort alter analyze begin call checkpoint close cluster comment commit copy create deallocate
    declare discard do drop end execute explain fetch grant import listen load lock move notify
    prepare reassign refresh reindex release reset revoke rollback savepoint security set show start
    truncate unlisten vacuum
"""
_UTILITIES = frozenset(_UTILITY_LIST.split())
"""With what the commands begin that no plan is made for (PostgreSQL 18, SQL Commands)."""


@dataclass(frozen=True, slots=True)
class Asking:
    """A query, whether it was asked before the branch, and whether production was seen to run it:
    whose it is then, nobody knows.
    """

    query: Query
    known: bool = False
    observed: bool = False


def asking(
    listed: Iterable[Query], before: Iterable[Query] | None, stats: Stats, path: str
) -> Iterator[Asking]:
    """Yield the project's queries and then those of the stats file at ``path``.

    ``before`` are those at the base of a branch, None where there is no branch. Statements that are
    not planned at all (SET, LISTEN) are left out.
    """
    old = {normalised(query.sql) for query in before or ()}
    seen: set[str] = set()
    for query in listed:
        text = normalised(query.sql)
        if is_planned(query.sql) and text not in seen:
            seen.add(text)
            yield Asking(query, known=text in old)
    for told in stats.queries:
        if normalised(told.query) not in seen:
            query = Query(f"{told.id} of the stats file", told.query, path, 1)
            yield Asking(query, known=before is not None, observed=True)


def is_planned(sql: str) -> bool:
    """Tell whether a server would plan a query; of what cannot be read it is for it to say so."""
    first = next(iter(pieces(sql)), None)
    return first is not None and first.texts[0] not in _UTILITIES
