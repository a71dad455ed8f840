"""What the syntax tree of a revision gives when it cannot be run."""

from __future__ import annotations

import pytest

from outofband.revisions import graph
from outofband.revisions.render import Rendered, render

TOP = """
import enum
from textwrap import dedent
from sqlalchemy import Numeric
from sqlalchemy.dialects import postgresql
TABLE = "t"
COLUMNS = ["a", "b"]
class Mood(str, enum.Enum):
    GOOD = "good"
    BAD = "bad"
def own(name, verb="ANALYZE"):
    op.execute(f"{verb} {name}")
"""


def read(project, upgrade: str, top: str = "") -> Rendered:
    """Render a revision that cannot be run: it ends its process before it sends anything."""
    path = project.revision("r1", upgrade, top=top)
    text = path.read_text()
    path.write_text(text.replace("def upgrade():", "def upgrade():\n    import os; os._exit(1)"))
    environment = project.environment
    (one,) = render(environment, graph.every(environment.script))
    assert one.revision.problem is not None
    return one


def statements(one: Rendered) -> list[str]:
    return [source.sql for source in one.revision.sources]


@pytest.mark.parametrize(
    ("upgrade", "sql"),
    [
        ('op.drop_index("ix", "t")', "DROP INDEX ix"),
        ('op.drop_index(op.f("ix"), table_name="t")', "DROP INDEX ix"),
        ('op.execute("ANALYZE " "t")', "ANALYZE t"),
        ('op.execute(f"ANALYZE {TABLE}")', "ANALYZE t"),
        ('op.execute("ANALYZE " + TABLE)', "ANALYZE t"),
        ('op.create_index("ix", TABLE, COLUMNS)', "CREATE INDEX ix ON t (a, b)"),
        ('op.create_index("ix", "t", [sa.text("lower(a)")])', "CREATE INDEX ix ON t (lower(a))"),
        (
            'op.create_index("ix", "t", ["a"], postgresql_with={"fillfactor": 70})',
            "CREATE INDEX ix ON t (a) WITH (fillfactor = 70)",
        ),
        (
            'op.add_column("t", sa.Column("a", Numeric(5, scale=2), nullable=False))',
            "ALTER TABLE t ADD COLUMN a NUMERIC(5, 2) NOT NULL",
        ),
        (
            'op.create_index_out_of_band("ix", "t", ["a"], unique=True)',
            "CREATE UNIQUE INDEX ix ON t (a)",
        ),
        ('op.drop_index_out_of_band("ix", "t")', "DROP INDEX ix"),
        ('if something():\n    op.execute("SELECT 1")', "SELECT 1"),
        ('try:\n    op.execute("SELECT 1")\nfinally:\n    pass', "SELECT 1"),
        (
            'with op.batch_alter_table(TABLE) as batch:\n    batch.drop_index(batch.f("ix"))',
            "DROP INDEX ix",
        ),
        (
            'op.create_table("t", sa.Column("a", theirs.Type(3), default=theirs.now))',
            "CREATE TABLE t (\n    a unread\n)",
        ),
        (
            f'op.drop_constraint(op.f("{"n" * 70}"), "t")',
            f"ALTER TABLE t DROP CONSTRAINT {'n' * 55}_f4ec",
        ),
        ("op.execute(*['SELECT 1'])", "SELECT 1"),
        ("op.execute(**{'sqltext': 'SELECT 1'})", "SELECT 1"),
        ('TABLE = "local"\nop.execute(f"ANALYZE {TABLE}")', "ANALYZE local"),
        ('op.execute(f"ANALYZE {COLUMNS[0]!s:}")', "ANALYZE a"),
        ('op.execute("ANALYZE %s" % TABLE)', "ANALYZE t"),
        ('op.execute("ANALYZE {}".format(TABLE))', "ANALYZE t"),
        ('op.execute("ANALYZE " + ", ".join(c.upper() for c in COLUMNS))', "ANALYZE A, B"),
        ('op.execute(dedent("""\\\n    ANALYZE t\n"""))', "ANALYZE t"),
        ('op.execute("SELECT 1" if TABLE == "t" else "SELECT 2")', "SELECT 1"),
        ('sql = "ANALYZE "\nsql += TABLE\nop.execute(sql)', "ANALYZE t"),
        ('analyse = lambda name: op.execute(f"ANALYZE {name}")\nanalyse(TABLE)', "ANALYZE t"),
        ("own(TABLE, verb='VACUUM')", "VACUUM t"),
        ("own(name='x')", "ANALYZE x"),
        ("op.get_bind().execute(sa.text('SELECT 1'))", "SELECT 1"),
        ("bind = op.get_bind()\nbind.exec_driver_sql('SELECT 1')", "SELECT 1"),
        ("session = factory()\nsession.execute(sa.text('SELECT 1'))", "SELECT 1"),
        (
            'op.add_column("t", sa.Column("m", sa.Enum(*[m.value for m in Mood], name="mood")))',
            "ALTER TABLE t ADD COLUMN m mood",
        ),
        (
            "op.execute(sa.table('t', sa.column('a')).update().values(a='x'))",
            "UPDATE t SET a='x'",
        ),
        (
            'op.alter_column("t", "a", existing_type=theirs.Type(), nullable=True)',
            "ALTER TABLE t ALTER COLUMN a DROP NOT NULL",
        ),
        (
            "postgresql.ENUM('a', 'b', name='mood').create(op.get_bind())",
            "CREATE TYPE mood AS ENUM ('a', 'b')",
        ),
    ],
)
def test_literal_operations_are_read(project, upgrade: str, sql: str) -> None:
    assert statements(read(project, upgrade, TOP)) == [sql]


