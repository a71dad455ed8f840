"""What the reader makes of SQL."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outofband_lint.names import QualifiedName
from outofband_lint.reader import read
from outofband_lint.statement import (
    AddColumn,
    AddConstraint,
    AddEnumValue,
    AddIdentity,
    AlterColumnType,
    AlterCompositeType,
    AlterConstraint,
    AlterDomain,
    AlterFunction,
    AlterTable,
    Analyze,
    AttachIndex,
    AttachPartition,
    Cluster,
    ClusterOn,
    ColumnDefinition,
    Constraint,
    Copy,
    CreateDomain,
    CreateFunction,
    CreateIndex,
    CreateMaterializedView,
    CreateSchema,
    CreateTable,
    CreateTableAs,
    CreateTrigger,
    CreateType,
    CreateView,
    DataType,
    DetachPartition,
    DropColumn,
    DropConstraint,
    DropDefault,
    DropExpression,
    DropIdentity,
    DropIndex,
    DropMaterializedView,
    DropNotNull,
    DropSchema,
    DropTable,
    DropTrigger,
    DropType,
    DropView,
    Extension,
    IndexKey,
    Like,
    LockTable,
    NotUnderstood,
    OtherAction,
    Query,
    RefreshMaterializedView,
    Reindex,
    RenameColumn,
    RenameConstraint,
    RenameEnumValue,
    RenameIndex,
    RenameObject,
    RenameSchema,
    RenameTable,
    RenameType,
    Repack,
    ReplicaIdentity,
    RowSecurity,
    SetDefault,
    SetExpression,
    SetInheritance,
    SetLogged,
    SetNotNull,
    SetParameter,
    SetSearchPath,
    SetTableSchema,
    SetTablespace,
    SetTypeSchema,
    TransactionControl,
    TriggerState,
    Truncate,
    Understood,
    Vacuum,
    ValidateConstraint,
    Write,
)

T, V, P = QualifiedName("t"), QualifiedName("v"), QualifiedName("p")
TRIGGER = CreateTrigger("a", T)
LOCKED = LockTable((T, V), "SHARE ROW EXCLUSIVE", nowait=True)
A = (IndexKey("a"),)
INTEGER = DataType("integer")
FUNCTION = "CREATE OR REPLACE FUNCTION f() RETURNS int AS $$ SELECT 1; $$ LANGUAGE sql"


def only(sql: str) -> Any:
    (statement,) = read(sql)
    return statement


@pytest.mark.parametrize(
    ("sql", "statement"),
    [
        ("CREATE INDEX ix ON t (a)", CreateIndex("ix", T, A)),
        ("create index IX on T(A)", CreateIndex("ix", T, A)),
        ("CREATE INDEX ON t (a)", CreateIndex(None, T, A)),
        (
            'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS "Ix" ON ONLY "S"."T" ("A")',
            CreateIndex(
                "Ix",
                QualifiedName("T", "S"),
                (IndexKey("A"),),
                unique=True,
                concurrently=True,
                if_not_exists=True,
                only=True,
            ),
        ),
        (
            "CREATE INDEX ix ON t USING gin (a gin_trgm_ops, (b || c)) WITH (fastupdate = off)",
            CreateIndex(
                "ix",
                T,
                (IndexKey("a", opclass="gin_trgm_ops"), IndexKey(expression="b || c")),
                method="gin",
            ),
        ),
        (
            'CREATE INDEX ix ON t (lower(a) DESC NULLS LAST, b COLLATE "C" text_pattern_ops) '
            "INCLUDE (c, d) NULLS NOT DISTINCT TABLESPACE fast WHERE a IS NOT NULL AND b > 1",
            CreateIndex(
                "ix",
                T,
                (
                    IndexKey(expression="lower(a)", descending=True, nulls_first=False),
                    IndexKey("b", collation='"C"', opclass="text_pattern_ops"),
                ),
                include=("c", "d"),
                nulls_not_distinct=True,
                where="a is not null and b > 1",
                tablespace="fast",
            ),
        ),
        (
            "CREATE INDEX ix ON t USING gist (a public.gist_ops (siglen = 32))",
            CreateIndex("ix", T, (IndexKey("a", opclass="public.gist_ops"),), method="gist"),
        ),
        ("DROP INDEX a", DropIndex((QualifiedName("a"),))),
        (
            "DROP INDEX IF EXISTS a, s.b CASCADE",
            DropIndex((QualifiedName("a"), QualifiedName("b", "s")), if_exists=True, cascade=True),
        ),
        ("DROP INDEX CONCURRENTLY a", DropIndex((QualifiedName("a"),), concurrently=True)),
        ("ALTER INDEX IF EXISTS a RENAME TO b", RenameIndex(QualifiedName("a"), "b")),
        (
            "ALTER INDEX s.a ATTACH PARTITION s.b",
            AttachIndex(QualifiedName("a", "s"), QualifiedName("b", "s")),
        ),
        ("ALTER INDEX a SET (fillfactor = 70)", Understood("alter index")),
        ("REINDEX TABLE t", Reindex("table", T)),
        ("REINDEX INDEX CONCURRENTLY a", Reindex("index", QualifiedName("a"), concurrently=True)),
        ("REINDEX (VERBOSE, CONCURRENTLY) TABLE t", Reindex("table", T, concurrently=True)),
        ("REINDEX (CONCURRENTLY false) TABLE t", Reindex("table", T)),
        ("REINDEX DATABASE", Reindex("database")),
    ],
)
def test_statements_about_indexes_are_typed(sql: str, statement: object) -> None:
    assert only(sql) == statement


@pytest.mark.parametrize(
    ("sql", "statement"),
    [
        (
            "CREATE TABLE IF NOT EXISTS t (a int, b text NOT NULL DEFAULT 'x'::text)",
            CreateTable(
                T,
                (
                    ColumnDefinition("a", INTEGER),
                    ColumnDefinition("b", DataType("text"), not_null=True, default="'x'::text"),
                ),
                if_not_exists=True,
            ),
        ),
        (
            "CREATE TEMPORARY TABLE t (a int) ON COMMIT DROP",
            CreateTable(T, (ColumnDefinition("a", INTEGER),), temporary=True),
        ),
        (
            "CREATE UNLOGGED TABLE t (a int) WITH (fillfactor = 70) TABLESPACE fast",
            CreateTable(T, (ColumnDefinition("a", INTEGER),), unlogged=True, tablespace="fast"),
        ),
        (
            "CREATE FOREIGN TABLE t (a int OPTIONS (x 'y')) SERVER s OPTIONS (z 'w')",
            CreateTable(T, (ColumnDefinition("a", INTEGER),), foreign=True),
        ),
        (
            "CREATE TABLE t (a int) PARTITION BY RANGE (a, lower(b))",
            CreateTable(
                T,
                (ColumnDefinition("a", INTEGER),),
                partition_by="range",
                partition_key="a, lower(b)",
            ),
        ),
        (
            "CREATE TABLE t PARTITION OF s.p FOR VALUES FROM (1, MINVALUE) TO (10, MAXVALUE)",
            CreateTable(T, partition_of=QualifiedName("p", "s")),
        ),
        (
            "CREATE TABLE t PARTITION OF p DEFAULT",
            CreateTable(T, partition_of=QualifiedName("p"), is_default=True),
        ),
        (
            "CREATE TABLE t (LIKE s INCLUDING ALL EXCLUDING COMMENTS EXCLUDING INDEXES)",
            CreateTable(
                T,
                likes=(
                    Like(
                        QualifiedName("s"),
                        frozenset(
                            [
                                "compression",
                                "constraints",
                                "defaults",
                                "generated",
                                "identity",
                                "statistics",
                                "storage",
                            ]
                        ),
                    ),
                ),
            ),
        ),
        (
            "CREATE TABLE t (a int) INHERITS (x, y.z)",
            CreateTable(
                T,
                (ColumnDefinition("a", INTEGER),),
                inherits=(QualifiedName("x"), QualifiedName("z", "y")),
            ),
        ),
        ("CREATE TABLE t AS SELECT 1", CreateTableAs(T)),
        (
            "CREATE TEMP TABLE t (a, b) ON COMMIT DROP AS VALUES (1, 2)",
            CreateTableAs(T, temporary=True),
        ),
        ("SELECT a INTO t FROM b", CreateTableAs(T)),
        (
            "DROP TABLE IF EXISTS t, s.u CASCADE",
            DropTable((T, QualifiedName("u", "s")), True, True),
        ),
        ("ALTER TABLE t RENAME TO u", RenameTable(T, "u")),
        ("ALTER TABLE t SET SCHEMA s", SetTableSchema(T, "s")),
        ("CREATE MATERIALIZED VIEW t AS SELECT 1 WITH NO DATA", CreateMaterializedView(T)),
        ("DROP MATERIALIZED VIEW t", DropMaterializedView((T,))),
        ("ALTER MATERIALIZED VIEW t RENAME TO u", RenameTable(T, "u")),
        ("CREATE SCHEMA IF NOT EXISTS s AUTHORIZATION me", CreateSchema("s", if_not_exists=True)),
        ("CREATE SCHEMA AUTHORIZATION me", CreateSchema("me")),
        ("DROP SCHEMA a, b CASCADE", DropSchema(("a", "b"), cascade=True)),
        ("ALTER SCHEMA a RENAME TO b", RenameSchema("a", "b")),
        (
            "CREATE TYPE s.m AS ENUM ('a', 'it''s')",
            CreateType(QualifiedName("m", "s"), "enum", ("a", "it's")),
        ),
        ("CREATE TYPE m AS ENUM ()", CreateType(QualifiedName("m"), "enum")),
        ("CREATE TYPE m AS (a int, b text)", CreateType(QualifiedName("m"), "composite")),
        ("CREATE TYPE m AS RANGE (subtype = float8)", CreateType(QualifiedName("m"), "range")),
        (
            "CREATE DOMAIN m AS int NOT NULL DEFAULT 1 CONSTRAINT c CHECK (value > 0)",
            CreateDomain(
                QualifiedName("m"),
                INTEGER,
                True,
                "1",
                (Constraint("check", "c", expression="value > 0"),),
            ),
        ),
        ("ALTER TYPE m RENAME TO n", RenameType(QualifiedName("m"), "n")),
        ("ALTER TYPE m SET SCHEMA s", SetTypeSchema(QualifiedName("m"), "s")),
        (
            "ALTER TYPE m ADD VALUE IF NOT EXISTS 'x' BEFORE 'y'",
            AddEnumValue(QualifiedName("m"), "x", if_not_exists=True),
        ),
        ("ALTER TYPE m RENAME VALUE 'x' TO 'y'", RenameEnumValue(QualifiedName("m"), "x", "y")),
        (
            "ALTER TYPE m ADD ATTRIBUTE a int CASCADE, DROP ATTRIBUTE b",
            AlterCompositeType(QualifiedName("m"), ("add attribute", "drop attribute")),
        ),
        (
            "ALTER DOMAIN s.m ADD CONSTRAINT c CHECK (value > 0) NOT VALID",
            AlterDomain(
                QualifiedName("m", "s"),
                "add_constraint",
                Constraint("check", "c", expression="value > 0", not_valid=True),
                "c",
            ),
        ),
        (
            "ALTER DOMAIN m VALIDATE CONSTRAINT c",
            AlterDomain(QualifiedName("m"), "validate_constraint", constraint_name="c"),
        ),
        ("ALTER DOMAIN m SET NOT NULL", AlterDomain(QualifiedName("m"), "set_not_null")),
        ("DROP TYPE IF EXISTS m CASCADE", DropType((QualifiedName("m"),), True, True)),
        ('SET search_path TO a, "B", \'c\', "$user"', SetSearchPath(("a", "B", "c"))),
        ("SET LOCAL search_path = DEFAULT", SetSearchPath(None, local=True)),
        ("RESET ALL", SetSearchPath(None)),
        ("SELECT pg_catalog.set_config('search_path', '', false)", SetSearchPath(())),
        (
            "SELECT set_config('search_path', 'a, \"B\"', true)",
            SetSearchPath(("a", "B"), local=True),
        ),
    ],
)
def test_statements_about_what_the_schema_holds_are_typed(sql: str, statement: object) -> None:
    assert only(sql) == statement


@pytest.mark.parametrize(
    ("sql", "action"),
    [
        ("ADD COLUMN IF NOT EXISTS a int", AddColumn(ColumnDefinition("a", INTEGER), True)),
        ("ADD a int NULL", AddColumn(ColumnDefinition("a", INTEGER))),
        (
            "ADD a int GENERATED BY DEFAULT AS IDENTITY (START 1)",
            AddColumn(ColumnDefinition("a", INTEGER, not_null=True, identity=True)),
        ),
        (
            "ADD a int GENERATED ALWAYS AS (b * 2) STORED",
            AddColumn(ColumnDefinition("a", INTEGER, default="b * 2", generated="stored")),
        ),
        (
            "ADD a bigserial",
            AddColumn(ColumnDefinition("a", DataType("bigint"), not_null=True, serial=True)),
        ),
        ("DROP a", DropColumn("a")),
        ("DROP COLUMN IF EXISTS a CASCADE", DropColumn("a", if_exists=True, cascade=True)),
        ("RENAME a TO b", RenameColumn("a", "b")),
        ('RENAME COLUMN "To" TO "column"', RenameColumn("To", "column")),
        ("RENAME CONSTRAINT a TO b", RenameConstraint("a", "b")),
        ("ALTER a TYPE text USING a::text", AlterColumnType("a", DataType("text"), "a::text")),
        (
            'ALTER COLUMN a SET DATA TYPE varchar(9) COLLATE "C"',
            AlterColumnType("a", DataType("character varying", modifiers=("9",)), collation='"C"'),
        ),
        ("ALTER a SET NOT NULL", SetNotNull("a")),
        ("ALTER a DROP NOT NULL", DropNotNull("a")),
        ("ALTER a SET DEFAULT coalesce(1, 2)", SetDefault("a", "coalesce(1, 2)")),
        ("ALTER a DROP DEFAULT", DropDefault("a")),
        ("ALTER a SET STATISTICS 100", OtherAction("set statistics")),
        ("ADD UNIQUE (a)", AddConstraint(Constraint("unique", columns=("a",)))),
        (
            "ADD CONSTRAINT u UNIQUE USING INDEX ix DEFERRABLE INITIALLY DEFERRED",
            AddConstraint(
                Constraint("unique", "u", using_index="ix", deferrable=True, deferred=True)
            ),
        ),
        (
            "ADD CONSTRAINT p PRIMARY KEY (a, b) INCLUDE (c)",
            AddConstraint(Constraint("primary_key", "p", ("a", "b"), ("c",))),
        ),
        (
            "ADD CHECK (a > 0 AND b IN (1, 2)) NOT VALID",
            AddConstraint(Constraint("check", expression="a > 0 and b in (1, 2)", not_valid=True)),
        ),
        (
            "ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES s.o (b) MATCH FULL ON DELETE SET NULL (a) "
            "ON UPDATE NO ACTION NOT VALID",
            AddConstraint(
                Constraint(
                    "foreign_key",
                    "f",
                    ("a",),
                    references=QualifiedName("o", "s"),
                    referenced_columns=("b",),
                    not_valid=True,
                    on_delete="set null",
                    on_update="no action",
                    sets_some=True,
                    full=True,
                )
            ),
        ),
        (
            "ADD CONSTRAINT x EXCLUDE USING gist (a WITH =, b WITH &&) WHERE (a > 1)",
            AddConstraint(
                Constraint(
                    "exclude",
                    "x",
                    ("a", "b"),
                    keys=(IndexKey("a"), IndexKey("b")),
                    method="gist",
                    where="a > 1",
                )
            ),
        ),
        (
            "ADD CONSTRAINT n NOT NULL a NOT VALID",
            AddConstraint(Constraint("not_null", "n", ("a",), not_valid=True)),
        ),
        ("VALIDATE CONSTRAINT c", ValidateConstraint("c")),
        ("DROP CONSTRAINT IF EXISTS c CASCADE", DropConstraint("c", True, True)),
        (
            "ATTACH PARTITION p FOR VALUES IN (1, NULL)",
            AttachPartition(QualifiedName("p"), "in (1, null)"),
        ),
        ("DETACH PARTITION s.p CONCURRENTLY", DetachPartition(QualifiedName("p", "s"), True)),
        ("DETACH PARTITION p FINALIZE", DetachPartition(QualifiedName("p"), finalize=True)),
        ("NO INHERIT p", SetInheritance(QualifiedName("p"), inherit=False)),
        ("OWNER TO me", OtherAction("owner to")),
        ("REPLICA IDENTITY FULL", ReplicaIdentity("full")),
        ("ENABLE ROW LEVEL SECURITY", RowSecurity("enable")),
        ("SET LOGGED", SetLogged(True)),
        ("SET TABLESPACE fast", SetTablespace("fast")),
        ("DISABLE TRIGGER ALL", TriggerState("disable", "all")),
        ("ENABLE REPLICA TRIGGER x", TriggerState("enable_replica", "x")),
        ("ALTER a SET EXPRESSION AS (b * 2)", SetExpression("a", "b * 2")),
        ("ALTER a DROP EXPRESSION IF EXISTS", DropExpression("a", if_exists=True)),
        ("ALTER a ADD GENERATED ALWAYS AS IDENTITY (START 1)", AddIdentity("a")),
        ("ALTER a DROP IDENTITY", DropIdentity("a")),
        ("ALTER CONSTRAINT c NOT ENFORCED", AlterConstraint("c", enforced=False)),
        ("SET WITHOUT CLUSTER", ClusterOn(None)),
        ("SET (fillfactor = 70, autovacuum_enabled = off)", OtherAction("set")),
        ("CLUSTER ON ix", ClusterOn("ix")),
    ],
)
def test_actions_of_alter_table_are_typed(sql: str, action: object) -> None:
    assert only(f"ALTER TABLE t {sql}") == AlterTable(T, (action,))  # type: ignore[arg-type]


def test_alter_table_keeps_its_actions_in_order() -> None:
    statement = only("ALTER TABLE IF EXISTS ONLY t * ADD a int, DROP b, ALTER c SET NOT NULL")
    assert statement.if_exists
    assert statement.only
    assert [type(action) for action in statement.actions] == [AddColumn, DropColumn, SetNotNull]


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("GRANT SELECT ON t TO me", "grant"),
        ("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO me", "alter default privileges"),
        ("COMMENT ON TABLE t IS 'a; b'", "comment"),
        ("CREATE SEQUENCE s", "create sequence"),
        ("CREATE POLICY p ON t USING (true)", "create policy"),
        ("CREATE STATISTICS s ON a, b FROM t", "create statistics"),
        ("SET CONSTRAINTS ALL DEFERRED", "set constraints"),
        ("SECURITY LABEL ON TABLE t IS 'x'", "security label"),
        ("IMPORT FOREIGN SCHEMA a FROM SERVER b INTO c", "import foreign schema"),
        ("DROP FUNCTION f() CASCADE", "drop function"),
        ("CALL p()", "call"),
        ("NOTIFY x, 'y'", "notify"),
    ],
)
def test_statements_without_effect_on_the_schema_are_understood(sql: str, kind: str) -> None:
    statement = only(sql)
    assert isinstance(statement, Understood)
    assert statement.kind == kind


@pytest.mark.parametrize(
    ("sql", "statement"),
    [
        ("BEGIN ISOLATION LEVEL SERIALIZABLE", TransactionControl("begin")),
        ("START TRANSACTION READ ONLY", TransactionControl("begin")),
        ("COMMIT AND NO CHAIN", TransactionControl("commit")),
        ("END WORK", TransactionControl("commit")),
        ("SAVEPOINT a", TransactionControl("savepoint", "a")),
        ("RELEASE a", TransactionControl("release", "a")),
        ("ROLLBACK TRANSACTION", TransactionControl("rollback")),
        ("ABORT", TransactionControl("rollback")),
        ('ROLLBACK TO SAVEPOINT "A"', TransactionControl("rollback", "A")),
    ],
)
def test_transaction_control_is_typed(sql: str, statement: object) -> None:
    assert only(sql) == statement


@pytest.mark.parametrize(
    ("sql", "statement"),
    [
        (
            "CREATE OR REPLACE FUNCTION s.f(a int) RETURNS int AS $$ SELECT 1; $$ LANGUAGE SQL "
            "SECURITY DEFINER SET search_path = s",
            CreateFunction(
                QualifiedName("f", "s"), "function", "sql", True, ("search_path",), or_replace=True
            ),
        ),
        ("CREATE PROCEDURE p() BEGIN ATOMIC; END", CreateFunction(P, "procedure", "sql")),
        ("ALTER FUNCTION p(int) SECURITY DEFINER", AlterFunction(P, security_definer=True)),
        ("ALTER FUNCTION p RENAME TO q", RenameObject("function", P, "q")),
        ("ALTER SEQUENCE IF EXISTS p RENAME TO q", RenameObject("sequence", P, "q")),
        ("CREATE TRIGGER a BEFORE INSERT OR UPDATE OF b ON t EXECUTE FUNCTION f()", TRIGGER),
        (
            "CREATE CONSTRAINT TRIGGER a AFTER INSERT ON t EXECUTE FUNCTION f()",
            CreateTrigger("a", T, constraint=True),
        ),
        ("DROP TRIGGER IF EXISTS a ON t CASCADE", DropTrigger("a", T, True, True)),
        ("CREATE OR REPLACE VIEW v AS SELECT 1", CreateView(V, or_replace=True)),
        ("CREATE TEMP RECURSIVE VIEW v (n) AS SELECT 1", CreateView(V, temporary=True)),
        ("DROP VIEW IF EXISTS v CASCADE", DropView((V,), True, True)),
        ("ALTER VIEW v RENAME TO w", RenameTable(V, "w")),
        (
            'CREATE EXTENSION IF NOT EXISTS "uuid-ossp" WITH SCHEMA public',
            Extension("create", ("uuid-ossp",), if_exists=True),
        ),
        ("LOCK TABLE ONLY t, v IN SHARE ROW EXCLUSIVE MODE NOWAIT", LOCKED),
        ("LOCK t", LockTable((T,))),
        ("VACUUM (FULL, ANALYZE off) t (a), v", Vacuum((T, V), full=True)),
        ("VACUUM FULL VERBOSE ANALYZE", Vacuum(full=True, analyze=True)),
        ("ANALYZE t", Analyze((T,))),
        ("CLUSTER VERBOSE t USING ix", Cluster(T, "ix")),
        ("CLUSTER ix ON t", Cluster(T, "ix")),
        ("REPACK (CONCURRENTLY) t USING INDEX ix", Repack(T, concurrently=True)),
        (
            "REFRESH MATERIALIZED VIEW CONCURRENTLY v WITH NO DATA",
            RefreshMaterializedView(V, True, False),
        ),
        ("SET LOCAL lock_timeout = '2s'", SetParameter("lock_timeout", "2s", local=True)),
        ("SET TIME ZONE 'UTC'", SetParameter("timezone", "UTC")),
        ("SET my.x TO DEFAULT", SetParameter("my.x", None)),
        ("RESET work_mem", SetParameter("work_mem", None)),
        (
            "SELECT set_config('lock_timeout', '1s', true)",
            SetParameter("lock_timeout", "1s", local=True),
        ),
        ("TRUNCATE TABLE ONLY t, v RESTART IDENTITY CASCADE", Truncate((T, V), cascade=True)),
        ("COPY t (a) FROM '/x'", Copy(T, from_=True)),
        ("COPY (SELECT 1) TO '/x'", Copy(None, from_=False)),
    ],
)
def test_statements_about_all_else_are_typed(sql: str, statement: object) -> None:
    assert only(sql) == statement


@pytest.mark.parametrize(
    ("sql", "kind", "writes"),
    [
        (
            "INSERT INTO s.t (a) SELECT 1 ON CONFLICT DO UPDATE SET a = 2",
            "insert",
            [Write("insert", QualifiedName("t", "s"), ("a",), from_query=True)],
        ),
        ("INSERT INTO t VALUES (1)", "insert", [Write("insert", T)]),
        (
            "UPDATE ONLY t SET a = 1, (b, c) = (2, 3), d[1] = 4 FROM u",
            "update",
            [Write("update", T, ("a", "b", "c", "d"))],
        ),
        (
            "UPDATE t SET a = CASE WHEN b THEN 1 END WHERE c",
            "update",
            [Write("update", T, ("a",), has_where=True)],
        ),
        ("DELETE FROM t USING u WHERE true", "delete", [Write("delete", T, has_where=True)]),
        (
            "MERGE INTO t USING u ON true WHEN MATCHED THEN DELETE",
            "merge",
            [Write("merge", T)],
        ),
        (
            "WITH x AS (DELETE FROM t RETURNING *) INSERT INTO v SELECT * FROM x WHERE y",
            "insert",
            [Write("delete", T), Write("insert", V, from_query=True)],
        ),
        ("SELECT * FROM t FOR UPDATE", "select", []),
        ("SELECT * FROM t FOR NO KEY UPDATE", "select", []),
        ("VALUES (1)", "values", []),
        ("TABLE t", "table", []),
    ],
)
def test_of_queries_the_writes_are_read(sql: str, kind: str, writes: list[Write]) -> None:
    assert only(sql) == Query(kind, tuple(writes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("declared", "canonical"),
    [
        ("int", "integer"),
        ("INT8", "bigint"),
        ("pg_catalog.int4", "integer"),
        ("varchar", "character varying"),
        ("CHARACTER VARYING (20)", "character varying(20)"),
        ("national character varying(3)", "character varying(3)"),
        ("char", "character(1)"),
        ('"char"', '"char"'),
        ("bpchar", "bpchar"),
        ("numeric(10)", "numeric(10,0)"),
        ("decimal( 10 , 2 )", "numeric(10,2)"),
        ("float", "double precision"),
        ("float(24)", "real"),
        ("double precision", "double precision"),
        ("timestamptz", "timestamp with time zone"),
        ("timestamp(3)", "timestamp(3) without time zone"),
        ("time (2) with time zone", "time(2) with time zone"),
        ("interval year to month", "interval year to month"),
        ("interval second(3)", "interval second(3)"),
        ("bit", "bit(1)"),
        ("varbit(5)", "bit varying(5)"),
        ("text[]", "text[]"),
        ("int[3][3]", "integer[]"),
        ("int ARRAY[4]", "integer[]"),
        ("app.mood", "app.mood"),
        ('"App"."Mood"[]', '"App"."Mood"[]'),
        ("citext", "citext"),
        ("geometry(Point,4326)", "geometry(point,4326)"),
    ],
)
def test_a_type_is_spelled_as_format_type_spells_it(declared: str, canonical: str) -> None:
    (column,) = only(f"CREATE TABLE t (a {declared} NOT NULL)").columns
    assert str(column.type) == canonical
    assert column.not_null


@pytest.mark.parametrize(
    "sql",
    [
        "FROBNICATE t",
        "CREATE INDEX ix ON t (a",
        "CREATE INDEX ix ON t (a) WHERE",
        "CREATE INDEX ix ON t (a) SURPRISE",
        "ALTER TABLE t ADD CONSTRAINT c SURPRISE",
        "ALTER TABLE t SPLIT PARTITION p INTO (a, b)",
        "CREATE TABLE t (a)",
        "DROP TABLE t u",
        "DROP OWNED BY me",
        "DROP EXTENSION citext CASCADE",
        "DO LANGUAGE plpython3u $$ pass $$",
        "select 'unfinished",
        "/* unfinished",
        "COPY t FROM stdin;\n1\t2\n",
        "\\connect other",
        "\\i other.sql",
        "SELECT 'DROP TABLE t' \\gexec",
        "SELECT 1 \\foo",
        "DROP TABLE :name",
        'DROP TABLE :"name"',
        ":statement",
        "SELECT \0",
        "1",
    ],
)
def test_what_the_grammar_does_not_know_is_not_understood(sql: str) -> None:
    assert any(isinstance(statement, NotUnderstood) for statement in read(sql))


def test_a_text_is_cut_at_semicolons_that_end_a_statement() -> None:
    sql = """
        CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC
            SELECT CASE WHEN true THEN 1 END; SELECT 2; END;
        CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2);
        INSERT INTO t VALUES ('a;b', $x$ ; $x$); -- a comment; with one
        ; DROP TABLE t /* ; */ ;
    """
    kinds = [type(statement).__name__ for statement in read(sql)]
    assert kinds == ["CreateFunction", "Understood", "Query", "DropTable"]


def test_each_statement_carries_its_own_text() -> None:
    texts = [statement.sql for statement in read(" DROP TABLE a ;\n-- x\nSELECT 'ü', 1;")]
    assert texts == ["DROP TABLE a", "SELECT 'ü', 1"]


def test_identifiers_are_cut_as_the_catalog_cuts_them() -> None:
    assert only(f"DROP TABLE {'x' * 70}") == DropTable((QualifiedName("x" * 63),))


DO = """
    DO $body$
    <<block>>
    DECLARE
        found int := (SELECT count(*) FROM t);
        r record;
    BEGIN
        IF NOT EXISTS (SELECT CASE WHEN true THEN 1 ELSE 2 END) THEN
            CREATE TYPE mood AS ENUM ('a');
        ELSIF found > 1 THEN
            found := 2;
        ELSE
            PERFORM f();
        END IF;
        FOR r IN SELECT * FROM t LOOP
            UPDATE t SET a = r.a;
            r.a := 1;
        END LOOP;
        SELECT count(*) INTO found FROM t;
        numbers[1] := 2;
        EXECUTE 'DROP TABLE a; DROP TABLE b';
        EXCEPTION WHEN duplicate_object THEN NULL;
            WHEN others THEN RAISE NOTICE 'x';
    END
    $body$
