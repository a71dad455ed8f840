"""The fold of generated chains equals pg_catalog, after every statement."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import psycopg
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from catalog_oracle import read_in_full, shape, table_shape
from matrix.trace import Step, trace
from outofband_lint.locks import LockMode
from outofband_lint.names import QualifiedName, quote
from outofband_lint.reader import read
from outofband_lint.schema import Schema, Table, fold
from outofband_lint.sql_file import revision_from_sql
from outofband_lint.statement import NotUnderstood
from outofband_lint.statement_locks import locks

IN_FULL = "ORACLE_EVERY" in os.environ
"""Whether it is ``make test-oracle``, which has the time for all chains."""
_Item = TypeVar("_Item")

NAMES = ["a", "b", "c", "Upper", "select", "two words", 'quo"te', "x" * 60 + "é", "y" * 40]
TYPES = [
    "int",
    "BIGINT",
    "text",
    "varchar(20)",
    "char",
    "timestamptz(3)",
    "time without time zone",
    "numeric(10)",
    "decimal(8,2)",
    "float(10)",
    "bool",
    "uuid",
    "text[]",
    "int array[3]",
    "bit varying(4)",
    "interval day to second(2)",
    '"char"',
    "mood",
    "app.mood",
]
KEYS = ["{}", "{} desc nulls last", "lower({}::text)"]


class NothingToPick(Exception):
    """The schema has no such thing yet."""


class Chain:
    """Draws statements that the schema so far makes plausible."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.schema = Schema()

    def pick(self, items: Iterable[_Item]) -> _Item:
        choices = list(items)
        if not choices:
            raise NothingToPick
        return self.random.choice(choices)

    def name(self) -> str:
        return quote(self.pick(NAMES))

    def new_table(self) -> str:
        return self.pick(["", "", "app.", "public."]) + self.name()

    def table(self, *kinds: str) -> Table:
        tables = [t for t in self.schema.tables.values() if not kinds or t.kind in kinds]
        return self.pick(tables)

    def table_named(self, name: QualifiedName | None) -> Table:
        assert name is not None
        return self.schema.tables[name]

    def column(self, table: Table) -> str:
        return quote(self.pick(table.columns).name)

    def columns(self, table: Table) -> str:
        names = [quote(column.name) for column in table.columns]
        picked = self.random.sample(names, min(len(names), self.random.randint(1, 2)))
        return ", ".join(picked)

    def definition(self, name: str) -> str:
        extra = self.pick(
            [
                "",
                "",
                "NOT NULL",
                "DEFAULT NULL",
                "UNIQUE",
                "PRIMARY KEY",
                f"CHECK ({name} IS NOT NULL)",
                f"CONSTRAINT {self.name()} CHECK ({name} IS NOT NULL)",
            ]
        )
        return f"{name} {self.pick(TYPES)} {extra}"

    def definitions(self) -> str:
        names = self.random.sample(NAMES, self.random.randint(1, 4))
        return ", ".join(self.definition(quote(name)) for name in names)

    def constraint(self, table: Table) -> str:
        column = self.column(table)
        target = self.table()
        body = self.pick(
            [
                f"UNIQUE ({self.columns(table)})",
                f"PRIMARY KEY ({self.columns(table)})",
                f"CHECK ({column} IS NOT NULL)",
                f"CHECK ({column} IS NOT NULL AND {self.column(table)} IS NOT NULL) NOT VALID",
                f"FOREIGN KEY ({column}) REFERENCES {target.name} ({self.column(target)})",
                f"FOREIGN KEY ({column}) REFERENCES {target.name} NOT VALID",
            ]
        )
        return self.pick(["", f"CONSTRAINT {self.name()} "]) + body

    # --- statements

    def create_table(self) -> str:
        return f"CREATE TABLE {self.new_table()} ({self.definitions()})"

    def create_table_like(self) -> str:
        table = self.table()
        including = self.pick(["", "INCLUDING ALL", "INCLUDING ALL EXCLUDING CONSTRAINTS"])
        return f"CREATE TABLE {self.new_table()} (LIKE {table.name} {including})"

    def create_inheriting_table(self) -> str:
        table = self.table("table")
        return f"CREATE TABLE {self.new_table()} (extra int) INHERITS ({table.name})"

    def create_partitioned_table(self) -> str:
        return (
            f"CREATE TABLE {self.new_table()} (a int NOT NULL, b text, "
            f"{self.pick(['UNIQUE (a)', 'PRIMARY KEY (a)', 'CHECK (a > 0)'])}) "
            "PARTITION BY LIST (a)"
        )

    def create_partition(self) -> str:
        number = self.random.randint(1, 5)
        by = self.pick(["", "", "PARTITION BY LIST (a)"])
        parent = self.table("partitioned")
        bound = f"FOR VALUES IN ({number})"
        return f"CREATE TABLE {self.new_table()} PARTITION OF {parent.name} {bound} {by}"

    def attach_partition(self) -> str:
        number = self.random.randint(1, 5)
        parent, child = self.table("partitioned"), self.table()
        return f"ALTER TABLE {parent.name} ATTACH PARTITION {child.name} FOR VALUES IN ({number})"

    def create_table_to_attach(self) -> str:
        parent = self.table("partitioned")
        including = self.pick(["", "INCLUDING ALL"])
        return f"CREATE TABLE {self.new_table()} (LIKE {parent.name} {including})"

    def detach_partition(self) -> str:
        child = self.pick([t for t in self.schema.tables.values() if t.partition_of])
        return f"ALTER TABLE {child.partition_of} DETACH PARTITION {child.name}"

    def drop_table(self) -> str:
        return f"DROP TABLE {self.table().name} {self.pick(['', 'CASCADE'])}"

    def rename_table(self) -> str:
        return f"ALTER TABLE {self.table().name} RENAME TO {self.name()}"

    def move_table(self) -> str:
        return f"ALTER TABLE {self.table().name} SET SCHEMA {self.pick(['app', 'public'])}"

    def add_column(self) -> str:
        return f"ALTER TABLE {self.table().name} ADD COLUMN {self.definition(self.name())}"

    def drop_column(self) -> str:
        table = self.table()
        return f"ALTER TABLE {table.name} DROP COLUMN {self.column(table)} CASCADE"

    def rename_column(self) -> str:
        table = self.table()
        return f"ALTER TABLE {table.name} RENAME {self.column(table)} TO {self.name()}"

    def change_type(self) -> str:
        table = self.table()
        new = self.pick(TYPES)
        return f"ALTER TABLE {table.name} ALTER {self.column(table)} TYPE {new} USING NULL"

    def nullability(self) -> str:
        # What DROP NOT NULL does to the children differs between 17 and 18.
        table = self.table()
        is_parent = any(
            table.name == other.partition_of or table.name in other.inherits
            for other in self.schema.tables.values()
        )
        verb = "SET" if is_parent else self.pick(["SET", "DROP"])
        return f"ALTER TABLE {table.name} ALTER COLUMN {self.column(table)} {verb} NOT NULL"

    def add_constraint(self) -> str:
        table = self.table()
        return f"ALTER TABLE {table.name} ADD {self.constraint(table)}"

    def on_constraint(self) -> str:
        table = self.pick([t for t in self.schema.tables.values() if t.constraints])
        name = quote(self.pick(table.constraints).name)
        action = self.pick(
            [
                f"DROP CONSTRAINT {name} CASCADE",
                f"RENAME CONSTRAINT {name} TO {self.name()}",
                f"VALIDATE CONSTRAINT {name}",
            ]
        )
        return f"ALTER TABLE {table.name} {action}"

    def create_index(self) -> str:
        table = self.table()
        keys = ", ".join(
            self.pick(KEYS).format(self.column(table)) for _ in range(self.random.randint(1, 2))
        )
        where = self.pick(["", "", f"WHERE {self.column(table)} IS NOT NULL"])
        include = self.pick(["", "", f"INCLUDE ({self.column(table)})"])
        only = self.pick(["", "", "ONLY "])
        unique = self.pick(["", "", "UNIQUE"])
        name = self.pick(["", self.name()])
        return f"CREATE {unique} INDEX {name} ON {only}{table.name} ({keys}) {include} {where}"

    def index(self) -> tuple[Table, str]:
        table = self.pick([t for t in self.schema.tables.values() if t.indexes])
        return table, quote(self.pick(table.indexes).name)

    def on_index(self) -> str:
        table, index = self.index()
        schema = quote(table.name.schema or "")
        return self.pick(
            [
                f"DROP INDEX {schema}.{index}",
                f"ALTER INDEX {schema}.{index} RENAME TO {self.name()}",
                f"ALTER TABLE {schema}.{index} RENAME TO {self.name()}",
            ]
        )

    def attach_index(self) -> str:
        child = self.pick([t for t in self.schema.tables.values() if t.partition_of and t.indexes])
        parent = self.table_named(child.partition_of)
        indexes = [
            QualifiedName(self.pick(table.indexes).name, table.name.schema)
            for table in (parent, child)
        ]
        return "ALTER INDEX {} ATTACH PARTITION {}".format(*indexes)

    def promote_index(self) -> str:
        table, index = self.index()
        kind = self.pick(["UNIQUE", "PRIMARY KEY"])
        name = self.pick(["", f"CONSTRAINT {self.name()}"])
        return f"ALTER TABLE {table.name} ADD {name} {kind} USING INDEX {index}"

    def on_type(self) -> str:
        return self.pick(
            [
                "CREATE TYPE mood AS ENUM ('sad', 'ok')",
                "CREATE DOMAIN app.mood AS text CHECK (value <> '')",
                "ALTER TYPE mood RENAME TO temper",
                "ALTER TYPE temper RENAME TO mood",
                "DROP TYPE IF EXISTS temper CASCADE",
                "ALTER TYPE temper SET SCHEMA app",
            ]
        )

    def on_schema(self) -> str:
        return self.pick(
            [
                "ALTER SCHEMA app RENAME TO other",
                "ALTER SCHEMA other RENAME TO app",
                "DROP SCHEMA other CASCADE",
                "CREATE SCHEMA IF NOT EXISTS app",
                "SET LOCAL search_path = app, public",
                "SET search_path TO public",
            ]
        )

    def statement(self) -> str:
        moves: list[Callable[[], str]] = [getattr(self, name) for name in MOVES]
        if not self.schema.tables:
            moves = [self.create_table, self.create_partitioned_table]
        move = self.pick(moves)
        try:
            return move()
        except NothingToPick:
            return self.create_table()


