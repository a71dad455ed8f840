"""Whatever way a statement takes through Alembic, it arrives with text, line and transaction."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from outofband.revisions import history
from outofband_lint.reader import read
from outofband_lint.statement import NotUnderstood


@dataclass(frozen=True, slots=True)
class Way:
    """A body of ``upgrade()``; what it sends, each with the text of its line in the file."""

    body: str
    sent: tuple[tuple[str, str], ...]
    top: str = ""
    autocommit: tuple[int, ...] = ()
    rows_read: tuple[int, ...] = ()


INDEX = "CREATE INDEX ix ON t (a)"
HELPERS = """
import sqlalchemy as sa
from alembic import op

def deep(depth, sql):
    deep(depth - 1, sql) if depth else op.execute(sql)

class Kit:
    def index(self, operations, name):
        with operations.get_context().autocommit_block():
            operations.create_index(name, "t", ["a"], postgresql_concurrently=True)
"""
WAYS = {
    "an alias of op": Way(
        'o.execute("SELECT 1")', (("SELECT 1", "o.exec"),), "from alembic import op as o"
    ),
    "alembic.op": Way(
        'alembic.op.execute("SELECT 1")', (("SELECT 1", "alembic.op.exec"),), "import alembic.op"
    ),
    "a helper's helper": Way(
        'deep(5, "SELECT 1")', (("SELECT 1", "deep(5"),), "from helpers_of_ways import deep"
    ),
    "a helper's autocommit block": Way(
        'kit = Kit()\nkit.index(op, "ix")',
        (("CREATE INDEX CONCURRENTLY ix ON t (a)", "kit.index"),),
        "from helpers_of_ways import Kit",
        autocommit=(0,),
    ),
    "a function of the file": Way(
        "own('t')", (("ANALYZE t", "op.execute(f"),), "def own(t):\n    op.execute(f'ANALYZE {t}')"
    ),
    "a loop": Way(
        'for n in "xy":\n    op.execute(f"ANALYZE {n}")',
        (("ANALYZE x", "op.execute"), ("ANALYZE y", "op.execute")),
    ),
    "several lines": Way(
        'op.execute(\n    sa.text(\n        "SELECT 1"\n    )\n)', (("SELECT 1", "op.execute("),)
    ),
    "a batch": Way(
        'with op.batch_alter_table("t") as batch:\n    batch.create_index("ix", ["a"])\n'
        '    batch.drop_column("b")',
        ((INDEX, "with op.batch"), ("ALTER TABLE t DROP COLUMN b", "with op.batch")),
    ),
    "a batch that copies": Way(
        'op.create_table("c", sa.Column("a", sa.Text()))\n'
        'with op.batch_alter_table("c", recreate="always") as batch:\n'
        '    batch.add_column(sa.Column("b", sa.Text()))',
        (
            ("CREATE TABLE c (\n    a TEXT\n)", "op.create_table"),
            ("CREATE TABLE _alembic_tmp_c (\n    a TEXT, \n    b TEXT\n)", "with op.batch"),
            ("INSERT INTO _alembic_tmp_c (a) SELECT c.a \nFROM c", "with op.batch"),
            ("DROP TABLE c", "with op.batch"),
            ("ALTER TABLE _alembic_tmp_c RENAME TO c", "with op.batch"),
        ),
    ),
    "op.invoke": Way(
        'op.invoke(ops.CreateIndexOp("ix", "t", ["a"]))',
        ((INDEX, "op.invoke"),),
        "from alembic.operations import ops",
    ),
    "op.run_async": Way(
        "op.run_async(later)",
        (("SELECT 1", "await c.execute"),),
        "async def later(c):\n    await c.execute(sa.text('SELECT 1'))",
    ),
    "op.bulk_insert": Way(
        'op.bulk_insert(sa.table("t", sa.column("a")), [{"a": 1}, {"a": 2}])',
        (("INSERT INTO t (a) VALUES (:a)", "op.bulk"),),
    ),
    "a value that has no literal form": Way(
        'op.execute(sa.table("t", sa.column("a")).update().values(a=object()))',
        (("UPDATE t SET a=:a", "op.execute"),),
    ),
    "the connection": Way(
        'c = op.get_bind()\nc.execute(sa.text("UPDATE t SET a = :a"), {"a": "x\'y"})\n'
        'c.exec_driver_sql("ANALYZE t")',
        (("UPDATE t SET a = 'x''y'", "c.execute"), ("ANALYZE t", "c.exec_driver")),
    ),
    "the connection of another transaction": Way(
        "engine = op.get_bind().engine\n"
        'with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as c:\n'
        '    c.execute(sa.text("VACUUM t"))',
        (("VACUUM t", "c.execute"),),
        autocommit=(0,),
    ),
    "a transaction ended by hand": Way(
        'op.execute("SELECT 1")\nop.get_bind().commit()\nop.execute("SELECT 2")',
        (("SELECT 1", "SELECT 1"), ("COMMIT", "commit()"), ("SELECT 2", "SELECT 2")),
    ),
    "a savepoint of SQLAlchemy's": Way(
        'with op.get_bind().begin_nested():\n    op.execute("SELECT 1")',
        (("SELECT 1", "SELECT 1"),),
    ),
    "a session": Way(
        "session = orm.Session(bind=op.get_bind())\nsession.add(T(a='x'))\nsession.commit()\n"
        "session.execute(sa.update(T).values(a='y'))",
        (
            ("INSERT INTO t (a) VALUES ('x') RETURNING t.id", "session.commit"),
            ("UPDATE t SET a='y'", "session.execute"),
        ),
        "from sqlalchemy import orm\nclass T(orm.declarative_base()):\n    __tablename__ = 't'\n"
        "    id = sa.Column(sa.Integer, primary_key=True)\n    a = sa.Column(sa.Text)",
    ),
    "a question about rows": Way(
        'c = op.get_bind()\nfor row in c.execute(sa.text("SELECT a FROM t")):\n    row.a\n'
        'op.execute("SELECT 2")',
        (("SELECT a FROM t", "for row"), ("SELECT 2", "SELECT 2")),
        rows_read=(0,),
    ),
    "an enum that is created": Way(
        'sa.Enum("a", "b", name="mood").create(op.get_bind())\n'
        'sa.Enum("a", "b", name="mood").create(op.get_bind(), checkfirst=True)',
        (("CREATE TYPE mood AS ENUM ('a', 'b')", "sa.Enum"),),
    ),
    "a table with all it has": Way(
        'op.create_table("t", sa.Column("id", sa.BigInteger(), primary_key=True),'
        ' sa.Column("u", pg.UUID(), unique=True), sa.Column("m", sa.Enum("a", name="m")),'
        ' sa.Column("j", pg.JSONB(), index=True), sa.CheckConstraint("id > 0", name="c"))',
        (
            ("CREATE TYPE m AS ENUM ('a')", "op.create_table"),
            (
                "CREATE TABLE t (\n    id BIGSERIAL NOT NULL, \n    u UUID, \n    m m, "
                "\n    j JSONB, "
                "\n    PRIMARY KEY (id), \n    CONSTRAINT c CHECK (id > 0), "
                "\n    CONSTRAINT uq_t_u UNIQUE (u)\n)",
                "op.create_table",
            ),
            ("CREATE INDEX ix_t_j ON t (j)", "op.create_table"),
        ),
        "from sqlalchemy.dialects import postgresql as pg",
    ),
    "an index with all it has": Way(
        'op.create_index(op.f("ix"), "t", [sa.text("lower(a)")], unique=True, schema="app",'
        ' postgresql_where=sa.text("b > 0"), postgresql_using="btree",'
        ' postgresql_include=["c"], postgresql_nulls_not_distinct=True)',
        (
            (
                "CREATE UNIQUE INDEX ix ON app.t USING btree (lower(a)) INCLUDE (c) "
                "NULLS NOT DISTINCT WHERE b > 0",
                "op.create_index",
            ),
        ),
    ),
    "constructs of SQLAlchemy": Way(
        'op.execute(schema.CreateSequence(sa.Sequence("s")))\nop.execute(sa.DDL("ANALYZE t"))\n'
        'op.execute(schema.CreateSchema("app"))',
        (
            ("CREATE SEQUENCE s", "CreateSequence"),
            ("ANALYZE t", "sa.DDL"),
            ("CREATE SCHEMA app", "CreateSchema"),
        ),
        "from sqlalchemy import schema",
    ),
    "metadata that creates itself": Way(
        "metadata.create_all(op.get_bind())\nmetadata.create_all(op.get_bind())",
        (("CREATE TABLE m (\n\ta INTEGER\n)", "create_all"),),
        'metadata = sa.MetaData()\nsa.Table("m", metadata, sa.Column("a", sa.Integer))',
    ),
    "the names of a convention": Way(
        'op.create_unique_constraint(None, "t", ["a"])',
        (("ALTER TABLE t ADD CONSTRAINT uq_t_a UNIQUE (a)", "op.create_unique"),),
    ),
    "percent signs and colons": Way(
        "op.execute(\"SELECT '50%', 'a:b', a::text FROM t WHERE b LIKE 'x%%'\")",
        (("SELECT '50%', 'a:b', a::text FROM t WHERE b LIKE 'x%%'", "op.execute"),),
    ),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_statement_arrives_with_its_text_line_and_transaction(project, way: Way) -> None:
    project.env_py(
        options='{"target_metadata": MetaData(naming_convention='
        '{"uq": "uq_%(table_name)s_%(column_0_name)s", "ix": "ix_%(column_0_label)s"})}'
    )
    project.module("helpers_of_ways", HELPERS)
    path = project.revision("r1", way.body, top=way.top)
    (revision,) = history.read(project.config).revisions
    assert revision.problem is None
    lines = path.read_text().splitlines()
    sources = revision.sources
    assert [source.sql for source in sources] == [sql for sql, _ in way.sent]
    for source, (_, text) in zip(sources, way.sent, strict=True):
        assert text in lines[source.line - 1]
        assert source.path == str(path)
        assert not [s for s in read(source.sql) if isinstance(s, NotUnderstood)]
    assert [n for n, s in enumerate(sources) if not s.in_transaction] == [*way.autocommit]
    assert [n for n, s in enumerate(sources) if s.rows_read] == [*way.rows_read]


def test_branches_merges_and_dependencies_come_in_upgrade_order(project) -> None:
    project.revision("a1", after=None, labels="core")
    project.revision("b1", after=None)
    project.revision("a2", after="a1", depends_on="b1")
    project.revision("m", after=("a2", "b1"))
    revisions = history.read(project.config).revisions
    order = [revision.id for revision in revisions]
    assert sorted(order) == ["a1", "a2", "b1", "m"]
    by_id = {revision.id: revision for revision in revisions}
    for revision in revisions:
        assert all(order.index(p) < order.index(revision.id) for p in revision.parents)
    assert by_id["a2"].depends_on == ("b1",)
    assert by_id["m"].down_revisions == ("a2", "b1")
    assert by_id["a1"].branch_labels == ("core",)
    assert by_id["a2"].branch_labels == ()


def test_several_folders_are_read_however_deep(project) -> None:
    project.revision("r1")
    one = project.revision("r2")
    two = project.revision("r3")
    deep = project.folder / "more/2024/07"
    deep.mkdir(parents=True)
    one.rename(deep / "r2.py")
    other = project.folder / "other"
    other.mkdir()
    two.rename(other / "r3.py")
    with open(project.folder / "alembic.ini", "a") as ini:
        ini.write(
            "version_locations = %(here)s/more:%(here)s/other:%(here)s/migrations/versions\n"
            "recursive_version_locations = true\n"
        )
    found = history.read(project.config)
    assert [revision.id for revision in found.revisions] == ["r1", "r2", "r3"]


def test_one_ini_may_have_several_databases(project) -> None:
    from outofband.revisions.environment import configured

    project.revision(
        "r1",
        "op.execute(f\"SELECT '{context.config.get_main_option('mine')}'\")",
        top="from alembic import context",
    )
    with open(project.folder / "alembic.ini", "a") as ini:
        ini.write("mine = first\n[second]\nscript_location = %(here)s/migrations\nmine = other\n")
    ini_file = str(project.folder / "alembic.ini")
    for section, sent in (("alembic", "SELECT 'first'"), ("second", "SELECT 'other'")):
        (revision,) = history.read(configured([ini_file], section)).revisions
        assert [source.sql for source in revision.sources] == [sent]


def test_an_x_argument_reaches_env_py_and_revisions(project) -> None:
    from outofband.revisions.environment import configured

    project.revision(
        "r1",
        'op.execute("ANALYZE " + context.get_x_argument(as_dictionary=True)["table"])',
        top="from alembic import context",
    )
    config = configured([str(project.folder / "alembic.ini")], x=["table=t"])
    (revision,) = history.read(config).revisions
    assert [source.sql for source in revision.sources] == ["ANALYZE t"]


def test_what_a_downgrade_sends_is_rendered_where_it_is_asked_for(project) -> None:
    project.revision("r1", 'op.execute("SELECT 1")', 'op.execute("SELECT 2")')
    project.revision("r2", 'op.execute("SELECT 3")')
    first, second = history.read(project.config, history.Reading(downgrades=True)).revisions
    assert first.downgrade is not None
    assert [source.sql for source in first.downgrade] == ["SELECT 2"]
    assert second.downgrade == ()
    assert history.read(project.config).revisions[0].downgrade is None
