"""What is otherwise in the database than the applied revisions say? Pure.

More than `alembic check` sees: whether an index is valid, its predicate, access method and INCLUDE,
whether a constraint is validated, where a foreign key points, what a CHECK and a default say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set

from outofband.catalog.classify import classify
from outofband.catalog.facts import IndexFacts, TableFacts
from outofband.catalog.sight import Sight
from outofband.catalog.unlike import told_state
from outofband.doctor.declared import Declared
from outofband.doctor.drift import columns as drift_columns
from outofband.doctor.drift import constraints as drift_constraints
from outofband.doctor.drift.finding import by, drifted
from outofband.doctor.drift.there import There
from outofband.doctor.finding import Finding, Severity
from outofband.doctor.words import told
from outofband.model.names import is_reindex_leftover, is_temporary
from outofband.model.state import State
from outofband.model.step import CreateIndex
from outofband_lint.schema import Table, TableConstraint

_FINE = frozenset({State.VALID, State.CONSTRAINT_OWNED, State.BUILDING, State.BUILDING_ELSEWHERE})


def differences(
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
        yield drifted(
            "note",
            f"what revisions {told(ours.unread)} do was not understood: what they make is not "
            "compared",
            None,
            "outofband lint says why",
        )


def _table(table: Table, ours: Declared, there: There, told_names: Set[str]) -> Iterator[Finding]:
    facts = there.tables.get(table.name)
    if facts is None:
        yield drifted("error", f"table {table.name} is not there", table.name, by(table))
        return
    constraints = there.constraints.get(table.name, ())
    yield from drift_columns.columns(table, there.columns.get(table.name, {}), there.unlike)
    yield from drift_constraints.constraints(table, constraints, told_names, there.unlike)
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
    return drifted(severity, what, step.table, by(table.index(step.name) or table), evidence)


def _spelled(found: IndexFacts) -> str:
    unique = "UNIQUE " if found.unique else ""
    include = f" INCLUDE ({', '.join(found.include)})" if found.include else ""
    where = f" WHERE {found.predicate}" if found.predicate else ""
    keys = ", ".join(key.text for key in found.keys)
    return f"{unique}{found.method} ({keys}){include}{where}"


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
            yield drifted("note", what, table.name)
