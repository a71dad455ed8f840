"""psql scripts: meta-commands, variables, rows behind COPY, and what pg_dump writes."""

from __future__ import annotations

import pytest

from outofband_lint.names import QualifiedName
from outofband_lint.reader import read
from outofband_lint.sql_file import revision_from_sql
from outofband_lint.statement import (
    Copy,
    CreateIndex,
    CreateSchema,
    CreateTable,
    DropTable,
    IndexKey,
    NotUnderstood,
    Query,
    SetParameter,
    SetSearchPath,
    Statement,
    Understood,
)

T = QualifiedName("t")

DUMP = """\
--
-- PostgreSQL database dump
--

\\restrict abc

SET statement_timeout = 0;
SELECT pg_catalog.set_config('search_path', '', false);

CREATE TABLE public.t (
    a integer NOT NULL
);

COPY public.t (a) FROM stdin;
1
'; DROP TABLE x;
$$
\\.

CREATE INDEX ix ON public.t USING btree (a);

\\unrestrict abc
"""


def test_a_dump_is_read_and_its_rows_are_no_statements() -> None:
    table = QualifiedName("t", "public")
    kinds = [type(statement) for statement in read(DUMP)]
    assert kinds == [
        Understood,
        SetParameter,
        SetSearchPath,
        CreateTable,
        Copy,
        CreateIndex,
        Understood,
    ]
    assert read(DUMP)[4] == Copy(table, from_=True)


def test_statements_behind_rows_keep_their_line() -> None:
    sources = revision_from_sql(DUMP, "dump.sql").sources
    assert [(source.sql.split()[0], source.line) for source in sources] == [
        ("\\restrict", 5),
        ("SET", 7),
        ("SELECT", 8),
        ("CREATE", 10),
        ("COPY", 14),
        ("CREATE", 20),
        ("\\unrestrict", 22),
    ]


@pytest.mark.parametrize(
    ("script", "statements"),
    [
        ("\\set a 1\nDROP TABLE t;", [Understood("\\set"), DropTable((T,))]),
        ("\\timing on", [Understood("\\timing")]),
        ("\\d+ t", [Understood("\\d+")]),
        ("SELECT 1 \\g\nDROP TABLE t;", [Query("select"), DropTable((T,))]),
        ("SELECT 1 AS a \\gset\nDROP TABLE t;", [Query("select"), DropTable((T,))]),
        ("SELECT 1\\; DROP TABLE t;", [Query("select"), DropTable((T,))]),
        ("\\copy t (a) from 'rows.csv' csv\n", [Copy(T, from_=True)]),
        ("\\copy t from stdin\n1\n\\.\nDROP TABLE t;", [Copy(T, from_=True), DropTable((T,))]),
        ("\\copy (select 1) to 'x'", [Copy(None, from_=False)]),
        ("SELECT :a, :'b', t[1:2], 1::int", [Query("select")]),
        ("COPY t FROM stdin", [Copy(T, from_=True)]),
        ("COPY t FROM stdin;\r\n1\r\n\\.\r\nDROP TABLE t;", [Copy(T, from_=True), DropTable((T,))]),
    ],
)
def test_harmless_psql_is_read(script: str, statements: list[Statement]) -> None:
    assert list(read(script)) == statements


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("\\connect other", "another database"),
        ("\\i other.sql", "another file"),
        ("\\! rm x", "shell"),
        ("SELECT 'DROP TABLE t' \\gexec", "runs what the query returns"),
        ("\\frobnicate", "no meta-command"),
        ("DROP TABLE :name", "a psql variable stands where"),
        ('DROP TABLE :"name"', "a psql variable stands where"),
        ("ALTER TYPE t ADD VALUE :'x'", "a psql variable stands where"),
        (":statement", "a psql variable stands for SQL"),
        ("DROP TABLE a\n\\echo x\n, b", "stands in the middle"),
        ("\\set a 1 \\\\ DROP TABLE t;", "more may follow"),
        ("COPY t FROM stdin;\n1\nDROP TABLE t;", "no line \\. ends"),
    ],
)
def test_other_psql_is_refused_in_words(script: str, reason: str) -> None:
    assert any(reason in s.reason for s in read(script) if isinstance(s, NotUnderstood))


def test_what_a_file_sends_with_a_meta_command_is_judged_as_such() -> None:
    (source,) = revision_from_sql("SELECT 'DROP TABLE t'\n\\gexec\n", "a.sql").sources
    assert isinstance(read(source.sql)[0], NotUnderstood)


@pytest.mark.parametrize(
    ("script", "inside"),
    [
        ("BEGIN; A; ROLLBACK TO s; B", [True, True, True, True]),
        ("START TRANSACTION; A; END; B", [True, True, False, False]),
        ("BEGIN; A; COMMIT AND CHAIN; B", [True, True, True, True]),
        ("BEGIN; A; COMMIT AND NO CHAIN; B", [True, True, False, False]),
        ("BEGIN; PREPARE TRANSACTION 'x'; B", [True, False, False]),
        ("BEGIN; COMMIT PREPARED 'x'; B", [True, True, True]),
        ("ABORT; B", [False, False]),
    ],
)
def test_what_is_in_a_transaction_is_what_psql_would_run_in_one(
    script: str, inside: list[bool]
) -> None:
    sources = revision_from_sql(script, "a.sql").sources
    assert [source.in_transaction for source in sources] == inside


def test_elements_of_a_schema_come_behind_it_with_its_name() -> None:
    sql = "CREATE SCHEMA s CREATE TABLE t (a int) CREATE INDEX i ON t (a) GRANT ALL ON t TO me"
    schema, table, index, grant = read(sql)
    within = QualifiedName("t", "s")
    assert schema == CreateSchema("s")
    assert isinstance(table, CreateTable)
    assert table.table == within
    assert index == CreateIndex("i", within, (IndexKey("a"),))
    assert (table.sql, index.sql) == ("CREATE TABLE t (a int)", "CREATE INDEX i ON t (a)")
    assert isinstance(grant, Understood)


@pytest.mark.parametrize(
    ("spelled", "name"),
    [
        (r'U&"d\0061ta"', "data"),
        (r'U&"d\+000061ta"', "data"),
        ("U&\"d!0061ta\" UESCAPE '!'", "data"),
        ('"a""b"', 'a"b'),
        ("Ä_1$", "Ä_1$"),
    ],
)
def test_names_are_what_the_catalog_stores(spelled: str, name: str) -> None:
    assert read(f"DROP TABLE {spelled}") == (DropTable((QualifiedName(name),)),)


@pytest.mark.parametrize(
    ("spelled", "value"),
    [
        ("'it''s'", "it's"),
        (r"E'a\n\x41\101\u0041\'b'", "a\nAAA'b"),
        ("$x$a'b$x$", "a'b"),
        ("'a'\n  'b'", "ab"),
        (r"U&'\0041'", "A"),
        (r"'a\b'", r"a\b"),
    ],
)
def test_strings_are_their_value(spelled: str, value: str) -> None:
    assert read(f"SET a.b = {spelled}") == (SetParameter("a.b", value),)
