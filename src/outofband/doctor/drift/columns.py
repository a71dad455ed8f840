"""Which columns are otherwise than the applied revisions say? Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set

from outofband.doctor.drift import expressions
from outofband.doctor.drift.finding import by, drifted
from outofband.doctor.drift.there import Kept, Pair
from outofband.doctor.finding import Finding
from outofband.doctor.words import told
from outofband_lint.schema import Column, Table, TableConstraint


def columns(table: Table, kept: Mapping[str, Kept], unlike: Set[Pair]) -> Iterator[Finding]:
    """Name the columns that are not there or otherwise, and those that nobody declares."""
    if not table.columns_known:
        return
    pending = {name for c in table.constraints if _sets_not_null(c) for name in c.columns}
    for column in table.columns:
        found = kept.get(column.name)
        name = f"column {column.name} of {table.name}"
        if found is None:
            yield drifted("error", f"{name} is not there", table.name, by(column))
        elif not _same_type(column, found):
            evidence = [f"declared: {column.type}", f"there: {found.type}"]
            yield drifted("error", f"{name} has another type", table.name, by(column), evidence)
        elif column.not_null != found.not_null and column.name not in pending:
            takes = "takes no NULL" if found.not_null else "takes NULL"
            what = f"{name} {takes}, other than declared"
            yield drifted("error", what, table.name, by(column))
        else:
            yield from _default(table, column, found, unlike)
    if extra := sorted(set(kept) - {column.name for column in table.columns}):
        what = f"{table.name} has columns that no applied revision makes: {told(extra)}"
        yield drifted("note", what, table.name)


def _sets_not_null(constraint: TableConstraint) -> bool:
    """Tell whether a step is to make a column NOT NULL; whether it is done is told of the step."""
    is_step = constraint.out_of_band and not constraint.validated
    return is_step and constraint.kind == "not_null"


def _default(table: Table, column: Column, found: Kept, unlike: Set[Pair]) -> Iterator[Finding]:
    if column.generated or found.generated or not expressions.has_default(table, column):
        return
    name = f"column {column.name} of {table.name}"
    if found.default is None:
        what = f"{name} has no default, other than declared"
        yield drifted("error", what, table.name, by(column), [f"declared: {column.default}"])
    elif expressions.default(table.name, column, found) in unlike:
        evidence = [f"declared: {column.default}", f"there: {found.default}"]
        yield drifted("warning", f"{name} has another default", table.name, by(column), evidence)


def _same_type(column: Column, found: Kept) -> bool:
    if column.type.builtin and found.builtin:
        return str(column.type) == found.type
    return column.type.name == found.type_name and column.type.array == found.type.endswith("[]")
