"""The schema while one statement changes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from types import MappingProxyType
from typing import Any, TypeVar

from outofband_lint.names import QualifiedName
from outofband_lint.schema.default_names import free_name
from outofband_lint.schema.values import (
    DEFAULT_SCHEMA,
    TEMPORARY_SCHEMA,
    Column,
    Index,
    Schema,
    Table,
    TableConstraint,
)
from outofband_lint.source import Source

_Item = TypeVar("_Item")


class Draft:
    """A private copy of the schema's tables, thawed for one statement.

    Tables stay values: a change replaces one under its name.
    """

    def __init__(
        self, schema: Schema, *, revision: str, out_of_band: bool, source: Source | None
    ) -> None:
        self.before = schema
        self.tables = schema.tables.copy()
        self.types = schema.types.copy()
        self.views = schema.views.copy()
        self.search_path = schema.search_path
        self.dropped_schemas = set(schema.dropped_schemas)
        self.gone = schema.gone.copy()
        self.constraints = schema.constraints
        self.revision = revision
        self.out_of_band = out_of_band
        self.source = source

    def finished(self) -> Schema:
        """Freeze the draft."""
        return replace(
            self.before,
            tables=MappingProxyType(self.tables),
            types=MappingProxyType(self.types),
            views=MappingProxyType(self.views),
            search_path=self.search_path,
            dropped_schemas=frozenset(self.dropped_schemas),
            gone=MappingProxyType(self.gone),
            constraints=self.constraints,
        )

    def now(self) -> Schema:
        """Return a view of the draft for lookups; it lives as long as the draft."""
        return Schema(
            MappingProxyType(self.tables),
            self.before.types,
            MappingProxyType(self.views),
            self.search_path,
        )

    # --- finding

    def table(self, name: QualifiedName) -> Table | None:
        """Find a table as a statement would."""
        return self.now().table(name)

    def view(self, name: QualifiedName) -> QualifiedName | None:
        """Find a view as a statement would, and return its name in full."""
        return self.now().view(name)

    def index(self, name: QualifiedName) -> tuple[Table, Index] | None:
        """Find an index and its table as a statement would."""
        return self.now().index(name)

    def target(self, name: QualifiedName, *, temporary: bool = False) -> QualifiedName:
        """Return where a new object of that name comes to stand."""
        if temporary:
            return QualifiedName(name.name, TEMPORARY_SCHEMA)
        if name.schema is not None:
            return name
        existing = (schema for schema in self.search_path if schema not in self.dropped_schemas)
        return QualifiedName(name.name, next(existing, DEFAULT_SCHEMA))

    def partitions(self, parent: QualifiedName) -> list[Table]:
        """Return the partitions of a table, one level deep."""
        return [table for table in self.tables.values() if table.partition_of == parent]

    def children(self, parent: QualifiedName) -> list[Table]:
        """Return the partitions and the inheritors of a table, one level deep."""
        return [
            table
            for table in self.tables.values()
            if table.partition_of == parent or parent in table.inherits
        ]

    def family(self, name: QualifiedName) -> Iterator[Table]:
        """Yield a table and all that inherits from it, however deep."""
        yield self.tables[name]
        for child in self.children(name):
            yield from self.family(child.name)

    def may_join(self, child: QualifiedName, parent: QualifiedName) -> bool:
        """Tell whether a table can come to inherit from another: not from itself or its own."""
        return all(table.name != parent for table in self.family(child))

    # --- taken names

    def has_relation(self, schema: str | None, name: str) -> bool:
        """Tell whether a table or an index of the schema has that name."""
        return QualifiedName(name, schema) in self.tables or any(
            table.index(name) is not None
            for table in self.tables.values()
            if table.name.schema == schema
        )

    def has_constraint(self, schema: str | None, name: str) -> bool:
        """Tell whether a constraint of the schema has that name."""
        return any(
            table.constraint(name) is not None
            for table in self.tables.values()
            if table.name.schema == schema
        )

    def free_constraint_name(self, table: QualifiedName, addition: str, label: str) -> str:
        """Return the name that Postgres would give to a constraint of that table."""
        return free_name(
            table.name, addition, label, lambda name: self.has_constraint(table.schema, name)
        )

    # --- changing

    def put(self, table: Table) -> None:
        """Store a table under its name."""
        self.tables[table.name] = table

    def append_constraint(self, name: QualifiedName, constraint: TableConstraint) -> None:
        """Add a constraint to a table as it is, without what it implies."""
        table = self.tables[name]
        constraint = replace(constraint, revision=constraint.revision or self.revision)
        self.put(replace(table, constraints=(*table.constraints, constraint)))

    def change(
        self,
        name: QualifiedName,
        *,
        columns: Callable[[Column], Column | None] | None = None,
        indexes: Callable[[Index], Index | None] | None = None,
        constraints: Callable[[TableConstraint], TableConstraint | None] | None = None,
    ) -> None:
        """Replace what a table holds, item by item; None removes an item."""
        table = self.tables[name]
        self.put(
            replace(
                table,
                columns=_mapped(table.columns, columns),
                indexes=_mapped(table.indexes, indexes),
                constraints=_mapped(table.constraints, constraints),
            )
        )

    def change_index(self, table: QualifiedName, name: str, /, **changes: Any) -> None:
        """Replace fields of one index."""
        self.change(table, indexes=lambda i: replace(i, **changes) if i.name == name else i)

    def change_unknown(self, table: QualifiedName, known: tuple[TableConstraint, ...]) -> None:
        """Replace the constraints of a table that the chain never created."""
        self.constraints = MappingProxyType({**self.constraints, table: known})

    def change_constraint(self, table: QualifiedName, name: str, /, **changes: Any) -> None:
        """Replace fields of one constraint."""
        self.change(table, constraints=lambda c: replace(c, **changes) if c.name == name else c)

    def change_constraints_everywhere(
        self, change: Callable[[TableConstraint], TableConstraint | None]
    ) -> None:
        """Replace constraints in every table, as a change on the referenced side needs."""
        for name in list(self.tables):
            self.change(name, constraints=change)


def _mapped(
    items: tuple[_Item, ...], change: Callable[[_Item], _Item | None] | None
) -> tuple[_Item, ...]:
    if change is None:
        return items
    return tuple(new for item in items if (new := change(item)) is not None)
