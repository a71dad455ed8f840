"""The schema while one statement changes it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from operator import is_
from types import MappingProxyType
from typing import Any, TypeVar

from outofband_lint.names import QualifiedName
from outofband_lint.schema.default_names import free_name
from outofband_lint.schema.state import Schema, candidates
from outofband_lint.schema.values import (
    DEFAULT_SCHEMA,
    TEMPORARY_SCHEMA,
    Column,
    Index,
    Table,
    TableConstraint,
    Type,
)
from outofband_lint.source import Source

_Item = TypeVar("_Item")


class Draft:
    """The schema's tables and types while one statement changes them.

    Both stay values: a change replaces one under its name.
    """

    def __init__(
        self, schema: Schema, *, revision: str, out_of_band: bool, source: Source | None
    ) -> None:
        self.before = schema
        self.tables = schema.tables
        self.types = schema.types
        self.views = schema.views
        self.search_path = schema.search_path
        self.dropped_schemas = set(schema.dropped_schemas)
        self.gone = schema.gone
        self.emptied = schema.emptied
        self.constraints = schema.constraints
        self.revision = revision
        self.out_of_band = out_of_band
        self.source = source

    def finished(self) -> Schema:
        """Freeze the draft."""
        return Schema(
            self.tables,
            self.types,
            self.views,
            self.search_path,
            frozenset(self.dropped_schemas),
            self.before.savepoints,
            self.gone,
            self.emptied,
            self.constraints,
        )

    def now(self) -> Schema:
        """Return a view of the draft for lookups; it lives as long as the draft."""
        return Schema(self.tables, self.before.types, self.views, self.search_path)

    # --- finding

    def table(self, name: QualifiedName) -> Table | None:
        """Find a table as a statement would."""
        return self.tables.find(candidates(name, self.search_path))

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
        return [table for table in self.children(parent) if table.partition_of == parent]

    def children(self, parent: QualifiedName) -> list[Table]:
        """Return the partitions and the inheritors of a table, one level deep."""
        return self.tables.children(parent)

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
        full = QualifiedName(name, schema)
        return full in self.tables or self.tables.with_index(full) is not None

    def has_constraint(self, schema: str | None, name: str) -> bool:
        """Tell whether a constraint of the schema has that name."""
        return self.tables.has_constraint(QualifiedName(name, schema))

    def free_constraint_name(self, table: QualifiedName, addition: str, label: str) -> str:
        """Return the name that Postgres would give to a constraint of that table."""
        return free_name(
            table.name, addition, label, lambda name: self.has_constraint(table.schema, name)
        )

    # --- changing

    def put(self, table: Table) -> None:
        """Store a table under its name."""
        self.tables = self.tables.put(table)

    def remove(self, name: QualifiedName) -> None:
        """Remove the table of that name."""
        self.tables = self.tables.without(name)

    def put_view(self, name: QualifiedName, revision: str) -> None:
        """Store a view under its name, with the revision that created it."""
        self.views = MappingProxyType({**self.views, name: revision})

    def remove_view(self, name: QualifiedName) -> None:
        """Remove the view of that name."""
        self.views = MappingProxyType({n: r for n, r in self.views.items() if n != name})

    def let_go(self, name: QualifiedName) -> None:
        """Remember the table of that name as one whose name the session has made free."""
        self.gone = self.gone.put(self.tables[name])

    def put_type(self, type_: Type) -> None:
        """Store a type under its name."""
        self.types = self.types.put(type_)

    def remove_types(self, names: Iterable[QualifiedName]) -> None:
        """Remove the types of these names."""
        for name in names:
            self.types = self.types.without(name)

    def append_constraint(self, name: QualifiedName, constraint: TableConstraint) -> None:
        """Add a constraint to a table as it is, without what it implies."""
        table = self.tables[name]
        constraint = replace(
            constraint,
            revision=constraint.revision or self.revision,
            out_of_band=constraint.out_of_band or self.out_of_band,
        )
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

    def change_references(
        self, target: QualifiedName, change: Callable[[TableConstraint], TableConstraint | None]
    ) -> None:
        """Replace the foreign keys that point to a table, as a change on that side needs."""
        for table in self.tables.referring_to(target):
            self.change(
                table.name, constraints=lambda c: change(c) if c.references == target else c
            )


def _mapped(
    items: tuple[_Item, ...], change: Callable[[_Item], _Item | None] | None
) -> tuple[_Item, ...]:
    if change is None:
        return items
    changed = tuple(new for item in items if (new := change(item)) is not None)
    same = len(changed) == len(items) and all(map(is_, changed, items))
    return items if same else changed
