"""materialized-view-refreshed-without-unique-index."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema, Table
from outofband_lint.spelling import shown
from outofband_lint.statement import RefreshMaterializedView


@statement_rule(
    aliases=("refresh-materialized-view-concurrently",),
    sqlstate="55000",
    failure="55000 object_not_in_prerequisite_state: Postgres refuses the refresh",
    given="""
        CREATE TABLE events (id bigint, kind text);
        CREATE MATERIALIZED VIEW totals AS SELECT kind, count(*) FROM events GROUP BY kind;
        CREATE INDEX ix_totals ON totals (kind);
        CREATE MATERIALIZED VIEW parts AS SELECT id FROM events;
        CREATE UNIQUE INDEX ux_parts ON parts (id) WHERE id > 0;
        CREATE SCHEMA app;
        CREATE MATERIALIZED VIEW app."Sums" AS SELECT lower(kind) AS kind FROM events;
        CREATE UNIQUE INDEX ux_sums ON app."Sums" (upper(kind));
        CREATE MATERIALIZED VIEW unique_totals AS SELECT DISTINCT kind FROM events;
        CREATE UNIQUE INDEX ux_unique_totals ON unique_totals (kind)
    """,
    bad=(
        "REFRESH MATERIALIZED VIEW CONCURRENTLY totals",
        "refresh materialized view concurrently PUBLIC.parts",
        'REFRESH MATERIALIZED VIEW CONCURRENTLY app."Sums"',
        "DROP INDEX ux_unique_totals; REFRESH MATERIALIZED VIEW CONCURRENTLY unique_totals",
    ),
    good=(
        "REFRESH MATERIALIZED VIEW CONCURRENTLY unique_totals",
        "CREATE UNIQUE INDEX ux ON totals (kind); REFRESH MATERIALIZED VIEW CONCURRENTLY totals",
        "REFRESH MATERIALIZED VIEW totals",
    ),
)
def materialized_view_refreshed_without_unique_index(
    statement: RefreshMaterializedView, schema: Schema, _context: StatementContext
) -> Iterator[Violation]:
    """A materialized view is refreshed concurrently without the unique index that this needs.

    Cost: the upgrade fails with "cannot refresh materialized view concurrently" and rolls back, on
    every database.

    Instead: give the view a unique index over plain columns of all its rows first:
    `op.create_index(…, unique=True)`. In plain Alembic it is the same.

    Allowed when: the view has such an index, or nobody here knows the view.

    Source: PostgreSQL 18, REFRESH MATERIALIZED VIEW, CONCURRENTLY.
    """
    view = schema.table(statement.view)
    if not statement.concurrently or view is None or _can_be_compared(view):
        return
    yield Violation(
        f"Postgres refuses to refresh {shown(view.name)} concurrently: it has no unique index over "
        "plain columns of all its rows. The upgrade fails and rolls back.",
        f"Create one first: op.create_index(…, {view.name.name!r}, […], unique=True). Without "
        "outofband it is the same.",
    )


def _can_be_compared(view: Table) -> bool:
    """Tell whether an index tells all rows of a view apart by its columns."""
    return any(
        index.unique and index.valid and index.where is None and all(k.column for k in index.keys)
        for index in view.indexes
        if not index.out_of_band
    )
