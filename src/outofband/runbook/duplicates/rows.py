"""The SQL that tells which rows a unique index forbids. Pure.

A row is a duplicate when its keys equal another row's under the index's collation, predicate and
treatment of NULL (GROUP BY alone would call NULLs equal). Rows are identical when every column has
the same image, byte by byte.

Expressions and predicates are the revision's own and may qualify a column by its table, so the
table bears no alias; our own names begin with ``outofband_``, so that no column takes their place.
"""

from __future__ import annotations

from outofband.model.index import Index, Key
from outofband.model.names import quote
from outofband.runbook.duplicates.policy import KeepNewest, Policy

KEY, ROWS, BY, GROUP = "outofband_key", "outofband_rows", "outofband_by", "outofband_group"


def covered(index: Index) -> str:
    """The condition that a row is one of those among which the index forbids equal keys."""
    conditions = [f"({index.where})"] if index.where else []
    if not index.nulls_not_distinct:
        conditions += [f"{expression(k)} IS NOT NULL" for k in index.keys]
    return " AND ".join(conditions) or "true"


def expression(key: Key) -> str:
    """A key's value, under the key's collation."""
    collation = f" COLLATE {key.collation}" if key.collation else ""
    return f"({key.text}{collation})"


def names(index: Index) -> tuple[str, ...]:
    """What the values of the keys are called in our queries."""
    return tuple(f"{KEY}_{n}" for n in range(1, len(index.keys) + 1))


def key_names(index: Index) -> str:
    """The same as a list."""
    return ", ".join(names(index))


def keys(index: Index) -> str:
    """The values of the keys, each with its name."""
    pairs = zip(index.keys, names(index), strict=True)
    return ", ".join(f"{expression(key)} AS {name}" for key, name in pairs)


def equals(index: Index) -> str:
    """How the index compares two values of a key."""
    return "IS NOT DISTINCT FROM" if index.nulls_not_distinct else "="


def in_group(index: Index) -> str:
    """The condition that a row of the table has the keys of a row called ``GROUP``."""
    pairs = zip(index.keys, names(index), strict=True)
    return " AND ".join(f"{expression(k)} {equals(index)} {GROUP}.{n}" for k, n in pairs)


def newest_value(policy: Policy, table: str) -> str:
    """The value that decides which row is the newest; the same for all where nothing decides."""
    return f"{table}.{quote(policy.by)}" if isinstance(policy, KeepNewest) else "NULL::int"


def groups(index: Index) -> str:
    """The keys that more than one row has, and how many have them."""
    return f"""
        SELECT {keys(index)}, count(*) AS {ROWS} FROM ONLY {index.table}
         WHERE {covered(index)} GROUP BY {key_names(index)} HAVING count(*) > 1
    """


def duplicate_rows(index: Index, policy: Policy, *, by_index: bool) -> str:
    """Every row of every group: its ``place``, its keys, a hash that identical rows share, and its
    ``age``, 1 for the newest of its group.

    OFFSET 0 has the hash made where the row is read: else whole rows would go through the sorts.
    """
    members = _looked_up(index) if by_index else _counted(index)
    table = index.table
    return f"""
        SELECT *, rank() OVER (
                   PARTITION BY {key_names(index)} ORDER BY {BY} DESC NULLS LAST) AS age
          FROM (SELECT {table}.ctid AS place, {key_names(index)},
                       {newest_value(policy, str(table))} AS {BY},
                       hashtextextended(({table}.*)::text, 0) AS identity
                  FROM {members} OFFSET 0) AS outofband_member
    """


def _looked_up(index: Index) -> str:
    """Groups are counted first, and their rows looked up by their keys: for an index that can."""
    return f"""
        ({groups(index)}) AS {GROUP} JOIN ONLY {index.table} ON {in_group(index)}
         WHERE {covered(index)}
    """


def _counted(index: Index) -> str:
    """Keys and places are sorted once, and the rows of groups fetched by their places: no more is
    written to temporary files than a build of the index writes.
    """
    table = index.table
    return f"""
        (SELECT *, count(*) OVER (PARTITION BY {key_names(index)}) AS {ROWS}
           FROM (SELECT {table}.ctid AS outofband_place, {keys(index)}
                   FROM ONLY {table} WHERE {covered(index)} OFFSET 0) AS outofband_every
        ) AS {GROUP} JOIN ONLY {table} ON {table}.ctid = {GROUP}.outofband_place
         WHERE {ROWS} > 1
    """


def pairs(index: Index, policy: Policy, *, by_index: bool) -> str:
    """Each row that may go, its ``extra``, with the one that stays for it, its ``keeper``.

    No row is both: one that stays is the first of its kind among the newest of its group.
    """
    group = key_names(index)
    return f"""
        SELECT extra, keeper
          FROM (SELECT place AS extra,
                       CASE WHEN age = 1
                            THEN first_value(place) OVER (
                                     PARTITION BY {group}, identity ORDER BY age, place)
                            ELSE first_value(place) OVER (
                                     PARTITION BY {group} ORDER BY age, place)
                        END AS keeper
                  FROM ({duplicate_rows(index, policy, by_index=by_index)}) AS d) AS p
         WHERE extra <> keeper
    """
