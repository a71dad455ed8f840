"""Statements as the Alembic operations that a help text proposes."""

from __future__ import annotations

import re
from collections.abc import Sequence

from outofband_lint.names import QualifiedName, clip, quote
from outofband_lint.reader.expression import leading_function
from outofband_lint.schema.values import DEFAULT_SCHEMA
from outofband_lint.statement import (
    ColumnDefinition,
    Constraint,
    ConstraintKind,
    CreateIndex,
    IndexKey,
)

AUTOCOMMIT = "with op.get_context().autocommit_block():"


def shown(name: QualifiedName) -> QualifiedName:
    """Return a table's name as people say it: without the default schema."""
    return QualifiedName(name.name) if name.schema == DEFAULT_SCHEMA else name


def create_index(function: str, statement: CreateIndex, *extra: str) -> str:
    """Spell a CREATE INDEX as a call of `op.function`, with further arguments at its end."""
    columns = ", ".join(_key(key) for key in statement.keys)
    arguments = [
        string(_name(statement)),
        string(statement.table.name),
        f"[{columns}]",
    ]
    if statement.unique:
        arguments.append("unique=True")
    arguments += _schema(statement.table)
    if statement.method != "btree":
        arguments.append(f"postgresql_using={string(statement.method)}")
    if statement.include:
        arguments.append(f"postgresql_include=[{', '.join(map(string, statement.include))}]")
    if statement.where is not None:
        arguments.append(f"postgresql_where=sa.text({string(statement.where)})")
    if statement.nulls_not_distinct:
        arguments.append("postgresql_nulls_not_distinct=True")
    return f"op.{function}({', '.join([*arguments, *extra])})"


def drop_index(function: str, name: QualifiedName, table: QualifiedName | None, *extra: str) -> str:
    """Spell a DROP INDEX as a call of `op.function`, with further arguments at its end.

    A `table` that nobody here can name is left to the reader, as `…`.
    """
    table = table or QualifiedName("…", name.schema)
    arguments = [string(name.name), f"table_name={string(table.name)}", *_schema(table), *extra]
    return f"op.{function}({', '.join(arguments)})"


def add_constraint_out_of_band(
    kind: ConstraintKind, table: QualifiedName, name: str, columns: Sequence[str], index: str
) -> str:
    """Spell the promotion of a unique index to a primary key or a unique constraint."""
    function = "primary_key" if kind == "primary_key" else "unique_constraint"
    arguments = [
        string(name),
        string(table.name),
        f"[{', '.join(map(string, columns))}]",
        f"using_index={string(index)}",
        *_schema(table),
    ]
    return f"op.create_{function}_out_of_band({', '.join(arguments)})"


def reindex(index: QualifiedName, table: QualifiedName) -> str:
    """Spell the rebuild of an index, as a step that is named after that."""
    name = string(clip(f"reindex_{index.name}"))
    arguments = [name, string(index.name), string(table.name), *_schema(table)]
    return f"op.reindex_out_of_band({', '.join(arguments)})"


def refresh_materialized_view(view: QualifiedName) -> str:
    """Spell the refresh of a materialized view, as a step that is named after that."""
    arguments = [string(clip(f"refresh_{view.name}")), string(view.name), *_schema(view)]
    return f"op.refresh_materialized_view_out_of_band({', '.join(arguments)})"


def drop_table(table: QualifiedName) -> str:
    """Spell the drop of a table, as a step that is named after that."""
    arguments = [string(clip(f"drop_{table.name}")), string(table.name), *_schema(table)]
    return f"op.drop_table_out_of_band({', '.join(arguments)})"


def drop_column(table: QualifiedName, column: str) -> str:
    """Spell the drop of a column, as a step that is named after that."""
    name = string(clip(f"drop_{table.name}_{column}"))
    arguments = [name, string(table.name), string(column), *_schema(table)]
    return f"op.drop_column_out_of_band({', '.join(arguments)})"


def detach_partition(table: QualifiedName, partition: QualifiedName) -> str:
    """Spell the detaching of a partition, as a step that is named after that."""
    arguments = [
        string(clip(f"detach_{partition.name}")),
        string(table.name),
        string(partition.name),
        *_schema(table),
    ]
    if _schema(partition) != _schema(table):
        arguments.append(f"partition_schema={string(partition.schema or DEFAULT_SCHEMA)}")
    return f"op.detach_partition_out_of_band({', '.join(arguments)})"


def execute(sql: str) -> str:
    """Spell a statement as a call of op.execute, which takes `:name` for a parameter."""
    return f"op.execute({string(without_parameters(sql))})"


