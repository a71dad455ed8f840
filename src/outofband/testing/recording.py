"""The statements that the tests' engines execute, as a file of named queries. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator

from outofband.stats.stripped import stripped

_DRIVERS = re.compile(r"%\((?P<name>\w+)\)s|(?P<bare>%s)|(?P<percent>%%)")
_TABLE = re.compile(r"\b(?:FROM|INTO|UPDATE)\s+(?:ONLY\s+)?([\w.\"]+)", re.IGNORECASE)
_VERB = re.compile(r"[a-z]+", re.IGNORECASE)
_CATALOG = re.compile(r"\bpg_\w+|\binformation_schema\b", re.IGNORECASE)
_STYLES = ("format", "pyformat")


def query(sql: str, paramstyle: str) -> str | None:
    """Return a statement with ``$n`` for the driver's parameters and for every constant.

    None for what is no SELECT, INSERT, UPDATE, DELETE or MERGE, names no table or the catalog's.
    """
    plain = _numbered(sql) if paramstyle in _STYLES else sql
    if _CATALOG.search(plain) or not _TABLE.search(plain):
        return None
    return stripped(plain, None)


def file(queries: Iterable[str]) -> str:
    """Return queries as SQL that sqlc and the setting ``queries`` read, the same in any order."""
    named = sorted((_name(each), each) for each in set(queries))
    return "\n".join(f"-- name: {name} :many\n{each};\n" for name, each in named)


def _numbered(sql: str) -> str:
    numbers: dict[str, int] = {}
    fresh: Iterator[str] = (f"%s {number}" for number in range(1, len(sql)))

    def number(match: re.Match[str]) -> str:
        if match["percent"]:
            return "%"
        return f"${numbers.setdefault(match['name'] or next(fresh), len(numbers) + 1)}"

    return _DRIVERS.sub(number, sql)


def _name(sql: str) -> str:
    """Return a name that says the verb and the table, and stays while the query does."""
    verb, table = _VERB.search(sql), _TABLE.search(sql)
    of = re.sub(r"\W+", "_", table[1].replace('"', "")) if table else "query"
    return (
        f"{verb[0].lower() if verb else 'run'}_{of}_{hashlib.sha256(sql.encode()).hexdigest()[:6]}"
    )