"""


def test_a_do_block_comes_as_the_statements_in_its_body() -> None:
    assert read(DO) == (
        CreateType(QualifiedName("mood"), "enum", ("a",)),
        Query("update", (Write("update", T, ("a",)),)),
        Query("select"),
        DropTable((QualifiedName("a"),)),
        DropTable((QualifiedName("b"),)),
        Understood("do"),
    )


@pytest.mark.parametrize(
    "body",
    [
        "EXECUTE format('DROP TABLE %I', name);",
        "EXECUTE 'DROP TABLE ' || name;",
        "IF true THEN EXECUTE statement; END IF;",
    ],
)
def test_sql_that_a_do_block_composes_is_not_understood(body: str) -> None:
    first, last = read(f"DO $$ BEGIN {body} END $$")
    assert isinstance(first, NotUnderstood)
    assert last == Understood("do")


FRAGMENTS = """
    create table index on only ( ) , ; . t a 1 'x' $$ $b$ ' " -- /* */ alter add column constraint
    primary key do begin end case set drop [ ] := U& E' type int partition of reindex select into
"""


@settings(max_examples=400, deadline=None)
@given(st.text() | st.lists(st.sampled_from(FRAGMENTS.split())).map(" ".join))
def test_reading_never_raises_and_loses_no_text(sql: str) -> None:
    for statement in read(sql):
        assert isinstance(statement, NotUnderstood) or statement.sql in sql


def test_nothing_heavy_is_imported_before_a_statement_is_read() -> None:
    code = (
        "import sys, outofband_lint.engine, outofband_lint.rules as r; r.all_rules();"
        "print([m for m in ('alembic', 'psycopg', 'outofband') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=240
    )
    assert done.stdout.strip() == "[]"


def test_reading_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    read("REINDEX TABLE t; VACUUM FULL t; LOCK t; DO $$ BEGIN END $$")
    assert capfd.readouterr() == ("", "")
