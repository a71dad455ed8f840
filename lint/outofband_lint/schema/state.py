"""All that a chain of statements left behind: a value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from outofband_lint.names import QualifiedName
from outofband_lint.schema.filed import Tables
from outofband_lint.schema.values import (
    DEFAULT_SCHEMA,
    TEMPORARY_SCHEMA,
    Index,
    Table,
    TableConstraint,
    Type,
)
from outofband_lint.schema.versions import Versioned


@dataclass(frozen=True, slots=True)
class Schema:
    """All tables and types that a chain of statements left behind, and the search_path in force.

    `views` are the plain views, each with the revision that created it first. A schema is taken to
    exist unless it is among `dropped_schemas`. `savepoints` are what a ROLLBACK goes back to, by
    name; that of BEGIN is empty. `constraints` are those of tables that the chain never created.
    `gone` are the tables that the session dropped or renamed, by the name that became free,
    `emptied` those that it has removed all rows of.
    """

    tables: Tables = field(default_factory=Tables)
    types: Versioned[Type] = field(default_factory=Versioned)
    views: MappingProxyType[QualifiedName, str] = field(
        default_factory=lambda: MappingProxyType({})
    )
    search_path: tuple[str, ...] = (DEFAULT_SCHEMA,)
    dropped_schemas: frozenset[str] = frozenset()
    savepoints: tuple[tuple[str, Schema], ...] = ()
    gone: Versioned[Table] = field(default_factory=Versioned)
    emptied: frozenset[QualifiedName] = frozenset()
    constraints: MappingProxyType[QualifiedName, tuple[TableConstraint, ...]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    _known: dict[QualifiedName, Table | None] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def table(self, name: QualifiedName) -> Table | None:
        """Find a table as a statement would: by its schema, or along search_path."""
        try:
            return self._known[name]  # some thirty rules ask for the table of one statement
        except KeyError:
            return self._known.setdefault(name, self.tables.find(self.candidates(name)))

    def view(self, name: QualifiedName) -> QualifiedName | None:
        """Find a view as a statement would, and return its name in full."""
        return next((found for found in self.candidates(name) if found in self.views), None)

    def index(self, name: QualifiedName) -> tuple[Table, Index] | None:
        """Find an index and its table, by its schema or along search_path."""
        for candidate in self.candidates(name):
            table = self.tables.with_index(candidate)
            index = table.index(candidate.name) if table is not None else None
            if table is not None and index is not None:
                return table, index
        return None

    def candidates(self, name: QualifiedName) -> Sequence[QualifiedName]:
        """Return where a name may be found, first match wins (PostgreSQL 18, chapter 5.10.3)."""
        return candidates(name, self.search_path)

    def new_session(self) -> Schema:
        """Return what the next session finds: no temporary tables, and search_path restored."""
        tables, temporary = self.tables, self.tables.temporary()
        changed = temporary or self.savepoints or self.gone or self.emptied
        if not changed and self.search_path == (DEFAULT_SCHEMA,):
            return self
        for name in temporary:
            tables = tables.without(name)
        return replace(
            self,
            tables=tables,
            search_path=(DEFAULT_SCHEMA,),
            savepoints=(),
            gone=Versioned(),
            emptied=frozenset(),
        )


def candidates(name: QualifiedName, search_path: tuple[str, ...]) -> Sequence[QualifiedName]:
    """Return where a name may be found under a search_path, first match wins."""
    if name.schema is not None:
        return (name,)
    path = search_path or (DEFAULT_SCHEMA,)
    searched = path if TEMPORARY_SCHEMA in path else (TEMPORARY_SCHEMA, *path)
    return [QualifiedName(name.name, schema) for schema in searched]
