"""The blocks of a script that are about a backfill."""

from __future__ import annotations

from outofband.model.names import literal
from outofband.model.step import Backfill
from outofband.revisions.offline.text import TAG, mark, regclass, tagged, told

# The verdict is read by a query in a text, since where its table is not there none can be planned.
_OF_BACKFILL = """\
{comment}
DO {tag}
DECLARE
  finished boolean := {empty};
BEGIN
  IF NOT finished AND EXISTS (
      SELECT FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
       WHERE n.nspname = 'outofband' AND c.relname = 'backfill') THEN
    EXECUTE {verdict} INTO finished;
  END IF;
  IF NOT finished THEN
    {otherwise}
  END IF;
END
{tag};"""


def deferred(step: Backfill) -> str:
    """Return the block that says that it is deferred: no script moves data, nor takes it back."""
    notice = f"RAISE NOTICE 'outofband: deferred %: outofband apply runs it', {told(step)};"
    return of_backfill(step, mark(step), notice)


def of_backfill(step: Backfill, comment: str, otherwise: str) -> str:
    """Return the block that does something where a backfill is not finished."""
    schema = (
        "SELECT n.nspname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace"
        f" WHERE c.oid = {regclass(step.table)}"
    )
    verdict = (
        "SELECT EXISTS (SELECT FROM outofband.backfill"
        " WHERE NOT reverse AND finished_at IS NOT NULL"
        f" AND name = {literal(step.name)} AND schema = ({schema}))"
    )
    return tagged(
        _OF_BACKFILL.format(
            comment=comment,
            tag=TAG,
            empty=is_empty(step),
            verdict=literal(verdict),
            otherwise=otherwise,
        )
    )


def is_empty(step: Backfill) -> str:
    """Return the expression that nothing is to be done, since there are no rows."""
    if step.from_elsewhere:
        return "false"
    table = regclass(step.table)
    return (
        "coalesce((SELECT sum(pg_relation_size(oid)) = 0 FROM"
        f" (SELECT {table}::oid AS oid UNION SELECT relid FROM pg_partition_tree({table})) AS leaf)"
        ", false)"
    )
