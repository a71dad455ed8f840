"""A column's type as an inspector would give it, held against SQLAlchemy's on a real server."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from outofband.revisions.child.reflected_type import reflected_type
from outofband_lint.reader import read

TYPES = (
    "smallint", "integer", "bigint", "numeric", "numeric(10,2)", "numeric(4)", "real",
    "double precision", "boolean", "text", "varchar", "varchar(40)", "char(3)", "name", "bytea",
    "date", "timestamp", "timestamptz", "timestamp(3)", "time", "timetz(2)", "interval",
    "interval(3)", "interval day to second", "uuid", "json", "jsonb", "inet", "money", "oid",
    "tsvector", "int4range", "bit(3)", "bit varying(8)", "text[]", "numeric(6,1)[]",
    "timestamptz[]",
)  # fmt: skip


@pytest.fixture(scope="module")
def inspected(make_database) -> dict[str, str]:
    """What SQLAlchemy itself says of a table with a column of each type."""
    columns = ", ".join(f"c{number} {kind}" for number, kind in enumerate(TYPES))
    url = sa.make_url(make_database()).set(drivername="postgresql+psycopg")
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text(f"CREATE TABLE t ({columns})"))
        found = sa.inspect(connection).get_columns("t")
    return {kind: repr(column["type"]) for kind, column in zip(TYPES, found, strict=True)}


@pytest.mark.parametrize("kind", TYPES)
def test_a_type_is_what_an_inspector_of_a_real_table_gives(
    kind: str, inspected: dict[str, str]
) -> None:
    (statement,) = read(f"CREATE TABLE t (c {kind})")
    assert repr(reflected_type(statement.columns[0].type)) == inspected[kind]


def test_a_type_without_a_name_in_sqlalchemy_is_the_null_type() -> None:
    (statement,) = read("CREATE TABLE t (c app.shape)")
    assert isinstance(reflected_type(statement.columns[0].type), sa.types.NullType)
