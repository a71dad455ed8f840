"""A role that lacks one privilege is told which, and by what statement it gets it; that alone is
missing, and nothing was changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

TABLES = (
    'op.execute("CREATE TABLE docs (id int NOT NULL, path text)"); '
    'op.execute("CREATE TABLE pages (id int NOT NULL)"); '
    'op.execute("CREATE SCHEMA sales"); '
    'op.execute("CREATE TABLE sales.orders (id int NOT NULL)"); '
    'op.execute("CREATE SCHEMA util"); '
    "op.execute(\"CREATE COLLATION util.mine (provider = libc, locale = 'C')\"); "
    'op.execute("CREATE SCHEMA old"); '
    'op.execute("CREATE TABLE parts (id int NOT NULL) PARTITION BY RANGE (id)"); '
    'op.execute("CREATE TABLE years PARTITION OF parts DEFAULT PARTITION BY RANGE (id)"); '
    'op.execute("CREATE TABLE old.months PARTITION OF years DEFAULT"); '
    'op.execute("CREATE FUNCTION util.key(n int) RETURNS int LANGUAGE sql IMMUTABLE AS '
    "'SELECT n % 7'\")"
)
INDEXES = """import sqlalchemy as sa
    op.create_index_out_of_band("docs_unique", "docs", ["id"], unique=True)
    op.create_index_out_of_band("docs_path", "docs", ["path"])
    op.create_index_out_of_band("docs_mine", "docs", [sa.text("path COLLATE util.mine")])
    op.create_index_out_of_band("parts_id", "parts", ["id"])
    op.create_index_out_of_band("pages_key", "pages", [sa.text("util.key(id)")])
    op.create_index_out_of_band("orders_id", "orders", ["id"], schema="sales")
    op.create_index_out_of_band("pages_id", "pages", ["id"], postgresql_tablespace="{space}")"""
OF_THE_SERVER = """
    CREATE ROLE {owner};
    CREATE ROLE {app} LOGIN;
    GRANT CREATE ON TABLESPACE {space} TO {app}
"""
OF_THE_TEMPLATE = """
    REVOKE ALL ON SCHEMA public FROM PUBLIC;
    GRANT USAGE, CREATE ON SCHEMA public, sales, util, old TO {app}, {owner};
    GRANT SELECT ON alembic_version TO {app};
    REVOKE EXECUTE ON FUNCTION util.key FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION util.key TO {app};
    ALTER TABLE docs OWNER TO {app};
    ALTER TABLE pages OWNER TO {app};
    ALTER TABLE parts OWNER TO {app};
    ALTER TABLE years OWNER TO {app};
    ALTER TABLE old.months OWNER TO {app};
    ALTER TABLE sales.orders OWNER TO {app}
"""
OF_THE_DATABASE = """
    REVOKE CONNECT ON DATABASE {db} FROM PUBLIC;
    GRANT CONNECT, CREATE ON DATABASE {db} TO {app};
    GRANT CREATE ON TABLESPACE {space} TO {app};
    REVOKE {owner} FROM {app}
