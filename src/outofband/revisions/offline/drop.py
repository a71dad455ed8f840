"""The blocks of a script that are about what is to be dropped."""

from __future__ import annotations

from outofband.model.duration import milliseconds
from outofband.model.names import literal, quote
from outofband.model.step import Drop, DropColumn, DropTable
from outofband.revisions.offline.text import TAG, mark, regclass, tagged, told
from outofband.settings import Settings

_OF_DROP = """\
{mark}
DO {tag}
DECLARE
  before CONSTANT text := current_setting('lock_timeout');
BEGIN
  IF {gone} THEN
    RAISE NOTICE 'outofband: % is done already', {what};
    RETURN;
  END IF;
  PERFORM set_config('lock_timeout', {lock_timeout}, true);
  IF {made_here} THEN
    EXECUTE {plain};
    PERFORM set_config('lock_timeout', before, true);
    RETURN;
  END IF;
  {first}
  PERFORM set_config('lock_timeout', before, true);
  RAISE NOTICE 'outofband: deferred %: the release before may still read it', {what};
EXCEPTION WHEN OTHERS THEN
  RAISE NOTICE 'outofband: deferred %: %', {what}, SQLERRM;
END
{tag};"""

_RELAX = """\
IF {needs_value} THEN
    EXECUTE {relax};
  END IF;"""


def of_drop(step: Drop, settings: Settings) -> str:
    """Return the block that drops only what its own transaction has made, and lets a column be NULL
    that the coming release does not know.
    """
    text = _OF_DROP.format(
        mark=mark(step),
        tag=TAG,
        gone=is_gone(step),
        what=told(step),
        lock_timeout=literal(milliseconds(settings.lock_timeout)),
        made_here=_made_here(step),
        plain=literal(step.plain_sql),
        first=_relaxed(step) if isinstance(step, DropColumn) else "NULL;",
    )
    return tagged(text)


def is_gone(step: Drop) -> str:
    """Return the expression that nothing is to be dropped any more."""
    if isinstance(step, DropTable):
        return f"{regclass(step.table)} IS NULL"
    return f"NOT EXISTS ({_column(step)})"


def _column(step: DropColumn) -> str:
    return (
        f"SELECT FROM pg_attribute AS a WHERE a.attrelid = {regclass(step.table)}"
        f" AND a.attname = {literal(step.column)} AND a.attnum > 0 AND NOT a.attisdropped"
    )


def _made_here(step: Drop) -> str:
    return (
        "EXISTS (SELECT FROM pg_attribute AS a JOIN pg_locks AS l ON l.locktype = 'transactionid'"
        " AND l.pid = pg_backend_pid() AND l.transactionid = a.xmin"
        f" WHERE a.attrelid = {regclass(step.table)} AND a.attname = 'tableoid')"
    )


def _relaxed(step: DropColumn) -> str:
    """Let the column be NULL; of a key's the server says that it cannot."""
    needs_value = (
        f"EXISTS ({_column(step)} AND a.attnotnull AND NOT a.atthasdef AND a.attidentity = '')"
    )
    relax = f"ALTER TABLE {step.table} ALTER COLUMN {quote(step.column)} DROP NOT NULL"
    return _RELAX.format(needs_value=needs_value, relax=literal(relax))
