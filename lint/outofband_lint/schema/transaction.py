"""What a transaction's end makes of the schema.

Source: PostgreSQL 18, ROLLBACK, SAVEPOINT: DDL and SET are taken back like any other change.
"""

from __future__ import annotations

from dataclasses import replace

from outofband_lint.schema.state import Schema
from outofband_lint.statement import TransactionControl


def control(schema: Schema, statement: TransactionControl) -> Schema:
    """Return the schema after BEGIN, COMMIT, ROLLBACK, SAVEPOINT or RELEASE."""
    match statement.kind:
        case "begin":
            return replace(schema, savepoints=(("", schema),))
        case "commit":
            return replace(schema, savepoints=())
        case "savepoint":
            return replace(schema, savepoints=(*schema.savepoints, (_name(statement), schema)))
        case "release":
            return replace(schema, savepoints=schema.savepoints[: _position(schema, statement)])
        case "rollback":
            return _rolled_back(schema, statement)


def _name(statement: TransactionControl) -> str:
    return statement.savepoint or ""


def _position(schema: Schema, statement: TransactionControl) -> int:
    """Return where the savepoint of that name stands, the last one where several have it."""
    names = [name for name, _ in schema.savepoints]
    name = _name(statement)
    return len(names) - 1 - names[::-1].index(name) if name in names else len(names)


def _rolled_back(schema: Schema, statement: TransactionControl) -> Schema:
    """Return the schema that was saved; without a BEGIN in sight there is nothing to go back to."""
    position = _position(schema, statement)
    if position == len(schema.savepoints):
        return schema
    saved = schema.savepoints[position][1]
    kept = 0 if statement.savepoint is None else position + 1
    return replace(saved, savepoints=schema.savepoints[:kept])
