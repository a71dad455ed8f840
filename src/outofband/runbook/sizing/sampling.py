"""A bounded sample of the rows that an index will hold: how wide its columns are, how many keys
differ, how many rows there are.
"""

from __future__ import annotations

from dataclasses import dataclass

from outofband.catalog.reader import Row
from outofband.model.index import Index
from outofband.model.names import quote
from outofband.runbook.glance import Surveyor, glance
from outofband.runbook.sizing.btree import PAGE, Part
from outofband.runbook.sizing.distinct import FREQUENT, Seen
from outofband.runbook.sizing.pace import KEY

_PAGES = 3_000
_ROWS = 30_000
_ALIGNMENTS = {"c": 1, "s": 2, "i": 4, "d": 8}
_SHORT = 127


@dataclass(frozen=True, slots=True)
class Sample:
    """What a sample of an index's rows has ``seen`` of its keys, the ``parts`` of its tuples (none
    where it has no row), and by it the ``rows`` that the whole table has for the index.
    """

    seen: Seen
    parts: tuple[Part, ...]
    rows: float


def sample(surveyor: Surveyor, index: Index, heap_bytes: int) -> Sample:
    """Look at some thousands of pages of an index's table, and of these at some thousands of rows.

    Few rows of many pages, as ANALYZE takes them: rows that were written together are often alike.
    Raises StatementFailed.
    """
    percent = min(100.0, 100.0 * _PAGES / max(1, heap_bytes // PAGE))
    taken = f"{index.table} TABLESAMPLE SYSTEM ({percent}) REPEATABLE (1)"
    where = f" WHERE ({index.where})" if index.where else ""
    counted = glance(surveyor, f"SELECT count(*) AS rows FROM ONLY {taken}{where}")
    share = min(1.0, _ROWS / max(1, counted["rows"]))
    row = glance(surveyor, _measuring(index, taken, share))
    parts = tuple(_part(row, number) for number in range(len(_texts(index))))
    return Sample(
        Seen(**{name: row[name] for name in Seen.__slots__}),
        parts if row["rows"] else (),
        counted["rows"] * 100 / percent,
    )


def _texts(index: Index) -> list[str]:
    return [f"({key.text})" for key in index.keys] + [quote(name) for name in index.include]


def _measuring(index: Index, taken: str, share: float) -> str:
    texts, keys = _texts(index), len(index.keys)
    names = [f"{KEY}_{number}" for number in range(len(texts))]
    listed = ", ".join(f"{text} AS {name}" for text, name in zip(texts, names, strict=True))
    measured = ", ".join(_of_column(name, number) for number, name in enumerate(names))
    where = f"({index.where or 'true'}) AND random() < {share}"
    frequent = f"FROM groups WHERE n > {FREQUENT}"
    return f"""
        WITH sampled AS MATERIALIZED (SELECT {listed} FROM ONLY {taken} WHERE {where}),
             groups AS (SELECT count(*) AS n FROM sampled GROUP BY {", ".join(names[:keys])})
        SELECT count(*) AS rows, {measured},
               (SELECT count(*) FROM groups) AS different,
               (SELECT count(*) FROM groups WHERE n = 1) AS once,
               (SELECT count(*) {frequent}) AS frequent,
               (SELECT coalesce(sum(n), 0)::int {frequent}) AS frequent_rows
          FROM sampled
        """


def _of_column(name: str, number: int) -> str:
    width = f"pg_column_size({name})"
    type_ = f"(min(pg_typeof({name})::oid::int8))::oid"
    return f"""
        avg({width})::float8 AS width_{number},
        min({width}) IS DISTINCT FROM max({width}) AS varies_{number},
        (count(*) FILTER (WHERE {name} IS NULL))::float8 / greatest(count(*), 1) AS nulls_{number},
        (SELECT t.typalign::text FROM pg_type AS t WHERE t.oid = {type_}) AS alignment_{number}"""


def _part(row: Row, number: int) -> Part:
    width, varies = row[f"width_{number}"] or 0.0, row[f"varies_{number}"]
    alignment = _ALIGNMENTS.get(row[f"alignment_{number}"], 1)
    return Part(width, aligned(width, alignment, varies), row[f"nulls_{number}"], varies)


def aligned(width: float, alignment: int, varies: bool) -> int:
    """Return the alignment of a value: a short one of a type whose width varies has none
    (PostgreSQL 18, Database Page Layout).
    """
    return 1 if varies and width < _SHORT else alignment
