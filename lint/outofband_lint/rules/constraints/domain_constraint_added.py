"""domain-constraint-added."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.example import Example
from outofband_lint.fix import Fix
from outofband_lint.locks import LockMode
from outofband_lint.names import QualifiedName, quote
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema, Type
from outofband_lint.settings import Settings
from outofband_lint.spelling import execute, shown
from outofband_lint.statement import AlterDomain, DataType
from outofband_lint.type_change import domain


@statement_rule(
    aliases=("ban-alter-domain-with-add-constraint",),
    lock=LockMode.SHARE,
    scans=True,
    given="""
        CREATE DOMAIN amount AS int;
        CREATE DOMAIN cents AS amount;
        CREATE DOMAIN unused AS int;
        CREATE TABLE orders (id bigint PRIMARY KEY, total amount, paid cents);
        CREATE SCHEMA app;
        CREATE DOMAIN app."Code" AS text;
        CREATE TABLE app."Orders" (code app."Code")
    """,
    bad=(
        "ALTER DOMAIN amount ADD CONSTRAINT positive CHECK (value > 0)",
        "alter domain public.AMOUNT add check (value < 5)",
        'ALTER DOMAIN app."Code" ADD CONSTRAINT "Set" CHECK (value <> \'\')',
        "ALTER DOMAIN cents SET NOT NULL",
        Example("ALTER DOMAIN created_by_hand ADD CHECK (value > 0)", measured=False),
        Example("ALTER DOMAIN cents SET NOT NULL", settings=Settings(small=("orders",))),
    ),
    good=(
        "ALTER DOMAIN amount ADD CONSTRAINT positive CHECK (value > 0) NOT VALID",
        "ALTER DOMAIN unused ADD CONSTRAINT positive CHECK (value > 0)",
        "CREATE DOMAIN fresh AS int; CREATE TABLE f (a fresh); ALTER DOMAIN fresh SET NOT NULL",
        "ALTER DOMAIN amount SET DEFAULT 1",
        "CREATE DOMAIN fresh AS int CHECK (value > 0)",
    ),
)
def domain_constraint_added(
    statement: AlterDomain, schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """A constraint is added to a domain that tables in use have columns of.

    Cost: Postgres reads every table with such a column under a SHARE lock, one after the other and
    all held until the transaction ends: every INSERT, UPDATE and DELETE on them waits. One value
    that does not satisfy it fails the upgrade.

    Instead: `op.execute("ALTER DOMAIN … ADD CONSTRAINT … NOT VALID")`, which reads nothing, and
    VALIDATE CONSTRAINT in a later revision. For NOT NULL, a CHECK (VALUE IS NOT NULL). Plain
    Alembic has the same.

    Allowed when: no table in use has a column of the domain, or the constraint is NOT VALID.

    Source: PostgreSQL 18, ALTER DOMAIN; validateDomainCheckConstraint (typecmds.c).
    """
    constraint = statement.constraint
    is_checked = statement.action == "set_not_null" or (
        statement.action == "add_constraint" and constraint is not None and not constraint.not_valid
    )
    if not is_checked:
        return
    known = _known(statement.domain, schema)
    tables = () if known is None else _tables_of(known, schema, context)
    if known is not None and not tables:
        return
    named = shown(statement.domain if known is None else known.name)
    where = " and ".join(str(shown(table)) for table in tables) or f"every table that uses {named}"
    expression = "VALUE IS NOT NULL" if constraint is None else constraint.expression
    name = f"{named.name}_check" if constraint is None else constraint.name or f"{named.name}_check"
    here = execute(
        f"ALTER DOMAIN {named} ADD CONSTRAINT {quote(name)} CHECK ({expression}) NOT VALID"
    )
    later = execute(f"ALTER DOMAIN {named} VALIDATE CONSTRAINT {quote(name)}")
    yield Violation(
        f"A constraint on domain {named} takes a SHARE lock on {where} and reads all rows: "
        f"{LockMode.SHARE.blocks} to {where} waits until the transaction ends.",
        f"Create it as NOT VALID, {here}, and in a later revision {later}. Without outofband, "
        "the same.",
        costs=tables,
        fix=Fix(here=(here,), later=(later,)),
    )


def _known(name: QualifiedName, schema: Schema) -> Type | None:
    return domain(DataType(name.name, name.schema, builtin=False), schema)


def _tables_of(
    wanted: Type, schema: Schema, context: StatementContext
) -> tuple[QualifiedName, ...]:
    """Return the tables in use that have a column of the domain, or of one based on it."""
    return tuple(
        table.name
        for table in schema.tables.values()
        if context.is_existing(table)
        and any(_is_of(column.type, wanted, schema) for column in table.columns)
    )


def _is_of(type_: DataType, wanted: Type, schema: Schema) -> bool:
    found = domain(type_, schema)
    if found is None or found.name == wanted.name:
        return found is not None
    return found.base is not None and _is_of(found.base, wanted, schema)
