"""index-moved-to-tablespace."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.example import Example
from outofband_lint.fix import Fix
from outofband_lint.names import quote
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.settings import Settings
from outofband_lint.spelling import AUTOCOMMIT, execute, shown
from outofband_lint.statement import MoveAllToTablespace, SetIndexTablespace


@statement_rule(
    failure="ACCESS EXCLUSIVE on the index while its file is copied: queries on the table wait",
    aliases=("US017", "US018", "index-movement-to-tablespace", "indexes-movement-to-tablespace"),
    given="""
        CREATE TABLE events (id bigint PRIMARY KEY, kind text);
        CREATE INDEX ix_events_kind ON events (kind);
        CREATE SCHEMA app;
        CREATE TABLE app."Orders" (id bigint);
        CREATE INDEX "Ix" ON app."Orders" (id)
    """,
    bad=(
        Example("ALTER INDEX ix_events_kind SET TABLESPACE fast", measured=False),
        Example('alter index if exists app."Ix" set tablespace "Fast Disk"', measured=False),
        Example("ALTER INDEX ALL IN TABLESPACE slow SET TABLESPACE fast", measured=False),
        Example(
            "ALTER INDEX ix_events_kind SET TABLESPACE fast",
            settings=Settings(small=("events",)),
            measured=False,
        ),
    ),
    good=(
        "CREATE TABLE f (a int); CREATE INDEX i ON f (a); ALTER INDEX i SET TABLESPACE pg_default",
        "ALTER INDEX ix_events_kind SET (fillfactor = 70)",
        Example("ALTER INDEX ALL IN TABLESPACE slow SET TABLESPACE slow", measured=False),
        Example(
            "REINDEX (CONCURRENTLY, TABLESPACE fast) INDEX ix_events_kind",
            autocommit=True,
            measured=False,
        ),
    ),
)
def index_moved_to_tablespace(
    statement: SetIndexTablespace | MoveAllToTablespace, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """An index of a table in use is moved to another tablespace, which copies its file.

    Cost: ALTER INDEX takes an ACCESS EXCLUSIVE lock on the index while the file is copied. Every
    query on the table waits, since planning it opens each of the table's indexes.

    Instead: build it anew in the other tablespace, in an autocommit block of a revision of its own:
    `op.execute("REINDEX (CONCURRENTLY, TABLESPACE …) INDEX …")`; plain Alembic has no other form.

    Allowed when: the revision itself creates the table. A table that the settings call small makes
    it a warning.

    Source: PostgreSQL 18, ALTER INDEX, SET TABLESPACE; REINDEX, TABLESPACE.
    """
    if isinstance(statement, MoveAllToTablespace):
        if statement.kind == "index" and statement.tablespace != statement.new_tablespace:
            yield _all(statement, schema)
        return
    found = schema.index(statement.index)
    if found is not None and not context.is_existing(found[0]):
        return
    name = str(shown(found[0].name)) if found else f"the table of {statement.index}"
    sql = (
        f"REINDEX (CONCURRENTLY, TABLESPACE {quote(statement.tablespace)}) INDEX {statement.index}"
    )
    yield Violation(
        f"Moving {statement.index} to another tablespace takes an ACCESS EXCLUSIVE lock on it "
        f"while its file is copied: every query on {name} waits.",
        f"Build it anew there, in a revision of its own: {AUTOCOMMIT} {execute(sql)}",
        costs=(found[0].name if found else statement.index,),
        fix=Fix((execute(sql),), autocommit=True),
    )


def _all(statement: MoveAllToTablespace, schema: Schema) -> Violation:
    indexed = [str(shown(t.name)) for t in schema.tables.values() if t.indexes]
    new = quote(statement.new_tablespace)
    return Violation(
        "Moving all indexes of a tablespace takes an ACCESS EXCLUSIVE lock on each of them while "
        f"its file is copied: every query on their tables waits ({', '.join(indexed[:5])} …).",
        "Build them anew there one by one, in a revision of its own: "
        f"{AUTOCOMMIT} {execute(f'REINDEX (CONCURRENTLY, TABLESPACE {new}) INDEX …')}",
    )