MOVES = [
    "create_table",
    "create_table",
    "create_table_like",
    "create_inheriting_table",
    "create_partitioned_table",
    "create_partition",
    "create_partition",
    "create_table_to_attach",
    "attach_partition",
    "attach_partition",
    "detach_partition",
    "drop_table",
    "rename_table",
    "move_table",
    "add_column",
    "drop_column",
    "rename_column",
    "change_type",
    "nullability",
    "add_constraint",
    "add_constraint",
    "add_constraint",
    "on_constraint",
    "on_constraint",
    "create_index",
    "create_index",
    "create_index",
    "on_index",
    "attach_index",
    "promote_index",
    "on_type",
    "on_schema",
]


# --- what is compared


def accepts(connection: psycopg.Connection[Any], sql: str) -> bool:
    """Run a statement; one that Postgres refuses leaves nothing behind."""
    try:
        with connection.transaction():
            connection.execute(sql)
    except psycopg.Error:
        return False
    return True


@settings(
    max_examples=60 if IN_FULL else 12,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],  # the chain in the message is short enough to read as it is
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(seed=st.integers(0, 2**32))
def test_the_fold_equals_the_catalog_after_every_statement(seed: int, database: str) -> None:
    with psycopg.connect(database) as connection:
        done = run_chain(Random(seed), connection)
        connection.rollback()
    assert len(done) >= 5, "the chain is mostly refused: it tests nothing"


