"""The relations of a database and who has locked them, as the catalog says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg

from outofband_lint.locks import LockMode
from outofband_lint.names import QualifiedName

MODES = {mode.catalog_name: mode for mode in LockMode}

RELATIONS = """
    SELECT c.oid, n.nspname, c.relname, c.relkind, pg_relation_filenode(c.oid),
           pg_stat_get_xact_numscans(c.oid), coalesce(i.indisvalid, true),
           i.indrelid
      FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace
      LEFT JOIN pg_index i ON i.indexrelid = c.oid
     WHERE c.relkind IN ('r', 'p', 'f', 'm', 'i', 'I')
       AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
"""
LOCKS = """
    SELECT l.relation, l.mode
      FROM pg_locks l JOIN pg_database d ON d.oid = l.database
     WHERE l.pid = %s AND l.locktype = 'relation' AND d.datname = current_database()
"""


@dataclass(frozen=True, slots=True)
class Relation:
    """A table, a materialized view or an index.

    `file` is its relfilenode, None where it has no storage; `scans` counts, since some moment, how
    often this session has read it in full (a table) or has used it (an index). `table` is the oid
    of an index's table.
    """

    name: QualifiedName
    kind: str
    file: int | None
    scans: int
    valid: bool
    table: int | None

    @property
    def is_index(self) -> bool:
        """Whether it is an index."""
        return self.table is not None


def relations(connection: psycopg.Connection[Any]) -> dict[int, Relation]:
    """Return all relations that are not the system's, temporary ones left out, by oid."""
    rows = connection.execute(RELATIONS.encode()).fetchall()
    return {
        oid: Relation(QualifiedName(name, schema), kind, file, scans, valid, table)
        for oid, schema, name, kind, file, scans, valid, table in rows
    }


def held_by(observer: psycopg.Connection[Any], pid: int) -> list[tuple[int, LockMode]]:
    """Return the relation locks that a backend holds or waits for."""
    rows = observer.execute(LOCKS, (pid,)).fetchall()
    return [(oid, MODES[mode]) for oid, mode in rows if mode in MODES]
