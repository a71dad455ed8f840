"""What is otherwise in the database than the applied revisions say? Pure.

More than `alembic check` sees: whether an index is valid, its predicate, access method and INCLUDE,
and whether a constraint is validated. CHECK expressions, defaults and rows are not compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from outofband.catalog.classify import classify
from outofband.catalog.facts import IndexFacts, Observation, TableFacts
from outofband.catalog.reader import Row
from outofband.catalog.sight import Sight
from outofband.doctor.declared import Declared
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
    """A column as the catalog has it: its ``type`` as SQL, and the bare name of it."""

    type: str
    type_name: str
    builtin: bool
    not_null: bool


@dataclass(frozen=True, slots=True)
class There:
    """What the database has; ``hidden`` are tables that are there and were not looked at."""

    seen: Observation
    tables: Mapping[QualifiedName, TableFacts]
    columns: Mapping[QualifiedName, Mapping[str, Kept]]
    constraints: Mapping[QualifiedName, Sequence[TableConstraint]]
    hidden: Set[QualifiedName] = frozenset()


def kept(rows: Iterable[Row]) -> dict[QualifiedName, dict[str, Kept]]:
    """Return the columns of each table, of the rows of ``queries/columns.sql``."""
    found: dict[QualifiedName, dict[str, Kept]] = {}
    for row in rows:
        column = Kept(row["type"], row["type_name"], row["builtin"], row["not_null"])
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
    yield from _columns(table, there.columns.get(table.name, {}))
    yield from _constraints(table, constraints, told_names)
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


def _columns(table: Table, kept: Mapping[str, Kept]) -> Iterator[Finding]:
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
    if extra := sorted(set(kept) - {column.name for column in table.columns}):
        what = f"{table.name} has columns that no applied revision makes: {told(extra)}"
        yield _drift("note", what, table.name)


def _same_type(column: Column, found: Kept) -> bool:
    if column.type.builtin and found.builtin:
        return str(column.type) == found.type
    return column.type.name == found.type_name and column.type.array == found.type.endswith("[]")


def _constraints(
    table: Table, stored: Iterable[TableConstraint], told_names: Set[str]
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
        elif constraint.validated and not found.validated:
            what = f"{name} is NOT VALID: rows that were there before need not fulfil it"
            yield _drift("warning", what, table.name, _by(constraint))


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
