"""cascade-on-large-table."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.example import Example
from outofband_lint.names import QualifiedName
from outofband_lint.references import does_nothing, references
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.settings import Settings
from outofband_lint.spelling import shown
from outofband_lint.statement import AlterTable, CreateTable

LARGE = Settings(large=("lines",))


@statement_rule(
    severity="warning",
    aliases=("cascade-delete", "cascade-update", "CT001", "CT002"),
    failure="one DELETE of a referenced row deletes any number of rows here, in its transaction",
    given="""
        CREATE TABLE orders (id bigint PRIMARY KEY);
        CREATE TABLE lines (id bigint PRIMARY KEY, order_id bigint);
        CREATE SCHEMA app;
        CREATE TABLE app."Lines" ("orderId" bigint)
    """,
    bad=(
        "ALTER TABLE lines ADD FOREIGN KEY (order_id) REFERENCES orders ON DELETE CASCADE "
        "NOT VALID",
        "alter table LINES add parent_id bigint references lines on update cascade",
        'ALTER TABLE app."Lines" ADD CONSTRAINT fk FOREIGN KEY ("orderId") REFERENCES orders (id) '
        "ON UPDATE SET NULL ON DELETE CASCADE",
        Example(
            "CREATE TABLE lines_2 (a bigint REFERENCES orders ON DELETE CASCADE)",
            settings=Settings(large=("lines*",)),
        ),
        "ALTER TABLE created_by_hand ADD FOREIGN KEY (a) REFERENCES orders ON DELETE CASCADE",
        Example(
            "ALTER TABLE lines ADD FOREIGN KEY (order_id) REFERENCES orders ON DELETE CASCADE",
            out_of_band=True,
        ),
    ),
    good=(
        "CREATE TABLE fresh (a bigint REFERENCES orders ON DELETE CASCADE)",
        "ALTER TABLE lines ADD FOREIGN KEY (order_id) REFERENCES orders NOT VALID",
        "ALTER TABLE lines ADD FOREIGN KEY (order_id) REFERENCES orders ON DELETE RESTRICT",
        Example(
            "ALTER TABLE lines ADD FOREIGN KEY (order_id) REFERENCES orders ON DELETE CASCADE",
            settings=Settings(small=("lines",)),
        ),
        Example("CREATE TABLE fresh (a int REFERENCES orders ON DELETE CASCADE)", settings=LARGE),
    ),
)
def cascade_on_large_table(
    statement: CreateTable | AlterTable, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """A foreign key of a large table cascades.

    Cost: a DELETE, or an UPDATE of the key, of one referenced row changes every row here that
    points to it, in the same statement: millions of row locks, WAL and dead rows, for as long as
    that takes, and a scan of the whole table for each where no index leads with the columns.

    Instead: `op.create_foreign_key(…, ondelete="RESTRICT", postgresql_not_valid=True)`, and delete
    the rows in batches before their parent. Plain Alembic has the same.

    Allowed when: the table is new, unless the settings call it large, or small.

    Source: PostgreSQL 18, 5.5.5, Foreign Keys.
    """
    if does_nothing(statement, schema):
        return
    table = _large(statement, schema, context)
    if table is None:
        return
    for reference in references(statement, schema):
        events = {"DELETE": reference.key.on_delete, "UPDATE": reference.key.on_update}
        cascading = [event for event, action in events.items() if action == "cascade"]
        if cascading:
            named, target = shown(table), shown(reference.target)
            yield Violation(
                f"One {' or '.join(cascading)} on {target} cascades to every row of {named} that "
                "points to it, however many, in one statement.",
                f"Let the key restrict, and delete rows of {named} in batches before their row of "
                f'{target}: op.create_foreign_key(…, ondelete="RESTRICT", '
                "postgresql_not_valid=True). Without outofband, the same.",
                costs=(table,),
            )


def _large(
    statement: CreateTable | AlterTable, schema: Schema, context: StatementContext
) -> QualifiedName | None:
    """Return the table's name where it may be large: new ones only by the settings' word."""
    if isinstance(statement, AlterTable):
        existing = context.existing(statement.table, schema)
        if existing is not None:
            return existing if context.is_large(existing) else None
    named_large = bool(context.settings.large) and context.is_large(statement.table)
    return statement.table if named_large else None
