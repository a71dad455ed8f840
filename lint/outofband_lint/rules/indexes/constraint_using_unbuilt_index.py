"""constraint-using-unbuilt-index."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.example import Example
from outofband_lint.fix import Fix
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Index, Schema, Table
from outofband_lint.source import Revision, Source
from outofband_lint.spelling import add_constraint_out_of_band, shown
from outofband_lint.statement import AddConstraint, AlterTable, Constraint

_PATH = "versions/2_example.py"


def _after(create: str, *sources: Source) -> tuple[Revision, ...]:
    table = create.split(" ON ")[1].split(" (")[0]
    given = Source(f"CREATE TABLE {table} (id int NOT NULL, email text)", "versions/1_given.py", 8)
    declared = Source(create, "versions/1_declared.py", 8, out_of_band=True)
    return (
        Revision("1", "versions/1_given.py", sources=(given,)),
        Revision("1b", "versions/1_declared.py", down_revisions=("1",), sources=(declared,)),
        Revision("2", _PATH, down_revisions=("1b",), sources=sources),
    )


def _sent(sql: str, *, out_of_band: bool = False) -> Source:
    return Source(sql, _PATH, 9, out_of_band=out_of_band)


_INDEX = "CREATE UNIQUE INDEX u ON users (email)"
_ADD = "ALTER TABLE users ADD CONSTRAINT users_email UNIQUE USING INDEX u"


@statement_rule(
    failure="42704 undefined_object: while the index is not built, the upgrade fails",
    given='CREATE TABLE users (id int NOT NULL, email text); CREATE TABLE "Users" (id int)',
    bad=(
        Example(chain=_after(_INDEX, _sent(_ADD)), measured=False),
        Example(
            chain=_after(
                'CREATE UNIQUE INDEX "U" ON "Users" (id)',
                _sent('ALTER TABLE "Users" ADD CONSTRAINT "Pk" PRIMARY KEY USING INDEX "U"'),
            ),
            measured=False,
        ),
        Example(
            chain=_after(_INDEX, Source("", _PATH, 8, barrier="another"), _sent(_ADD)),
            measured=False,
        ),
    ),
    good=(
        Example(chain=_after(_INDEX, Source("", _PATH, 8, barrier="u"), _sent(_ADD))),
        Example(chain=_after(_INDEX, _sent(_ADD, out_of_band=True))),
        "CREATE UNIQUE INDEX v ON users (email); ALTER TABLE users ADD UNIQUE USING INDEX v",
        Example("ALTER TABLE users ADD UNIQUE USING INDEX built_by_hand", measured=False),
    ),
)
def constraint_using_unbuilt_index(
    statement: AlterTable, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """A constraint takes an index that is declared out of band and may not be built yet.

    Cost: the upgrade fails with "index does not exist" on every database where nobody has run
    `outofband apply` in between, and its transaction rolls back the declaration too.

    Instead: declare the promotion as well, with `op.create_primary_key_out_of_band(…,
    using_index=…)` or `op.create_unique_constraint_out_of_band(…, using_index=…)`, which wait for
    the index; or put `op.require_step(…)` first in the revision. Plain Alembic knows no index that
    is built out of band.

    Allowed when: a barrier on the index stands before it, in this revision or in one since.

    Source: outofband's contract for operations; PostgreSQL 18, ALTER TABLE, USING INDEX.
    """
    table = schema.table(statement.table)
    if context.source.out_of_band or table is None:
        return
    for action in statement.actions:
        match action:
            case AddConstraint(Constraint(using_index=str(name)) as declared):
                index = table.index(name)
                if index is None or not index.out_of_band or _has_barrier(name, context):
                    continue
                yield _violation(table, index, declared)


def _has_barrier(step: str, context: StatementContext) -> bool:
    sources = [*context.revision.sources[: context.position]]
    for revision in context.revisions:
        if revision.id == context.revision.id:
            break
        sources += revision.sources
    return any(source.barrier == step for source in sources)


def _violation(table: Table, index: Index, declared: Constraint) -> Violation:
    named = shown(table.name)
    columns = [key.column for key in index.keys if key.column is not None]
    name = declared.name or index.name
    call = add_constraint_out_of_band(declared.kind, table.name, name, columns, index.name)
    return Violation(
        f"Index {index.name} of {named} is built out of band: where that is not done yet, USING "
        "INDEX fails and the upgrade rolls back.",
        f'Declare the constraint too: {call}; or put op.require_step("{index.name}") first in the '
        "revision. Without outofband, build the index in a revision before this one",
        fix=Fix((call,)),
    )
