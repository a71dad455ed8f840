"""Rows that keep a unique index from being built: found by the index's own rules, moved, or
reported.

A row is a duplicate when its keys equal another row's under the index's collation, predicate and
treatment of NULL (GROUP BY alone would call NULLs equal). Identical are rows whose every column has
the same image; only such rows are ever moved, into a quarantine table, and one of each stays.

Expressions and predicates are the revision's own and may qualify a column by its table, so the
table bears no alias; our own names begin with ``outofband_``, so that no column takes their place.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from outofband.catalog.facts import TableFacts
from outofband.catalog.reader import query
from outofband.model.index import Index, Key
from outofband.model.names import QualifiedName, clip, quote
from outofband.runbook.hand import Hand

SCHEMA = "outofband"
_GROUP, _KEY, _ROWS = "outofband_group", "outofband_key", "outofband_rows"
SAMPLES = 3
_BATCH = 1_000
_PAIRS_PER_LOOK = 50_000


@dataclass(frozen=True, slots=True)
class Duplicates:
    """What stands in the way: ``groups`` of rows with equal keys, ``surplus`` rows over one a
    group.

    ``identical`` of the surplus rows equal another row in every column; ``differing`` counts the
    groups that are left when these are gone, for a person to decide.
    """

    groups: int
    surplus: int
    identical: int
    differing: int


# Grouping in the order of the stand-in writes no temporary file. Hashing the keys, or doing it in
# each of several processes, exceeds the temp_file_limit that the build was made to fit.
_SPARING = (("enable_hashagg", "off"), ("max_parallel_workers_per_gather", "0"))


def count(hand: Hand, index: Index) -> Duplicates:
    """Count the duplicates of a unique index; one grouped scan, over its stand-in where there is
    one.
    """
    for name, value in _SPARING:
        hand.set(name, value)
    row = hand.rows(
        f"""
        SELECT count(*) AS groups, coalesce(sum(n - 1), 0)::bigint AS surplus,
               coalesce(sum(n - kinds), 0)::bigint AS identical,
               count(*) FILTER (WHERE kinds > 1) AS differing
          FROM (SELECT count(*) AS n, count(DISTINCT identity) AS kinds
                  FROM ({_duplicate_rows(index)}) AS d
                 GROUP BY {_key_names(index)}) AS g
        """
    )[0]
    return Duplicates(row["groups"], row["surplus"], row["identical"], row["differing"])


def samples(hand: Hand, index: Index) -> tuple[str, ...]:
    """Return the keys of a few groups, as text. These are data: for a terminal only."""
    names = ", ".join(f"{name}::text AS {name}" for name in _names(index))
    rows = hand.rows(f"SELECT {names}, {_ROWS} FROM ({_groups(index)}) AS g LIMIT {SAMPLES}")
    shown = []
    for row in rows:
        keys = ", ".join(
            f"{k.text} = {row[n]}" for k, n in zip(index.keys, _names(index), strict=True)
        )
        shown.append(f"{keys}: {row[_ROWS]} rows")
    return tuple(shown)


def delete_triggers(hand: Hand, table: TableFacts) -> tuple[str, ...]:
    """Return the user's triggers that a DELETE fires: they would do to what belongs to the row that
    stays what they do to what belongs to the one that goes.
    """
    found = hand.rows(query("delete_triggers"), {"table": table.oid})
    return tuple(f"trigger {row['name']}" for row in found)


def quarantine(hand: Hand, index: Index, table: TableFacts, moved: Callable[[int], None]) -> int:
    """Move surplus identical rows into the quarantine table, in batches; return how many were
    moved.

    Each batch is one statement and so one transaction: killed at any moment, every row is in
    exactly one of the two tables. ``moved`` is told the running total.
    """
    place = quarantine_table(table)
    _make_quarantine(hand, place, table)
    total = 0
    while pairs := hand.rows(_pairs(index)):
        before = total
        for start in range(0, len(pairs), _BATCH):
            batch = pairs[start : start + _BATCH]
            total += _move(hand, index, place, table, [(p["extra"], p["keeper"]) for p in batch])
            moved(total)
        if total == before:
            break
    return total


def quarantine_table(table: TableFacts) -> QualifiedName:
    """Return where a table's moved rows go: one table for each shape the table has had."""
    shape = "\0".join((table.name.schema or "", table.name.name, *table.columns))
    digits = hashlib.sha256(shape.encode()).hexdigest()[:8]
    return QualifiedName(f"{clip(table.name.name, 54)}_{digits}", SCHEMA)


