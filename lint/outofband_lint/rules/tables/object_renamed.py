"""object-renamed."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.names import QualifiedName
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.spelling import shown
from outofband_lint.statement import (
    CreateFunction,
    RenameObject,
    RenameSchema,
    RenameTable,
    RenameType,
    SetTypeSchema,
    Statement,
)

# Of these an application says the name. Triggers, policies and the like nobody calls.
_CALLED = {"sequence", "view", "function", "procedure", "aggregate", "role", "user", "database"}


@statement_rule(
    severity="warning",
    aliases=("renaming-object", "rename-schema", "renaming-schema", "rename_schema"),
    failure="42P01, 42704 or 42883 in every process of the release before that says the old name",
    given="""
        CREATE TABLE events (id bigint);
        CREATE VIEW recent AS SELECT * FROM events;
        CREATE TYPE mood AS ENUM ('sad');
        CREATE SEQUENCE "Numbers";
        CREATE SCHEMA app;
        CREATE TABLE app.orders (id bigint);
        CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
        CREATE TRIGGER touched BEFORE UPDATE ON events FOR EACH ROW EXECUTE FUNCTION touch()
    """,
    bad=(
        'ALTER SEQUENCE "Numbers" RENAME TO numbers',
        "alter view recent rename to latest",
        "ALTER TYPE Mood RENAME TO feeling",
        "ALTER FUNCTION touch() RENAME TO touched",
        "ALTER SCHEMA app RENAME TO shop",
    ),
    good=(
        "ALTER TRIGGER touched ON events RENAME TO touching",
        "CREATE TYPE fresh AS ENUM ('a'); ALTER TYPE fresh RENAME TO newer",
        "CREATE VIEW fresh AS SELECT 1; ALTER VIEW fresh RENAME TO newer",
        "CREATE FUNCTION fresh() RETURNS int LANGUAGE sql AS 'SELECT 1'; "
        "ALTER FUNCTION fresh() RENAME TO newer",
        "ALTER TYPE mood RENAME TO mood_old; CREATE TYPE mood AS ENUM ('sad', 'glad')",
    ),
)
def object_renamed(
    statement: RenameObject | RenameType | SetTypeSchema | RenameSchema | RenameTable,
    schema: Schema,
    context: StatementContext,
) -> Iterator[Violation]:
    """A view, type, sequence, function or schema gets another name.

    Cost: the release before, and a rollback of the code, fail wherever they say the old name:
    nextval('…'), a cast, a call, a schema in front of a table.

    Instead: create the new one beside the old with `op.execute(…)`, and drop the old one release
    later. In plain Alembic it is the same.

    Allowed when: the same revision creates the object, or another one takes the old name.

    Source: PostgreSQL 18, ALTER SEQUENCE, ALTER VIEW, ALTER TYPE, ALTER FUNCTION, ALTER SCHEMA.
    """
    renamed = _renamed(statement, schema)
    if renamed is None:
        return
    kind, name = renamed
    if _is_new(kind, name, schema, context) or _is_taken(name, context):
        return
    whole = kind == "schema" and any(t.name.schema == name.name for t in schema.tables.values())
    yield Violation(
        f"The release before fails wherever it still calls the {kind} {shown(name)} by this name"
        f"{', and every table in it' if whole else ''}.",
        f"Create the new {kind} beside the old and drop the old a release later, with op.execute. "
        "Without outofband it is the same",
        severity="error" if whole else None,
    )


def _renamed(statement: Statement, schema: Schema) -> tuple[str, QualifiedName] | None:
    match statement:
        case RenameObject(kind=kind, name=name) if kind in _CALLED:
            return kind, name
        case RenameType(type=name) | SetTypeSchema(type=name):
            return "type", name
        case RenameSchema(name=name):
            return "schema", QualifiedName(name)
        case RenameTable(table=name) if schema.view(name):
            return "view", name
    return None


def _is_new(kind: str, name: QualifiedName, schema: Schema, context: StatementContext) -> bool:
    if kind == "view":
        view = schema.view(name)
        return view is not None and not context.is_deployed(schema.views[view])
    if kind == "type":
        known = (schema.types.get(candidate) for candidate in schema.candidates(name))
        return any(t is not None and not context.is_deployed(t.revision) for t in known)
    return any(
        isinstance(sent.statement, CreateFunction)
        and not sent.statement.or_replace
        and shown(sent.statement.name) == shown(name)
        for sent in context.earlier
    )


def _is_taken(name: QualifiedName, context: StatementContext) -> bool:
    """Tell whether another object takes the old name in the same revision."""
    created = (getattr(s, "view", None) or getattr(s, "name", None) for _, s in context.later)
    return any(isinstance(n, QualifiedName) and shown(n) == shown(name) for n in created)
