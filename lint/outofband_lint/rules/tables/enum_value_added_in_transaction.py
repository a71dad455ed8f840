"""enum-value-added-in-transaction."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.example import Example
from outofband_lint.fix import Fix
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.source import Source
from outofband_lint.spelling import AUTOCOMMIT, execute, shown
from outofband_lint.statement import AddEnumValue, CreateType, TransactionControl
from outofband_lint.usage import uses_label

_ADD = "ALTER TYPE mood ADD VALUE 'glad'"


@statement_rule(
    aliases=("ban-add-enum-value", "alter-type-add-value-in-transaction", "add-enum-value"),
    sqlstate="55P04",
    failure="55P04 unsafe_new_enum_value_usage: the upgrade rolls back",
    given="""
        CREATE TYPE mood AS ENUM ('sad', 'ok');
        CREATE TABLE people (id bigint, feels mood, note text);
        CREATE SCHEMA app;
        CREATE TYPE app."State" AS ENUM ('new');
        CREATE TABLE app."Orders" (id bigint, state app."State")
    """,
    bad=(
        f"{_ADD}; ALTER TABLE people ALTER feels SET DEFAULT 'glad'",
        f"{_ADD}; UPDATE people SET feels = 'glad' WHERE id = 1",
        f"{_ADD}; INSERT INTO people VALUES (1, 'glad')",
        f"{_ADD}; ALTER TABLE people ADD CHECK (feels <> 'glad')",
        f"{_ADD}; CREATE TABLE pets (feels mood DEFAULT 'glad')",
        f"{_ADD}; SELECT 'glad'::mood",
        "alter type app.\"State\" add value if not exists 'done' before 'new'; "
        "CREATE INDEX ix ON app.\"Orders\" (id) WHERE state = 'done'",
    ),
    good=(
        _ADD,
        f"{_ADD}; UPDATE people SET note = 'x' WHERE id = 1",
        f"{_ADD}; ALTER TABLE people ADD COLUMN mood_2 mood",
        f"{_ADD}; ALTER TYPE mood ADD VALUE 'angry' AFTER 'glad'",
        "CREATE TYPE fresh AS ENUM ('a', 'glad'); CREATE TABLE t (a fresh DEFAULT 'glad')",
        Example(
            sources=(
                Source(_ADD, "versions/2_example.py", 8, in_transaction=False),
                Source("UPDATE people SET feels = 'glad' WHERE id = 1", "versions/2_example.py", 9),
            ),
            measured=False,
        ),
    ),
)
def enum_value_added_in_transaction(
    statement: AddEnumValue, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """A label is added to an enum and used in the same transaction.

    Cost: Postgres refuses the use of a label that its own transaction has added, be it a default,
    a row, a CHECK or a cast: 55P04, and the upgrade rolls back.

    Instead: declare it with `op.add_enum_value_out_of_band(…)`, and add it ahead of the upgrade
    with `outofband apply --to head`; a revision that uses it begins with `op.require_step(…)`. In
    plain Alembic, add the label in an autocommit block, in a revision before the one that uses it:
    `with op.get_context().autocommit_block():` around `op.execute("ALTER TYPE … ADD VALUE …")`.

    Allowed when: nothing in the transaction uses the label. Where the transaction creates the type
    too it is a warning: that fails on PostgreSQL 14 and works on 16 and 18 (measured).

    Source: PostgreSQL 18, ALTER TYPE, "Notes".
    """
    if not context.source.in_transaction:
        return
    for source, later in context.later:
        if not source.in_transaction or _commits(later):
            return
        if uses_label(later, statement, schema):
            break
    else:
        return
    alone = execute(statement.sql)
    yield Violation(
        f"The label '{statement.value}' of {shown(statement.type)} is used on line {source.line} "
        "in the transaction that adds it: Postgres refuses that (55P04), the upgrade rolls back.",
        "Declare it with op.add_enum_value_out_of_band(…) in a revision before, and add it ahead "
        "of the upgrade with outofband apply --to head. Without outofband, add it outside the "
        f"transaction, in a revision before: {AUTOCOMMIT} {alone}",
        severity="warning" if _is_made_here(statement, context) else None,
        fix=Fix((alone,), autocommit=True),
    )


def _commits(statement: object) -> bool:
    return isinstance(statement, TransactionControl) and statement.kind == "commit"


def _is_made_here(statement: AddEnumValue, context: StatementContext) -> bool:
    return any(
        isinstance(sent.statement, CreateType)
        and shown(sent.statement.name) == shown(statement.type)
        for sent in context.transaction
    )
