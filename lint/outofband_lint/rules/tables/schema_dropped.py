"""schema-dropped."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.names import quote
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema, Table
from outofband_lint.spelling import shown
from outofband_lint.statement import CreateSchema, DropSchema


@statement_rule(
    aliases=("ban-drop-schema", "US009", "DropSchema", "DS101"),
    failure="42P01 undefined_table in every process of the release before, and the rows are gone",
    given="""
        CREATE SCHEMA app;
        CREATE TABLE app.orders (id bigint);
        CREATE SCHEMA "Empty";
        CREATE SCHEMA other;
        CREATE TABLE other."Log" (id bigint)
    """,
    bad=(
        "DROP SCHEMA app CASCADE",
        "drop schema if exists APP, other cascade",
        'DROP SCHEMA "Empty"',
        "DROP SCHEMA unknown_here",
    ),
    good=(
        "CREATE SCHEMA fresh; DROP SCHEMA fresh",
        "CREATE SCHEMA fresh; CREATE TABLE fresh.t (a int); DROP SCHEMA fresh CASCADE",
        "DROP TABLE app.orders",
    ),
)
def schema_dropped(
    statement: DropSchema, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """A schema is dropped, with CASCADE together with everything in it.

    Cost: CASCADE drops every table, view, function and type of the schema at once, each under an
    ACCESS EXCLUSIVE lock, and the rows cannot be had back; the release before fails with 42P01.

    Instead: drop the objects one by one, a release after the code that uses them, with
    `op.drop_table(…)`; drop the empty schema last, without CASCADE. In plain Alembic:
    `op.execute("DROP SCHEMA …")`.

    Allowed when: the revision itself creates the schema. Without CASCADE it is a warning: Postgres
    refuses to drop what is not empty.

    Source: PostgreSQL 18, DROP SCHEMA.
    """
    names = [name for name in statement.names if not _is_new(name, context)]
    if not names:
        return
    tables = [t for t in schema.tables.values() if t.name.schema in names]
    named = ", ".join(map(quote, names))
    with_tables = f" with {_listed(tables)}" if tables and statement.cascade else ""
    yield Violation(
        f"Dropping the schema {named}{with_tables} takes away what the release before uses, and "
        "nothing brings the rows back.",
        "Drop what is in it one by one, after the release that no longer uses it, with "
        f"op.drop_table(…); then, without CASCADE, the empty schema: DROP SCHEMA {named}",
        severity=None if statement.cascade else "warning",
    )


def _is_new(name: str, context: StatementContext) -> bool:
    return any(
        isinstance(sent.statement, CreateSchema)
        and sent.statement.name == name
        and not sent.statement.if_not_exists
        for sent in context.earlier
    )


def _listed(tables: list[Table]) -> str:
    names = [str(shown(table.name)) for table in tables]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
