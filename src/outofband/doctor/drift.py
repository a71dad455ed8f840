"""What is otherwise in the database than the applied revisions say? Pure.

More than `alembic check` sees: whether an index is valid, its predicate, access method and INCLUDE,
whether a constraint is validated, where a foreign key points, what a CHECK and a default say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from outofband.catalog.classify import classify
from outofband.catalog.facts import IndexFacts, Observation, TableFacts
from outofband.catalog.reader import Row
from outofband.catalog.sight import Sight
from outofband.doctor import expressions
from outofband.doctor.declared import Declared
from outofband.doctor.expressions import Pair
from outofband.doctor.finding import Finding, Severity
from outofband.doctor.words import told
from outofband.model.names import QualifiedName, is_reindex_leftover, is_temporary
from outofband.model.state import State
from outofband.model.step import CreateIndex
from outofband_lint.schema import Column, Table, TableConstraint

_FINE = frozenset({State.VALID, State.CONSTRAINT_OWNED, State.BUILDING, State.BUILDING_ELSEWHERE})
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Kept:
    """A column as the catalog has it: its ``type`` as SQL, and the bare name of it; the
    ``default`` as PostgreSQL spells it, None where there is none.
    """

    type: str
    type_name: str
    builtin: bool
    not_null: bool
    default: str | None = None
    generated: bool = False


@dataclass(frozen=True, slots=True)
class There:
    """What the database has; ``hidden`` are tables that are there and were not looked at,
    ``unlike`` the expressions that PostgreSQL prints otherwise than those declared.
    """

    seen: Observation
    tables: Mapping[QualifiedName, TableFacts]
    columns: Mapping[QualifiedName, Mapping[str, Kept]]
    constraints: Mapping[QualifiedName, Sequence[TableConstraint]]
    hidden: Set[QualifiedName] = frozenset()
    unlike: Set[Pair] = frozenset()


def kept(rows: Iterable[Row]) -> dict[QualifiedName, dict[str, Kept]]:
    """Return the columns of each table, of the rows of ``queries/columns.sql``."""
    found: dict[QualifiedName, dict[str, Kept]] = {}
    for row in rows:
        told = (row["default"], row["generated"])
        column = Kept(row["type"], row["type_name"], row["builtin"], row["not_null"], *told)
        found.setdefault(QualifiedName(row["table"], row["schema"]), {})[row["name"]] = column
    return found


def judge(
    ours: Declared, steps: Sequence[CreateIndex], there: There, told_names: Set[str]
) -> Iterator[Finding]:
    """Name every difference: ``steps`` are the indexes that the revisions declare, ``told_names``
    what another question speaks of.
    """
    sights = [(step, _sight(step, there)) for step in steps if step.table in there.tables]
    renamed = {
        sight.index.name.name
        for _, sight in sights
        if sight.state is State.VALID_OTHER_NAME and sight.index is not None
    }
    for table in ours.tables:
        if table.kind in ("table", "partitioned") and table.name not in there.hidden:
            yield from _table(table, ours, there, told_names | renamed)
    for step, sight in sights:
        if sight.state not in _FINE:
            yield _index(step, sight, ours)
    if ours.unread:
        yield _drift(
            "note",
            f"what revisions {told(ours.unread)} do was not understood: what they make is not "
            "compared",
            None,
            "outofband lint says why",
        )


def _table(table: Table, ours: Declared, there: There, told_names: Set[str]) -> Iterator[Finding]:
    facts = there.tables.get(table.name)
    if facts is None:
        yield _drift("error", f"table {table.name} is not there", table.name, _by(table))
        return
    constraints = there.constraints.get(table.name, ())
    yield from _columns(table, there.columns.get(table.name, {}), there.unlike)
    yield from _constraints(table, constraints, told_names, there.unlike)
    if not ours.unread:
        yield from _by_hand(table, facts, constraints, told_names)


def _sight(step: CreateIndex, there: There) -> Sight:
    return classify(step, there.seen, frozenset({step.index.qualified_name}))


def _index(step: CreateIndex, sight: Sight, ours: Declared) -> Finding:
    table = ours.schema.tables[step.table]
    severity: Severity = "warning" if sight.state is State.VALID_OTHER_NAME else "error"
    what = f"index {step.index.qualified_name} {told_state(step, sight)}"
    evidence = (
        [f"declared: {step.index.create()}", f"there: {_spelled(sight.index)}"]
        if sight.index
        else []
    )
    return _drift(severity, what, step.table, _by(table.index(step.name) or table), evidence)


def told_state(step: CreateIndex, sight: Sight) -> str:
    """Say what is wrong with a declared index, as what follows its name."""
    found = sight.index
    match sight.state:
        case State.ABSENT:
            return "is not there"
        case State.INVALID | State.INVALID_ENFORCING:
            return "is INVALID: no query uses it"
        case State.VALID_OTHER_NAME:
            return f"is there as {found.name.name}" if found else "has another name"
        case State.NOT_PROVABLY_EQUAL:
            return "may be another one than declared: its expressions are spelled differently"
        case State.PARTITION_INCOMPLETE:
            return "lacks parts on some partitions"
    differs = _differences(step, found) if found else ()
    return f"is another one than declared, in {', '.join(differs)}" if differs else (
        "is another one than declared"
    )  # fmt: skip


def _differences(step: CreateIndex, found: IndexFacts) -> tuple[str, ...]:
    index = step.index
    pairs = {
        "access method": (index.method.lower(), found.method),
        "uniqueness": (index.unique, found.unique),
        "NULLS [NOT] DISTINCT": (index.nulls_not_distinct, found.nulls_not_distinct),
        "INCLUDE": (set(index.include), set(found.include)),
        "predicate": (index.where is None, found.predicate is None),
        "keys": ([k.column for k in index.keys], [k.column for k in found.keys]),
    }
    named = tuple(name for name, (wanted, stored) in pairs.items() if wanted != stored)
    return named or ("keys or predicate",)


def _spelled(found: IndexFacts) -> str:
    unique = "UNIQUE " if found.unique else ""
    include = f" INCLUDE ({', '.join(found.include)})" if found.include else ""
    where = f" WHERE {found.predicate}" if found.predicate else ""
    keys = ", ".join(key.text for key in found.keys)
    return f"{unique}{found.method} ({keys}){include}{where}"


def _columns(table: Table, kept: Mapping[str, Kept], unlike: Set[Pair]) -> Iterator[Finding]:
    if not table.columns_known:
        return
    for column in table.columns:
        found = kept.get(column.name)
        name = f"column {column.name} of {table.name}"
        if found is None:
            yield _drift("error", f"{name} is not there", table.name, _by(column))
        elif not _same_type(column, found):
            evidence = [f"declared: {column.type}", f"there: {found.type}"]
            yield _drift("error", f"{name} has another type", table.name, _by(column), evidence)
        elif column.not_null != found.not_null:
            takes = "takes no NULL" if found.not_null else "takes NULL"
            what = f"{name} {takes}, other than declared"
            yield _drift("error", what, table.name, _by(column))
        else:
            yield from _default(table, column, found, unlike)
    if extra := sorted(set(kept) - {column.name for column in table.columns}):
        what = f"{table.name} has columns that no applied revision makes: {told(extra)}"
        yield _drift("note", what, table.name)


def _default(table: Table, column: Column, found: Kept, unlike: Set[Pair]) -> Iterator[Finding]:
    if column.generated or found.generated or not expressions.has_default(column):
        return
    name = f"column {column.name} of {table.name}"
    if found.default is None:
        what = f"{name} has no default, other than declared"
        yield _drift("error", what, table.name, _by(column), [f"declared: {column.default}"])
    elif expressions.default(table.name, column, found) in unlike:
        evidence = [f"declared: {column.default}", f"there: {found.default}"]
        yield _drift("warning", f"{name} has another default", table.name, _by(column), evidence)


def _same_type(column: Column, found: Kept) -> bool:
    if column.type.builtin and found.builtin:
        return str(column.type) == found.type
    return column.type.name == found.type_name and column.type.array == found.type.endswith("[]")


def _constraints(
    table: Table,
    stored: Iterable[TableConstraint],
    told_names: Set[str],
    unlike: Set[Pair],
) -> Iterator[Finding]:
    there = {each.name: each for each in stored}
    for constraint in table.constraints:
        if constraint.kind == "not_null" or constraint.name in told_names or constraint.parent:
            continue
        found = there.get(constraint.name)
        name = f"constraint {constraint.name} of {table.name}"
        if found is None:
            yield _drift("error", f"{name} is not there", table.name, _by(constraint))
        elif found.kind != constraint.kind or (
            constraint.kind != "check"
            and constraint.columns
            and found.columns != constraint.columns
        ):
            yield _drift("error", f"{name} is another one", table.name, _by(constraint))
        elif _target(constraint, found) != _target(found, constraint):
            evidence = [f"declared: {_points(constraint)}", f"there: {_points(found)}"]
            what = f"{name} is another one"
            yield _drift("error", what, table.name, _by(constraint), evidence)
        elif Pair(table.name, constraint.expression or "", found.expression or "") in unlike:
            evidence = [f"declared: {constraint.expression}", f"there: {found.expression}"]
            what = f"{name} may be another one than declared: its expression is spelled differently"
            yield _drift("warning", what, table.name, _by(constraint), evidence)
        elif constraint.validated and not found.validated:
            what = f"{name} is NOT VALID: rows that were there before need not fulfil it"
            yield _drift("warning", what, table.name, _by(constraint))


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


def _by_hand(
    table: Table,
    facts: TableFacts,
    constraints: Iterable[TableConstraint],
    told_names: Set[str],
) -> Iterator[Finding]:
    """Name what no applied revision makes: a note, since a DBA may mean it."""
    ours = {index.name for index in table.indexes} | {c.name for c in table.constraints}
    extra = [
        index.name.name
        for index in facts.indexes
        if index.valid
        and index.name.name not in ours
        and index.name.name not in told_names
        and not is_temporary(index.name.name)
        and not any(is_reindex_leftover(index.name.name, i.name) for i in table.indexes)
    ]
    own = [each.name for each in constraints]
    more = [name for name in own if name not in ours | told_names and name not in extra]
    for kind, names in (("indexes", extra), ("constraints", more)):
        if names:
            what = f"{table.name} has {kind} that no applied revision makes: {told(names)}"
            yield _drift("note", what, table.name)


def _by(item: object) -> str:
    revision = getattr(item, "revision", "")
    return f"revision {revision} declares it" if revision else ""


def _drift(
    severity: Severity,
    what: str,
    table: QualifiedName | None,
    by: str = "",
    evidence: Sequence[str] = (),
) -> Finding:
    do = "" if severity == "note" else (
        "Write a revision that makes it so, or make the database so by hand, then run "
        "outofband doctor again"
    )  # fmt: skip
    shown = ((by,) if by else ()) + tuple(evidence[:_SHOWN])
    return Finding(
        "schema-drift",
        severity,
        what,
        shown,
        "the application, and the next revision, count on what the revisions say"
        if severity != "note"
        else "",
        do,
        str(table) if table else "",
    )