def test_loops_over_what_is_known_are_followed(project) -> None:
    one = read(
        project,
        """
        for table, columns in {"t": COLUMNS, "u": ["c"]}.items():
            for number, column in enumerate(columns):
                if column == "b":
                    continue
                op.create_index(f"ix_{table}_{number}", table, [column])
        """,
        TOP,
    )
    assert statements(one) == ["CREATE INDEX ix_t_0 ON t (a)", "CREATE INDEX ix_u_0 ON u (c)"]


LOOKS = """
inspector = sa.inspect(op.get_bind())
if "t" not in inspector.get_table_names():
    op.create_table("t", sa.Column("a", sa.Text()))
if "t" not in inspector.get_table_names():
    op.create_table("t", sa.Column("b", sa.Text()))
if not any(c["name"] == "a" for c in sa.inspect(op.get_bind()).get_columns("t")):
    op.add_column("t", sa.Column("a", sa.Text()))
if op.get_bind().dialect.name != "postgresql":
    return
op.execute("SELECT 1")
"""


def test_questions_about_the_schema_are_answered_without_a_run_too(project) -> None:
    one = read(project, LOOKS, TOP)
    assert statements(one) == ["CREATE TABLE t (\n    a TEXT\n)", "SELECT 1"]


@pytest.mark.parametrize(
    ("upgrade", "sent"),
    [
        ('op.execute("SELECT 1")\nreturn\nop.execute("SELECT 2")', ["SELECT 1"]),
        ('op.execute("SELECT 1")\nraise ValueError\nop.execute("SELECT 2")', ["SELECT 1"]),
        ('if something():\n    return\nop.execute("SELECT 2")', ["SELECT 2"]),
    ],
)
def test_what_ends_upgrade_for_certain_ends_the_reading(project, upgrade, sent) -> None:
    assert statements(read(project, upgrade)) == sent


@pytest.mark.parametrize(
    "upgrade",
    [
        "op.execute(open('/etc/hostname').read())",
        "op.execute(theirs)",
        "for x in theirs:\n    op.create_index(f'ix_{x}', 't', [x])",
        "other.send('SELECT 1')",
        "def inner(TABLE):\n    op.execute(TABLE)",
        "op.invoke(theirs)",
        "op.run_async(theirs)",
        "while True:\n    pass",
        "own(own)",
        "op.execute('x' * 10 ** 9)",
        "op.execute('{0.__class__}'.format(TABLE))",
        "op.execute(TABLE.__class__.__name__)",
        "op.execute(str(sa.text.__globals__))",
        "op.execute(sa.util.os.popen('id').read())",
        "op.execute(f'{sa.create_engine}')",
        "op.execute(__import__('os').environ['HOME'])",
        "op.execute(getattr(op, 'execute'))",
        "def f(n): return f(n)\nop.execute(f(1))",
    ],
)
def test_what_only_a_run_could_tell_is_left_out(project, upgrade: str) -> None:
    assert statements(read(project, upgrade, TOP)) == []


