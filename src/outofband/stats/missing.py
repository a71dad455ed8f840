"""Why something was not seen, and what to do about it: for the file and for people. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from outofband.model.names import quote
from outofband.stats.value import Missing

INDEX = "index"
"""What a whole index is called in ``Missing.what``."""

RIGHT = "the role may not read the table"
INDEX_RIGHT = "the role may not read the index, which only its owner may"
ROW_SECURITY = "row security applies to the role"
LOCKED = "somebody has locked it exclusively; this is its size at the last VACUUM or ANALYZE"
LOCKED_TABLE = "somebody has locked its table exclusively"
EXTENDED = "outofband does not pull these"
NO_EXTENSION = "the database has no extension pg_stat_statements"
NOT_LOADED = "the server has not loaded pg_stat_statements"
NO_STATEMENTS_RIGHT = "the role may not read pg_stat_statements"
HIDDEN = "the role may see only its own"

_ALL = "GRANT pg_read_all_data TO {role}"
_STATEMENTS = "GRANT pg_read_all_stats TO {role}"
_DO = {
    RIGHT: "GRANT SELECT ON {tables} TO {role}, or " + _ALL,
    INDEX_RIGHT: _ALL + ", or pull as the owner",
    ROW_SECURITY: "ALTER ROLE {role} BYPASSRLS, or pull as the owner of the table",
    LOCKED: "pull again when the lock is gone",
    LOCKED_TABLE: "pull again when the lock is gone",
    NO_EXTENSION: "CREATE EXTENSION pg_stat_statements, which shared_preload_libraries must name",
    NOT_LOADED: "name pg_stat_statements in shared_preload_libraries, and restart the server",
    NO_STATEMENTS_RIGHT: "GRANT USAGE ON SCHEMA of the extension TO {role}, " + _STATEMENTS,
    HIDDEN: _STATEMENTS,
}
_NAMED = 5
_MANY_ALL = {RIGHT: _ALL}


def lines(missing: Sequence[Missing], role: str) -> Iterator[str]:
    """Say in a sentence for each reason what is missing, and which GRANT, or what else, helps."""
    for (what, why), group in groupby(sorted(missing, key=_order), key=lambda m: (m.what, m.why)):
        names = [each.of for each in group if each.of is not None]
        do = (_MANY_ALL.get(why) if len(names) > _NAMED else None) or _DO.get(why, "")
        told = do.format(role=quote(role), tables=", ".join(names))
        of = f" of {_listed(names)}" if names else ""
        yield f"missing: {what}{of}: {why}" + (f"; {told}" if told else "")


def _order(missing: Missing) -> tuple[str, str, str]:
    return missing.what, missing.why, missing.of or ""


def _listed(names: Sequence[str]) -> str:
    if len(names) <= _NAMED:
        return ", ".join(names)
    return f"{', '.join(names[:_NAMED])} and {len(names) - _NAMED} more"
