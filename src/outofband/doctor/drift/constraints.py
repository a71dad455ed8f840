"""Which constraints are otherwise than the applied revisions say? Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set

from outofband.doctor.drift.finding import by, drifted
from outofband.doctor.drift.there import Pair
from outofband.doctor.finding import Finding
from outofband_lint.schema import Table, TableConstraint


def constraints(
    table: Table,
    stored: Iterable[TableConstraint],
    told_names: Set[str],
    unlike: Set[Pair],
) -> Iterator[Finding]:
    """Name the declared constraints that are not there or otherwise, but ``told_names`` and those
    of steps, of which it is told whether they are done.
    """
    there = {each.name: each for each in stored}
    for constraint in table.constraints:
        if constraint.kind == "not_null" or constraint.name in told_names or constraint.parent:
            continue
        if constraint.out_of_band and not constraint.validated:
            continue
        found = there.get(constraint.name)
        name = f"constraint {constraint.name} of {table.name}"
        if found is None:
            yield drifted("error", f"{name} is not there", table.name, by(constraint))
        elif found.kind != constraint.kind or (
            constraint.kind != "check"
            and constraint.columns
            and found.columns != constraint.columns
        ):
            yield drifted("error", f"{name} is another one", table.name, by(constraint))
        elif _target(constraint, found) != _target(found, constraint):
            evidence = [f"declared: {_points(constraint)}", f"there: {_points(found)}"]
            what = f"{name} is another one"
            yield drifted("error", what, table.name, by(constraint), evidence)
        elif Pair(table.name, constraint.expression or "", found.expression or "") in unlike:
            evidence = [f"declared: {constraint.expression}", f"there: {found.expression}"]
            what = f"{name} may be another one than declared: its expression is spelled differently"
            yield drifted("warning", what, table.name, by(constraint), evidence)
        elif constraint.validated and not found.validated:
            what = f"{name} is NOT VALID: rows that were there before need not fulfil it"
            yield drifted("warning", what, table.name, by(constraint))


def _target(constraint: TableConstraint, other: TableConstraint) -> tuple[object, ...]:
    """Return where a foreign key points, as far as both sides are known, and what a delete does."""
    if constraint.references is None or other.references is None:
        return ()
    known = bool(constraint.referenced_columns and other.referenced_columns)
    columns = constraint.referenced_columns if known else ()
    on_delete = "" if constraint.on_delete == "no action" else constraint.on_delete
    return constraint.references, columns, on_delete


def _points(constraint: TableConstraint) -> str:
    columns = f" ({', '.join(constraint.referenced_columns)})" * bool(constraint.referenced_columns)
    on_delete = f" ON DELETE {constraint.on_delete.upper()}" * bool(constraint.on_delete)
    return f"REFERENCES {constraint.references}{columns}{on_delete}"
