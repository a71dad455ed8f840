"""One DO block for one operation: what ``alembic upgrade --sql`` writes for a DBA to run.

It does what the online operation does, as far as SQL alone can: builds what is small, says
``deferred`` of what is not, and never raises.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from outofband.catalog.earlier import waits_for
from outofband.model.names import QualifiedName, literal
from outofband.model.step import (
    AddCheck,
    AddConstraint,
    AddEnumValue,
    AddForeignKey,
    Backfill,
    CreateIndex,
    DetachPartition,
    DropColumn,
    DropIndex,
    DropTable,
    RefreshView,
    Reindex,
    SetNotNull,
    Step,
    Wanted,
)
from outofband.revisions import offline_constraint
from outofband.revisions.offline_backfill import deferred, is_empty, of_backfill
from outofband.revisions.offline_drop import is_gone, of_drop
from outofband.revisions.offline_enum import has_label, of_label
from outofband.revisions.offline_rebuild import is_rebuilt, rebuilding
from outofband.revisions.offline_text import TAG, one_line, tagged
from outofband.settings import Settings

Direction = Literal["upgrade", "downgrade"]

_BLOCK = """\
-- outofband: step {comment}
-- outofband: sql {one_line};
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
    if isinstance(step, DropTable | DropColumn) and direction == "upgrade":
        return of_drop(step, settings)
    obstacles = _obstacles(step, direction, earlier)
    what = literal(f"{step.kind.replace('_', ' ')} {step.name}")
    limit, lock_timeout = settings.inline_max_bytes, literal(_milliseconds(settings.lock_timeout))
    text = _BLOCK.format(
        comment=one_line(step.name),
        one_line=one_line(step.plain_sql),
        tag=TAG,
        table=literal(str(step.table)),
        step=what,
        done=" OR ".join(map(_done, (step, *_takers(step, finally_wanted)))),
        obstacles=" UNION ALL ".join(obstacles) or "SELECT NULL::text, false",
        work=offline_constraint.work(step, what, limit, lock_timeout)
        if isinstance(step, AddCheck | AddForeignKey | SetNotNull)
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
    holds = " OR ".join(_done(s) for s in (*named[-1:], *consumed)) or "false"
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


def _done(step: Step) -> str:
    match step:
        case CreateIndex(index):
            return _is_valid(index.qualified_name, index.table)
        case DropIndex():
            return f"to_regclass({literal(str(step.qualified_name))}) IS NULL"
        case AddConstraint():
            return _has_constraint(step)
        case AddCheck() | AddForeignKey() | SetNotNull():
            return offline_constraint.is_done(step)
        case DetachPartition():
            return _is_detached(step)
        case DropTable() | DropColumn():
            return is_gone(step)
        case Reindex() | RefreshView():
            return is_rebuilt(step)
        case AddEnumValue():
            return has_label(step)
        case Backfill():  # of the verdict no expression can ask: what waits for it is deferred
            return is_empty(step)


def _obstacles(step: Step, direction: Direction, earlier: tuple[Step, ...]) -> list[str]:
    """Return selects of a reason and whether it holds."""
    waited = waits_for(step, earlier) if direction == "upgrade" else ()
    used = {s.using_index for s in waited if isinstance(s, AddConstraint)}
    told = [
        f"SELECT {literal(f'waits for {s.name}')}, NOT ({_done(s)})"
        for s in waited
        if not (isinstance(s, CreateIndex) and s.name in used)
    ]
    match step:
        case RefreshView():
            told.append("SELECT 'nobody knows how long the view''s query takes', true")
        case CreateIndex(index):
            taken = f"to_regclass({literal(str(index.qualified_name))}) IS NOT NULL"
            told.append(f"SELECT 'its name is taken by what is not a valid index', {taken}")
        case DropIndex() if direction == "upgrade":
            owned = f"EXISTS (SELECT FROM pg_constraint WHERE conindid = {_oid(step)})"
            told.append(f"SELECT 'a constraint owns the index', {owned}")
        case AddConstraint(kind="primary_key", columns=columns):
            names = ", ".join(literal(column).strip() for column in columns)
            nullable = (
                "EXISTS (SELECT FROM pg_attribute WHERE attrelid = target AND NOT attnotnull"
                f" AND attname = ANY (ARRAY[{names}]))"
            )
            told.append(f"SELECT 'a column allows NULL', {nullable}")
        case AddCheck() | AddForeignKey() | SetNotNull():
            other = "its name is taken by another constraint"
            told.append(f"SELECT {literal(other)}, {offline_constraint.taken(step)}")
    return told


def _statement(step: Step, direction: Direction, earlier: tuple[Step, ...]) -> str:
    """Return the SQL expression that gives the statement to run."""
    if isinstance(step, Reindex):
        return rebuilding(step)
    if isinstance(step, DropIndex) and direction == "downgrade":
        return (
            "coalesce((SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', target, conname)"
            f" FROM pg_constraint WHERE conindid = {_oid(step)}), {literal(step.plain_sql)})"
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


def _oid(step: DropIndex) -> str:
    return f"to_regclass({literal(str(step.qualified_name))})"


def _is_valid(index: QualifiedName, table: QualifiedName) -> str:
    return (
        f"EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass({literal(str(index))})"
        f" AND indrelid = to_regclass({literal(str(table))}) AND indisvalid)"
    )


def _has_constraint(step: AddConstraint) -> str:
    return (
        f"EXISTS (SELECT FROM pg_constraint JOIN pg_index ON indexrelid = conindid"
        f" WHERE conname = {literal(step.name)} AND indisvalid"
        f" AND conrelid = to_regclass({literal(str(step.table))}))"
    )


def _is_detached(step: DetachPartition) -> str:
    return (
        "NOT EXISTS (SELECT FROM pg_inherits"
        f" WHERE inhparent = to_regclass({literal(str(step.table))})"
        f" AND inhrelid = to_regclass({literal(str(step.partition))}))"
    )


def _milliseconds(duration: timedelta) -> str:
    return f"{round(duration.total_seconds() * 1000)}ms"
