"""What the block of a script does about a foreign key, a check or a NOT NULL: as SQL and PL/pgSQL
of PostgreSQL 14 to 18.
"""

from __future__ import annotations

from outofband.catalog.constraint_facts import NOT_NULL_IS_A_CONSTRAINT
from outofband.model.action import AddNotNull, AddNotValid, Validate
from outofband.model.names import literal
from outofband.model.step import RowConstraint, SetNotNull
from outofband.revisions.offline.text import regclass

_WORK = """\
  PERFORM set_config('lock_timeout', {lock_timeout}, true);
  IF heap_bytes <= {limit} THEN
    EXECUTE {whole};
  ELSIF {brief} THEN
    IF NOT ({there}) THEN
      EXECUTE {not_valid};
    END IF;
    RAISE NOTICE 'outofband: deferred %: new rows satisfy it; apply validates the others', {step};
  ELSE
    RAISE NOTICE 'outofband: deferred %: % has % bytes', {step}, target, heap_bytes;
  END IF;
  PERFORM set_config('lock_timeout', before, true);"""

_TYPES = {"foreign_key": "f", "check": "c", "not_null": "n"}
_HAS_NAME = f"current_setting('server_version_num')::int >= {NOT_NULL_IS_A_CONSTRAINT}"
_IS_WHOLE = "(SELECT relkind <> 'p' FROM pg_class WHERE oid = target)"


def work(step: RowConstraint, what: str, limit: int, lock_timeout: str) -> str:
    """Return what is done where nothing is in the way: all of it on a small table, the constraint
    for new rows on a large one.
    """
    return _WORK.format(
        lock_timeout=lock_timeout,
        limit=limit,
        whole=_whole(step),
        # The check that proves a NOT NULL has a name by the table's schema, which no script knows.
        brief=f"{_IS_WHOLE} AND {_HAS_NAME}" if isinstance(step, SetNotNull) else _IS_WHOLE,
        there=_is_there(step),
        not_valid=literal(_not_valid(step)),
        step=what,
    )


def is_done(step: RowConstraint) -> str:
    """Return the expression that the constraint is there, and its rows looked at."""
    if isinstance(step, SetNotNull):
        return (
            f"{_is_there(step)} AND NOT EXISTS (SELECT FROM pg_constraint AS c JOIN pg_attribute AS"
            " a ON a.attrelid = c.conrelid AND c.conkey = ARRAY[a.attnum] WHERE c.contype = 'n'"
            f" AND NOT c.convalidated AND c.conrelid = {regclass(step.table)}"
            f" AND a.attname = {literal(step.column)})"
        )
    return f"{_is_there(step)} AND NOT EXISTS ({_named(step)} AND NOT convalidated)"


def taken(step: RowConstraint) -> str:
    """Return the expression that something else has the name."""
    return f"EXISTS ({_named(step)} AND contype <> '{_TYPES[step.kind]}')"


def _is_there(step: RowConstraint) -> str:
    if isinstance(step, SetNotNull):
        return (
            f"EXISTS (SELECT FROM pg_attribute WHERE attrelid = {regclass(step.table)}"
            f" AND attname = {literal(step.column)} AND attnotnull)"
        )
    return f"EXISTS ({_named(step)} AND contype = '{_TYPES[step.kind]}')"


def _named(step: RowConstraint) -> str:
    return (
        f"SELECT FROM pg_constraint WHERE conrelid = {regclass(step.table)}"
        f" AND conname = {literal(step.name)}"
    )


def _whole(step: RowConstraint) -> str:
    plain = literal(step.plain_sql)
    if isinstance(step, SetNotNull):
        column = literal(step.column_sql)
        return f"CASE WHEN {_HAS_NAME} AND NOT ({_is_there(step)}) THEN {plain} ELSE {column} END"
    validation = literal(Validate(step.table, step.name).statement.sql)
    return f"CASE WHEN {_is_there(step)} THEN {validation} ELSE {plain} END"


def _not_valid(step: RowConstraint) -> str:
    added = AddNotNull(step) if isinstance(step, SetNotNull) else AddNotValid(step)
    return added.statement.sql