def create_foreign_key(table: QualifiedName, name: str, key: Constraint) -> str:
    """Spell a foreign key of a table as NOT VALID.

    What Alembic has no word for, or what leaves its target's columns to Postgres, becomes SQL.
    """
    target = key.references or QualifiedName("…")
    if key.deferrable or not key.referenced_columns:
        return execute(f"ALTER TABLE {shown(table)} ADD {foreign_key(name, key)} NOT VALID")
    arguments = [
        string(name),
        string(table.name),
        string(target.name),
        f"[{', '.join(map(string, key.columns))}]",
        f"[{', '.join(map(string, key.referenced_columns))}]",
    ]
    arguments += schema_argument("source_schema", table)
    arguments += schema_argument("referent_schema", target)
    arguments += [f"ondelete={string(key.on_delete.upper())}"] if key.on_delete else []
    arguments += [f"onupdate={string(key.on_update.upper())}"] if key.on_update else []
    return f"op.create_foreign_key({', '.join([*arguments, 'postgresql_not_valid=True'])})"


def foreign_key(name: str, key: Constraint) -> str:
    """Spell a foreign key as SQL."""
    columns = ", ".join(map(quote, key.columns))
    referenced = ", ".join(map(quote, key.referenced_columns))
    parts = [
        f"CONSTRAINT {quote(name)} FOREIGN KEY ({columns}) REFERENCES {key.references}",
        f"({referenced})" if referenced else "",
        f"ON DELETE {key.on_delete.upper()}" if key.on_delete else "",
        f"ON UPDATE {key.on_update.upper()}" if key.on_update else "",
        "DEFERRABLE" if key.deferrable else "",
    ]
    return " ".join(filter(None, parts))


def create_check(table: QualifiedName, name: str, expression: str) -> str:
    """Spell a CHECK of a table as NOT VALID."""
    condition = string(without_parameters(expression))
    arguments = [string(name), string(table.name), condition, *_schema(table)]
    return f"op.create_check_constraint({', '.join([*arguments, 'postgresql_not_valid=True'])})"


def validate_constraint(table: QualifiedName, name: str) -> str:
    """Spell the validation of a constraint."""
    return execute(f"ALTER TABLE {shown(table)} VALIDATE CONSTRAINT {quote(name)}")


def add_column(table: QualifiedName, column: ColumnDefinition) -> str:
    """Spell a column without what constrains it but NOT NULL."""
    parts = [
        f"ALTER TABLE {shown(table)} ADD COLUMN {quote(column.name)} {column.type}",
        f"COLLATE {column.collation}" if column.collation else "",
        _value(column),
        "NOT NULL" if column.not_null else "",
    ]
    return execute(" ".join(filter(None, parts)))


def _value(column: ColumnDefinition) -> str:
    if column.default is None:
        return ""
    if column.generated is None:
        return f"DEFAULT {column.default}"
    return f"GENERATED ALWAYS AS ({column.default}) {column.generated.upper()}"


def without_parameters(sql: str) -> str:
    """Keep SQLAlchemy from taking `:name` in a text for a parameter."""
    return re.sub(r"(?<![:\w\\]):(?=\w)", r"\\:", sql)


def schema_argument(argument: str, name: QualifiedName) -> list[str]:
    """Spell the argument that gives a table's schema; nothing for the default one."""
    if name.schema in (None, DEFAULT_SCHEMA):
        return []
    return [f"{argument}={string(name.schema or '')}"]


def _schema(name: QualifiedName) -> list[str]:
    return schema_argument("schema", name)


def _key(key: IndexKey) -> str:
    if key == IndexKey(key.column):
        return string(str(key))
    definition = quote(key.column) if key.column is not None else _expression(key)
    parts = [definition, f"COLLATE {key.collation}" if key.collation else "", key.opclass or ""]
    parts.append("DESC" if key.descending else "")
    if key.nulls_first is not None:
        parts.append("NULLS FIRST" if key.nulls_first else "NULLS LAST")
    return f"sa.text({string(' '.join(filter(None, parts)))})"


def _expression(key: IndexKey) -> str:
    """Return the expression, in parentheses unless it is a function call."""
    expression = key.expression or ""
    return expression if leading_function(expression) else f"({expression})"


def _name(statement: CreateIndex) -> str:
    """Return the index's name, or one that says what it is on where Postgres would choose."""
    columns = [key.column or leading_function(key.expression or "") for key in statement.keys]
    return statement.name or "_".join(["ix", statement.table.name, *filter(None, columns)])


def string(text: str) -> str:
    """Spell a text as Python does."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + escaped.replace("\n", "\\n").replace("\r", "\\r") + '"'
