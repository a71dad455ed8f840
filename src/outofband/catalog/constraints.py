"""Where foreign keys, checks and NOT NULL stand, by what pg_constraint shows of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import assert_never

from outofband.catalog.canonical import canonical
from outofband.catalog.constraint_facts import (
    NOT_NULL_IS_A_CONSTRAINT,
    ConstraintFacts,
    Constraints,
)
from outofband.catalog.facts import Observation, TableFacts
from outofband.catalog.reader import Reader, Row, query
from outofband.catalog.sight import ConstraintSight, Sight
from outofband.model.names import QualifiedName, quote
from outofband.model.state import State
from outofband.model.step import (
    AddCheck,
    AddForeignKey,
    Constraint,
    RowConstraint,
    SetNotNull,
    Step,
)

_KINDS = {
    "c": "a check",
    "f": "a foreign key",
    "n": "a NOT NULL constraint",
    "p": "a primary key",
    "u": "a unique constraint",
    "x": "an exclusion constraint",
}
_CHECK, _FOREIGN_KEY, _NOT_NULL = "c", "f", "n"
_ACTIONS = {"": "a", "RESTRICT": "r", "CASCADE": "c", "SET NULL": "n", "SET DEFAULT": "d"}


def is_constraint(step: Step) -> bool:
    """Tell whether a step adds what every row has to satisfy."""
    return isinstance(step, RowConstraint)


def referents(steps: Iterable[Step]) -> Iterator[QualifiedName]:
    """Yield the tables that foreign keys among the steps refer to."""
    return (step.referent for step in steps if isinstance(step, AddForeignKey))


def read_constraints(
    reader: Reader, steps: Iterable[Step], tables: Mapping[QualifiedName, TableFacts]
) -> Constraints:
    """Read the constraints of the tables that such steps are on; nothing where there is no such
    step.
    """
    asked = [s for s in steps if is_constraint(s) and s.table in tables]
    if not asked:
        return Constraints()
    trees = {part.oid: part for s in asked for part in tables[s.table].tree()}
    on: dict[int, tuple[ConstraintFacts, ...]] = {}
    for row in reader.rows(query("constraints"), {"tables": sorted(trees)}):
        on[row["table_oid"]] = (*on.get(row["table_oid"], ()), _facts(row))
    forms: dict[tuple[int, str], str | None] = {}
    for step in asked:
        table = tables[step.table]
        if (told := _condition(step)) is not None:
            stored = {c.condition for c in on.get(table.oid, ()) if c.condition}
            for text in sorted({told, *stored} - {text for oid, text in forms if oid == table.oid}):
                forms[table.oid, text] = canonical(reader, table.name, text)
    (row,) = reader.rows(query("server_version"))
    return Constraints(row["version"], on, forms)


def _condition(step: Step) -> str | None:
    return step.condition if isinstance(step, AddCheck | SetNotNull) else None


def _facts(row: Row) -> ConstraintFacts:
    told = {key: value for key, value in row.items() if key != "table_oid"}
    name, schema = told["referent"], told.pop("referent_schema")
    referent = None if name is None else QualifiedName(name, schema)
    columns, referred = tuple(told["columns"]), tuple(told["referred"])
    return ConstraintFacts(
        **{**told, "columns": columns, "referent": referent, "referred": referred}
    )


def constraint_sight(step: RowConstraint, seen: Observation) -> Sight:
    """Tell the state of a foreign key, a check or a NOT NULL."""
    table = seen.table(step.table)
    if table is None:
        return Sight(State.ABSENT, reason=f"there is no table {step.table}")
    match step:
        case AddCheck() | AddForeignKey():
            return _added(step, table, seen)
        case SetNotNull():
            return _not_null(step, table, seen)
        case _:
            assert_never(step)


def _added(step: Constraint, table: TableFacts, seen: Observation) -> Sight:
    known = seen.constraints
    found = known.named(table.oid, step.name)
    referent = seen.table(step.referent) if isinstance(step, AddForeignKey) else None
    shown = ConstraintSight(known, found, referent)
    if found is None:
        return _elsewhere(step, table, shown)
    if other := _is_another(step, found, referent):
        return Sight(State.DIFFERENT, reason=other, constraint=shown)
    if isinstance(step, AddCheck) and not _has_condition(step.condition, found, table, known):
        reason = "its condition is spelled differently from the declared one"
        return Sight(State.NOT_PROVABLY_EQUAL, reason=reason, constraint=shown)
    return Sight(State.VALID if found.validated else State.NOT_VALID, constraint=shown)


def is_same(
    step: Constraint,
    found: ConstraintFacts,
    table: TableFacts,
    known: Constraints,
    referent: TableFacts | None,
) -> bool:
    """Tell whether a table, or a partition of it, has the constraint, under whatever name."""
    if _is_another(step, found, referent):
        return False
    return not isinstance(step, AddCheck) or _has_condition(step.condition, found, table, known)


def _is_another(step: Constraint, found: ConstraintFacts, referent: TableFacts | None) -> str:
    """Return why a constraint is another than declared; empty when it is not, except perhaps for
    its condition.
    """
    if found.kind != (_CHECK if isinstance(step, AddCheck) else _FOREIGN_KEY):
        return f"the constraint of that name is {_KINDS[found.kind]}"
    if not found.enforced:
        return "the constraint of that name is NOT ENFORCED"
    if isinstance(step, AddForeignKey):
        return _differs(step, found, referent)
    return "the constraint of that name is NO INHERIT" if found.no_inherit else ""


def _differs(step: AddForeignKey, found: ConstraintFacts, referent: TableFacts | None) -> str:
    declared = zip(step.columns, step.referred, strict=True)
    if sorted(declared) != sorted(zip(found.columns, found.referred, strict=True)):
        return "a foreign key of that name has other columns"
    if referent is None or found.referent != referent.name:
        return f"the foreign key of that name refers to {found.referent}"
    actions = _ACTIONS[step.on_update], _ACTIONS[step.on_delete]
    if actions != (found.on_update, found.on_delete) or found.sets_some:
        return "the foreign key of that name does something else on an update or a delete"
    timing = step.full, step.deferrable, step.deferred
    if timing != (found.full, found.deferrable, found.deferred):
        return "the foreign key of that name is another by MATCH, DEFERRABLE or INITIALLY"
    return ""


def _has_condition(
    condition: str, found: ConstraintFacts, table: TableFacts, known: Constraints
) -> bool:
    """Tell whether a check has that condition, by the planner's form of both."""
    stored = found.condition or ""
    form = known.forms.get((table.oid, condition))
    return stored == condition or (
        form is not None and form == known.forms.get((table.oid, stored))
    )


