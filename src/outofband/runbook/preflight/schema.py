"""May the role keep what it moves out of the way: the schema ``outofband`` and what is in it?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from outofband.catalog.facts import TableFacts
from outofband.catalog.reader import Reader, query
from outofband.model.names import OUR_SCHEMA, QualifiedName, quote
from outofband.runbook.duplicates.quarantine import quarantine_of
from outofband.runbook.hand import Prober
from outofband.runbook.preflight.finding import Finding
from outofband.runbook.preflight.server import Server
from outofband.runbook.provider import Provider


@dataclass(frozen=True, slots=True)
class OwnSchema:
    """Whether our schema is there, and whether the role may create it, or tables in it."""

    exists: bool
    may_create: bool


def read_own_schema(reader: Reader) -> OwnSchema:
    """Look at the schema ``outofband``."""
    return OwnSchema(**reader.rows(query("own_schema"), {"schema": OUR_SCHEMA})[0])


def judge_quarantine(
    prober: Prober, tables: Iterable[TableFacts], server: Server, provider: Provider
) -> Iterator[Finding]:
    """Refuse to move rows to where another role keeps those of such a table, and lets nobody in."""
    closed = {
        QualifiedName(row["name"], OUR_SCHEMA): row["owner"]
        for row in prober.rows(query("quarantines"), {"schema": OUR_SCHEMA})
        if not row["may_add"]
    }
    for table in tables if closed else ():
        place = quarantine_of(prober, table).place
        if place in closed:
            yield Finding(
                f"role {server.role} may not add rows to {place}, where those of {table.name} go",
                f"Let {closed[place]} or {provider.administrator} run "
                f"GRANT SELECT, INSERT, DELETE ON {place} TO {quote(server.role)};",
                stops=True,
            )


def judge_own_schema(
    own: OwnSchema, server: Server, provider: Provider, *, needed: bool
) -> Iterator[Finding]:
    """Tell that there is no place for a quarantine; that stops where one is ``needed``."""
    if own.may_create:
        return
    schema, role = quote(OUR_SCHEMA), quote(server.role)
    statement = (
        f"GRANT USAGE, CREATE ON SCHEMA {schema} TO {role};"
        if own.exists
        else f"CREATE SCHEMA {schema} AUTHORIZATION {role};"
    )
    what = (
        f"role {server.role} may not create tables in schema {OUR_SCHEMA}, where duplicate rows go"
    )
    yield Finding(what, f"Let {provider.administrator} run {statement}", stops=needed)
