"""May the role do it: own the tables, and create in their schemas?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from outofband.catalog.facts import TableFacts
from outofband.catalog.reader import Reader, query
from outofband.model.action import (
    Action,
    AttachIndex,
    BuildIndex,
    ConstrainTable,
    CoverTable,
    Promote,
    RemoveIndex,
    RenameIndex,
)
from outofband.model.index import Index
from outofband.model.names import QualifiedName, quote
from outofband.model.step import ConstraintIndex, CreateIndex
from outofband.runbook.plan import PlannedStep
from outofband.runbook.preflight.expressions import expressions
from outofband.runbook.preflight.finding import Finding
from outofband.runbook.preflight.server import Server
from outofband.runbook.provider import Provider
from outofband_lint.reader.tokens import Unreadable, is_name, tokenize


@dataclass(frozen=True, slots=True)
class Rights:
    """What the role may do with one table: ``owns`` it by inheritance, ``may_become_owner`` by SET
    ROLE, ``may_use`` its schema and ``may_create`` there, ``may_read`` and ``may_delete`` its rows,
    which an owner may have revoked from himself.
    """

    table: QualifiedName
    owner: str
    superuser_owns: bool
    owns: bool
    may_become_owner: bool
    may_create: bool
    may_use: bool = True
    may_read: bool = True
    may_delete: bool = True


def read_rights(reader: Reader, tables: Sequence[int]) -> dict[int, Rights]:
    """Read the role's rights on tables, by their oids."""
    return {
        row["oid"]: Rights(
            QualifiedName(row["name"], row["schema"]),
            row["owner"],
            row["superuser_owns"],
            row["owns"],
            row["may_become_owner"],
            row["may_create"],
            row["may_use"],
            row["may_read"],
            row["may_delete"],
        )
        for row in reader.rows(query("rights"), {"tables": list(tables)})
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
    lacks = {"USAGE": not rights.may_use, "CREATE": creates and not rights.may_create}
    if lacking := ", ".join(privilege for privilege, lacked in lacks.items() if lacked):
        deed = "create anything in" if lacks["CREATE"] else "use"
        yield Finding(
            f"role {server.role} may not {deed} schema {rights.table.schema}, "
            + ("not even an index of its own table" if deed != "use" else f"of {rights.table}"),
            f"Let {provider.administrator} run "
            f"GRANT {lacking} ON SCHEMA {quote(rights.table.schema or '')} TO {role};",
            stops=True,
            step=step,
        )


def touched(planned: PlannedStep, table: TableFacts) -> tuple[TableFacts, ...]:
    """Return the table, and those of its partitions that a step builds on, renames an index of, or
    attaches one of: each may have an owner and a schema of its own.
    """
    named = {name for action in planned.actions for name in _names(action)}
    return tuple(
        part
        for part in table.tree()
        if part is table or part.name in named or any(i.name in named for i in part.indexes)
    )


def _names(action: Action) -> tuple[QualifiedName, ...]:
    match action:
        case BuildIndex(index) | CoverTable(index) | ConstrainTable(ConstraintIndex(index)):
            return (index.table,)
        case Promote(constraint):
            return (constraint.table,)
        case AttachIndex(parent, part):
            return parent, part
        case RenameIndex(index_name) | RemoveIndex(index_name):
            return (index_name,)
        case _:
            return ()


def judge_named_schemas(
    prober: Reader, index: Index, server: Server, provider: Provider
) -> Iterator[Finding]:
    """Refuse an index that names what is in a schema the role may not use: a collation, an operator
    class, a type, a function.
    """
    names = sorted(_schemas(index) - {index.table.name})
    for row in prober.rows(query("unusable_schemas"), {"names": names}) if names else ():
        yield Finding(
            f"role {server.role} may not use schema {row['name']}, which index {index.name} names",
            f"Let {provider.administrator} run "
            f"GRANT USAGE ON SCHEMA {quote(row['name'])} TO {quote(server.role)};",
            stops=True,
        )


def _schemas(index: Index) -> set[str]:
    """Return what stands before a dot: schemas, and perhaps tables."""
    try:
        texts = tokenize(index.definition).texts
    except Unreadable:  # what it means is asked of the server
        return set()
    return {
        name[1:] if name.startswith('"') else name
        for name, dot in pairwise(texts)
        if dot == "." and is_name(name)
    }


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
