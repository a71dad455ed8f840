"""What production ran, from pg_stat_statements: DML on tables of the user's, without constants."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from outofband.catalog.reader import Reader, Row, query
from outofband.model.names import quote
from outofband.runbook.hand import StatementFailed
from outofband.stats.missing import HIDDEN, NO_EXTENSION, NO_STATEMENTS_RIGHT, NOT_LOADED
from outofband.stats.stripped import stripped
from outofband.stats.value import Missing, Query, Relation

_WHAT = "queries"
_INSUFFICIENT_PRIVILEGE, _NOT_IN_PREREQUISITE_STATE = "42501", "55000"
_REFUSALS = {
    _INSUFFICIENT_PRIVILEGE: NO_STATEMENTS_RIGHT,
    _NOT_IN_PREREQUISITE_STATE: NOT_LOADED,
}


def statements(
    reader: Reader, server: Row, relations: Iterable[Relation]
) -> tuple[Sequence[Query], Sequence[Missing]]:
    """Return the statements that name one of the relations, and what of them was not to be seen."""
    schema = server["statements_schema"]
    if schema is None:
        return (), (Missing(_WHAT, NO_EXTENSION),)
    sql = query("statements", __package__).replace("$schema", quote(schema))
    try:
        rows = reader.rows(sql)
    except StatementFailed as error:
        why = _REFUSALS.get(error.sqlstate)
        if why is None:
            raise
        return (), (Missing(_WHAT, why),)
    hidden = () if server["reads_all_stats"] else (Missing(_WHAT, HIDDEN),)
    return merged(rows, {relation.name for relation in relations}), hidden


def merged(rows: Iterable[Row], tables: set[str]) -> list[Query]:
    """Return each statement once, with the calls and the time of all that read the same."""
    calls: dict[str, int] = {}
    spent: dict[str, float] = {}
    for text, row in _kept(rows, tables):
        calls[text] = calls.get(text, 0) + row["calls"]
        spent[text] = spent.get(text, 0.0) + row["total_exec_time"]
    return [Query(text, count, spent[text] / max(count, 1)) for text, count in calls.items()]


def _kept(rows: Iterable[Row], tables: set[str]) -> Iterator[tuple[str, Row]]:
    for row in rows:
        found = stripped(row["query"] or "", tables)
        if found is not None:
            yield found, row
