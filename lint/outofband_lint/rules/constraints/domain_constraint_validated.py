"""domain-constraint-validated."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.example import Example
from outofband_lint.locks import LockMode
from outofband_lint.names import QualifiedName
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.settings import Settings
from outofband_lint.spelling import shown
from outofband_lint.statement import AlterDomain


@statement_rule(
    severity="warning",
    aliases=("validate-domain-constraint",),
    lock=LockMode.SHARE,
    scans=True,
    given="""
        CREATE DOMAIN amount AS int;
        CREATE DOMAIN unused AS int;
        ALTER DOMAIN amount ADD CONSTRAINT positive CHECK (value > 0) NOT VALID;
        ALTER DOMAIN unused ADD CONSTRAINT positive CHECK (value > 0) NOT VALID;
        CREATE TABLE orders (id bigint PRIMARY KEY, total amount);
        CREATE SCHEMA app;
        CREATE DOMAIN app."Code" AS text;
        ALTER DOMAIN app."Code" ADD CONSTRAINT "Set" CHECK (value <> '') NOT VALID;
        CREATE TABLE app."Orders" (code app."Code")
    """,
    bad=(
        "ALTER DOMAIN amount VALIDATE CONSTRAINT positive",
        'alter domain app."Code" validate constraint "Set"',
        "ALTER DOMAIN public.AMOUNT VALIDATE CONSTRAINT positive",
    ),
    good=(
        "ALTER DOMAIN unused VALIDATE CONSTRAINT positive",
        "ALTER TABLE orders ADD CONSTRAINT c CHECK (total > 0) NOT VALID",
        Example(
            "ALTER DOMAIN amount VALIDATE CONSTRAINT positive",
            settings=Settings(small=("orders",)),
            measured=False,
        ),
    ),
)
def domain_constraint_validated(
    statement: AlterDomain, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """A constraint of a domain is validated while tables in use have columns of the domain.

    Cost: unlike that of a table's constraint, it takes a SHARE lock on every such table, reads them
    one after the other, and keeps all the locks until the transaction ends: every INSERT, UPDATE
    and DELETE on them waits.

    Instead: put the condition on the tables, `op.create_check_constraint(…,
    postgresql_not_valid=True)`, whose validation blocks no write; or validate the domain's in a
    quiet hour, as `op.execute(…)` in a revision of its own. Plain Alembic has the same.

    Allowed when: no table in use has a column of the domain.

    Source: PostgreSQL 18, ALTER DOMAIN, VALIDATE CONSTRAINT; measured on 15 and 18.
    """
    if statement.action != "validate_constraint":
        return
    found = {*schema.candidates(statement.domain)}
    tables = tuple(
        table.name
        for table in schema.tables.values()
        if context.is_existing(table)
        and any(
            not found.isdisjoint(
                schema.candidates(QualifiedName(column.type.name, column.type.schema))
            )
            for column in table.columns
            if not column.type.builtin
        )
    )
    if tables:
        listed = " and ".join(str(shown(table)) for table in tables)
        yield Violation(
            f"Validating a constraint of domain {shown(statement.domain)} takes a SHARE lock on "
            f"{listed} and reads all rows: {LockMode.SHARE.blocks} to {listed} waits until the "
            "transaction ends.",
            "Put the condition on the tables instead, as a CHECK that is NOT VALID and validated "
            "later, or run this alone in a quiet hour. Without outofband, the same.",
            costs=tables,
        )
