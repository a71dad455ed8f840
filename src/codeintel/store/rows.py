"""The five tables and their rows: fields are columns, after the ``dump_id`` of every table.

The tables grow along the revisions, and old and new code meet old and new tables: the columns in
LATER are those of later revisions. The version of a row (``schema_version``) says whether its
counts may be believed:

- 1: written before the counts had columns. They hold 0, the default of the revision that added
  them, and a backfill has still to count.
- 2: ``num_diagnostics`` or ``num_locations`` is the number in the row's blob.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

METADATA: Final = "lsif_data_metadata"
DOCUMENTS: Final = "lsif_data_documents"
RESULT_CHUNKS: Final = "lsif_data_result_chunks"
DEFINITIONS: Final = "lsif_data_definitions"
REFERENCES: Final = "lsif_data_references"

#: Of the columns ``dump_id``, which are of four bytes; ids begin at 1.
MAX_DUMP_ID: Final = 2**31 - 1

#: What this code writes; see above.
SCHEMA_VERSION: Final = 2


class MetadataRow(NamedTuple):
    """The one row that makes a dump visible to readers."""

    num_result_chunks: int


class DocumentRow(NamedTuple):
    """A file of the dump."""

    path: str
    data: bytes
    num_diagnostics: int
    schema_version: int = SCHEMA_VERSION


class ResultChunkRow(NamedTuple):
    """A share of the definition and reference results."""

    idx: int
    data: bytes


class MonikerRow(NamedTuple):
    """Where a moniker is defined, or where it is used."""

    scheme: str
    identifier: str
    data: bytes
    num_locations: int
    schema_version: int = SCHEMA_VERSION


Row = MetadataRow | DocumentRow | ResultChunkRow | MonikerRow

#: Every table with its kind of row, in the order of writing: metadata last, since readers take a
#: dump that has it for whole.
TABLES: Final[dict[str, type[Row]]] = {
    DOCUMENTS: DocumentRow,
    RESULT_CHUNKS: ResultChunkRow,
    DEFINITIONS: MonikerRow,
    REFERENCES: MonikerRow,
    METADATA: MetadataRow,
}

LATER: Final = frozenset({"schema_version", "num_diagnostics", "num_locations"})

#: PostgreSQL's name of each column's type.
TYPES: Final[dict[str, str]] = {
    "dump_id": "int4",
    "num_result_chunks": "int4",
    "path": "text",
    "idx": "int4",
    "scheme": "text",
    "identifier": "text",
    "data": "bytea",
    "schema_version": "int4",
    "num_diagnostics": "int4",
    "num_locations": "int4",
}


@dataclass(frozen=True, slots=True)
class Rows:
    """One dump, encoded: what any number of uploads write, each under a dump id of its own."""

    metadata: MetadataRow
    documents: tuple[DocumentRow, ...]
    result_chunks: tuple[ResultChunkRow, ...]
    definitions: tuple[MonikerRow, ...]
    references: tuple[MonikerRow, ...]

    def of(self, table: str) -> tuple[Row, ...]:
        """Return the rows of one of TABLES."""
        by_table: dict[str, tuple[Row, ...]] = {
            DOCUMENTS: self.documents,
            RESULT_CHUNKS: self.result_chunks,
            DEFINITIONS: self.definitions,
            REFERENCES: self.references,
            METADATA: (self.metadata,),
        }
        return by_table[table]

    def __len__(self) -> int:
        return sum(len(self.of(table)) for table in TABLES)


def is_storable(*keys: str) -> bool:
    """Answer whether texts can be keys of rows: PostgreSQL takes no NUL, UTF-8 no half surrogate.

    Both are legal in LSIF, which is JSON. Asked for, what cannot be stored is not there.
    """
    try:
        return all("\0" not in key and key.encode() is not None for key in keys)
    except UnicodeEncodeError:
        return False
