"""The locks that the linter expects are those that were measured (tests/matrix/statements.sql)."""

from __future__ import annotations

import pytest

from matrix.corpus import Known, Locks, corpus
from outofband_lint.locks import LockMode
from outofband_lint.names import QualifiedName
from outofband_lint.reader import read
from outofband_lint.schema import Schema, fold
from outofband_lint.statement_locks import locks

GIVEN, STATEMENTS = corpus()

BEYOND_THE_TEXT = {
    "which partition is the default one": (
        "CREATE TABLE line_3 PARTITION OF lines FOR VALUES FROM (10) TO (20)",
        "ALTER TABLE lines ATTACH PARTITION line_9 FOR VALUES FROM (10) TO (20)",
        "ALTER TABLE lines DETACH PARTITION line_1",
    ),
    "what depends on a table, a trigger's function or a type": (
        "DROP TABLE items CASCADE",
        "DROP FUNCTION touch() CASCADE",
        "ALTER TYPE pair ADD ATTRIBUTE z int CASCADE",
    ),
    "what ONLY leaves out, the name of a storage parameter": (
        "TRUNCATE ONLY vehicles",
        "LOCK TABLE ONLY log IN SHARE MODE",
        "ALTER TABLE orders SET (user_catalog_table = true)",
    ),
    "an index whose entries stay as they are": (
        "ALTER INDEX ix_orders_code SET (fillfactor = 70)",
        "ALTER INDEX ix_orders_lower ALTER COLUMN 1 SET STATISTICS 100",
        "COMMENT ON INDEX ix_orders_code IS 'codes'",
    ),
    "which triggers, statistics and publications there are": (
        "DROP TRIGGER IF EXISTS nothing ON items",
        "DROP STATISTICS known",
        "ALTER PUBLICATION papers SET TABLE orders",
    ),
}
"""What neither the schema nor a typed statement tells, and whose locks follow from it."""

UNKNOWN = {sql: what for what, statements in BEYOND_THE_TEXT.items() for sql in statements}


@pytest.fixture(scope="module")
def schema() -> Schema:
    schema = Schema()
    for statement in read(GIVEN):
        schema = fold(schema, statement, revision="1")
    return schema


def expected(known: Known, schema: Schema) -> Locks:
    (statement,) = read(known.sql)
    return {name: mode for name, mode in locks(statement, schema) if name in schema.tables}


@pytest.mark.parametrize("known", [k for k in STATEMENTS if k.sql not in UNKNOWN], ids=str)
def test_the_locks_of_a_statement_are_those_that_were_measured(
    known: Known, schema: Schema
) -> None:
    assert expected(known, schema) == known.strongest


@pytest.mark.parametrize("known", [k for k in STATEMENTS if k.sql in UNKNOWN], ids=str)
def test_what_cannot_be_known_is_all_that_is_wrong(known: Known, schema: Schema) -> None:
    assert expected(known, schema) != known.strongest, UNKNOWN[known.sql]


def test_a_table_that_nobody_created_comes_as_it_is_written(schema: Schema) -> None:
    (statement,) = read('ALTER TABLE "By Hand" ADD COLUMN a int')
    assert locks(statement, schema) == ((QualifiedName("By Hand"), LockMode.ACCESS_EXCLUSIVE),)
