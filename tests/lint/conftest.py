"""What pg_catalog says, as the values that the fold makes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import psycopg
import pytest

from outofband_lint.names import QualifiedName
from outofband_lint.schema import Column, Index, Schema, Table, TableConstraint
from outofband_lint.statement import DataType, IndexKey

OURS = "n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'"
KINDS = {"r": "table", "p": "partitioned", "f": "foreign", "m": "materialized_view"}
CONSTRAINTS = {"p": "primary_key", "u": "unique", "f": "foreign_key", "c": "check", "x": "exclude"}

TABLES = f"""
    SELECT c.oid, n.nspname, c.relname, c.relkind, c.relispartition,
           (SELECT array_agg(i.inhparent ORDER BY i.inhseqno)
              FROM pg_inherits i WHERE i.inhrelid = c.oid)
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'f', 'm') AND {OURS}
"""
COLUMNS = f"""
    SELECT a.attrelid, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull
      FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
      JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'f', 'm') AND {OURS}
     ORDER BY a.attrelid, a.attnum
"""
INDEXES = f"""
    SELECT x.indrelid, c.relname, m.amname, x.indisunique, x.indisvalid, x.indnkeyatts,
           ARRAY(SELECT pg_get_indexdef(x.indexrelid, k, false)
                   FROM generate_series(1, x.indnatts) k),
           pg_get_expr(x.indpred, x.indrelid), o.conname, p.relname
      FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid
      JOIN pg_am m ON m.oid = c.relam
      JOIN pg_namespace n ON n.oid = c.relnamespace
      LEFT JOIN pg_constraint o ON o.conindid = c.oid AND o.contype IN ('p', 'u', 'x')
      LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
      LEFT JOIN pg_class p ON p.oid = i.inhparent
     WHERE {OURS}
"""
# A NOT NULL has a row of its own since 18 only, and is a flag of its column here.
FOREIGN_KEYS_OF_PARENTS = "o.contype = 'f' AND o.conparentid <> 0 AND o.confrelid <> p.confrelid"
CONSTRAINT_ROWS = f"""
    SELECT o.conrelid, o.conname, o.contype, o.convalidated, o.confrelid, p.conname,
           ARRAY(SELECT a.attname FROM unnest(o.conkey) WITH ORDINALITY k (number, position)
                   JOIN pg_attribute a ON a.attrelid = o.conrelid AND a.attnum = k.number
                  ORDER BY k.position)::text[],
           ARRAY(SELECT a.attname FROM unnest(o.confkey) WITH ORDINALITY k (number, position)
                   JOIN pg_attribute a ON a.attrelid = o.confrelid AND a.attnum = k.number
                  ORDER BY k.position)::text[]
      FROM pg_constraint o JOIN pg_namespace n ON n.oid = o.connamespace
      LEFT JOIN pg_constraint p ON p.oid = o.conparentid
     WHERE o.contype IN ('p', 'u', 'f', 'c', 'x') AND o.conrelid <> 0 AND {OURS}
       AND NOT ({FOREIGN_KEYS_OF_PARENTS})
"""


def read_catalog(connection: psycopg.Connection[Any]) -> Schema:
    """Read every table of the database; call it with an empty search_path for full type names."""
    columns, indexes, constraints = defaultdict(list), defaultdict(list), defaultdict(list)
    rows = connection.execute(TABLES).fetchall()
    names = {oid: QualifiedName(name, schema) for oid, schema, name, *_ in rows}
    for oid, name, type_, not_null in connection.execute(COLUMNS):
        columns[oid].append(Column(name, DataType(type_), not_null))
    for oid, name, method, unique, valid, count, parts, where, owner, parent in connection.execute(
        INDEXES
    ):
        indexes[oid].append(
            Index(
                name,
                tuple(IndexKey(expression=part) for part in parts[:count]),
                tuple(parts[count:]),
                method,
                unique,
                where,
                valid=valid,
                constraint=owner,
                parent=parent,
            )
        )
    for oid, name, kind, valid, target, parent, own, referenced in connection.execute(
        CONSTRAINT_ROWS
    ):
        constraints[oid].append(
            TableConstraint(
                name,
                CONSTRAINTS[kind],  # type: ignore[arg-type]
                tuple(own),
                valid,
                references=names.get(target),
                referenced_columns=tuple(referenced),
                parent=parent,
            )
        )
    tables = {}
    for oid, _, _, kind, is_partition, parents in rows:
        found = [names[parent] for parent in parents or []]
        tables[names[oid]] = Table(
            names[oid],
            KINDS[kind],  # type: ignore[arg-type]
            tuple(columns[oid]),
            tuple(indexes[oid]),
            tuple(constraints[oid]),
            partition_of=found[0] if is_partition else None,
            inherits=() if is_partition else tuple(found),
        )
    return Schema(MappingProxyType(tables))


@pytest.fixture
def catalog_schema() -> Callable[[psycopg.Connection[Any]], Schema]:
    """The function that reads what a connection's database holds, as the fold's Schema."""
    return read_catalog
