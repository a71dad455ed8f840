"""barrier-not-first."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.example import Example
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.statement import Barrier


@statement_rule(
    failure="what the revision did before the barrier is committed, or rolled back, half-way",
    given="CREATE TABLE events (id bigint, kind text)",
    bad=(
        Example("ALTER TABLE events ADD COLUMN a int", barrier="ix_events_kind"),
        Example('UPDATE public."events" SET kind = kind', barrier="Ix Events"),
        Example("SELECT 1", barrier="ix_events_kind", autocommit=True),
    ),
    good=(
        Example(barrier="ix_events_kind"),
        Example("ALTER TABLE events ADD COLUMN a int"),
    ),
)
def barrier_not_first(
    statement: Barrier, _schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """A barrier is not the first operation of its revision.

    Cost: an unmet barrier commits the finished revisions before it, so that the steps they declare
    stay declared, and then refuses. What its own revision did first would be committed without
    being stamped, and done twice.

    Instead: put `op.require_step(…)` first in `upgrade()`, or into a revision of its own. Plain
    Alembic has no barrier: raise in a revision of its own, before any other operation.

    Allowed when: only other barriers stand before it.

    Source: outofband's contract for operations; Alembic 1.20, MigrationContext.autocommit_block;
    PostgreSQL 18, COMMIT.
    """
    before = context.revision.sources[: context.position]
    if all(source.barrier is not None for source in before):
        return
    yield Violation(
        f"The barrier on {statement.step} stands behind {len(before)} other operation(s) of its "
        "revision: while the step is not done, these would be committed and not stamped.",
        f'Move op.require_step("{statement.step}") to the top of upgrade(), or into a revision of '
        "its own",
    )
