"""Builders of standings and observations, so that a test says only what matters to it."""

from __future__ import annotations

from typing import Any

import pytest

from outofband.catalog.facts import Column, IndexFacts, KeyFacts, Observation, TableFacts
from outofband.catalog.sight import Sight
from outofband.catalog.standing import Standing
from outofband.model.index import Index, Key
from outofband.model.names import QualifiedName
from outofband.model.state import State
from outofband.model.step import AddConstraint, CreateIndex, DropIndex, Step

DOCS = QualifiedName("docs")


class World:
    """The table ``docs`` (id, path NOT NULL; note not), what is on it, and steps that touch it."""

    @staticmethod
    def create(name: str = "docs_id", *columns: str, **given: Any) -> CreateIndex:
        keys = tuple(Key.of(c) for c in columns or ("id",))
        return CreateIndex(Index(name, DOCS, keys, **given))

    @staticmethod
    def drop(name: str = "docs_id") -> DropIndex:
        return DropIndex(name, DOCS)

    @staticmethod
    def primary_key(*columns: str, using: str = "docs_id") -> AddConstraint:
        return AddConstraint("docs_pkey", DOCS, "primary_key", columns or ("id",), using)

    @staticmethod
    def index(name: str = "docs_id", *columns: str, **given: Any) -> IndexFacts:
        keys = tuple(
            KeyFacts(c, c, "int4_ops", True, None, 0, False, False) for c in columns or ("id",)
        )
        plain: dict[str, Any] = {
            "valid": True,
            "ready": True,
            "live": True,
            "unique": False,
            "nulls_not_distinct": False,
            "method": "btree",
            "include": (),
            "predicate": None,
            "constraint": None,
            "constraint_type": None,
            "partitioned": False,
            "bytes": 8192,
        }
        return IndexFacts(QualifiedName(name, "public"), keys=keys, **{**plain, **given})

    @staticmethod
    def seen(*indexes: IndexFacts, **given: Any) -> Observation:
        plain: dict[str, Any] = {
            "oid": 1,
            "partitioned": False,
            "heap_bytes": 1 << 30,
            "row_estimate": 1e6,
            "columns": {"id": Column(True, 0), "path": Column(True, 0), "note": Column(False, 0)},
            "workers": (),
        }
        name = QualifiedName("docs", "public")
        table = TableFacts(name=name, indexes=indexes, **{**plain, **given})
        return Observation({DOCS: table})

    @staticmethod
    def standing(step: Step, state: State, **given: Any) -> Standing:
        """One step's standing; done, revision and what waits as given, the rest is the sight's."""
        done, revision = given.pop("done", False), given.pop("revision", "r1")
        waits_for = given.pop("waits_for", ())
        return Standing(step, revision, Sight(state, **given), done, waits_for)


@pytest.fixture
def world() -> type[World]:
    return World
