"""Count the rows that keep a unique index from being built, and show a few of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from outofband.model.index import Index
from outofband.model.names import literal, quote
from outofband.runbook.duplicates import rows
from outofband.runbook.duplicates.policy import Dedupe, Policy
from outofband.runbook.hand import Hand

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


# Grouping in the order of an index writes no temporary file. Hashing the keys, or doing it in each
# of several processes, exceeds the temp_file_limit that the build was made to fit.
_SPARING = (("enable_hashagg", "off"), ("max_parallel_workers_per_gather", "0"))
# A policy that hides rows makes a query fail instead of answering for a part of them.
_HONEST = (("row_security", "off"),)


def prepare(hand: Hand) -> None:
    """Make the session look for duplicates sparingly, with the memory that it would build with."""
    memory = hand.rows("SELECT current_setting('maintenance_work_mem') AS memory")[0]["memory"]
    for name, value in (*_SPARING, *_HONEST, ("work_mem", memory)):
        hand.set(name, value)


def count(hand: Hand, index: Index, policy: Policy = Dedupe.REPORT) -> Duplicates:
    """Count the duplicates of a unique index; one grouped scan, over its stand-in where there is
    one.
    """
    prepare(hand)
    row = hand.rows(
        f"""
        SELECT count(*) AS groups, coalesce(sum(n - 1), 0)::bigint AS surplus,
               coalesce(sum(n - kinds), 0)::bigint AS identical,
               coalesce(sum(kinds - newest), 0)::bigint AS older,
               count(*) FILTER (WHERE newest > 1) AS differing
          FROM (SELECT count(*) AS n, count(DISTINCT identity) AS kinds,
                       count(DISTINCT identity) FILTER (WHERE age = 1) AS newest
                  FROM ({rows.duplicate_rows(index, policy)}) AS d
                 GROUP BY {rows.key_names(index)}) AS g
        """
    )[0]
    return Duplicates(
        row["groups"], row["surplus"], row["identical"], row["differing"], row["older"]
    )


def samples(hand: Hand, index: Index, columns: Iterable[str]) -> tuple[str, ...]:
    """Return the keys of a few groups and where their rows differ, as text; groups that differ
    come first. These are data: for a terminal only.
    """
    names = ", ".join(f"{name}::text AS {name}" for name in rows.names(index))
    found = hand.rows(
        f"""
        SELECT {names}, {rows.ROWS}, differing
          FROM ({_differences(index, columns)}) AS outofband_sample
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


def _differences(index: Index, columns: Iterable[str]) -> str:
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
          FROM ({rows.duplicate_rows(index, Dedupe.REPORT)}) AS d
         GROUP BY {rows.key_names(index)}
         ORDER BY count(DISTINCT identity) = 1 LIMIT {SAMPLES}
    """
    return f"""
        SELECT {rows.key_names(index)}, count(*) AS {rows.ROWS},
               array_remove(ARRAY[{named}]::text[], NULL) AS differing
          FROM ({chosen}) AS {rows.GROUP} JOIN ONLY {table} ON {rows.in_group(index)}
         WHERE {rows.covered(index)} GROUP BY {rows.key_names(index)}
    """
