"""reindex-without-concurrently."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.example import Example
from outofband_lint.fix import Fix
from outofband_lint.locks import LockMode
from outofband_lint.names import QualifiedName
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.settings import Settings
from outofband_lint.spelling import AUTOCOMMIT, execute, reindex, shown
from outofband_lint.statement import Reindex


@statement_rule(
    lock=LockMode.ACCESS_EXCLUSIVE,
    scans=True,
    aliases=(
        "require-concurrent-reindex",
        "non-concurrent-reindex",
        "US020",
        "reindex-non-concurrent",
        "avoid-reindex",
    ),
    given="""
        CREATE TABLE events (id bigint PRIMARY KEY, kind text);
        CREATE INDEX ix_events_kind ON events (kind);
        CREATE SCHEMA app;
        CREATE TABLE app."Orders" (id bigint);
        CREATE INDEX "Ix" ON app."Orders" (id)
    """,
    bad=(
        "REINDEX TABLE events",
        "reindex index ix_events_kind",
        'REINDEX (VERBOSE) INDEX app."Ix"',
        'REINDEX (CONCURRENTLY off) TABLE app."Orders"',
        Example("REINDEX SCHEMA app", autocommit=True),
        Example("REINDEX DATABASE", autocommit=True, measured=False),
        Example("REINDEX SYSTEM", autocommit=True, measured=False),
        Example("REINDEX INDEX ix_nobody_knows", measured=False),
        Example("REINDEX TABLE events", settings=Settings(small=("events",))),
    ),
    good=(
        Example("REINDEX TABLE CONCURRENTLY events", autocommit=True),
        Example("REINDEX (CONCURRENTLY) INDEX ix_events_kind", autocommit=True),
        "CREATE TABLE fresh (a int PRIMARY KEY); REINDEX TABLE fresh",
        "CREATE TABLE fresh (a int); CREATE INDEX ix ON fresh (a); REINDEX INDEX ix",
    ),
)
def reindex_without_concurrently(
    statement: Reindex, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """An index of a table in use is built anew, and nobody can use the table meanwhile.

    Cost: REINDEX takes a SHARE lock on the table, so that every write waits until the new index is
    there, and an ACCESS EXCLUSIVE lock on the index: every query on the table waits too, since
    planning it opens each of its indexes.

    Instead: declare it with `op.reindex_out_of_band(…)` for each index; `outofband apply` does it
    concurrently, and clears away what a failed one left. In plain Alembic, in a revision of its
    own: `op.execute("REINDEX TABLE CONCURRENTLY …")` under
    `with op.get_context().autocommit_block():`; look for INVALID indexes with the suffix _ccnew
    when it fails.

    Allowed when: the revision itself creates the table, or it is declared out of band. System
    catalogs know no CONCURRENTLY. A table that the settings call small makes it a warning.

    Source: PostgreSQL 18, REINDEX, "Rebuilding Indexes Concurrently".
    """
    if statement.concurrently or context.source.out_of_band:
        return
    tables = _tables(statement, schema, context)
    if not tables:
        return
    named = " and ".join(str(shown(table)) for table in tables[:3])
    others = " and others" if len(tables) > 3 else ""
    sql = _concurrently(statement)
    declared = _declared(statement, schema)
    first = f"Declare it instead: {declared}. Without outofband, run" if declared else "Run"
    concurrent = Fix((declared,)) if declared else Fix((execute(sql),), autocommit=True)
    yield Violation(
        f"REINDEX takes a SHARE lock on {named}{others} and an ACCESS EXCLUSIVE lock on each index "
        f"that it builds: {LockMode.ACCESS_EXCLUSIVE.blocks} of {named} waits for it.",
        f"{first} it concurrently, in a revision of its own: {AUTOCOMMIT} {execute(sql)}"
        if statement.target != "system"
        else "Run it in a window in which nobody needs the database: the indexes of the system "
        "catalogs cannot be built concurrently",
        costs=tables,
        fix=None if statement.target == "system" else concurrent,
    )


def _tables(
    statement: Reindex, schema: Schema, context: StatementContext
) -> tuple[QualifiedName, ...]:
    """Return the tables in use whose indexes are built anew."""
    name = statement.name
    if statement.target == "table" and name is not None:
        table = context.existing(name, schema)
        return () if table is None else (table,)
    if statement.target == "index" and name is not None:
        found = schema.index(name)
        if found is None:
            return (name.renamed(f"the table of {name.name}"),)
        return (found[0].name,) if context.is_existing(found[0]) else ()
    return tuple(
        table.name
        for table in schema.tables.values()
        if context.is_existing(table)
        and (statement.target != "schema" or name is None or table.name.schema == name.name)
    ) or (QualifiedName(f"every table of the {statement.target}"),)


def _declared(statement: Reindex, schema: Schema) -> str:
    """Spell it as a step, empty where nobody here can name the table of one index."""
    if statement.target != "index" or statement.name is None or statement.tablespace:
        return ""
    found = schema.index(statement.name)
    return reindex(statement.name, found[0].name) if found else ""


def _concurrently(statement: Reindex) -> str:
    name = "" if statement.name is None else f" {statement.name}"
    return f"REINDEX {statement.target.upper()} CONCURRENTLY{name}"
