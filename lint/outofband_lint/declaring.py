"""Constraints as the out-of-band operations that a help text proposes and a fix writes."""

from __future__ import annotations

from collections.abc import Sequence

from outofband_lint.names import QualifiedName
from outofband_lint.schema import Schema
from outofband_lint.spelling import schema_argument, string, without_parameters
from outofband_lint.statement import Constraint


def declare_check(table: QualifiedName, name: str, expression: str) -> str:
    """Spell a CHECK of a table as a step."""
    arguments = [
        string(name),
        string(table.name),
        string(without_parameters(expression)),
        *schema_argument("schema", table),
    ]
    return f"op.create_check_constraint_out_of_band({', '.join(arguments)})"


def declare_not_null(table: QualifiedName, name: str, column: str) -> str:
    """Spell a NOT NULL of a column as a step."""
    arguments = [string(name), string(table.name), string(column)]
    told = ", ".join([*arguments, *schema_argument("schema", table)])
    return f"op.set_not_null_out_of_band({told})"


def declare_foreign_key(
    table: QualifiedName, name: str, key: Constraint, schema: Schema
) -> str | None:
    """Spell a foreign key of a table as a step; None where no step is one like it, or where the
    columns that it refers to are not known.
    """
    target = key.references
    referred = key.referenced_columns or _primary_key(target, schema)
    if target is None or not referred or key.sets_some:
        return None
    arguments = [
        string(name),
        string(table.name),
        string(target.name),
        _listed(key.columns),
        _listed(referred),
        *schema_argument("source_schema", table),
        *schema_argument("referent_schema", target),
    ]
    arguments += [f"ondelete={string(key.on_delete.upper())}"] if key.on_delete else []
    arguments += [f"onupdate={string(key.on_update.upper())}"] if key.on_update else []
    arguments += ['match="FULL"'] if key.full else []
    if key.deferred:
        arguments.append('initially="DEFERRED"')
    elif key.deferrable:
        arguments.append("deferrable=True")
    return f"op.create_foreign_key_out_of_band({', '.join(arguments)})"


def _primary_key(target: QualifiedName | None, schema: Schema) -> tuple[str, ...]:
    table = schema.table(target) if target is not None else None
    constraints = () if table is None else table.constraints
    return next((c.columns for c in constraints if c.kind == "primary_key"), ())


def _listed(columns: Sequence[str]) -> str:
    return f"[{', '.join(map(string, columns))}]"