@pytest.mark.parametrize(
    ("condition", "branches"),
    [
        ('op.get_bind().dialect.name == "postgresql"', ["body"]),
        ('op.get_bind().dialect.name == "sqlite"', ["orelse"]),
        ('op.get_context().dialect.name != "sqlite"', ["body"]),
        ('op.get_bind().engine.name != "postgresql"', ["orelse"]),
        ('dialect.name != "postgresql"', ["body", "orelse"]),
        ('name == "mysql"', ["orelse"]),
        ('not name == "mysql"', ["body"]),
        ('name in ("mysql", "postgresql")', ["body"]),
        ('name not in {"mysql", "postgresql"}', ["orelse"]),
        ('something() and name == "mysql"', ["orelse"]),
        ('something() and name == "postgresql"', ["body", "orelse"]),
        ('something() or name == "postgresql"', ["body"]),
        ('something() or name == "mysql"', ["body", "orelse"]),
        ('not something() == "mysql"', ["body", "orelse"]),
        ('unknown == "mysql"', ["body", "orelse"]),
        ("name == other", ["body", "orelse"]),
        ("context.is_offline_mode()", ["orelse"]),
        ("name in names", ["body", "orelse"]),
    ],
)
def test_what_stands_under_another_dialect_is_left_out(
    project, condition: str, branches: list[str]
) -> None:
    one = read(
        project,
        f"""
name = op.get_bind().dialect.name
unknown = name
unknown = something()
if {condition}:
    op.execute("body")
else:
    op.execute("orelse")
""",
        "from alembic import context",
    )
    assert statements(one) == branches


def test_a_batchs_operations_have_lines_of_their_own(project) -> None:
    one = read(
        project,
        'with op.batch_alter_table("t") as batch:\n'
        '    batch.create_index("ix", ["a"])\n'
        '    batch.create_index("iy", ["b"])',
    )
    first, second = one.revision.sources
    assert (first.sql, second.line) == ("CREATE INDEX ix ON t (a)", first.line + 1)


@pytest.mark.parametrize("top", ["from sqlalchemy import *", "import sqlalchemy.ext.no_such"])
def test_an_import_that_only_a_run_could_follow_costs_no_other_operation(project, top: str) -> None:
    guarded = f"try:\n    {top}\nexcept ImportError:\n    pass"
    top = top if "*" in top else guarded
    assert statements(read(project, 'op.execute("SELECT 1")', top)) == ["SELECT 1"]


def test_lines_and_transactions_are_those_of_the_call(project) -> None:
    one = read(
        project,
        """
        op.execute("SELECT 1")
        with op.get_context().autocommit_block():
            op.create_index("ix", "t", ["a"], postgresql_concurrently=True)
        """.replace("\n        ", "\n"),
    )
    first, second = one.revision.sources
    assert (first.in_transaction, second.in_transaction) == (True, False)
    assert second.line == first.line + 2


HELPER = "def index(op):\n    op.create_index_out_of_band('hidden', 't', ['a'])\n"


@pytest.mark.parametrize(
    ("upgrade", "top", "more"),
    [
        ('op.create_index_out_of_band("ix", "t", ["a"])', "", False),
        ('op.create_index("ix", "t", [name()])', "", False),
        ('op.create_index_out_of_band(name(), "t", ["a"])', "", True),
        ("own()", "def own():\n    op.drop_index_out_of_band('ix', 't')", False),
        ("own(*name())", "def own(ix):\n    op.drop_index_out_of_band(ix, 't')", True),
        ("index(op)", "from helper_of_literal import index", True),
        ("outer(op)", "from outer_helper_of_literal import outer", True),
        ("dumps({})", "from json import dumps", False),
        ("harmless()", "from harmless_helper import harmless", False),
    ],
)
def test_what_may_have_been_missed_is_admitted(project, upgrade: str, top: str, more: bool) -> None:
    project.module("helper_of_literal", HELPER)
    project.module("outer_helper_of_literal", "import helper_of_literal\nouter = print\n")
    project.module("harmless_helper", "harmless = print\n")
    assert read(project, upgrade, top).may_declare_more is more
