"""materialized-view-refreshed-without-concurrently."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.fix import Fix
from outofband_lint.locks import LockMode
from outofband_lint.names import QualifiedName
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.spelling import execute, refresh_materialized_view, shown
from outofband_lint.statement import RefreshMaterializedView


@statement_rule(
    severity="warning",
    aliases=(
        "US028",
        "NonConcurrentRefreshMaterializedView",
        "refresh-materialized-view",
        "refresh_materialized_view",
    ),
    lock=LockMode.ACCESS_EXCLUSIVE,
    rewrites=True,
    given="""
        CREATE TABLE events (id bigint, kind text);
        CREATE MATERIALIZED VIEW totals AS SELECT kind, count(*) FROM events GROUP BY kind;
        CREATE UNIQUE INDEX ux_totals ON totals (kind);
        CREATE SCHEMA app;
        CREATE MATERIALIZED VIEW app."Sums" AS SELECT count(*) FROM events
    """,
    bad=(
        "REFRESH MATERIALIZED VIEW totals",
        'refresh materialized view app."Sums"',
        "REFRESH MATERIALIZED VIEW public.TOTALS WITH DATA",
        "REFRESH MATERIALIZED VIEW totals WITH NO DATA",
    ),
    good=(
        "REFRESH MATERIALIZED VIEW CONCURRENTLY totals",
        "CREATE MATERIALIZED VIEW fresh AS SELECT 1; REFRESH MATERIALIZED VIEW fresh",
        "CREATE UNIQUE INDEX ux ON totals (kind)",
    ),
)
def materialized_view_refreshed_without_concurrently(
    statement: RefreshMaterializedView, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """A materialized view in use is refreshed under a lock that keeps its readers out.

    Cost: REFRESH takes an ACCESS EXCLUSIVE lock: every query on the view waits as long as the
    view's own query runs, and until the migration's transaction ends.

    Instead: declare it with `op.refresh_materialized_view_out_of_band(…)`; `outofband apply`
    refreshes it concurrently, which needs a unique index over plain columns of all rows. In plain
    Alembic: `op.create_index(…, unique=True)`, then
    `op.execute("REFRESH MATERIALIZED VIEW CONCURRENTLY …")`.

    Allowed when: the revision itself creates the view, or it is declared out of band.

    Source: PostgreSQL 18, REFRESH MATERIALIZED VIEW.
    """
    view = context.existing(statement.view, schema)
    if statement.concurrently or view is None or context.source.out_of_band:
        return
    concurrent = execute(f"REFRESH MATERIALIZED VIEW CONCURRENTLY {statement.view}")
    declared = refresh_materialized_view(view)
    possible = _has_unique_index(view, schema)
    first = "" if possible else ", once it has a unique index over plain columns"
    yield Violation(
        f"Refreshing {shown(view)} takes an ACCESS EXCLUSIVE lock: "
        f"{LockMode.ACCESS_EXCLUSIVE.blocks} of it waits as long as its query runs.",
        f"Declare it instead{first}: {declared}. Without outofband, run the refresh concurrently: "
        f"{concurrent}",
        costs=(view,),
        fix=Fix((declared,)) if possible and statement.with_data else None,
    )


def _has_unique_index(view: QualifiedName, schema: Schema) -> bool:
    table = schema.table(view)
    return table is not None and any(
        index.unique and index.where is None and all(key.column for key in index.keys)
        for index in table.indexes
        if index.valid and not index.out_of_band
    )
