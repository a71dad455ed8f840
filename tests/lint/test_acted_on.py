"""Statements that are not read to their end still say which tables they are about."""

from __future__ import annotations

import pytest

from outofband_lint.names import QualifiedName
from outofband_lint.reader import read
from outofband_lint.statement import RenameObject, Understood

T = QualifiedName("t")
ORDERS = QualifiedName("Orders", "app")


@pytest.mark.parametrize(
    ("sql", "tables"),
    [
        ("CREATE POLICY p ON t USING (true)", (T,)),
        ('create policy "on" on app."Orders" for select', (ORDERS,)),
        ("DROP POLICY IF EXISTS p ON t", (T,)),
        ("ALTER POLICY p ON t TO public", (T,)),
        ("CREATE OR REPLACE RULE r AS ON UPDATE TO t DO INSTEAD NOTHING", (T,)),
        ("DROP RULE r ON t CASCADE", (T,)),
        ("CREATE STATISTICS s (ndistinct) ON a, (extract(year from b)) FROM t", (T,)),
        ("CREATE PUBLICATION p FOR ALL TABLES", ()),
        ('CREATE PUBLICATION p FOR TABLE t (a, b) WHERE (a > 0), ONLY app."Orders"', (T, ORDERS)),
        ("CREATE PUBLICATION p FOR TABLE t, TABLES IN SCHEMA app", (T,)),
        ("ALTER PUBLICATION p SET (publish = 'insert')", ()),
        ("ALTER PUBLICATION p DROP TABLE t", (T,)),
        ("COMMENT ON TABLE t IS 'a'", (T,)),
        ('COMMENT ON COLUMN app."Orders".id IS NULL', (ORDERS,)),
        ("COMMENT ON COLUMN t.id IS NULL", (T,)),
        ("COMMENT ON MATERIALIZED VIEW t IS NULL", (T,)),
        ("COMMENT ON FUNCTION t() IS NULL", ()),
        ("GRANT SELECT ON t TO public", ()),
    ],
)
def test_the_tables_are_told(sql: str, tables: tuple[QualifiedName, ...]) -> None:
    (statement,) = read(sql)
    assert isinstance(statement, Understood)
    assert statement.tables == tables


@pytest.mark.parametrize("kind", ["trigger", "rule", "policy"])
def test_a_rename_tells_the_table_too(kind: str) -> None:
    expected = RenameObject(kind, QualifiedName("p"), "q", T)
    assert read(f"ALTER {kind} p ON t RENAME TO q") == (expected,)
