"""What the upgrade leaves to ``outofband apply``, as far as a plan depends on it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from outofband.rehearse.schema import Schema
from outofband.rehearse.trace import Traced
from outofband_lint.names import QualifiedName
from outofband_lint.reader import read
from outofband_lint.schema.values import DEFAULT_SCHEMA
from outofband_lint.statement import AlterTable, CreateIndex


@dataclass(frozen=True, slots=True)
class Steps:
    """Indexes that are not ``built`` yet until the steps are done, and the statements that create
    those that are still ``there``.
    """

    built: tuple[QualifiedName, ...] = ()
    there: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether any step changes what a planner may choose from."""
        return bool(self.built or self.there)


def steps(
    statements: Iterable[Traced], base: Schema, large: Callable[[QualifiedName], bool]
) -> Steps:
    """Return the steps on large tables that are at the base already.

    The tables are empty here, so that the upgrade has done all of them.
    """
    built: list[QualifiedName] = []
    there: list[str] = []
    for traced in statements:
        if not traced.out_of_band:
            continue
        for name in traced.created:
            table = _table_of(traced.sql)
            if table is not None and ("table", str(table)) in base and large(table):
                built.append(name)
        for name in traced.dropped:
            definition = base.get(("index", str(name)))
            table = _table_of(definition or "")
            if definition and table is not None and large(table):
                there.append(definition)
    return Steps(tuple(built), tuple(there))


def _table_of(sql: str) -> QualifiedName | None:
    """Return the table of a CREATE INDEX, or of the ALTER TABLE that promotes one."""
    for statement in read(sql):
        if isinstance(statement, CreateIndex | AlterTable):
            return QualifiedName(statement.table.name, statement.table.schema or DEFAULT_SCHEMA)
    return None
