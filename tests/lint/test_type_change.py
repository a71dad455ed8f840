"""What a change of type costs, as a server shows it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import psycopg
import pytest

from outofband_lint.names import QualifiedName
from outofband_lint.reader import read
from outofband_lint.schema import Schema, fold
from outofband_lint.statement import AlterColumnType, AlterTable
from outofband_lint.type_change import TypeChange, type_change

DOMAINS = """
    CREATE DOMAIN plain AS text;
    CREATE DOMAIN short AS varchar(10);
    CREATE DOMAIN checked AS text CHECK (length(value) < 99);
    CREATE DOMAIN late AS text;
    ALTER DOMAIN late ADD CHECK (value <> '');
    CREATE DOMAIN nested AS plain;
    CREATE DOMAIN number AS int;
    CREATE TYPE mood AS ENUM ('a', 'b')
"""
TYPES = """
    smallint, int, bigint, numeric, numeric(10), numeric(10,2), numeric(12,2), numeric(12,4), money
    real, float8, oid, regclass, boolean, uuid, text, varchar, varchar(10), varchar(20), char
    char(10), bpchar, "char", name, bytea, json, jsonb, xml, date, timestamp, timestamp(3)
    timestamp(6), timestamptz, timestamptz(3), time, time(3), timetz, interval, interval(3)
    interval year, interval day to second, interval day to second(3), interval hour
    interval month, inet, cidr
    bit(4), bit(8), varbit, varbit(4), varbit(8), int[], bigint[], text[], varchar[], varchar(20)[]
    timestamp(3)[], timestamp[], plain, short, checked, late, nested, number, mood
"""
USING = [
    ("varchar(20)", "text", "c"),
    ("varchar(20)", "text", "t.c"),
    ("varchar(20)", "text", "((c)::text)"),
    ("varchar(20)", "text", "CAST(c AS text)"),
    ("varchar(20)", "text", 'c COLLATE "C"'),
    ("varchar(20)", "text", "c::varchar(30)::text"),
    ("varchar(20)", "text", "c::varchar(10)"),
    ("varchar(20)", "text", "trim(c)"),
    ("varchar(20)", "text", "k::text"),
    ("varchar(20)", "text", "NULL"),
    ("varchar(20)", "text", "c || ''"),
    ("varchar(20)", "varchar(40)", "c::varchar(40)"),
    ("varchar(20)", "varchar(40)", "c::text"),
    ("varchar(20)", "varchar(40)", "c::varchar"),
    ("text", "text", "c::plain"),
    ("int", "int", "c::int"),
    ("int", "bigint", "c::bigint"),
    ("text", "mood", "c::mood"),
    ("timestamp", "timestamptz", "c AT TIME ZONE 'UTC'"),
    ("timestamp", "timestamptz", "c::timestamptz"),
    ("numeric(10,2)", "numeric(12,2)", "c::numeric"),
]
FILES = """
    SELECT relname, pg_relation_filenode(oid) FROM pg_class WHERE relname IN ('t', 'ix') ORDER BY 1
"""


def types(pattern: str = "") -> list[str]:
    names = [name.strip() for name in re.split(r",(?![^(]*\))|\n", TYPES)]
    return [name for name in names if name and re.match(pattern, name)]


def alteration(new: str, using: str = "", collation: str = "") -> str:
    return (
        f"ALTER TABLE t ALTER c TYPE {new}"
        + (f" COLLATE {collation}" if collation else "")
        + (f" USING {using}" if using else "")
    )


@cache
def with_domains() -> Schema:
    return folded(Schema(), DOMAINS)


def folded(schema: Schema, sql: str) -> Schema:
    for statement in read(sql):
        schema = fold(schema, statement, revision="1")
    return schema


def predicted(old: str, sql: str, *, utc: bool) -> TypeChange:
    schema = folded(with_domains(), f"CREATE TABLE t (c {old})")
    (statement,) = read(sql)
    assert isinstance(statement, AlterTable)
    (action,) = statement.actions
    assert isinstance(action, AlterColumnType)
    table = schema.table(QualifiedName("t"))
    assert table is not None
    column = table.column("c")
    assert column is not None
    return type_change(column.type, action, schema, utc=utc)


def measured(connection: psycopg.Connection[Any], old: str, sql: str) -> TypeChange | None:
    """Return what a server does; None where it refuses, or the type takes no index."""
    return measured_all(connection, old, [sql])[0]


def measured_all(
    connection: psycopg.Connection[Any], old: str, alterations: Sequence[str]
) -> list[TypeChange | None]:
    """Return the same of several, each on a table that is as it was before."""
    with connection.transaction(force_rollback=True):
        connection.execute(f"CREATE TABLE t (c {old}, k int)".encode())
        try:
            with connection.transaction():
                connection.execute("CREATE INDEX ix ON t (c)")
        except psycopg.Error:
            return [None] * len(alterations)
        before = connection.execute(FILES).fetchall()
        return [_compared(connection, before, sql) for sql in alterations]


def _compared(
    connection: psycopg.Connection[Any], before: list[Any], sql: str
) -> TypeChange | None:
    with connection.transaction(force_rollback=True):
        try:
            connection.execute(sql.encode())
        except psycopg.Error:
            return None
        after = connection.execute(FILES).fetchall()
    if dict(before)["t"] != dict(after)["t"]:
        return TypeChange.REWRITE
    return TypeChange.NOTHING if before == after else TypeChange.INDEXES


@pytest.fixture(scope="module")
def connection(make_database: Any) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(make_database(), autocommit=True) as opened:
        opened.execute(DOMAINS.encode())
        yield opened


@pytest.mark.parametrize(("zone", "pattern"), [("UTC", ""), ("Europe/Berlin", "time|date")])
def test_every_pair_of_types_costs_what_the_server_shows(
    zone: str, pattern: str, connection: psycopg.Connection[Any]
) -> None:
    connection.execute(f"SET TimeZone TO '{zone}'".encode())
    wrong, compared = [], 0
    alterations = {new: alteration(new) for new in types(pattern)}
    for old in types(pattern):
        told = measured_all(connection, old, list(alterations.values()))
        for (new, sql), seen in zip(alterations.items(), told, strict=True):
            if seen is None:
                continue
            compared += 1
            claimed = predicted(old, sql, utc=zone == "UTC")
            if claimed is not seen:
                wrong.append(f"{old} -> {new}: {claimed.value}, but the server: {seen.value}")
    assert not wrong, "\n".join(wrong)
    assert compared >= 30 if pattern else compared > 500


@pytest.mark.parametrize(("old", "new", "using"), USING)
def test_a_using_expression_costs_what_the_server_shows(
    old: str, new: str, using: str, connection: psycopg.Connection[Any]
) -> None:
    connection.execute("SET TimeZone TO 'UTC'")
    sql = alteration(new, using)
    assert predicted(old, sql, utc=True) is measured(connection, old, sql)


@pytest.mark.parametrize(
    ("old", "new"),
    [("geometry", "geometry(Point,4326)"), ("vector(3)", "vector(4)"), ("mystery", "text")],
)
def test_a_type_that_nobody_knows_counts_as_a_rewrite(old: str, new: str) -> None:
    assert predicted(old, alteration(new), utc=True) is TypeChange.REWRITE
