"""What the fold tracks beside what pg_catalog can confirm."""

from __future__ import annotations

import pytest

from outofband_lint.names import QualifiedName
from outofband_lint.reader import read
from outofband_lint.schema import Schema, fold
from outofband_lint.source import Source


def folded(sql: str, schema: Schema | None = None, **options: bool) -> Schema:
    schema = schema or Schema()
    for statement in read(sql):
        schema = fold(schema, statement, revision="1", source=Source(sql, "p", 1), **options)
    return schema


def test_the_schema_before_stays_as_it_was() -> None:
    before = folded("CREATE TABLE t (a int)")
    after = folded(
        "ALTER TABLE t ADD b int; DROP TABLE IF EXISTS x; CREATE INDEX ix ON t (a)", before
    )
    table = before.table(QualifiedName("t"))
    assert table is not None
    assert [column.name for column in table.columns] == ["a"]
    assert table.indexes == ()
    assert after.index(QualifiedName("ix")) is not None


def test_what_is_built_out_of_band_says_so() -> None:
    schema = folded("CREATE INDEX ix ON t (a)", folded("CREATE TABLE t (a int)"), out_of_band=True)
    found = schema.index(QualifiedName("ix"))
    assert found is not None
    assert found[1].out_of_band


def test_a_table_remembers_what_created_it_through_renames() -> None:
    schema = folded("CREATE TABLE t (a int); ALTER TABLE t RENAME TO u; ALTER TABLE u SET SCHEMA s")
    table = schema.table(QualifiedName("u", "s"))
    assert table is not None
    assert table.revision == "1"
    assert table.source is not None
    assert table.created_as == QualifiedName("t", "public")


def test_an_unqualified_name_is_found_along_search_path() -> None:
    schema = folded("CREATE TABLE app.t (a int); SET search_path TO app, public")
    assert schema.table(QualifiedName("t")) is schema.table(QualifiedName("t", "app"))


def test_a_temporary_table_hides_a_table_of_the_same_name() -> None:
    schema = folded("CREATE TABLE t (a int); CREATE TEMP TABLE t (b int)")
    table = schema.table(QualifiedName("t"))
    assert table is not None
    assert table.temporary
    assert not schema.new_session().tables[QualifiedName("t", "public")].temporary


@pytest.mark.parametrize(
    "sql",
    [
        "DROP TABLE nobody",
        "ALTER TABLE nobody ADD a int, DROP b, RENAME CONSTRAINT c TO d",
        "CREATE INDEX ix ON nobody (a)",
        "DROP INDEX nobody",
        "ALTER INDEX nobody RENAME TO somebody",
        "ALTER INDEX nobody ATTACH PARTITION nothing",
        "ALTER TABLE nobody ATTACH PARTITION nothing DEFAULT",
        "ALTER TABLE nobody SET SCHEMA s",
        "DROP SCHEMA nobody CASCADE",
        "ALTER TYPE nobody RENAME TO somebody",
    ],
)
def test_what_the_chain_never_created_is_passed_over(sql: str) -> None:
    assert folded(sql).tables == {}


@pytest.mark.parametrize(
    ("sql", "columns_known"),
    [
        ("CREATE TABLE t AS SELECT 1", False),
        ("SELECT 1 INTO t", False),
        ("CREATE TABLE t PARTITION OF nobody DEFAULT", False),
        ("CREATE TABLE t (a int)", True),
    ],
)
def test_a_table_says_whether_its_columns_are_known(sql: str, columns_known: bool) -> None:
    table = folded(sql).table(QualifiedName("t"))
    assert table is not None
    assert table.columns_known == columns_known


def test_using_index_makes_the_index_the_constraints() -> None:
    schema = folded(
        "CREATE TABLE t (a int); CREATE UNIQUE INDEX CONCURRENTLY ix ON t (a);"
        "ALTER TABLE t ADD CONSTRAINT pk PRIMARY KEY USING INDEX ix"
    )
    table = schema.table(QualifiedName("t"))
    assert table is not None
    (index,) = table.indexes
    assert (index.name, index.constraint) == ("pk", "pk")
    assert table.columns[0].not_null


