"""out-of-band-step-not-idempotent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from outofband_lint.context import StatementContext
from outofband_lint.example import Example
from outofband_lint.names import QualifiedName
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Index, Schema, Table
from outofband_lint.spelling import drop_index, shown
from outofband_lint.statement import CreateIndex


@statement_rule(
    failure="the step stays `different` for ever: what has its name is something else",
    given="""
        CREATE TABLE events (id bigint, kind text);
        CREATE INDEX ix ON events (kind);
        CREATE TABLE other (id bigint);
        CREATE INDEX "Ix" ON events (kind) WHERE id > 0
    """,
    bad=(
        Example("CREATE INDEX ix ON events (id)", out_of_band=True),
        Example("create unique index IX on EVENTS (kind)", out_of_band=True),
        Example('CREATE INDEX "Ix" ON events (kind)', out_of_band=True),
        Example("CREATE INDEX ix ON other (id)", out_of_band=True),
    ),
    good=(
        Example("CREATE INDEX ix ON events (kind)", out_of_band=True),
        Example("CREATE INDEX iy ON events (id)", out_of_band=True),
        Example("CREATE INDEX IF NOT EXISTS ix ON events (id)"),
        "DROP INDEX ix; CREATE INDEX ix ON events (id)",
    ),
)
def out_of_band_step_not_idempotent(
    statement: CreateIndex, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """An out-of-band step has the name of an index that is another one.

    Cost: a step is done when what has its name is valid and equal; that is what makes it safe to
    run twice. Where earlier revisions have left something else under the name, it is `different`:
    `outofband apply` will not replace what it did not build, `outofband check` fails, and a barrier
    on it stops the upgrade.

    Instead: give the new index a name of its own with `op.create_index_out_of_band(…)`, and drop
    the old one with `op.drop_index_out_of_band(…)` once the new one is there. In plain Alembic
    likewise: `op.create_index(…)` of that name fails.

    Allowed when: never; the name is taken.

    Source: outofband's contract, states and equality; PostgreSQL 18, CREATE INDEX, IF NOT EXISTS.
    """
    if not context.source.out_of_band or statement.name is None:
        return
    table = schema.table(statement.table)
    there = table and schema.index(QualifiedName(statement.name, table.name.schema))
    if not there or _is_the_same(statement, table, *there):
        return
    owner = there[0].name
    yield Violation(
        f"The step {statement.name} cannot be done: an index of that name on {shown(owner)} is "
        "another one, and stays.",
        f"Give the new index another name, and drop the old one: "
        f"{drop_index('drop_index_out_of_band', QualifiedName(statement.name), owner)}",
    )


def _is_the_same(statement: CreateIndex, table: Table | None, owner: Table, index: Index) -> bool:
    wanted = replace(
        index,
        keys=statement.keys,
        include=statement.include,
        method=statement.method,
        unique=statement.unique,
        where=statement.where,
        nulls_not_distinct=statement.nulls_not_distinct,
    )
    return table is not None and table.name == owner.name and index == wanted
