"""Tables that no revision has made and that a revision asks about nevertheless.

``metadata.create_all()`` made them, or a person. The project's models say what they are at head,
which is the best that is known of what they were.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from sqlalchemy import MetaData
from sqlalchemy import Table as Model
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable, ExecutableDDLElement

from outofband_lint.names import QualifiedName

if TYPE_CHECKING:
    from outofband_lint.schema import Table


def table(name: QualifiedName, models: Iterable[MetaData]) -> Table:
    """Return a table as the first of the models that knows it has it; else one with no columns."""
    from outofband_lint.reader import read
    from outofband_lint.schema import Schema, Table, fold
    from outofband_lint.schema.values import DEFAULT_SCHEMA

    full = QualifiedName(name.name, name.schema or DEFAULT_SCHEMA)
    schema = Schema()
    for sql in _made(name, models):
        for statement in read(sql):
            schema = fold(schema, statement, revision="")
    return schema.table(name) or Table(full)


def _made(name: QualifiedName, models: Iterable[MetaData]) -> list[str]:
    """Return the statements that ``create_all()`` would send for a table."""
    key = f"{name.schema}.{name.name}" if name.schema else name.name
    found: list[Model] = [known for one in models if (known := one.tables.get(key)) is not None]
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    sent: list[str] = []
    for model in found[:1]:
        made: list[ExecutableDDLElement] = [CreateTable(model), *map(CreateIndex, model.indexes)]
        for construct in made:
            with suppress(Exception):  # a type that PostgreSQL has not, or one that is absent
                sent.append(str(construct.compile(dialect=dialect)))
    return sent
