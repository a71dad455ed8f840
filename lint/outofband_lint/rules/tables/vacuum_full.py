"""vacuum-full."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.example import Example
from outofband_lint.locks import LockMode
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.spelling import shown
from outofband_lint.statement import Vacuum


@statement_rule(
    aliases=("US026", "VacuumFull", "vacuum-full", "prefer-repack", "vacuum_full"),
    lock=LockMode.ACCESS_EXCLUSIVE,
    rewrites=True,
    given="""
        CREATE TABLE events (id bigint);
        CREATE SCHEMA app;
        CREATE TABLE app."Orders" (id bigint)
    """,
    bad=(
        Example("VACUUM FULL events", autocommit=True),
        Example('vacuum (full, analyze) app."Orders"', autocommit=True),
        Example("VACUUM FULL VERBOSE public.EVENTS", autocommit=True),
    ),
    good=(
        Example("VACUUM events", autocommit=True),
        Example("VACUUM (FULL off, ANALYZE) events", autocommit=True),
        Example("ANALYZE events"),
    ),
)
def vacuum_full(
    statement: Vacuum, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """VACUUM FULL rewrites a table in use.

    Cost: the whole table is written anew under an ACCESS EXCLUSIVE lock, and all its indexes are
    built again. Nobody reads or writes the table meanwhile, and the disk must hold both copies.

    Instead: let plain VACUUM do its work, or repack the table from a runbook with pg_repack; an
    `op.execute("VACUUM (ANALYZE) …")` in an autocommit block is harmless, in plain Alembic too.

    Allowed when: never on a table in use. A table that the settings call small makes it a warning.

    Source: PostgreSQL 18, VACUUM; 24.1.2, Recovering Disk Space.
    """
    if not statement.full:
        return
    tables = tuple(context.existing(name, schema) for name in statement.tables)
    used = tuple(table for table in tables if table is not None)
    if statement.tables and not used:
        return
    named = ", ".join(str(shown(table)) for table in used) or "every table of the database"
    yield Violation(
        f"VACUUM FULL writes {named} anew under an ACCESS EXCLUSIVE lock: "
        f"{LockMode.ACCESS_EXCLUSIVE.blocks} waits until it ends.",
        f"Run pg_repack on {named} from a runbook, or leave FULL out. Without outofband it is the "
        "same",
        costs=used,
    )