def _elsewhere(step: Constraint, table: TableFacts, shown: ConstraintSight) -> Sight:
    """Look for an equal constraint under another name, which a person may rename."""
    for found in shown.known.on.get(table.oid, ()):
        if found.validated and is_same(step, found, table, shown.known, shown.referent):
            rename = f"RENAME CONSTRAINT {quote(found.name)} TO {quote(step.name)}"
            reason = (
                f"constraint {found.name} is the same under another name; "
                f"ALTER TABLE {table.name} {rename} makes it this one"
            )
            return Sight(State.VALID_OTHER_NAME, reason=reason, constraint=shown)
    return Sight(State.ABSENT, constraint=shown)


def _not_null(step: SetNotNull, table: TableFacts, seen: Observation) -> Sight:
    known, column = seen.constraints, table.columns.get(step.column)
    if column is None:
        return Sight(State.ABSENT, reason=f"there is no column {step.column}")
    proof = known.named(table.oid, replace(step, table=table.name).proof.name)
    of_column = (c for c in known.on.get(table.oid, ()) if c.columns == (step.column,))
    declared = next((c for c in of_column if c.kind == _NOT_NULL), None)
    shown = ConstraintSight(known, declared, proof=proof)
    if column.not_null:
        return Sight(State.VALID, constraint=shown)
    if declared is not None or (proof is not None and not proof.validated):
        return Sight(State.NOT_VALID, constraint=shown)
    if proof is not None:
        return Sight(State.UNFINISHED, reason=f"check {proof.name} proves it", constraint=shown)
    return _unproved(step, table, shown)


def _unproved(step: SetNotNull, table: TableFacts, shown: ConstraintSight) -> Sight:
    """Look for a check of somebody else that proves it, where NOT NULL is no constraint itself."""
    known = shown.known
    if known.server_version >= NOT_NULL_IS_A_CONSTRAINT:
        if (taken := known.named(table.oid, step.name)) is None:
            return Sight(State.ABSENT, constraint=shown)
        reason = f"the constraint of that name is {_KINDS[taken.kind]}"
        return Sight(State.DIFFERENT, reason=reason, constraint=shown)
    check = AddCheck(step.name, step.table, step.condition)
    for other in known.on.get(table.oid, ()):
        if other.validated and is_same(check, other, table, known, None):
            reason = f"check {other.name} proves it"
            proved = replace(shown, proved_by=other.name)
            return Sight(State.ABSENT, reason=reason, constraint=proved)
    return Sight(State.ABSENT, constraint=shown)


def is_constraint_reachable(step: RowConstraint, table: TableFacts, seen: Observation) -> bool:
    """Tell whether a constraint of a coming revision can be added now: what it names is there."""
    match step:
        case AddCheck(condition=condition):
            return seen.constraints.forms.get((table.oid, condition)) is not None
        case AddForeignKey(columns=columns, referred=referred):
            referent = seen.table(step.referent)
            there = all(column in table.columns for column in columns)
            return there and referent is not None and all(c in referent.columns for c in referred)
        case SetNotNull(column=column):
            return column in table.columns


def left_over(step: RowConstraint, sight: Sight) -> list[Sight]:
    """Find the constraint of an unapplied step; of a NOT NULL what was added for it under a name.

    A column that is NOT NULL without a name is nobody's.
    """
    shown = sight.constraint
    if shown is None:
        return []
    if isinstance(step, SetNotNull) and shown.proof is not None:
        reason = f"{shown.proof.name} was to prove it"
        return [Sight(State.UNWANTED, reason=reason, constraint=replace(shown, found=shown.proof))]
    if shown.found is not None and shown.found.name == step.name:
        return [Sight(State.UNWANTED, constraint=shown)]
    return []
