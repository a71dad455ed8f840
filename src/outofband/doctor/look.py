"""What is read once, and judged by every question: tables, indexes, counters, plans."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from outofband.catalog.facts import Observation, TableFacts
from outofband.catalog.observe import observe
from outofband.catalog.reader import Row, query
from outofband.catalog.standing import Standing, standings
from outofband.doctor.plans import Planned, of_queries, of_statements, plan
from outofband.doctor.schema import schema_of
from outofband.doctor.sequential import Reading, read_sequentially
from outofband.doctor.session import Asked
from outofband.doctor.subject import Subject
from outofband.model.names import QualifiedName
from outofband.stats.pull import relations_of
from outofband.stats.statements import statements
from outofband.stats.value import Missing, Relation
from outofband_lint.schema import Schema


@dataclass(frozen=True, slots=True)
class Server:
    """Who answers. ``counted_since`` is a day, None where nobody ever reset the counters;
    ``statements_schema`` has pg_stat_statements, None where the database lacks it.
    """

    role: str
    standby: bool
    today: str
    counted_since: str | None
    statements_schema: str | None
    reads_all_stats: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """A database at one moment: ``tables`` are the user's, without the partitions, which are in the
    whole that they are of; ``steps`` stand as ``standings`` tell, ``ahead`` those of revisions that
    are not applied yet.
    """

    server: Server
    relations: Mapping[QualifiedName, Relation]
    seen: Observation
    tables: Mapping[QualifiedName, TableFacts]
    schema: Schema
    standings: tuple[Standing, ...]
    ahead: tuple[Standing, ...]
    readings: Mapping[QualifiedName, Reading]
    planned: Planned
    missing: tuple[Missing, ...]


def look(session: Asked, subject: Subject) -> Seen:
    """Look at all of it. Raises StatementFailed where not even the catalog can be read."""
    row = session.rows(query("server", "outofband.stats"))[0]
    server = Server(**row)
    relations = {r.qualified: r for r in relations_of(session)}
    split = {str(r.qualified) for r in relations.values() if r.partitioned}
    roots = [name for name, r in relations.items() if r.partition_of not in split]
    steps = [w.step for w in (*subject.coming.steps, *subject.wanted.steps)]
    seen = observe(session, steps, roots)
    tables = {name: table for name in roots if (table := seen.table(name)) is not None}
    schema = schema_of(tables.values())
    readings = {
        reading.name: reading
        for reading in read_sequentially(
            relations.values(), subject.large_bytes, server.counted_since
        )
    }
    planned, missing = _plans(session, subject, row, readings, tables, schema)
    ahead = {w.revision for w in subject.coming.steps if w.ahead}
    return Seen(
        server,
        relations,
        seen,
        tables,
        schema,
        standings(subject.wanted, seen),
        tuple(s for s in standings(subject.coming, seen) if s.revision in ahead),
        {name: _with_queries(reading, planned) for name, reading in readings.items()},
        planned,
        missing,
    )


def _plans(
    session: Asked,
    subject: Subject,
    server: Row,
    readings: Mapping[QualifiedName, Reading],
    tables: Mapping[QualifiedName, TableFacts],
    schema: Schema,
) -> tuple[Planned, tuple[Missing, ...]]:
    """Plan the queries on what is read sequentially: those that were run, where they can be seen,
    or else those that the project lists.
    """
    if not readings:
        return Planned(), ()
    parts = {part.name: name for name in readings for part in tables[name].tree()}
    ran, missing = statements(session, server, [reading.relation for reading in readings.values()])
    candidates = of_statements(ran) or of_queries(subject.queries, {name.name for name in parts})
    return plan(session, candidates, parts, schema), tuple(missing)


def _with_queries(reading: Reading, planned: Planned) -> Reading:
    return replace(reading, queries=tuple(a for a in planned.found if reading.name in a.tables))
