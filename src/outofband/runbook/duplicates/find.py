"""Count the rows that keep a unique index from being built, and show a few of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from outofband.model.index import Index
from outofband.model.names import literal, quote
from outofband.runbook.duplicates import rows
from outofband.runbook.duplicates.policy import Dedupe, Policy
from outofband.runbook.hand import Hand, SessionLost

SAMPLES = 3


@dataclass(frozen=True, slots=True)
class Duplicates:
    """What stands in the way: ``groups`` of rows with equal keys, ``surplus`` rows over one a
    group.

    ``identical`` of the surplus rows equal another row in every column; ``older`` are those of the
    others that the policy moves, since a newer row has their keys. ``differing`` counts the groups
    that are left when all these are gone, for a person to decide.
    """

    groups: int
    surplus: int
    identical: int
    differing: int
    older: int = 0

    @property
    def movable(self) -> int:
        """How many rows the policy moves."""
        return self.identical + self.older


# Sorted and looked up, rows that are no duplicates go to temporary files at most once. Hashing, or
# several processes, would exceed the temp_file_limit that the build was made to fit: a hash join
# wrote 620 MB to find a million duplicates among ten million rows (measured on 18).
_SPARING = "enable_hashagg", "enable_hashjoin", "enable_mergejoin"
# A policy that hides rows makes a query fail instead of answering for a part of them.
_HONEST = "row_security"


@contextmanager
def searching(hand: Hand, index: Index) -> Iterator[bool]:
    """Let the session search sparingly while the block runs, with the memory that it builds with;
    tell whether the planner would rather look the rows of a group up by an index.
    """
    asked = "SELECT current_setting('maintenance_work_mem') AS build, current_setting('work_mem')"
    memory = hand.rows(f"{asked} AS other")[0]
    hand.set(_HONEST, "off")
    _set(hand, "off", memory["build"])
    try:
        yield _looks_up(hand, index)
    finally:
        with suppress(SessionLost):
            _set(hand, "on", memory["other"])


def _looks_up(hand: Hand, index: Index) -> bool:
    """Tell whether looking up is by an index, and the cheaper way.

    By cost alone a table that was never analysed would be read once for each group.
    """
    looked_up, counted = (_plan(hand, index, by_index=way) for way in (True, False))
    by_keys = any(
        node.get("Parent Relationship") == "Inner"
        and any(" = " in below.get("Index Cond", "") for below in _nodes(node))
        for node in _nodes(looked_up)
    )
    return by_keys and float(looked_up["Total Cost"]) < float(counted["Total Cost"])


def _plan(hand: Hand, index: Index, *, by_index: bool) -> dict[str, Any]:
    sql = rows.duplicate_rows(index, Dedupe.REPORT, by_index=by_index)
    plan: dict[str, Any] = hand.rows(f"EXPLAIN (FORMAT JSON) {sql}")[0]["QUERY PLAN"][0]["Plan"]
    return plan


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from _nodes(below)


def _set(hand: Hand, planner: str, memory: str) -> None:
    for name in _SPARING:
        hand.set(name, planner)
    hand.set("max_parallel_workers_per_gather", "0")
    hand.set("work_mem", memory)


def count(hand: Hand, index: Index, policy: Policy = Dedupe.REPORT) -> Duplicates:
    """Count the duplicates of a unique index; one grouped scan, over its stand-in where there is
    one.
    """
    with searching(hand, index) as by_index:
        row = hand.rows(_count_sql(index, policy, by_index))[0]
    return Duplicates(
        row["groups"], row["surplus"], row["identical"], row["differing"], row["older"]
    )


def _count_sql(index: Index, policy: Policy, by_index: bool) -> str:
    return f"""
        SELECT count(*) AS groups, coalesce(sum(n - 1), 0)::bigint AS surplus,
               coalesce(sum(n - kinds), 0)::bigint AS identical,
               coalesce(sum(kinds - newest), 0)::bigint AS older,
               count(*) FILTER (WHERE newest > 1) AS differing
          FROM (SELECT count(*) AS n, count(DISTINCT identity) AS kinds,
                       count(DISTINCT identity) FILTER (WHERE age = 1) AS newest
                  FROM ({rows.duplicate_rows(index, policy, by_index=by_index)}) AS d
                 GROUP BY {rows.key_names(index)}) AS g
    """


def samples(hand: Hand, index: Index, columns: Iterable[str]) -> tuple[str, ...]:
    """Return the keys of a few groups and where their rows differ, as text; groups that differ
    come first. These are data: for a terminal only.
    """
    names = ", ".join(f"{name}::text AS {name}" for name in rows.names(index))
    with searching(hand, index) as by_index:
        found = hand.rows(
            f"""
            SELECT {names}, {rows.ROWS}, differing
              FROM ({_differences(index, columns, by_index)}) AS outofband_sample
             ORDER BY cardinality(differing) = 0
            """
        )
    shown = []
    for row in found:
        keys = ", ".join(
            f"{k.text} = {row[n]}" for k, n in zip(index.keys, rows.names(index), strict=True)
        )
        how = f"that differ in {', '.join(row['differing'])}" if row["differing"] else "identical"
        shown.append(f"{keys}: {row[rows.ROWS]} rows {how}")
    return tuple(shown)


def _differences(index: Index, columns: Iterable[str], by_index: bool) -> str:
    """The keys of a few groups with the columns in which their rows differ. A text stands for each
    value, since not every type can be compared.
    """
    table = index.table
    named = ", ".join(
        f"CASE WHEN count(DISTINCT row({table}.{quote(c)}::text)) > 1 THEN {literal(c)} END"
        for c in columns
    )
    chosen = f"""
        SELECT {rows.key_names(index)}
          FROM ({rows.duplicate_rows(index, Dedupe.REPORT, by_index=by_index)}) AS d
         GROUP BY {rows.key_names(index)}
         ORDER BY count(DISTINCT identity) = 1 LIMIT {SAMPLES}
    """
    return f"""
        SELECT {rows.key_names(index)}, count(*) AS {rows.ROWS},
               array_remove(ARRAY[{named}]::text[], NULL) AS differing
          FROM ({chosen}) AS {rows.GROUP} JOIN ONLY {table} ON {rows.in_group(index)}
         WHERE {rows.covered(index)} GROUP BY {rows.key_names(index)}
    """
