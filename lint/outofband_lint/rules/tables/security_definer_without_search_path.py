"""security-definer-without-search-path."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.names import QualifiedName
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.spelling import execute, shown
from outofband_lint.statement import AlterFunction, CreateFunction


@statement_rule(
    severity="warning",
    aliases=("ST003", "SecurityDefinerFunctionNoExplicitSearchPath", "security-definer"),
    failure="who may create objects in a schema of the caller's search_path runs as the owner",
    given="""
        CREATE FUNCTION old() RETURNS int LANGUAGE sql AS 'SELECT 1';
        CREATE SCHEMA app
    """,
    bad=(
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
        'create or replace procedure app."Do"() security definer language plpgsql '
        "as 'begin end' ",
        "ALTER FUNCTION old() SECURITY DEFINER",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER SET work_mem = '1MB' "
        "AS 'SELECT 1'",
    ),
    good=(
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER "
        "SET search_path = app, pg_temp AS 'SELECT 1'",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY INVOKER AS 'SELECT 1'",
        "ALTER FUNCTION old() SECURITY DEFINER SET search_path TO ''",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'; "
        "ALTER FUNCTION f() SET search_path = app",
    ),
)
def security_definer_without_search_path(
    statement: CreateFunction | AlterFunction, _schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """A function runs with its owner's rights but looks names up where the caller says.

    Cost: whoever can create objects in a schema of their own search_path makes the function call
    those, with the rights of its owner.

    Instead: give it `SET search_path = …, pg_temp`, with the trusted schemas first, in its
    definition or with `op.execute("ALTER FUNCTION … SET search_path = …")`. In plain Alembic it is
    the same.

    Allowed when: the definition, or an ALTER FUNCTION behind it in the same revision, sets
    search_path.

    Source: PostgreSQL 18, CREATE FUNCTION, "Writing SECURITY DEFINER Functions Safely".
    """
    if not statement.security_definer or "search_path" in statement.settings:
        return
    if _is_set_later(statement.name, context):
        return
    name = shown(statement.name)
    pinned = execute(f"ALTER {statement.kind.upper()} {name} SET search_path = public, pg_temp")
    yield Violation(
        f"{name} runs with its owner's rights and has no search_path of its own: whoever may "
        "create objects in a schema of the caller's search_path can make it run theirs.",
        f"Set the schemas that it may look into, pg_temp last: {pinned}. Without outofband it is "
        "the same",
    )


def _is_set_later(name: QualifiedName, context: StatementContext) -> bool:
    return any(
        isinstance(later, AlterFunction)
        and shown(later.name) == shown(name)
        and "search_path" in later.settings
        for _, later in context.later
    )
