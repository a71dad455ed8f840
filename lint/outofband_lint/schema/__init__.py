"""The schema that a chain of migrations leaves behind, folded statement by statement.

A `Schema` is a value: `fold` returns the next one and leaves the one it was given alone. What the
fold claims is compared with pg_catalog of a real server, after every statement of generated chains
(tests/lint/test_fold_oracle.py).
"""

from __future__ import annotations

from outofband_lint.schema.draft import Draft
from outofband_lint.schema.effects import apply, has_effect
from outofband_lint.schema.filed import Tables
from outofband_lint.schema.rows import after_rows
from outofband_lint.schema.state import Schema
from outofband_lint.schema.transaction import control
from outofband_lint.schema.values import Column, Index, Table, TableConstraint, Type
from outofband_lint.source import Source
from outofband_lint.statement import Statement, TransactionControl

__all__ = ["Column", "Index", "Schema", "Table", "TableConstraint", "Tables", "Type", "fold"]


def fold(
    schema: Schema,
    statement: Statement,
    *,
    revision: str,
    out_of_band: bool = False,
    source: Source | None = None,
) -> Schema:
    """Return the schema after a statement, which is taken to succeed.

    What the statement creates remembers `revision`, `source` and whether it is built `out_of_band`.
    Names that the chain never created are passed over: a fold may start in the middle of a history.
    """
    if isinstance(statement, TransactionControl):
        return control(schema, statement)
    if not has_effect(statement):
        return after_rows(schema, statement)
    draft = Draft(schema, revision=revision, out_of_band=out_of_band, source=source)
    apply(statement, draft)
    return draft.finished()
