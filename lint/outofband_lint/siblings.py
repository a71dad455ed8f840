"""Tables that take after another: copies, successors under its name, versions of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from outofband_lint.names import QualifiedName
from outofband_lint.schema import Index, Schema, Table
from outofband_lint.serving import usable_indexes

# What stands before or behind a name for another version of the same table.
_VERSION = re.compile(
    r"^(?:new_|tmp_|temp_|_alembic_tmp_)|"
    r"(?:_?v?\d+|_(?:new|next|tmp|temp|copy|partitioned|parted|migrated))$"
)
_BACKUP = re.compile(
    r"(?:^|_)(?:backup|bak|old|archive|archived|deprecated|snapshot|dump)(?:_|\d|$)"
)


@dataclass(frozen=True, slots=True)
class Lost:
    """The indexes that a table should have from its origin and has not."""

    origin: QualifiedName
    indexes: tuple[Index, ...]


def lost_by(table: Table, schema: Schema) -> Lost | None:
    """Return what a table lost of the one that it takes after, None where it lost nothing."""
    if table.kind not in ("table", "partitioned") or table.temporary or table.partition_of:
        return None
    if _BACKUP.search(table.name.name):
        return None
    for origin, indexes in _expected(table, schema):
        missing = tuple(index for index in indexes if _is_missing(index, table))
        if missing:
            return Lost(origin, missing)
    return None


def _expected(table: Table, schema: Schema) -> Iterator[tuple[QualifiedName, tuple[Index, ...]]]:
    if table.origin is not None:
        yield table.origin, table.lost
    plain = QualifiedName(_VERSION.sub("", table.name.name), table.name.schema)
    original = schema.tables.get(plain) if plain != table.name else None
    if original is not None and _same_columns(original, table):
        yield plain, original.indexes


def _same_columns(one: Table, other: Table) -> bool:
    names = {column.name for column in one.columns}
    return len(names) > 1 and names == {column.name for column in other.columns}


def _is_missing(index: Index, table: Table) -> bool:
    """Tell whether no index of the table begins with the same keys, in any order."""
    if not index.valid and not index.out_of_band:
        return False
    if table.columns_known and any(
        key.column is not None and table.column(key.column) is None for key in index.keys
    ):
        return False
    keys = {str(key) for key in index.keys}
    return not any(
        keys == {str(key) for key in own.keys[: len(keys)]} for own in usable_indexes(table)
    ) and not _has_unseen_key(table)


def _has_unseen_key(table: Table) -> bool:
    """Tell whether a key was made of an index that the revisions never created."""
    return any(c.kind in ("primary_key", "unique") and not c.columns for c in table.constraints)
