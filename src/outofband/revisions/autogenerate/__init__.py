"""What autogenerate writes, and what it and ``alembic check`` leave alone or see besides (decision
0039).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic.operations.ops import UpgradeOps
from alembic.util import DispatchPriority, PriorityDispatchResult

from outofband.revisions.autogenerate.compared import Compared, Pair

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.operations.ops import ModifyTableOps
    from sqlalchemy import Table

_DIALECT = "postgresql"


def register(plugin: Any) -> None:
    """Have autogenerate ask us last, on PostgreSQL, and write what our operations are."""
    from outofband.revisions.autogenerate import rendering

    for what, compare in (("table", _note_table), ("autogenerate", _compare)):
        plugin.add_autogenerate_comparator(
            compare, what, qualifier=_DIALECT, priority=DispatchPriority.LAST
        )
    rendering.register()


def _note_table(
    context: AutogenContext,
    modify: ModifyTableOps,  # noqa: ARG001 by position
    schema: str | None,
    name: str,  # noqa: ARG001
    there: Table | None,
    model: Table | None,
) -> PriorityDispatchResult:
    if model is not None:
        Compared.of(context).note(Pair(schema, model, there))
    return PriorityDispatchResult.CONTINUE


def _compare(context: AutogenContext, upgrade: UpgradeOps) -> PriorityDispatchResult:
    from outofband.revisions.autogenerate import differences, pending
    from outofband.revisions.autogenerate.declaring import declare
    from outofband.revisions.autogenerate.placement import Placement

    compared = Compared.taken(context)
    pending.leave_out_ours(upgrade)
    differences.find(context, compared, upgrade)
    pending.leave_out_pending(upgrade, context.migration_context)
    in_batches = bool(context.opts.get("render_as_batch"))
    declare(upgrade, Placement.of(context, compared), in_batches=in_batches)
    return PriorityDispatchResult.CONTINUE
