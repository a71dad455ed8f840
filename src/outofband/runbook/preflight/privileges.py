"""May the role do it: own the tables, and create in their schemas?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from outofband.catalog.reader import Reader, query
from outofband.model.names import QualifiedName, quote
from outofband.model.statements import BuildIndex, RenameIndex
from outofband.model.step import CreateIndex
from outofband.runbook.plan import PlannedStep
from outofband.runbook.preflight.expressions import expressions
from outofband.runbook.preflight.finding import Finding
from outofband.runbook.preflight.server import Server
from outofband.runbook.provider import Provider


@dataclass(frozen=True, slots=True)
class Rights:
    """What the role may do with one table: ``owns`` it by inheritance, ``may_become_owner`` by SET
    ROLE, ``may_create`` in its schema, ``may_read`` and ``may_delete`` its rows, which an owner may
    have revoked from himself.
    """

    table: QualifiedName
    owner: str
    superuser_owns: bool
    owns: bool
    may_become_owner: bool
    may_create: bool
    may_read: bool = True
    may_delete: bool = True


def read_rights(reader: Reader, tables: Sequence[QualifiedName]) -> dict[QualifiedName, Rights]:
    """Read the role's rights on tables, by the names asked for."""
    asked = {str(table): table for table in tables}
    return {
        asked[row["asked"]]: Rights(
            QualifiedName(row["name"], row["schema"]),
            row["owner"],
            row["superuser_owns"],
            row["owns"],
            row["may_become_owner"],
            row["may_create"],
            row["may_read"],
            row["may_delete"],
        )
        for row in reader.rows(query("rights"), {"names": sorted(asked)})
    }


def judge_rights(
    planned: PlannedStep, rights: Rights, server: Server, provider: Provider
) -> Iterator[Finding]:
    """Refuse a step that ends in 42501, hours of scanning later or at once: MAINTAIN is not enough
    to create an index, and even an owner needs CREATE on the schema (measured on 15, 17 and 18).
    """
    step, role = planned.step, quote(server.role)
    if not rights.owns:
        what = f"role {server.role} does not own {rights.table}, {rights.owner} does"
        yield Finding(what, _to_own(rights, role, provider), stops=True, step=step)
    creates = any(isinstance(action, BuildIndex | RenameIndex) for action in planned.actions)
    if creates and not rights.may_create:
        schema = quote(rights.table.schema or "")
        yield Finding(
            f"role {server.role} may not create anything in schema {rights.table.schema}, "
            "not even an index of its own table",
            f"Let {provider.administrator} run GRANT CREATE ON SCHEMA {schema} TO {role};",
            stops=True,
            step=step,
        )


def judge_row_rights(
    planned: PlannedStep, rights: Rights, server: Server, provider: Provider, *, dedupes: bool
) -> Iterator[Finding]:
    """Refuse a unique index whose duplicates the role may not look for, or not take away where
    that was asked for (``dedupes``), and one whose expressions it may not compare.
    """
    step = planned.step
    if not isinstance(step, CreateIndex):
        return
    unique = step.index.unique
    reads, deletes = unique or bool(expressions(step.index)), unique and dedupes
    needed = {"SELECT": reads and not rights.may_read, "DELETE": deletes and not rights.may_delete}
    if lacking := ", ".join(privilege for privilege, lacks in needed.items() if lacks):
        deed = "read rows of, and take them out of," if needed["DELETE"] else "read rows of"
        yield Finding(
            f"role {server.role} may not {deed} {rights.table}",
            f"Let {rights.owner} or {provider.administrator} run "
            f"GRANT {lacking} ON {rights.table} TO {quote(server.role)};",
            stops=True,
            step=step,
        )


def _to_own(rights: Rights, role: str, provider: Provider) -> str:
    owner = quote(rights.owner)
    if rights.may_become_owner:
        return f"Run this as the owner, whom {role} may become: PGOPTIONS='-c role={owner}'"
    # Whoever is granted a superuser is one.
    statement = (
        f"ALTER TABLE {rights.table} OWNER TO {role};"
        if rights.superuser_owns
        else f"GRANT {owner} TO {role};"
    )
    return f"Connect as {owner}, or let {provider.administrator} run {statement}"
