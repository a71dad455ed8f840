"""May the role keep what it moves out of the way: the schema ``outofband`` and what is in it?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from outofband.catalog.reader import Reader, query
from outofband.model.names import OUR_SCHEMA, quote
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