def test_a_materialized_view_holds_indexes_until_it_is_dropped() -> None:
    schema = folded("CREATE MATERIALIZED VIEW v AS SELECT 1 a; CREATE INDEX ix ON v (a)")
    assert schema.index(QualifiedName("ix")) is not None
    assert folded("DROP MATERIALIZED VIEW v", schema).index(QualifiedName("ix")) is None


@pytest.mark.parametrize(
    ("sql", "left"),
    [
        ("BEGIN; CREATE TABLE b (a int); ROLLBACK", {"a"}),
        ("BEGIN; CREATE TABLE b (a int); COMMIT; ROLLBACK", {"a", "b"}),
        ("BEGIN; DROP TABLE a; SAVEPOINT s; CREATE TABLE b (a int); ROLLBACK TO s; COMMIT", set()),
        ("BEGIN; SAVEPOINT s; DROP TABLE a; ROLLBACK TO s; ROLLBACK TO s; COMMIT", {"a"}),
        ("BEGIN; SAVEPOINT s; DROP TABLE a; RELEASE s; COMMIT", set()),
        ("BEGIN; SAVEPOINT s; DROP TABLE a; SAVEPOINT s; ROLLBACK TO s; COMMIT", set()),
        ("SAVEPOINT s; ALTER TABLE a RENAME TO b; ROLLBACK TO s", {"a"}),
        ("ROLLBACK", {"a"}),
    ],
)
def test_a_rollback_takes_back_what_was_done(sql: str, left: set[str]) -> None:
    schema = folded(sql, folded("CREATE TABLE a (a int)"))
    assert {name.name for name in schema.tables} == left


def test_a_named_not_null_goes_with_its_constraint() -> None:
    schema = folded("CREATE TABLE t (a int CONSTRAINT n NOT NULL); ALTER TABLE t DROP CONSTRAINT n")
    table = schema.table(QualifiedName("t"))
    assert table is not None
    assert not table.columns[0].not_null
    assert table.constraints == ()


@pytest.mark.parametrize(
    ("sql", "emptied"),
    [
        ("TRUNCATE t", True),
        ("DELETE FROM public.t", True),
        ("WITH gone AS (DELETE FROM t) SELECT 1", True),
        ("DELETE FROM t WHERE a > 1", False),
        ("TRUNCATE t; INSERT INTO t VALUES (1)", False),
        ("TRUNCATE t; UPDATE t SET a = 1", True),
        ("TRUNCATE t; COPY t FROM stdin", False),
        ("TRUNCATE t; BEGIN; INSERT INTO t VALUES (1); ROLLBACK", True),
    ],
)
def test_a_session_knows_which_tables_it_emptied(sql: str, emptied: bool) -> None:
    schema = folded(sql, folded("CREATE TABLE t (a int)"))
    assert (QualifiedName("t", "public") in schema.emptied) is emptied
    assert not schema.new_session().emptied


def test_constraints_of_a_table_that_nobody_created_are_remembered() -> None:
    schema = folded(
        "ALTER TABLE t ADD CONSTRAINT c CHECK (a IS NOT NULL) NOT VALID, ADD UNIQUE (b);"
        "ALTER TABLE public.t VALIDATE CONSTRAINT c;"
        "ALTER TABLE t ADD CONSTRAINT gone CHECK (b > 0); ALTER TABLE t DROP CONSTRAINT gone"
    )
    check, unique = schema.constraints[QualifiedName("t", "public")]
    assert (check.name, check.columns, check.validated) == ("c", ("a",), True)
    assert unique.columns == ("b",)


def test_a_domain_knows_its_base_and_whether_anything_is_checked() -> None:
    schema = folded(
        "CREATE DOMAIN a AS int; CREATE DOMAIN b AS a NOT NULL; "
        "CREATE DOMAIN c AS text DEFAULT 'x';"
        "ALTER DOMAIN c ADD CHECK (value <> '')"
    )
    a, b, c = (schema.types[QualifiedName(name, "public")] for name in "abc")
    assert (str(a.base), a.constrained) == ("integer", False)
    assert (str(b.base), b.constrained) == ("public.a", True)
    assert (c.default, c.constrained) == ("'x'", True)
