"""What Alembic's own comparison of indexes does not see on PostgreSQL: that one is INVALID, its
predicate, INCLUDE, access method and operator classes.

What Alembic has reflected says already which may be another one; the catalog is asked once which
are INVALID. Only about these it is asked more, and the planner what their expressions and
predicates mean.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from alembic.operations.ops import DropColumnOp, ModifyTableOps, UpgradeOps
from sqlalchemy.exc import DBAPIError

from outofband.catalog.facts import Observation
from outofband.catalog.observe import observe
from outofband.catalog.reader import query
from outofband.catalog.sight import Sight
from outofband.catalog.unlike import UNFINISHED, cannot_be_told, otherwise, told_state
from outofband.deploy.connection import sqlstate
from outofband.model.step import CreateIndex
from outofband.revisions.autogenerate.both import Both, both
from outofband.revisions.autogenerate.compared import Compared, Pair
from outofband.revisions.autogenerate.operations import leaves, name_of
from outofband.revisions.autogenerate.pending import wanted_steps
from outofband.revisions.autogenerate.planner import Planner
from outofband.revisions.definition import declarable

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

_LOG = logging.getLogger("alembic.autogenerate.outofband")


class Difference(NamedTuple):
    """An index that is another one than the models say, as a step, and what is there."""

    both: Both
    step: CreateIndex
    sight: Sight


def find(context: AutogenContext, compared: Compared, upgrade: UpgradeOps) -> None:
    """Add to ``upgrade`` what is another index than the models say, and will not be made that by
    the runbook.
    """
    told = {name for operation in leaves(upgrade) if (name := name_of(operation)) is not None}
    left = [each for each in both(compared) if not told.intersection(each.names)]
    if not left or context.connection is None:
        return
    try:
        with Planner(context.connection) as planner:
            found = [*_differences(left, planner)]
    except DBAPIError as error:
        _LOG.warning("Could not compare indexes with the catalog (%s)", sqlstate(error))
        return
    for difference in _not_pending(found, context):
        if difference.both.passes(context):
            _add(upgrade, difference)


def _differences(left: Sequence[Both], planner: Planner) -> Iterator[Difference]:
    unused = {(row["table_name"], row["name"]) for row in planner.rows(query("not_valid_indexes"))}
    doubted = [
        (each, CreateIndex(index))
        for each in left
        if (each.pair.model.name, each.name) in unused or each.may_differ()
        if (index := declarable(each.plain)) is not None
    ]
    seen = observe(planner, [step for _, step in doubted]) if doubted else Observation({})
    for each, step in doubted:
        sight = otherwise(step, seen)
        if sight is None:
            continue
        if cannot_be_told(step, sight, seen):  # Alembic says so too, and takes them for equal
            _LOG.info("Cannot compare index %r, assuming equal: %s", step.name, sight.reason)
        else:
            yield Difference(each, step, sight)


def _not_pending(found: Sequence[Difference], context: AutogenContext) -> Iterator[Difference]:
    """Leave out what ``outofband apply`` mends: what a build left, and what is to be replaced."""
    steps = wanted_steps(context.migration_context) if found else ()
    builds = {(s.name, s.table.name): s for s in steps if isinstance(s, CreateIndex)}
    for difference in found:
        pending = builds.get((difference.step.name, difference.step.table.name))
        is_unfinished = difference.sight.state in UNFINISHED
        if pending is None or not (is_unfinished or pending.replaces):
            yield difference


def _add(upgrade: UpgradeOps, difference: Difference) -> None:
    each, step, sight = difference
    what = told_state(step, sight)
    _LOG.info("Detected changed index %r on %r: it %s", step.name, step.table.name, what)
    table = _modified(upgrade, each.pair)
    columns_go = (n for n, op in enumerate(table.ops) if isinstance(op, DropColumnOp))
    place = next(columns_go, len(table.ops))
    table.ops[place:place] = each.operations


def _modified(upgrade: UpgradeOps, pair: Pair) -> ModifyTableOps:
    """Return what changes of a table, which may be nothing yet."""
    for operation in upgrade.ops:
        if isinstance(operation, ModifyTableOps) and (
            (operation.schema, operation.table_name) == (pair.schema, pair.model.name)
        ):
            return operation
    made = ModifyTableOps(pair.model.name, [], schema=pair.schema)
    upgrade.ops.append(made)
    return made
