"""Will every row go into the index: does no expression fail on one, is no key too large?

The size of every key of every row is asked for once, which evaluates the expressions too, as the
build will: since PostgreSQL 17 under a search_path of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from outofband.catalog.facts import TableFacts
from outofband.model.index import Index
from outofband.model.names import quote
from outofband.model.sqlstates import INSUFFICIENT_PRIVILEGE, QUERY_CANCELED
from outofband.runbook.hand import Prober, StatementFailed
from outofband.runbook.preflight.bisect import first_failing
from outofband.runbook.preflight.expressions import RESTRICTING, expressions, path_remedy
from outofband.runbook.preflight.finding import Finding
from outofband.runbook.preflight.fits import MOST_TRIED, Refused, refused
from outofband.runbook.preflight.functions import RESTRICTED, called
from outofband.runbook.preflight.row_size import LargeKeys, Widths, judge_large_keys, read_widths
from outofband.runbook.reaction import OF_A_ROW

_OF_A_ROW = (*OF_A_ROW, "54")
"""A value that an expression fails on, also by its size: a tsvector may have 1 MB."""

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Failure:
    """An expression that fails: how, on which row (its ctid, empty for every row), and the
    functions it may call.
    """

    sqlstate: str
    message: str
    place: str = ""
    functions: tuple[str, ...] = ()


def try_rows(
    prober: Prober, index: Index, table: TableFacts, version: int, *, seconds: float = 0
) -> tuple[Finding, ...] | None:
    """Look at the rows that the index will have, where anything about them can fail.

    None when that is not over within ``seconds`` (0: without end). Raises StatementFailed.
    """
    widths = read_widths(prober, table.oid)
    if not expressions(index) and not widths.may_exceed(index):
        return ()
    later = RESTRICTED if expressions(index) and version >= RESTRICTING else None
    settings = {"statement_timeout": f"{round(seconds * 1000)}ms"}
    try:
        (row,) = prober.trial(_sizes(index, widths), settings=settings, later=later)
    except StatementFailed as failed:
        if failed.sqlstate == QUERY_CANCELED:
            return None
        if failed.sqlstate == INSUFFICIENT_PRIVILEGE:
            return (_unread(index, failed),)
        if not failed.sqlstate.startswith((*_OF_A_ROW, "42", "3F")):
            raise
        return tuple(judge_failure(index, _failure(prober, index, widths, failed, later)))
    if not row["large"]:
        return ()
    found = LargeKeys(row["large"], row["most_bytes"], row["place"], widths.are_exact(index))
    try:
        large, samples = _asked(prober, index, table, widths, found, settings)
    except StatementFailed as failed:
        if failed.sqlstate == QUERY_CANCELED:
            return None
        raise
    return tuple(judge_large_keys(index, large, samples))


def _unread(index: Index, failed: StatementFailed) -> Finding:
    """Warn: no index needs SELECT, so that the build decides."""
    what = f"whether keys of {index.table} are too large is not known: {failed.what}"
    return Finding(what, f"GRANT SELECT ON {index.table} to this role shows it")


def judge_failure(index: Index, failure: Failure) -> Iterator[Finding]:
    """Refuse a build that would fail on a row, after it has read all those before it."""
    where = f" at ctid {failure.place}" if failure.place else ""
    what = f"{index.table}{where}: {failure.message} ({failure.sqlstate})"
    if failure.sqlstate.startswith(("42", "3F")) and failure.functions:
        remedies = "; ".join(path_remedy(f).rstrip(";") for f in failure.functions)
        yield Finding(what, f"{remedies};", stops=True)
        return
    look = f"SELECT * FROM {index.table} WHERE ctid = '{failure.place}';" if failure.place else ""
    do = "Correct the row, or declare an index WHERE the expression works"
    yield Finding(what, f"{do}; the row is {look}" if look else do, stops=True)


def _sizes(index: Index, widths: Widths, where: str = "") -> str:
    return f"""
        SELECT count(*) FILTER (WHERE outofband_bytes > {widths.limit(index)})::bigint AS large,
               max(outofband_bytes)::bigint AS most_bytes,
               (min(outofband_place) FILTER (WHERE outofband_bytes > {widths.limit(index)}))::text
                   AS place
          FROM ({_rows(index, where)}) AS outofband_rows
    """


def _rows(index: Index, where: str = "", more: str = "") -> str:
    """Return the select of every row of the index with the size of its keys."""
    texts = [*(key.text for key in index.keys), *map(quote, index.include)]
    size = " + ".join(f"coalesce(pg_column_size({text}), 0)" for text in texts)
    conditions = [f"({text})" for text in (where, index.where) if text]
    suffix = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return (
        f"SELECT ctid AS outofband_place, {size} AS outofband_bytes{more} "
        f"FROM ONLY {index.table}{suffix}"
    )


def _failure(
    prober: Prober,
    index: Index,
    widths: Widths,
    failed: StatementFailed,
    later: Mapping[str, str] | None,
) -> Failure:
    functions = tuple(f.signature for f in called(prober, expressions(index)))

    def fails(where: str) -> bool:
        try:
            prober.trial(_sizes(index, widths, where), settings=BY_PLACE, later=later)
        except StatementFailed as again:
            return again.sqlstate == failed.sqlstate
        return False

    is_of_a_row = failed.sqlstate.startswith(_OF_A_ROW)
    place = first_failing(fails, widths.pages) if is_of_a_row else ""
    return Failure(failed.sqlstate, failed.what.rpartition(" (")[0], place, functions)


BY_PLACE = dict.fromkeys(
    ("enable_seqscan", "enable_indexscan", "enable_indexonlyscan", "enable_bitmapscan"), "off"
)
"""Reads the rows of a range of places and no others, whatever the expression costs."""


def _asked(
    prober: Prober,
    index: Index,
    table: TableFacts,
    widths: Widths,
    found: LargeKeys,
    settings: Mapping[str, str],
) -> tuple[LargeKeys, tuple[str, ...]]:
    """Ask the server itself which of the rows are too large; where it cannot be asked, leave what
    was ``found`` by their stored sizes. With it come the keys of a few rows, which are data.
    """
    over = f"WHERE outofband_bytes > {widths.limit(index)}"
    rows = f"FROM ({_rows(index)}) AS outofband_rows {over}"
    key = _primary_key(table)
    candidates = f"SELECT outofband_place {rows} ORDER BY outofband_bytes DESC"
    refusals = refused(prober, index, candidates, key, settings=settings)
    if refusals is None:
        places = prober.trial(f"SELECT outofband_place::text AS place {rows} LIMIT {_SHOWN}")
        return found, tuple(f"ctid {row['place']}" for row in places)
    untried = max(0, found.rows - MOST_TRIED)
    if not refusals:
        return replace(found, rows=untried, exact=False), ()
    samples = tuple(map(_told, refusals[:_SHOWN]))
    first = min((row.place for row in refusals), key=_order)
    large = LargeKeys(len(refusals), refusals[0].bytes, first, exact=True, more=untried > 0)
    return large, samples


def _order(place: str) -> tuple[int, ...]:
    return tuple(map(int, place.strip("()").split(",")))


def _primary_key(table: TableFacts) -> tuple[str, ...]:
    key = next((i for i in table.indexes if i.constraint_type == "p"), None)
    return tuple(k.column for k in key.keys if k.column) if key else ()


def _told(row: Refused) -> str:
    columns = [f"{name} = {value}" for name, value in row.key]
    return ", ".join([*columns, f"ctid {row.place}", f"{row.bytes:,} bytes"])
