"""Look at what stands on the server."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from outofband.catalog.reader import Row, query
from outofband.model.names import OUR_SCHEMA, QualifiedName
from outofband.pretend.explain import Asked
from outofband.pretend.there import Keys, ServerIndex, Table, There


def look(session: Asked, names: Collection[QualifiedName] | None = None) -> There:
    """Return the tables of these names, with what they are partitions of, and all of their indexes;
    every table where no names are given.
    """
    parameters: dict[str, Any] = {"ours": OUR_SCHEMA, "schemas": None, "names": None}
    if names is not None:
        parameters["schemas"] = [name.schema for name in names]
        parameters["names"] = [name.name for name in names]
    rows = session.rows(query("relations", __package__), parameters)
    tables = [Table(**_relation(row)) for row in rows if not row["is_index"]]
    indexes = tuple(_index(row) for row in rows if row["is_index"])
    return There({table.name: table for table in tables}, indexes)


def _index(row: Row) -> ServerIndex:
    return ServerIndex(
        **_relation(row),
        table=QualifiedName(row["table"], row["schema"]),
        definition=row["definition"],
        unique=row["unique"],
        predicate=row["predicate"],
        keys=Keys(*(tuple(row[name] or ()) for name in ("columns", "widths", "alignments"))),
    )


def _relation(row: Row) -> dict[str, Any]:
    return {
        "oid": row["oid"],
        "name": QualifiedName(row["name"], row["schema"]),
        "path": None if row["partitioned"] else row["path"],
        "columns": frozenset(row["names"] or ()),
    }
