"""What the syntax tree of a revision gives when it cannot be run."""

from __future__ import annotations

import pytest

from outofband.revisions import graph
from outofband.revisions.render import Rendered, render


def read(project, upgrade: str, top: str = "") -> Rendered:
    """Render a revision that cannot be run."""
    project.revision("r1", f"{upgrade}\nop.get_bind().scalar()", top=top)
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
    ],
)
def test_literal_operations_are_read(project, upgrade: str, sql: str) -> None:
    top = 'from sqlalchemy import Numeric\nTABLE = "t"\nCOLUMNS = ["a", "b"]'
    assert statements(read(project, upgrade, top)) == [sql]


@pytest.mark.parametrize(
    "upgrade",
    [
        'for x in "ab":\n    op.create_index(f"ix_{x}", "t", [x])',
        "op.execute(open('/etc/hostname').read())",
        'TABLE = "local"\nop.execute(f"ANALYZE {TABLE}")',
        "op.execute(*['SELECT 1'])",
        "op.execute(**{'sqltext': 'SELECT 1'})",
        "other.execute('SELECT 1')",
        "def inner(TABLE):\n    pass\nop.execute(TABLE)",
    ],
)
def test_what_only_a_run_could_tell_is_left_out(project, upgrade: str) -> None:
    assert statements(read(project, upgrade, 'TABLE = "t"')) == []


@pytest.mark.parametrize(
    ("condition", "branches"),
    [
        ('op.get_bind().dialect.name == "postgresql"', ["body"]),
        ('op.get_bind().dialect.name == "sqlite"', ["orelse"]),
        ('op.get_context().dialect.name != "sqlite"', ["body"]),
        ('dialect.name != "postgresql"', ["orelse"]),
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
        ("own()", "def own():\n    op.drop_index_out_of_band('ix', 't')", True),
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
