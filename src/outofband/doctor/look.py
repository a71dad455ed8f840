"""What is read once, and judged by every question: tables, indexes, counters, plans."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from outofband.catalog.facts import Observation, TableFacts
from outofband.catalog.observe import observe
from outofband.catalog.reader import Row, query
from outofband.doctor.asking import Planned
from outofband.doctor.constraints import Stored, read_constraints
from outofband.doctor.declared import Declared, indexes
from outofband.doctor.indexes import Counted, Scans
from outofband.doctor.plans import of_queries, of_statements, plan
from outofband.doctor.schema import schema_of, with_indexes
from outofband.doctor.sequential import Reading, read_sequentially
from outofband.doctor.session import Asked
from outofband.doctor.sight import OutOfSight, Server
from outofband.doctor.subject import Subject
from outofband.model.names import OUR_SCHEMA, QualifiedName
from outofband.model.step import CreateIndex, Step
from outofband.stats.pull import relations_of
from outofband.stats.statements import statements
from outofband.stats.value import Missing, Relation
from outofband_lint.schema import Schema

_OURS = {"ours": OUR_SCHEMA}


@dataclass(frozen=True, slots=True)
class Seen:
    """A database at one moment: ``tables`` are the user's, without the partitions, which are in the
    whole that they are of. ``in_deploy`` are the indexes that the revisions declare to be made by
    the deploy.
    """

    server: Server
    relations: Mapping[QualifiedName, Relation]
    out_of_sight: OutOfSight
    observation: Observation
    tables: Mapping[QualifiedName, TableFacts]
    schema: Schema
    constraints: Sequence[Stored]
    counted: Counted
    declared: Declared
    in_deploy: Sequence[CreateIndex]
    readings: Mapping[QualifiedName, Reading] = field(default_factory=dict)
    planned: Planned = field(default_factory=Planned)
    missing: tuple[Missing, ...] = ()


def look(session: Asked, subject: Subject, ours: Declared) -> Seen:
    """Look at all of it; ``ours`` is what the revisions declare. Raises StatementFailed where not
    even the catalog can be read.
    """
    row = session.rows(query("server", "outofband.stats"))[0]
    server = Server(**row)
    hidden = _out_of_sight(session)
    relations = {r.qualified: r for r in relations_of(session)}
    roots = [name for name in _roots(relations.values()) if name not in hidden]
    steps = subject.steps
    in_deploy = [s for s in indexes(ours.tables, steps) if s.table in relations]
    observation = observe(session, _visible([*steps, *in_deploy], hidden), roots)
    tables = {name: facts for name in roots if (facts := observation.table(name)) is not None}
    seen = Seen(
        server,
        relations,
        hidden,
        observation,
        tables,
        schema_of(tables.values()),
        read_constraints(session),
        _counted(session, server),
        ours,
        [s for s in in_deploy if s.table not in hidden],
    )
    return _with_plans(session, seen, subject, row)


def _out_of_sight(session: Asked) -> OutOfSight:
    locked = session.rows(query("locked", __package__))
    closed = session.rows(query("closed_schemas", __package__), _OURS)
    return OutOfSight(
        tuple(QualifiedName(row["name"], row["schema"]) for row in locked),
        tuple(row["schema"] for row in closed),
    )


def _roots(relations: Iterable[Relation]) -> list[QualifiedName]:
    relations = tuple(relations)
    split = {str(r.qualified) for r in relations if r.partitioned}
    return [r.qualified for r in relations if r.partition_of not in split]


def _visible(steps: Iterable[Step], hidden: OutOfSight) -> list[Step]:
    return [step for step in steps if step.table not in hidden]


def _counted(session: Asked, server: Server) -> Counted:
    rows = session.rows(query("index_scans", __package__), _OURS)
    by_index = {
        QualifiedName(row["name"], row["schema"]): Scans(
            row["scans"], row["bytes"], row["there_on"]
        )
        for row in rows
    }
    return Counted(by_index, server.counted_since, server.today, server.standby)


def _with_plans(session: Asked, seen: Seen, subject: Subject, server: Row) -> Seen:
    """Add what is read sequentially, and by which queries: those that were run, where they can be
    seen, or else those that the project lists.
    """
    since, large = seen.server.counted_since, subject.large_bytes
    found = read_sequentially(
        [r for r in seen.relations.values() if r.qualified in seen.tables], large, since
    )
    readings = {reading.name: reading for reading in found}
    if not readings:
        return seen
    parts = {part.name: name for name in readings for part in seen.tables[name].tree()}
    ran, missing = statements(session, server, [reading.relation for reading in readings.values()])
    candidates = of_statements(ran) or of_queries(subject.queries, {name.name for name in parts})
    planned = plan(session, candidates, parts, _to_come(seen, subject))
    known = {name: _with_queries(reading, planned) for name, reading in readings.items()}
    return replace(seen, readings=known, planned=planned, missing=tuple(missing))


def _to_come(seen: Seen, subject: Subject) -> Schema:
    """Return the schema once every step is done; what lacks an index then needs a new one."""
    steps = (step for step in subject.steps if isinstance(step, CreateIndex))
    known = [(step, seen.observation.table(step.table)) for step in steps]
    built = (replace(step.index, table=facts.name) for step, facts in known if facts is not None)
    return with_indexes(seen.schema, built)


def _with_queries(reading: Reading, planned: Planned) -> Reading:
    return replace(reading, queries=tuple(a for a in planned.found if reading.name in a.tables))
