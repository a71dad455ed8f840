"""What pg_catalog says, as the values that the fold makes, and how two schemas are compared."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import psycopg

from outofband_lint.names import QualifiedName, quote
from outofband_lint.reader.expression import mentioned
from outofband_lint.schema import Column, Index, Schema, Table, TableConstraint, Tables
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
    return Schema(Tables(tables.values()))


def read_in_full(connection: psycopg.Connection[Any]) -> Schema:
    """Read the catalog with no search_path, so that types of ours are spelled with a schema."""
    path = connection.execute("SHOW search_path").fetchone()
    assert path is not None
    connection.execute("SET LOCAL search_path = ''")
    try:
        return read_catalog(connection)
    finally:
        connection.execute("SELECT set_config('search_path', %s, true)", path)


def shape(schema: Schema) -> dict[str, Any]:
    """All that the fold promises, in a form that both sides spell alike."""
    return {str(table.name): table_shape(table) for table in schema.tables.values()}


def table_shape(table: Table) -> dict[str, Any]:
    return {
        "kind": table.kind,
        "partition of": table.partition_of,
        "inherits": set(table.inherits),
        "columns": {column.name: (str(column.type), column.not_null) for column in table.columns},
        "indexes": {index.name: index_shape(index, table) for index in table.indexes},
        "constraints": {
            constraint.name: constraint_shape(constraint)
            for constraint in table.constraints
            if constraint.kind != "not_null"
        },
    }


def index_shape(index: Index, table: Table) -> tuple[Any, ...]:
    names = {column.name for column in table.columns}
    spelled = {quote(name): name for name in names}

    def columns(expression: str) -> frozenset[str]:
        return mentioned(expression) & names

    return (
        tuple(
            key.column or spelled.get(key.expression or "") or columns(key.expression or "")
            for key in index.keys
        ),
        tuple(spelled.get(name, name) for name in index.include),
        index.method,
        index.unique,
        None if index.where is None else columns(index.where),
        index.valid,
        index.constraint,
        index.parent,
    )


def constraint_shape(constraint: TableConstraint) -> tuple[Any, ...]:
    in_order = constraint.kind != "check"
    return (
        constraint.kind,
        constraint.columns if in_order else frozenset(constraint.columns),
        constraint.validated,
        constraint.references,
        constraint.referenced_columns,
    )
