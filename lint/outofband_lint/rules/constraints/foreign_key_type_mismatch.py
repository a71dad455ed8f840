"""foreign-key-type-mismatch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from outofband_lint.context import StatementContext
from outofband_lint.example import Example
from outofband_lint.names import quote
from outofband_lint.references import Reference, does_nothing, references, types_of
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.spelling import execute, shown
from outofband_lint.statement import AlterTable, CreateTable, DataType
from outofband_lint.type_change import base_type

_INTEGERS = ("smallint", "integer", "bigint")
_TEXTS = ("character varying", "text")


@statement_rule(
    severity="warning",
    aliases=("mismatched_foreign_key_type",),
    failure="22003 numeric_value_out_of_range or 42804 datatype_mismatch: keys that do not fit",
    given="""
        CREATE TABLE customers (id bigint PRIMARY KEY, code varchar(40) UNIQUE);
        CREATE TABLE orders (id bigint PRIMARY KEY, customer_id int, big_id bigint);
        CREATE SCHEMA app;
        CREATE TABLE app."Shelves" ("Id" uuid PRIMARY KEY)
    """,
    bad=(
        "CREATE TABLE fresh (customer_id int REFERENCES customers)",
        "alter table ORDERS add constraint fk foreign key (CUSTOMER_ID) references customers (id) "
        "not valid",
        'CREATE TABLE fresh ("shelfId" text, FOREIGN KEY ("shelfId") REFERENCES app."Shelves")',
        "ALTER TABLE orders ADD small_id smallint REFERENCES customers (id)",
        "CREATE TABLE fresh (code varchar(20) REFERENCES customers (code))",
        "CREATE TABLE fresh (id bigint PRIMARY KEY, parent int REFERENCES fresh)",
        Example(
            "ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customers",
            out_of_band=True,
        ),
    ),
    good=(
        "CREATE TABLE fresh (customer_id bigint REFERENCES customers)",
        "ALTER TABLE orders ADD FOREIGN KEY (big_id) REFERENCES customers NOT VALID",
        "CREATE TABLE fresh (code text REFERENCES customers (code))",
        "CREATE TABLE fresh (code varchar(40) REFERENCES customers (code))",
        "CREATE TABLE fresh (a int REFERENCES created_by_hand)",
        "CREATE TABLE fresh (id int PRIMARY KEY, parent bigint REFERENCES fresh)",
        "CREATE TABLE fresh (id bigserial PRIMARY KEY, parent int8 REFERENCES fresh)",
        "CREATE TABLE IF NOT EXISTS orders (customer_id int REFERENCES customers)",
    ),
)
def foreign_key_type_mismatch(
    statement: CreateTable | AlterTable, schema: Schema, _context: StatementContext
) -> Iterator[Violation]:
    """A foreign key's column cannot hold every key that it may point to.

    Cost: an integer that refers to a bigint works until the key passes 2,147,483,647; then every
    INSERT fails, and the cure is a rewrite of a table that has become large. Types of another kind
    are refused at once, or compared by a cast that no index serves.

    Instead: give the column the type of the key while the table is new or small, in `op.add_column`
    or `op.create_table`. Plain Alembic has the same.

    Allowed when: the column holds more than the key, or no revision names one of the two types.

    Source: PostgreSQL 18, 5.5.5, Foreign Keys; ATAddForeignKeyConstraint (tablecmds.c).
    """
    if does_nothing(statement, schema):
        return
    own: Mapping[str, DataType] | None = None
    for reference in references(statement, schema):
        own = types_of(statement, schema) if own is None else own
        target = shown(reference.target)
        for column, referenced in _pairs(statement, reference, schema):
            type_, key_type = own.get(column), _key_type(reference, referenced, own, schema)
            if type_ is None or key_type is None:
                continue
            type_, key_type = base_type(type_, schema), base_type(key_type, schema)
            if not _holds(type_, key_type):
                named, name = shown(statement.table), quote(column)
                changed = execute(f"ALTER TABLE {named} ALTER COLUMN {name} TYPE {key_type}")
                yield Violation(
                    f"Column {name} of {named} is {type_} and refers to {quote(referenced)} of "
                    f"{target}, which is {key_type}: not every key fits.",
                    f"Give {name} the type {key_type} where it is created; while the table is "
                    f"small, {changed}. Without outofband, the same.",
                )


def _pairs(
    statement: CreateTable | AlterTable, reference: Reference, schema: Schema
) -> Iterator[tuple[str, str]]:
    """Yield each column with the one that it refers to, the primary key's where none is named."""
    referenced = reference.key.referenced_columns or _primary_key(statement, reference, schema)
    yield from zip(reference.key.columns, referenced, strict=False)


def _primary_key(
    statement: CreateTable | AlterTable, reference: Reference, schema: Schema
) -> tuple[str, ...]:
    table = schema.tables.get(reference.target)
    if table is not None:
        keys = [c.columns for c in table.constraints if c.kind == "primary_key"]
    elif reference.to_itself and isinstance(statement, CreateTable):
        inline = [c for column in statement.columns for c in column.constraints]
        declared = (*inline, *statement.constraints)
        keys = [c.columns for c in declared if c.kind == "primary_key"]
    else:
        keys = []
    return keys[0] if keys else ()


def _key_type(
    reference: Reference, name: str, own: Mapping[str, DataType], schema: Schema
) -> DataType | None:
    if reference.to_itself:
        return own.get(name)
    table = schema.tables.get(reference.target)
    column = None if table is None else table.column(name)
    return None if column is None else column.type


def _holds(own: DataType, key: DataType) -> bool:
    """Tell whether a column of the one type holds every value of the other."""
    if own.name in _INTEGERS and key.name in _INTEGERS:
        return _INTEGERS.index(own.name) >= _INTEGERS.index(key.name)
    if own.name in _TEXTS and key.name in _TEXTS:
        if not own.modifiers:
            return True
        return bool(key.modifiers) and int(own.modifiers[0]) >= int(key.modifiers[0])
    return (own.name, own.suffix, own.array) == (key.name, key.suffix, key.array)