def _make_quarantine(hand: Hand, place: QualifiedName, table: TableFacts) -> None:
    # CREATE SCHEMA IF NOT EXISTS asks for the privilege even where the schema is there.
    if not hand.rows("SELECT FROM pg_namespace WHERE nspname = %(name)s", {"name": SCHEMA}):
        hand.write(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
    hand.write(
        f"CREATE TABLE IF NOT EXISTS {place} (LIKE {table.name},"
        " outofband_step text NOT NULL, outofband_moved_at timestamptz NOT NULL DEFAULT now())"
    )


def _move(
    hand: Hand, index: Index, place: QualifiedName, table: TableFacts, pairs: list[tuple[str, str]]
) -> int:
    """Move one batch; a row that has changed since it was looked at is left alone."""
    columns = _verbatim(", ".join(map(quote, table.columns)))
    source, target = _verbatim(str(table.name)), _verbatim(str(place))
    rows = hand.write(
        f"""
        WITH outofband_pair AS (
            SELECT * FROM unnest(%(extras)s::tid[], %(keepers)s::tid[]) AS p(extra, keeper)),
        outofband_kept AS MATERIALIZED (
            SELECT {source}.ctid AS keeper, ({source}.*)::{source} AS image FROM ONLY {source}
             WHERE {source}.ctid = ANY (%(keepers)s::tid[]) AND {_verbatim(_covered(index))}
               FOR SHARE),
        outofband_moved AS (
            DELETE FROM ONLY {source} USING outofband_pair AS p JOIN outofband_kept USING (keeper)
             WHERE {source}.ctid = p.extra AND ({source}.*) *= outofband_kept.image
            RETURNING {source}.*),
        outofband_stored AS (
            INSERT INTO {target} ({columns}, outofband_step)
            SELECT {columns}, %(step)s FROM outofband_moved RETURNING 1)
        SELECT count(*) AS n FROM outofband_stored
        """,
        {"extras": [e for e, _ in pairs], "keepers": [k for _, k in pairs], "step": index.name},
    )
    return int(rows[0]["n"])


def _verbatim(sql: str) -> str:
    """Keep the percent signs of a text in a statement that has parameters."""
    return sql.replace("%", "%%")


def _pairs(index: Index) -> str:
    keys = _key_names(index)
    return f"""
        SELECT extra::text, keeper::text
          FROM (SELECT place AS extra,
                       first_value(place) OVER (
                           PARTITION BY {keys}, identity ORDER BY place) AS keeper
                  FROM ({_duplicate_rows(index)}) AS d) AS p
         WHERE extra <> keeper
         LIMIT {_PAIRS_PER_LOOK}
    """


def _duplicate_rows(index: Index) -> str:
    """Every row of every group: its place, its keys, and a hash that identical rows share."""
    same = " AND ".join(
        f"{_expression(k)} {_equals(index)} {_GROUP}.{n}"
        for k, n in zip(index.keys, _names(index), strict=True)
    )
    table = index.table
    return f"""
        SELECT {table}.ctid AS place, {_key_names(index)},
               hashtextextended(({table}.*)::text, 0) AS identity
          FROM ({_groups(index)}) AS {_GROUP} JOIN ONLY {table} ON {same}
         WHERE {_covered(index)}
    """


def _groups(index: Index) -> str:
    keys = ", ".join(
        f"{_expression(k)} AS {n}" for k, n in zip(index.keys, _names(index), strict=True)
    )
    return f"""
        SELECT {keys}, count(*) AS {_ROWS} FROM ONLY {index.table}
         WHERE {_covered(index)} GROUP BY {_key_names(index)} HAVING count(*) > 1
    """


def _covered(index: Index) -> str:
    """The rows among which the index forbids equal keys."""
    conditions = [f"({index.where})"] if index.where else []
    if not index.nulls_not_distinct:
        conditions += [f"{_expression(k)} IS NOT NULL" for k in index.keys]
    return " AND ".join(conditions) or "true"


def _expression(key: Key) -> str:
    collation = f" COLLATE {key.collation}" if key.collation else ""
    return f"({key.text}{collation})"


def _equals(index: Index) -> str:
    return "IS NOT DISTINCT FROM" if index.nulls_not_distinct else "="


def _names(index: Index) -> tuple[str, ...]:
    return tuple(f"{_KEY}_{n}" for n in range(1, len(index.keys) + 1))


def _key_names(index: Index) -> str:
    return ", ".join(_names(index))
