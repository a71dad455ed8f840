"""view-dropped-in-use."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.names import QualifiedName
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.spelling import shown
from outofband_lint.statement import (
    CreateMaterializedView,
    CreateTable,
    CreateView,
    DropMaterializedView,
    DropView,
    RenameTable,
    Statement,
)


@statement_rule(
    severity="warning",
    aliases=("ban-drop-view", "drop-view", "drop_view"),
    failure="42P01 undefined_table in every process of the release before",
    given="""
        CREATE TABLE events (id bigint);
        CREATE VIEW recent AS SELECT * FROM events;
        CREATE SCHEMA app;
        CREATE VIEW app."Totals" AS SELECT count(*) FROM events;
        CREATE MATERIALIZED VIEW sums AS SELECT count(*) FROM events
    """,
    bad=(
        "DROP VIEW recent",
        'drop view if exists app."Totals" cascade',
        "DROP VIEW RECENT, created_by_hand",
        "DROP MATERIALIZED VIEW public.sums",
    ),
    good=(
        "DROP VIEW recent; ALTER TABLE events ADD COLUMN a int; "
        "CREATE VIEW recent AS SELECT * FROM events",
        "DROP MATERIALIZED VIEW sums; CREATE MATERIALIZED VIEW public.sums AS SELECT 1",
        "CREATE VIEW fresh AS SELECT 1; DROP VIEW fresh",
        "CREATE OR REPLACE VIEW recent AS SELECT * FROM events",
        "DROP VIEW recent; CREATE TABLE recent (id bigint)",
    ),
)
def view_dropped_in_use(
    statement: DropView | DropMaterializedView, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """A view is dropped and nothing takes its place.

    Cost: while the deploy goes on, processes of the release before still read it and fail with
    42P01; so do reports that nobody here knows of.

    Instead: drop it with `op.execute("DROP VIEW …")` one release after the code that reads it, in
    plain Alembic too; to change it, create it again in the same transaction.

    Allowed when: the same revision creates the view, or something of that name again.

    Source: PostgreSQL 18, DROP VIEW; DROP MATERIALIZED VIEW.
    """
    lost = [
        v for v in statement.views if _is_in_use(v, schema, context) and not _returns(v, context)
    ]
    if not lost:
        return
    named = ", ".join(str(shown(view)) for view in lost)
    yield Violation(
        f"Without {named} the release before fails with 42P01 wherever it still reads the view.",
        "Drop it in a release after the one whose code no longer reads it, or create it again in "
        "the same transaction. Without outofband it is the same",
    )


def _is_in_use(name: QualifiedName, schema: Schema, context: StatementContext) -> bool:
    view = schema.view(name)
    if view is not None:
        return context.is_deployed(schema.views[view])
    return context.existing(name, schema) is not None


def _returns(name: QualifiedName, context: StatementContext) -> bool:
    creating = (CreateView, CreateMaterializedView, CreateTable, RenameTable)
    later = context.later_of(*creating)
    return any(shown(name) == _created(statement) for _, statement in later)


def _created(statement: Statement) -> QualifiedName | None:
    match statement:
        case CreateView(view=name) | CreateMaterializedView(view=name) | CreateTable(table=name):
            return shown(name)
        case RenameTable(table=old, new_name=new):
            return shown(old.renamed(new))
    return None
