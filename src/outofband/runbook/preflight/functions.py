"""Which functions of the user's does an expression call, and do they find what they call?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from outofband.catalog.reader import query
from outofband.model.names import QualifiedName
from outofband.runbook.hand import Prober, StatementFailed

RESTRICTED = {"search_path": "pg_catalog, pg_temp"}
"""What the functions of an index run under since PostgreSQL 17 (its release notes)."""

_STRING = re.compile(r"'(?:[^']|'')*'")
_CALL = re.compile(r'(?:("(?:[^"]|"")+"|\w+)\s*\.\s*)?("(?:[^"]|"")+"|\w+)\s*\(')
_DESCRIBED = """
    SELECT p.oid::regprocedure::text AS signature,
           format('%I.%I', n.nspname, p.proname) AS name,
           p.proargtypes::regtype[]::text[] AS types,
           l.lanname = 'sql' AND p.prosqlbody IS NULL AS inlined
      FROM pg_proc AS p
      JOIN pg_namespace AS n ON n.oid = p.pronamespace
      JOIN pg_language AS l ON l.oid = p.prolang
     WHERE p.oid = ANY ('{oids}'::oid[])
     ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class Function:
    """A function without a search_path of its own, named whatever the path; ``inlined`` when the
    planner may put its body in its place.
    """

    signature: str
    name: str
    types: tuple[str, ...]
    inlined: bool


@dataclass(frozen=True, slots=True)
class Lacking:
    """What a call lacks: EXECUTE on a function for the table's ``owner``, as whom an index
    evaluates (PostgreSQL 18, CREATE INDEX).
    """

    signature: str
    owner: str


def lacking(prober: Prober, table: QualifiedName, text: str) -> tuple[Lacking, ...]:
    """Return what an expression over a table lacks to be called."""
    names = sorted(set(_names(text)))
    if not names:
        return ()
    asked = {"schemas": [schema for schema, _ in names], "names": [name for _, name in names]}
    rows = prober.rows(query("callable"), {**asked, "table": str(table)})
    return tuple(Lacking(row["signature"], row["owner"]) for row in rows if row["refused"])


def called(prober: Prober, texts: Iterable[str]) -> tuple[Function, ...]:
    """Return the user's functions that expressions may call: all of the names they mention."""
    names = sorted({name for text in texts for name in _names(text)})
    if not names:
        return ()
    asked = {"schemas": [schema for schema, _ in names], "names": [name for _, name in names]}
    oids = [row["oid"] for row in prober.rows(query("functions"), asked) if not row["has_path"]]
    described = _DESCRIBED.replace("{oids}", f"{{{','.join(map(str, oids))}}}")
    return tuple(
        Function(row["signature"], row["name"], tuple(row["types"]), row["inlined"])
        for row in prober.trial(described, settings=RESTRICTED)
    )


def is_lost(prober: Prober, function: Function) -> bool:
    """Tell whether an SQL function's body means nothing under the restricted search_path.

    Its arguments are columns of a subquery that stays one, so that the planner cannot fold the call
    away before it puts the body in its place.
    """
    columns = [f"a{n}" for n in range(len(function.types))]
    given = ", ".join(f"NULL::{t} AS {c}" for t, c in zip(function.types, columns, strict=True))
    call = f"{function.name}({', '.join(columns)})"
    source = f"(SELECT {given} OFFSET 0) AS given" if given else "(SELECT) AS given"
    try:
        prober.trial(f"EXPLAIN SELECT {call} FROM {source}", settings=RESTRICTED)
    except StatementFailed as failed:
        # An overloaded name may have functions that cannot be called so; these prove nothing.
        return failed.sqlstate in ("42883", "42P01", "42704", "3F000")
    return False


def _names(text: str) -> Iterator[tuple[str, str]]:
    """Yield schema (or nothing) and name of whatever a text calls."""
    for schema, name in _CALL.findall(_STRING.sub("''", text)):
        yield _bare(schema), _bare(name)


def _bare(identifier: str) -> str:
    if identifier.startswith('"'):
        return identifier[1:-1].replace('""', '"')
    return identifier.lower()