"""
DEDUPE = ("--dedupe", "identical")
LACKING = {
    "CONNECT": (
        "docs_path",
        "REVOKE CONNECT ON DATABASE {db} FROM {app}",
        "GRANT CONNECT ON DATABASE {db} TO {app};",
    ),
    "USAGE on the schema of the search_path": (
        "docs_path",
        "REVOKE USAGE ON SCHEMA public FROM {app}",
        "GRANT USAGE ON SCHEMA public TO {app};",
    ),
    "USAGE on the schema of the table": (
        "orders_id",
        "REVOKE USAGE ON SCHEMA sales FROM {app}",
        "GRANT USAGE ON SCHEMA sales TO {app};",
    ),
    "SELECT on the version table": (
        "docs_path",
        "REVOKE SELECT ON alembic_version FROM {app}",
        "GRANT SELECT ON alembic_version TO {app};",
    ),
    "CREATE on the schema": (
        "orders_id",
        "REVOKE CREATE ON SCHEMA sales FROM {app}",
        "GRANT CREATE ON SCHEMA sales TO {app};",
    ),
    "the table, which a superuser owns": (
        "docs_path",
        "ALTER TABLE docs OWNER TO postgres",
        "ALTER TABLE public.docs OWNER TO {app};",
    ),
    "membership in the role that owns the table": (
        "docs_path",
        "ALTER TABLE docs OWNER TO {owner}",
        "GRANT {owner} TO {app};",
    ),
    "SELECT, to look for duplicates": (
        "docs_unique",
        "REVOKE SELECT ON docs FROM {app}",
        "GRANT SELECT ON public.docs TO {app};",
    ),
    "SELECT, to look at what an expression makes of the rows": (
        "pages_key",
        "REVOKE SELECT ON pages FROM {app}",
        "GRANT SELECT ON public.pages TO {app};",
    ),
    "DELETE, to move duplicates": (
        "docs_unique",
        "REVOKE DELETE ON docs FROM {app}",
        "GRANT DELETE ON public.docs TO {app};",
    ),
    "CREATE on the database, for the quarantine": (
        "docs_unique",
        "REVOKE CREATE ON DATABASE {db} FROM {app}",
        "CREATE SCHEMA outofband AUTHORIZATION {app};",
    ),
    "USAGE on the schema outofband": (
        "docs_unique",
        "CREATE SCHEMA outofband; GRANT CREATE ON SCHEMA outofband TO {app}",
        "GRANT USAGE, CREATE ON SCHEMA outofband TO {app};",
    ),
    "CREATE on the schema outofband": (
        "docs_unique",
        "CREATE SCHEMA outofband; GRANT USAGE ON SCHEMA outofband TO {app}",
        "GRANT USAGE, CREATE ON SCHEMA outofband TO {app};",
    ),
    "INSERT into a quarantine that another role keeps": (
        "docs_unique",
        "CREATE SCHEMA outofband; GRANT USAGE, CREATE ON SCHEMA outofband TO {app}; "
        "CREATE TABLE outofband.docs_613b5c0a AS SELECT *, NULL::text AS outofband_step, "
        "NULL::regclass AS outofband_source, now() AS outofband_moved_at FROM docs WHERE false",
        "GRANT SELECT, INSERT, DELETE ON outofband.docs_613b5c0a TO {app};",
    ),
    "CREATE on the tablespace": (
        "pages_id",
        "REVOKE CREATE ON TABLESPACE {space} FROM {app}",
        "GRANT CREATE ON TABLESPACE {space} TO {app};",
    ),
    "EXECUTE on a function of an expression": (
        "pages_key",
        "REVOKE EXECUTE ON FUNCTION util.key FROM {app}",
        "GRANT EXECUTE ON FUNCTION util.key(integer) TO {app};",
    ),
    "a partitioned table between, which another owns": (
        "parts_id",
        "ALTER TABLE years OWNER TO {owner}",
        "GRANT {owner} TO {app};",
    ),
    "USAGE on the schema of a partition": (
        "parts_id",
        "REVOKE USAGE ON SCHEMA old FROM {app}",
        "GRANT USAGE ON SCHEMA old TO {app};",
    ),
    "USAGE on the schema of a collation": (
        "docs_mine",
        "REVOKE USAGE ON SCHEMA util FROM {app}",
        "GRANT USAGE ON SCHEMA util TO {app};",
    ),
    "USAGE on the schema of a function": (
        "pages_key",
        "REVOKE USAGE ON SCHEMA util FROM {app}",
        "GRANT USAGE ON SCHEMA util TO {app};",
    ),
}


NAMES = {"app": "privileged", "owner": "privileged_owner", "space": "privileged_space"}


def sql(url: str, text: str, **names: str) -> None:
    with psycopg.connect(url, autocommit=True) as session:
        for statement in filter(str.strip, text.format(**NAMES, **names).split(";")):
            session.execute(statement)


@pytest.fixture(scope="module")
def template(
    make_database: Any, make_project: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, str]]:
    """A project, and a database of it with rows, where a role may do everything it needs."""
    folder, url = tmp_path_factory.mktemp("privileges"), make_database()
    in_place = "SET allow_in_place_tablespaces = on; CREATE TABLESPACE {space} LOCATION ''"
    sql(url, in_place)
    sql(url, OF_THE_SERVER)
    project = make_project(folder, url, lambda *_: pytest.fail("nothing is run on the template"))
    project.revise("1", None, TABLES)
    project.revise("2", "1", INDEXES.format(**NAMES))
    (folder / "migrations" / "versions" / "r3.py").unlink()
    project.upgrade("1")
    project.sql("INSERT INTO docs SELECT n % 50, 'p' FROM generate_series(1, 100) AS n")
    for table in ("pages", "sales.orders", "parts"):
        project.sql(f"INSERT INTO {table} SELECT n FROM generate_series(1, 100) AS n")
    project.upgrade("2")
    sql(url, OF_THE_TEMPLATE)
    yield folder, url
    sql(url, "REASSIGN OWNED BY {app}, {owner} TO postgres; DROP OWNED BY {app}, {owner}")
    sql(url, "DROP ROLE {app}; DROP ROLE {owner}; DROP TABLESPACE {space}")


@dataclass
class Prepared:
    """A database of its own for a test, and the command line as the role runs it."""

    url: str
    outofband: Any

    @property
    def db(self) -> str:
        return urlsplit(self.url).path.removeprefix("/")

    def sql(self, text: str) -> None:
        sql(self.url, text, db=self.db)

    def statement(self, text: str) -> str:
        return text.format(**NAMES, db=self.db)

    def run(self, *words: str) -> Any:
        url = self.url.replace("postgres@", f"{NAMES['app']}@")
        return self.outofband(*words, "--database-url", url)

    def apply(self, step: str) -> Any:
        dedupe = DEDUPE if step == "docs_unique" else ()
        return self.run("apply", "--only", step, *dedupe, "--yes")

    def indexes(self) -> list[Any]:
        with psycopg.connect(self.url) as session:
            return session.execute("SELECT indexrelid::regclass::text FROM pg_index").fetchall()


@pytest.fixture
def prepared(
    template: tuple[Path, str], make_database: Any, outofband: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Prepared]:
    folder, url = template
    monkeypatch.chdir(folder)
    made = Prepared(make_database(url), outofband)
    made.sql(OF_THE_DATABASE)
    yield made
    sql(url, f"DROP DATABASE {made.db} WITH (FORCE)")


@pytest.mark.parametrize("lacks", LACKING)
def test_what_is_missing_is_named_with_its_statement_and_nothing_else_is(
    prepared: Prepared, lacks: str
) -> None:
    step, take, grant = LACKING[lacks]
    prepared.sql(take)
    before = prepared.indexes()
    refused = prepared.apply(step)
    statement = prepared.statement(grant)
    assert (refused.status, refused.out) == (3, ""), refused.err
    assert refused.err.count(statement) >= 1, refused.err
    assert "othing was changed" in refused.err
    assert prepared.indexes() == before
    prepared.sql(grant)
    done = prepared.apply(step)
    assert done.status == 0, done.err


@pytest.mark.parametrize("lacks", list(LACKING)[:4])
def test_a_role_that_may_not_look_is_told_so_by_every_command(
    prepared: Prepared, lacks: str
) -> None:
    _, take, grant = LACKING[lacks]
    prepared.sql(take)
    to = ("--to", "head")
    ran = [prepared.run(command, *to) for command in ("status", "plan", "check")]
    assert [(r.status, r.out) for r in ran] == [(3, "")] * 3
    assert all(prepared.statement(grant) in r.err for r in ran)