def run_chain(random: Random, connection: psycopg.Connection[Any]) -> list[str]:
    """Run a chain of statements, comparing after each; return those that Postgres accepted."""
    chain = Chain(random)
    done: list[str] = []
    for sql in ("CREATE SCHEMA app", "CREATE TYPE mood AS ENUM ('sad')"):
        connection.execute(sql)
        chain.schema = folded(chain.schema, sql)
    connection.execute("SET search_path TO public")
    for _ in range(30):
        sql = chain.statement()
        if not accepts(connection, sql):
            continue
        done.append(sql)
        chain.schema = folded(chain.schema, sql)
        assert shape(chain.schema) == shape(read_in_full(connection)), "; ".join(done)
    return done


@settings(
    max_examples=20 if IN_FULL else 4,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(seed=st.integers(0, 2**32))
def test_the_locks_of_generated_statements_are_those_that_a_server_takes(
    seed: int, make_database: Callable[[], str]
) -> None:
    """Each statement of a chain is traced and rolled back, then run."""
    chain, url = Chain(Random(seed)), make_database()
    with psycopg.connect(url, autocommit=True) as connection:
        for sql in ("CREATE SCHEMA app", "CREATE TYPE mood AS ENUM ('sad')"):
            connection.execute(sql)
            chain.schema = folded(chain.schema, sql)
        for _ in range(30):
            sql = chain.statement()
            if "search_path" in sql or (seen := trace(url, Step(sql))).sqlstate is not None:
                continue
            taken = {t: m for t, m in seen.locks.items() if m is not LockMode.ACCESS_SHARE}
            (statement,) = read(sql)
            said = {t: m for t, m in locks(statement, chain.schema) if t in chain.schema.tables}
            assert said == taken, sql
            connection.execute(sql)
            chain.schema = folded(chain.schema, sql)


def test_a_hand_written_history_is_understood_and_folds_to_the_catalog(database: str) -> None:
    """Servers before 18 refuse a few of the statements; these are left out on both sides."""
    path = Path(__file__).with_name("history.sql")
    sources = revision_from_sql(path.read_text(), path.name).sources
    schema = Schema()
    done = 0
    with psycopg.connect(database) as connection:
        connection.execute("SELECT 1")
        for source in sources:
            statements = read(source.sql)
            assert not any(isinstance(s, NotUnderstood) for s in statements), source.sql
            if accepts(connection, source.sql):
                done += 1
                for statement in statements:
                    schema = fold(schema, statement, revision="1")
                assert_equal(schema, read_in_full(connection), source.sql)
    assert done >= 0.9 * len(sources)


def assert_equal(schema: Schema, catalog: Schema, sql: str) -> None:
    """Compare all but the tables whose columns are those of a query."""
    tables = shape(catalog)
    for table in schema.tables.values():
        found = tables.pop(str(table.name))
        assert not table.columns_known or table_shape(table) == found, sql
    assert not tables, sql


@settings(max_examples=60, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32))
def test_statements_that_postgres_would_refuse_do_not_break_the_fold(seed: int) -> None:
    """A chain that the linter is given need not be one that runs."""
    chain = Chain(Random(seed))
    for _ in range(40):
        chain.schema = folded(chain.schema, chain.statement())


def folded(schema: Schema, sql: str) -> Schema:
    (statement,) = read(sql)
    return fold(schema, statement, revision="1")
