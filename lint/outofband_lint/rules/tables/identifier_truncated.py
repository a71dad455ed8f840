"""identifier-truncated."""

from __future__ import annotations

import re
from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.names import MAX_IDENTIFIER_BYTES, clip, quote
from outofband_lint.reader.tokens import Unreadable, is_name, tokenize
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.statement import (
    AlterTable,
    CreateFunction,
    CreateIndex,
    CreateMaterializedView,
    CreateSchema,
    CreateTable,
    CreateTableAs,
    CreateTrigger,
    CreateType,
    CreateView,
    RenameIndex,
    RenameTable,
    Statement,
)

_LONG = "a" * 60
# What may be too long: characters beyond ASCII take up to four bytes, sixteen may be enough.
_SUSPECT = re.compile(r'[\w$]{64}|[^\x00-\x7f][^"]{15}|"[^"]{64}')
# Words behind which a name is only looked up, or is no object's: COMMENT ON CONSTRAINT … ON …
_LOOKED_UP = {"drop", "validate"}


@statement_rule(
    aliases=("identifier-too-long", "name-too-long"),
    failure="Postgres cuts the name; two that begin alike collide with 42P07 or 42710",
    given="CREATE TABLE events (id bigint, kind text); CREATE SCHEMA app",
    bad=(
        f"CREATE INDEX {_LONG}_one ON events (id)",
        f'alter table events add column "{_LONG}_ONE" int',
        f"ALTER TABLE events ADD CONSTRAINT {_LONG}_one CHECK (id > 0)",
        f"CREATE TABLE app.{_LONG}_one (id bigint)",
        "CREATE TABLE " + "é" * 32 + " (id bigint)",
        f"ALTER TABLE events RENAME TO {_LONG}_one",
    ),
    good=(
        f"CREATE INDEX {_LONG}_on ON events (id)",
        "CREATE TABLE " + "é" * 31 + " (id bigint)",
        f"SELECT id AS {_LONG}_one FROM events",
        f"INSERT INTO events VALUES (1, '{_LONG}_one')",
        f"CREATE TABLE t (a text DEFAULT '{_LONG}_one')",
        f"ALTER TABLE events DROP COLUMN IF EXISTS {_LONG}_one",
    ),
)
def identifier_truncated(
    statement: CreateTable
    | CreateTableAs
    | CreateIndex
    | CreateView
    | CreateMaterializedView
    | CreateFunction
    | CreateTrigger
    | CreateType
    | CreateSchema
    | AlterTable
    | RenameTable
    | RenameIndex,
    schema: Schema,
    _context: StatementContext,
) -> Iterator[Violation]:
    """A name is longer than 63 bytes and Postgres cuts it, with no more than a NOTICE.

    Cost: the object has another name than the code says. What asks the catalog for it finds
    nothing, autogenerate sees a difference for ever, and a second name that begins alike collides
    with the first and fails the upgrade.

    Instead: choose a name of at most 63 bytes in UTF-8 for `op.create_index(…)` and the like;
    Alembic's naming conventions shorten what they make, names in SQL text nobody does.

    Allowed when: the name is only looked up, or an alias in a query.

    Source: PostgreSQL 18, 4.1.1, Identifiers and Key Words.
    """
    long = _too_long(statement)
    if not long:
        return
    name = long[0]
    kept = clip(name)
    taken = _is_taken(kept, schema)
    more = ", which is taken already" if taken else ""
    yield Violation(
        f"{quote(name)} is {len(name.encode())} bytes long; Postgres cuts it to {quote(kept)}"
        f"{more}.",
        f"Use a name of at most {MAX_IDENTIFIER_BYTES} bytes. Without outofband it is the same",
    )


def _too_long(statement: Statement) -> list[str]:
    if not _SUSPECT.search(statement.sql):
        return []
    try:
        texts = tokenize(statement.sql).texts
    except Unreadable:
        return []
    names = (
        text.removeprefix('"')
        for number, text in enumerate(texts)
        if len(text) > 15 and is_name(text) and not _is_looked_up(texts, number)
    )
    return [name for name in dict.fromkeys(names) if len(name.encode()) > MAX_IDENTIFIER_BYTES]


def _is_looked_up(texts: list[str], number: int) -> bool:
    """Tell whether a DROP or VALIDATE stands before the name."""
    before = texts[max(0, number - 4) : number]
    while before and before[-1] in ("column", "constraint", "if", "exists"):
        before.pop()
    return bool(before) and before[-1] in _LOOKED_UP


def _is_taken(name: str, schema: Schema) -> bool:
    return any(
        table.name.name == name or table.index(name) or table.constraint(name) or table.column(name)
        for table in schema.tables.values()
    )
