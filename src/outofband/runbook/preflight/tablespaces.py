"""May the role create in the tablespaces where the indexes go?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from outofband.catalog.reader import Reader, query
from outofband.model.action import BuildIndex, CoverTable
from outofband.model.names import quote
from outofband.runbook.plan import PlannedStep
from outofband.runbook.preflight.finding import Finding
from outofband.runbook.preflight.server import Server
from outofband.runbook.provider import Provider


@dataclass(frozen=True, slots=True)
class Tablespace:
    """Whether a tablespace is there, and the role may create in it."""

    name: str
    exists: bool
    may_create: bool


def read_tablespaces(reader: Reader, steps: Sequence[PlannedStep]) -> dict[str, Tablespace]:
    """Look at the tablespaces that steps name; under an empty name at that of the others."""
    names = sorted({name for planned in steps for name in _named(planned)})
    return {
        row["asked"]: Tablespace(row["name"], row["exists"], row["may_create"])
        for row in reader.rows(query("tablespaces"), {"names": names})
    }


def judge_tablespaces(
    planned: PlannedStep, there: Mapping[str, Tablespace], server: Server, provider: Provider
) -> Iterator[Finding]:
    """Refuse what the server would (42501, 42704)."""
    for place in [there[name] for name in sorted(_named(planned)) if name in there]:
        if not place.exists:
            what = f"there is no tablespace {place.name}"
            do = "Create it, or declare another"
            yield Finding(what, do, stops=True, step=planned.step)
        elif not place.may_create:
            yield Finding(
                f"role {server.role} may not create anything in tablespace {place.name}",
                f"Let {provider.administrator} run "
                f"GRANT CREATE ON TABLESPACE {quote(place.name)} TO {quote(server.role)};",
                stops=True,
                step=planned.step,
            )


def _named(planned: PlannedStep) -> set[str]:
    return {
        action.index.tablespace or ""
        for action in planned.actions
        if isinstance(action, BuildIndex | CoverTable)
    }
