"""exclusion-constraint-added."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.example import Example
from outofband_lint.locks import LockMode
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.settings import Settings
from outofband_lint.spelling import shown
from outofband_lint.statement import AddConstraint, AlterTable, Constraint


@statement_rule(
    lock=LockMode.ACCESS_EXCLUSIVE,
    scans=True,
    aliases=(
        "add_exclusion_constraint",
        "E8",
        "adding-exclusion-constraint",
    ),
    given="""
        CREATE TABLE bookings (id bigint, during tsrange);
        CREATE SCHEMA app;
        CREATE TABLE app."Rooms" (id bigint, "inUse" tsrange)
    """,
    bad=(
        "ALTER TABLE bookings ADD CONSTRAINT x EXCLUDE USING gist (during WITH &&)",
        'alter table app."Rooms" add exclude using gist ("inUse" with &&) where (id > 0)',
        Example(
            "ALTER TABLE bookings ADD CONSTRAINT x EXCLUDE USING gist (during WITH &&)",
            settings=Settings(small=("bookings",)),
        ),
    ),
    good=(
        "CREATE TABLE fresh (d tsrange); ALTER TABLE fresh ADD EXCLUDE USING gist (d WITH &&)",
        "CREATE TABLE fresh (d tsrange, EXCLUDE USING gist (d WITH &&))",
    ),
)
def exclusion_constraint_added(
    statement: AlterTable, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """An exclusion constraint is added to a table in use, and builds its index there.

    Cost: ALTER TABLE takes an ACCESS EXCLUSIVE lock and keeps it while the index is built: every
    read and every write waits. There is no concurrent form, no NOT VALID and no USING INDEX for an
    exclusion constraint; one pair of rows in conflict fails the deploy (23P01).

    Instead: create a successor of the table with the constraint (`op.create_table(…)`), let the
    application write both, copy the rows in batches, and swap the names. In plain Alembic it is the
    same.

    Allowed when: the revision itself creates the table. A table that the settings call small makes
    it a warning.

    Source: PostgreSQL 18, ALTER TABLE; CREATE TABLE, EXCLUDE.
    """
    table = context.existing(statement.table, schema)
    if table is None or context.source.out_of_band:
        return
    for action in statement.actions:
        match action:
            case AddConstraint(Constraint(kind="exclude")):
                named = shown(table)
                yield Violation(
                    f"Adding an exclusion constraint builds its index under an ACCESS EXCLUSIVE "
                    f"lock on {named}: {LockMode.ACCESS_EXCLUSIVE.blocks} waits until the build "
                    "ends, and no other form of it exists.",
                    f"Create a successor of {named} with the constraint, op.create_table(…), copy "
                    "the rows in batches and swap the names; or run it in a window in which "
                    "nobody needs the table",
                    costs=(table,),
                )
