"""The four tables of rows: what each is called in a bundle, and what in Postgres.

Metadata is no row among them: it is one number, and is written last.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from codeintel.store import rows

#: Rows by column, in the order of Table.columns, each value as binary COPY has it.
Batch = Sequence[Sequence[bytes]]

#: What a row says whose counts nobody has counted (store/rows.py): the bundles have none, and a
#: mover that counted would have to decode every blob.
UNCOUNTED: Final = 1

#: A number as PostgreSQL sends it, in four bytes; struct.error where they do not suffice.
int4: Final = struct.Struct(">i").pack

_INT4: Final = "BETWEEN -2147483648 AND 2147483647"


class Column(NamedTuple):
    """A column of a bundle, its name in Postgres, and its type as SQLite's ``typeof`` says it."""

    source: str
    name: str
    type: str

    @property
    def is_right(self) -> str:
        """The condition in SQLite's SQL on a value that Postgres has a type for."""
        of_type = f"typeof({self.quoted}) = '{self.type}'"
        return f"{of_type} AND {self.quoted} {_INT4}" if self.type == "integer" else of_type

    @property
    def quoted(self) -> str:
        """The name as SQLite reads it, ``references`` and all."""
        return f'"{self.source}"'


_DATA: Final = Column("data", "data", "blob")


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a bundle whose rows are rows of a table in Postgres, found by ``key``."""

    source: str
    name: str
    key: tuple[Column, ...]
    count: str | None = None

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that a bundle has."""
        return (*self.key, _DATA)

    @property
    def extra(self) -> dict[str, int]:
        """The columns that it has not, with what is written into them."""
        return {"schema_version": UNCOUNTED, self.count: 0} if self.count else {}

    @property
    def is_right(self) -> str:
        """The condition in SQLite's SQL on a row that has the types of its columns."""
        return " AND ".join(f"({column.is_right})" for column in self.columns)


_MONIKER: Final = (Column("scheme", "scheme", "text"), Column("identifier", "identifier", "text"))

TABLES: Final = (
    Table("documents", rows.DOCUMENTS, (Column("path", "path", "text"),), "num_diagnostics"),
    Table("result_chunks", rows.RESULT_CHUNKS, (Column("id", "idx", "integer"),)),
    Table("definitions", rows.DEFINITIONS, _MONIKER, "num_locations"),
    Table("references", rows.REFERENCES, _MONIKER, "num_locations"),
)
