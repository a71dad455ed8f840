"""One DO block for one operation: what ``alembic upgrade --sql`` writes for a DBA to run.

It does what the online operation does, as far as SQL alone can: builds what is small, says
``deferred`` of what is not, and never raises.
"""

from __future__ import annotations

from outofband.catalog.earlier import waits_for
from outofband.model.duration import milliseconds
from outofband.model.names import literal
from outofband.model.step import (
    AddConstraint,
    AddEnumValue,
    Backfill,
    CreateIndex,
    Drop,
    DropIndex,
    Reindex,
    RowConstraint,
    Step,
    Wanted,
)
from outofband.revisions.frame import Direction
from outofband.revisions.offline import constraint
from outofband.revisions.offline.backfill import deferred, of_backfill
from outofband.revisions.offline.done import is_done
from outofband.revisions.offline.drop import of_drop
from outofband.revisions.offline.enum import of_label
from outofband.revisions.offline.obstacles import obstacles
from outofband.revisions.offline.rebuild import rebuilding
from outofband.revisions.offline.text import TAG, mark, one_line, regclass, tagged, told
from outofband.settings import Settings

_BLOCK = """\
{mark}
DO {tag}
DECLARE
  target CONSTANT regclass := to_regclass({table});
  before CONSTANT text := current_setting('lock_timeout');
  waiting text;
  heap_bytes bigint;
BEGIN
  IF target IS NULL THEN
    RAISE NOTICE 'outofband: deferred %: there is no table %', {step}, {table};
    RETURN;
  END IF;
  IF {done} THEN
    RAISE NOTICE 'outofband: % is done already', {step};
    RETURN;
  END IF;
  SELECT string_agg(reason, ', ') INTO waiting FROM ({obstacles}) AS obstacle(reason, stands)
   WHERE stands;
  IF waiting IS NOT NULL THEN
    RAISE NOTICE 'outofband: deferred %: %', {step}, waiting;
    RETURN;
  END IF;
  SELECT sum(pg_relation_size(oid)) INTO heap_bytes
    FROM (SELECT target::oid AS oid UNION SELECT relid FROM pg_partition_tree(target)) AS leaf;
{work}
EXCEPTION WHEN OTHERS THEN
  RAISE NOTICE 'outofband: deferred %: %', {step}, SQLERRM;
END
{tag};"""

_WORK = """\
  IF heap_bytes > {limit} THEN
    RAISE NOTICE 'outofband: deferred %: % has % bytes', {step}, target, heap_bytes;
    RETURN;
  END IF;
  PERFORM set_config('lock_timeout', {lock_timeout}, true);
  EXECUTE {statement};
  PERFORM set_config('lock_timeout', before, true);"""

_BARRIER = """\
-- outofband: require {comment}
DO {tag}
BEGIN
  IF NOT ({holds}) THEN
    {stop}
  END IF;
END
{tag};"""


def block(
    step: Step,
    direction: Direction,
    settings: Settings,
    earlier: tuple[Step, ...],
    finally_wanted: tuple[Step, ...] = (),
) -> str:
    """Return the block, of a backfill one that only says that it is deferred.

    ``earlier`` are the steps declared before, as far as the script knows, and ``finally_wanted``
    those that hold at its end: a promotion that took the index is not undone by building it again.
    """
    if isinstance(step, Backfill):
        return deferred(step)
    if isinstance(step, AddEnumValue):
        return of_label(step)
    if isinstance(step, Drop) and direction == "upgrade":
        return of_drop(step, settings)
    what, limit = told(step), settings.inline_max_bytes
    lock_timeout = literal(milliseconds(settings.lock_timeout))
    text = _BLOCK.format(
        mark=mark(step),
        tag=TAG,
        table=literal(str(step.table)),
        step=what,
        done=" OR ".join(map(is_done, (step, *_takers(step, finally_wanted)))),
        obstacles=" UNION ALL ".join(obstacles(step, direction, earlier))
        or "SELECT NULL::text, false",
        work=constraint.work(step, what, limit, lock_timeout)
        if isinstance(step, RowConstraint)
        else _WORK.format(
            step=what,
            limit=limit,
            lock_timeout=lock_timeout,
            statement=_statement(step, direction, earlier),
        ),
    )
    return tagged(text)


def barrier(name: str, wanted: Wanted) -> str:
    """Return the block of ``op.require_step``, the only one that raises: it is there to stop."""
    steps = [w.step for w in wanted.steps]
    named = [s for s in steps if s.name == name]
    consumed = [s for s in steps if isinstance(s, AddConstraint) and s.using_index == name]
    if named and isinstance(named[-1], Backfill):
        return of_backfill(named[-1], f"-- outofband: require {one_line(name)}", _stop(name))
    holds = " OR ".join(is_done(s) for s in (*named[-1:], *consumed)) or "false"
    text = _BARRIER.format(comment=one_line(name), tag=TAG, holds=holds, stop=_stop(name))
    return tagged(text)


def _stop(name: str) -> str:
    return (
        f"RAISE EXCEPTION 'outofband: the step % is not done', {literal(name)}\n"
        "      USING HINT = 'Run outofband apply, then this script from here on.';"
    )


def _takers(step: Step, finally_wanted: tuple[Step, ...]) -> tuple[AddConstraint, ...]:
    taken = (step.table, step.name) if isinstance(step, CreateIndex) else None
    promotions = (s for s in finally_wanted if isinstance(s, AddConstraint))
    return tuple(s for s in promotions if (s.table, s.using_index) == taken)


def _statement(step: Step, direction: Direction, earlier: tuple[Step, ...]) -> str:
    """Return the SQL expression that gives the statement to run."""
    if isinstance(step, Reindex):
        return rebuilding(step)
    if isinstance(step, DropIndex) and direction == "downgrade":
        owned = f"FROM pg_constraint WHERE conindid = {regclass(step.qualified_name)}"
        return (
            "coalesce((SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', target, conname)"
            f" {owned}), {literal(step.plain_sql)})"
        )
    if isinstance(step, AddConstraint) and (whole := _over_partitions(step, earlier)):
        split = "(SELECT relkind = 'p' FROM pg_class WHERE oid = target)"
        return f"CASE WHEN {split} THEN {literal(whole)} ELSE {literal(step.plain_sql)} END"
    return literal(step.plain_sql)


def _over_partitions(step: AddConstraint, earlier: tuple[Step, ...]) -> str:
    """Return what makes a constraint of a partitioned table, where no index can become one; empty
    where the script does not know what that index is.
    """
    for build in waits_for(step, earlier):
        if isinstance(build, CreateIndex):
            index = build.index
            whole = index.constrain(step.kind, name=step.name)
            return f"DROP INDEX {index.qualified_name}; {whole}"
    return ""
