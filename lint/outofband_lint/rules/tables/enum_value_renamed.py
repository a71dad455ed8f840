"""enum-value-renamed."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.spelling import shown
from outofband_lint.statement import RenameEnumValue


@statement_rule(
    severity="warning",
    aliases=("rename-enum-value", "renaming-enum-value", "renaming-object"),
    failure="22P02 invalid_text_representation in every process of the release before",
    given="""
        CREATE TYPE mood AS ENUM ('sad', 'ok');
        CREATE SCHEMA app;
        CREATE TYPE app."State" AS ENUM ('new')
    """,
    bad=(
        "ALTER TYPE mood RENAME VALUE 'sad' TO 'unhappy'",
        "alter type app.\"State\" rename value 'new' to 'fresh'",
        "ALTER TYPE created_by_hand RENAME VALUE 'a' TO 'b'",
    ),
    good=(
        "CREATE TYPE fresh AS ENUM ('a'); ALTER TYPE fresh RENAME VALUE 'a' TO 'b'",
        "ALTER TYPE mood ADD VALUE 'glad'",
    ),
)
def enum_value_renamed(
    statement: RenameEnumValue, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """A label of an enum in use gets another name.

    Cost: the release before goes on writing the old label and fails with 22P02; the new one is what
    it reads, and does not know.

    Instead: add the new label, let a release understand both, then move the rows in batches; no
    label can be dropped. `op.execute("ALTER TYPE … ADD VALUE …")` under
    `with op.get_context().autocommit_block():`, in plain Alembic the same.

    Allowed when: the revision itself creates the type.

    Source: PostgreSQL 18, ALTER TYPE, RENAME VALUE.
    """
    known = (schema.types.get(candidate) for candidate in schema.candidates(statement.type))
    type_ = next((found for found in known if found is not None), None)
    if type_ is not None and not context.is_deployed(type_.revision):
        return
    name = shown(type_.name) if type_ else statement.type
    yield Violation(
        f"Once '{statement.value}' of {name} is called '{statement.new_value}', the release before "
        "fails with 22P02 wherever it writes the old label, and reads one that it does not know.",
        f"Add '{statement.new_value}' as a label of its own, let a release understand both, then "
        "move the rows. Without outofband it is the same",
    )
