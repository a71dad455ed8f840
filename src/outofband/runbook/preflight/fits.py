"""Which rows does the index itself refuse as too large? The server is asked, by an index of that
definition on a temporary table that is rolled back.

How large a key is in an index no query tells: a value over 510 bytes that is stored uncompressed is
compressed on its way into it, by a method of the column's, and aligned among the others (PostgreSQL
18, index_form_tuple). So those rows are put in that may be too large, one after the other, as they
are stored: what is refused is exactly what CREATE INDEX refuses (measured on 14 to 18).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from outofband.model.index import Index
from outofband.model.names import QualifiedName, quote
from outofband.runbook.hand import Prober, StatementFailed

MOST_TRIED = 500
"""Each row costs a subtransaction and a transaction number."""

_COPY = QualifiedName("outofband_copy", "pg_temp")
_REFUSED = QualifiedName("outofband_refused", "pg_temp")
_CANNOT = ("0A", "22", "23", "25", "42", "3F", "P0")


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that the index refuses: its place (ctid) and the bytes of its entry; ``key`` are its
    primary key's columns, which are data.
    """

    place: str
    bytes: int
    key: tuple[tuple[str, str], ...] = ()


def refused(
    prober: Prober,
    index: Index,
    candidates: str,
    key: Sequence[str],
    *,
    settings: Mapping[str, str],
) -> tuple[Refused, ...] | None:
    """Return which of the first ``MOST_TRIED`` places that ``candidates`` selects are refused, the
    largest first; None where that cannot be tried out, as on a standby or without TEMP.

    ``key`` are columns to tell the rows by. Raises StatementFailed.
    """
    statements = (*_copy(index), _insert(index, candidates), _result(index, key))
    try:
        rows = prober.try_out(statements, settings=settings)
    except StatementFailed as failed:
        if failed.sqlstate.startswith(_CANNOT):
            return None
        raise
    return tuple(
        Refused(row["place"], row["bytes"], tuple(zip(key, row["key"], strict=True)))
        for row in rows
    )


def _copy(index: Index) -> tuple[str, ...]:
    same = replace(index, table=_COPY, unique=False, nulls_not_distinct=False, tablespace=None)
    return (
        f"CREATE TEMP TABLE {_COPY.name} "
        f"(LIKE {index.table} INCLUDING STORAGE INCLUDING COMPRESSION) ON COMMIT DROP",
        same.create(name="outofband_copy_index"),
        f"CREATE TEMP TABLE {_REFUSED.name} (place tid, bytes int) ON COMMIT DROP",
    )


def _insert(index: Index, candidates: str) -> str:
    """The server's message begins with the size in every language."""
    return f"""
        DO $outofband$
        #variable_conflict use_variable
        DECLARE outofband_at tid;
        BEGIN
          FOR outofband_at IN {candidates} LIMIT {MOST_TRIED} LOOP
            BEGIN
              INSERT INTO {_COPY} SELECT * FROM ONLY {index.table} WHERE ctid = outofband_at;
            EXCEPTION WHEN program_limit_exceeded THEN
              INSERT INTO {_REFUSED}
              VALUES (outofband_at, CAST(substring(SQLERRM FROM '[0-9]+') AS int));
            END;
          END LOOP;
        END $outofband$
    """


def _result(index: Index, key: Sequence[str]) -> str:
    columns = ", ".join(f"t.{quote(column)}::text" for column in key)
    return f"""
        SELECT r.place::text AS place, r.bytes, ARRAY[{columns}]::text[] AS key
          FROM {_REFUSED} AS r JOIN ONLY {index.table} AS t ON t.ctid = r.place
         ORDER BY r.bytes DESC, r.place
    """
