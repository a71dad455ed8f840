"""Which writes reach a handful of rows, and which CHECKs prove a partition's bound."""

from __future__ import annotations

import pytest

from outofband_lint.implication import implies_bound
from outofband_lint.names import QualifiedName
from outofband_lint.reader import read
from outofband_lint.row_count import is_batch, writes_few
from outofband_lint.schema import Schema, fold
from outofband_lint.statement import AlterTable, AttachPartition, Query


def schema_of(sql: str) -> Schema:
    schema = Schema()
    for statement in read(sql):
        schema = fold(schema, statement, revision="1")
    return schema


def query(sql: str) -> Query:
    (found,) = read(sql)
    assert isinstance(found, Query)
    return found


TABLE = "CREATE TABLE t (id int PRIMARY KEY, a int, b text, UNIQUE (a, b))"


@pytest.mark.parametrize(
    ("sql", "few"),
    [
        ("UPDATE t SET a = 1 WHERE id = 1", True),
        ("UPDATE t SET a = 1 WHERE t.id = -1 AND b LIKE 'x%'", True),
        ("UPDATE t SET a = 1 WHERE id IN (1, 2) RETURNING a", True),
        ("DELETE FROM t WHERE b = 'x' AND a = 1", True),
        ("UPDATE t SET a = 1 WHERE id = '8f0e'::uuid", True),
        ("UPDATE t SET a = 1 WHERE a = 1", False),
        ("UPDATE t SET a = 1 WHERE id = a", False),
        ("UPDATE t SET a = 1 WHERE id > 1", False),
        ("UPDATE t SET a = 1 WHERE NOT id = 1", False),
        ("UPDATE t SET a = 1 WHERE id = 1 OR a = 2", False),
        ("DELETE FROM t WHERE id IN (SELECT id FROM u)", False),
        ("INSERT INTO t VALUES (1)", True),
        ("INSERT INTO t SELECT 1, 2 WHERE NOT EXISTS (SELECT 1 FROM t)", True),
        ("INSERT INTO t SELECT x FROM (VALUES (1), (2)) v (x)", True),
        ("INSERT INTO t SELECT unnest FROM unnest(ARRAY[1, 2])", True),
        ("INSERT INTO t SELECT id FROM u", False),
        ("INSERT INTO t WITH x AS (SELECT 1) SELECT * FROM x", False),
    ],
)
def test_rows_named_by_a_key_are_few(sql: str, few: bool) -> None:
    statement = query(sql)
    table = schema_of(TABLE).table(QualifiedName("t"))
    assert writes_few(statement, statement.writes[0], table) is few


@pytest.mark.parametrize(
    ("sql", "batch"),
    [
        ("UPDATE t SET a = 1 WHERE id BETWEEN 1 AND 1000", True),
        ("DELETE FROM t WHERE ctid IN (SELECT ctid FROM t LIMIT 1000)", True),
        ("UPDATE t SET a = 1 WHERE id > 1000", False),
        ("UPDATE t SET b = 'limit' WHERE id > 1000", False),
    ],
)
def test_a_batch_says_how_much_it_touches(sql: str, batch: bool) -> None:
    assert is_batch(query(sql)) is batch


@pytest.mark.parametrize(
    ("columns", "bound", "implied"),
    [
        ("k int NOT NULL, CHECK (k >= 1 AND k < 5)", "FROM (1) TO (5)", True),
        ("k int NOT NULL, CHECK (k BETWEEN 1 AND 4)", "FROM (1) TO (5)", True),
        ("k int NOT NULL, CHECK (k BETWEEN 1 AND 5)", "FROM (1) TO (5)", False),
        ("k int NOT NULL, CHECK (k > 0 AND k <= 5)", "FROM (1) TO (5)", False),
        ("k int, CHECK (k >= 1 AND k < 5)", "FROM (1) TO (5)", False),
        ("k int, CHECK (k IS NOT NULL AND k >= 1 AND k < 5)", "FROM (1) TO (5)", True),
        ("k int NOT NULL, CHECK (k >= 1)", "FROM (1) TO (MAXVALUE)", True),
        ("k int NOT NULL, CHECK (k >= 1 OR k < 5)", "FROM (1) TO (5)", False),
        ("k int NOT NULL, j int, CHECK (j >= 1 AND j < 5)", "FROM (1) TO (5)", False),
        ("k text NOT NULL, CHECK (k = 'a')", "IN ('a', 'b')", True),
        ("k text NOT NULL, CHECK (k IN ('a', 'c'))", "IN ('a', 'b')", False),
        ("k text NOT NULL, CHECK (k >= 'a' AND k < 'b')", "FROM ('a') TO ('b')", True),
        ("k text NOT NULL, CHECK (k >= 'ab' AND k < 'b')", "FROM ('a') TO ('b')", False),
        (
            "k date NOT NULL, CHECK (k >= DATE '2024-01-05' AND k < '2024-02-01'::date)",
            "FROM ('2024-01-01') TO ('2024-02-01')",
            True,
        ),
        ("k int NOT NULL, CHECK (k >= 1 AND k < 5)", "WITH (MODULUS 2, REMAINDER 0)", False),
    ],
)
def test_a_check_proves_a_bound(columns: str, bound: str, implied: bool) -> None:
    table = schema_of(f"CREATE TABLE t ({columns})").table(QualifiedName("t"))
    (attach,) = read(f"ALTER TABLE p ATTACH PARTITION t FOR VALUES {bound}")
    assert table is not None
    assert isinstance(attach, AlterTable)
    action = attach.actions[0]
    assert isinstance(action, AttachPartition)
    assert implies_bound(table, "k", action.bound) is implied
