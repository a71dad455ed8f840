"""What a revision that looks at the schema is told: the schema that the chain has made so far.

It assumes that the database was made by the revisions before this one and by nothing else: what
``metadata.create_all()``, an extension or a person added is not there, and what they removed is.
That is the database of a developer or of CI, and of production as far as the revisions are true.
Where a revision asks for more of a table that no revision made than whether it is there, it is
taken to be as the models of env.py have it, or to have neither index nor constraint. Views and
sequences are not folded; they are taken not to exist.
"""

# ruff: noqa: D102, ARG002 (the methods of a dialect, documented with SQLAlchemy's Dialect)

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sqlalchemy import exc
from sqlalchemy.dialects.postgresql import ENUM
from sqlalchemy.dialects.postgresql.base import PGDialect

from outofband.revisions.child.reflected_type import reflected_type
from outofband_lint.names import QualifiedName

if TYPE_CHECKING:
    from outofband_lint.schema import Column, Schema, Table, TableConstraint

_OPTIONS = {"cascade": "CASCADE", "set null": "SET NULL", "restrict": "RESTRICT"}


class FoldedDialect(PGDialect):
    """PostgreSQL whose catalog is a folded Schema."""

    supports_statement_cache = True
    default_schema_name = "public"
    server_version_info = (18, 0)

    def folded(self) -> Schema:
        """Return the schema as it is now; what a subclass provides."""
        raise NotImplementedError

    def assumed(self, name: QualifiedName) -> Table:
        """Return what a table may be that no revision made; what a subclass provides."""
        raise NotImplementedError

    # --- what there is

    def get_schema_names(self, connection: Any, **_: Any) -> list[str]:
        tables = self.folded().tables
        return sorted({"public", "information_schema"} | {str(name.schema) for name in tables})

    def has_schema(  # type: ignore[override]  # SQLAlchemy's own two disagree on the name
        self, connection: Any, schema_name: str, **_: Any
    ) -> bool:
        return schema_name in self.get_schema_names(connection)

    def get_table_names(self, connection: Any, schema: str | None = None, **_: Any) -> list[str]:
        wanted = schema or self.default_schema_name
        found = self.folded().tables.values()
        return [t.name.name for t in found if t.name.schema == wanted and "view" not in t.kind]

    def get_materialized_view_names(
        self, connection: Any, schema: str | None = None, **_: Any
    ) -> list[str]:
        wanted = schema or self.default_schema_name
        found = self.folded().tables.values()
        return [t.name.name for t in found if t.name.schema == wanted and "view" in t.kind]

    def _none(self, *_: Any, **__: Any) -> list[Any]:
        return []

    get_view_names = get_temp_view_names = get_temp_table_names = get_sequence_names = _none
    get_domains = _none

    def has_table(
        self, connection: Any, table_name: str, schema: str | None = None, **_: Any
    ) -> bool:
        return self.folded().table(QualifiedName(table_name, schema)) is not None

    def has_sequence(self, *_: Any, **__: Any) -> bool:
        return False

    def has_type(
        self, connection: Any, type_name: str, schema: str | None = None, **_: Any
    ) -> bool:
        folded = self.folded()
        names = folded.candidates(QualifiedName(type_name, schema))
        return any(name in folded.types for name in names)

    def get_enums(
        self, connection: Any, schema: str | None = None, **_: Any
    ) -> list[dict[str, Any]]:
        wanted = schema or self.default_schema_name
        return [
            {"name": t.name.name, "schema": t.name.schema, "visible": True, "labels": [*t.labels]}
            for t in self.folded().types.values()
            if t.kind == "enum" and wanted in (t.name.schema, "*")
        ]

    # --- what a table has

    def _table(self, name: str, schema: str | None) -> Table:
        asked = QualifiedName(name, schema)
        return self.folded().table(asked) or self.assumed(asked)

    def get_columns(
        self, connection: Any, table_name: str, schema: str | None = None, **_: Any
    ) -> list[Any]:
        columns = self._table(table_name, schema).columns
        if not columns and self.folded().table(QualifiedName(table_name, schema)) is None:
            raise exc.NoSuchTableError(f"{schema}.{table_name}" if schema else table_name)
        return [self._column(c) for c in columns]

    def _column(self, column: Column) -> dict[str, Any]:
        return {
            "name": column.name,
            "type": self._type(column),
            "nullable": not column.not_null,
            "default": column.default,
            "autoincrement": column.identity,
            "comment": None,
        }

    def _type(self, column: Column) -> Any:
        kind = column.type
        for name in self.folded().candidates(QualifiedName(kind.name, kind.schema)):
            known = self.folded().types.get(name)
            if not kind.builtin and known is not None and known.kind == "enum":
                return ENUM(*known.labels, name=known.name.name, create_type=False)
        return reflected_type(kind)

    def get_pk_constraint(
        self, connection: Any, table_name: str, schema: str | None = None, **_: Any
    ) -> Any:
        for found in self._constraints(table_name, schema, "primary_key"):
            columns = [*found.columns]
            return {"constrained_columns": columns, "name": found.name, "comment": None}
        return {"constrained_columns": [], "name": None, "comment": None}

    def get_foreign_keys(
        self, connection: Any, table_name: str, schema: str | None = None, **_: Any
    ) -> list[Any]:
        return [
            {
                "name": found.name,
                "constrained_columns": [*found.columns],
                "referred_schema": _schema_of(found),
                "referred_table": found.references.name,
                "referred_columns": [*(found.referenced_columns or self._key(found.references))],
                "options": {"ondelete": _OPTIONS[d]} if (d := found.on_delete) in _OPTIONS else {},
                "comment": None,
            }
            for found in self._constraints(table_name, schema, "foreign_key")
            if found.references is not None
        ]

    def _key(self, table: QualifiedName) -> tuple[str, ...]:
        found = self.folded().table(table)
        keys = [c for c in found.constraints if c.kind == "primary_key"] if found else []
        return keys[0].columns if keys else ()

    def get_unique_constraints(
        self, connection: Any, table_name: str, schema: str | None = None, **_: Any
    ) -> list[Any]:
        return [
            {"name": found.name, "column_names": [*found.columns], "comment": None}
            for found in self._constraints(table_name, schema, "unique")
        ]

    def get_check_constraints(
        self, connection: Any, table_name: str, schema: str | None = None, **_: Any
    ) -> list[Any]:
        return [
            {"name": found.name, "sqltext": found.expression or "", "comment": None}
            for found in self._constraints(table_name, schema, "check")
        ]

    def get_indexes(
        self, connection: Any, table_name: str, schema: str | None = None, **_: Any
    ) -> list[Any]:
        table = self._table(table_name, schema)
        keys = [c.name for c in table.constraints if c.kind == "primary_key"]
        return [
            {
                "name": found.name,
                "unique": found.unique,
                "column_names": [key.column for key in found.keys],
                **({"expressions": [str(key) for key in found.keys]} if _computes(found) else {}),
                **({"duplicates_constraint": found.constraint} if found.constraint else {}),
                "include_columns": [*found.include],
                "dialect_options": {},
            }
            for found in table.indexes
            if found.constraint is None or found.constraint not in keys
        ]

    def get_table_comment(self, *_: Any, **__: Any) -> Any:
        return {"text": None}

    def get_table_options(self, *_: Any, **__: Any) -> dict[str, Any]:
        return {}

    def _constraints(self, name: str, schema: str | None, kind: str) -> Iterator[TableConstraint]:
        return (c for c in self._table(name, schema).constraints if c.kind == kind)

    # --- many tables at once, by the questions above

    def __getattribute__(self, name: str) -> Any:
        if name.startswith(("get_multi_", "has_multi_")):
            return getattr(super(PGDialect, self), name)
        return super().__getattribute__(name)


def _schema_of(constraint: TableConstraint) -> str | None:
    schema = constraint.references.schema if constraint.references else None
    return None if schema == "public" else schema


def _computes(index: Any) -> bool:
    return any(key.column is None for key in index.keys)
