"""Builders of facts, so that a test says only what matters to it."""

from __future__ import annotations

from typing import Any

import pytest

from outofband.catalog.facts import Column, IndexFacts, KeyFacts, Observation, TableFacts, Worker
from outofband.model.index import Index, Key
from outofband.model.names import QualifiedName

TABLE = QualifiedName("docs", "public")


class Facts:
    """Makes values of the catalog with the common defaults."""

    table_name = TABLE

    @staticmethod
    def declared(name: str = "docs_idx", *columns: str, **given: Any) -> Index:
        keys = given.pop("keys", tuple(Key.of(c) for c in columns or ("id",)))
        return Index(name, QualifiedName("docs"), keys, **given)

    @staticmethod
    def key(column: str | None = "id", **given: Any) -> KeyFacts:
        plain: dict[str, Any] = {
            "column": column,
            "text": column or "",
            "operator_class": "int4_ops",
            "default_class": True,
            "collation": None,
            "collation_oid": 0,
            "descending": False,
            "nulls_first": False,
        }
        return KeyFacts(**{**plain, **given})

    @classmethod
    def index(cls, name: str = "docs_idx", *columns: str, **given: Any) -> IndexFacts:
        plain: dict[str, Any] = {
            "name": QualifiedName(name, "public"),
            "valid": True,
            "ready": True,
            "live": True,
            "unique": False,
            "nulls_not_distinct": False,
            "method": "btree",
            "keys": tuple(cls.key(c) for c in columns or ("id",)),
            "include": (),
            "predicate": None,
            "constraint": None,
            "constraint_type": None,
            "partitioned": False,
            "bytes": 8192,
        }
        return IndexFacts(**{**plain, **given})

    @staticmethod
    def table(*indexes: IndexFacts, **given: Any) -> TableFacts:
        plain: dict[str, Any] = {
            "oid": 1,
            "name": TABLE,
            "partitioned": False,
            "heap_bytes": 1 << 30,
            "row_estimate": 1e6,
            "columns": {"id": Column(True, 0), "path": Column(True, 0), "note": Column(False, 0)},
            "indexes": indexes,
            "workers": (),
        }
        return TableFacts(**{**plain, **given})

    @staticmethod
    def seen(table: TableFacts | None, **taken: str) -> Observation:
        tables = {} if table is None else {QualifiedName("docs"): table}
        return Observation(tables, {QualifiedName(name): kind for name, kind in taken.items()})

    @staticmethod
    def worker(name: str = "psql", pid: int = 7) -> Worker:
        return Worker(pid, name, None)


@pytest.fixture
def facts() -> type[Facts]:
    return Facts
