"""Revisions that go by the rows they read, or by tables that no revision has made."""

from __future__ import annotations

from textwrap import dedent

import pytest

from outofband.revisions import history
from outofband_lint.reader import read
from outofband_lint.statement import NotUnderstood

TABLE = """
op.create_table(
    "t",
    sa.Column("id", sa.Integer(), primary_key=True),
    sa.Column("at", sa.DateTime()),
    sa.Column("valid", sa.Boolean()),
    sa.Column("kind", sa.Enum("old", "new", name="kind")),
    sa.Column("facts", sa.JSON()),
)
"""
ASK = 'rows = op.get_bind().exec_driver_sql("SELECT id, at, valid, kind, facts FROM t")\n'


def last_of(project, body: str, top: str = ""):
    project.revision("made", TABLE)
    project.revision("read", dedent(body), top=top)
    return history.read(project.config).revisions[-1]


def sent(revision) -> list[str]:
    return [" ".join(source.sql.split()) for source in revision.sources]


@pytest.mark.parametrize(
    ("body", "expected"),
    {
        "an operation named after a row": (
            ASK + 'for row in rows:\n    op.execute(f"DROP VIEW v_{row.kind}")',
            "DROP VIEW v_old",
        ),
        "what needs a row to go on": (
            ASK + 'found = rows.one()\nop.execute(f"DROP VIEW v{found.id + 1}")',
            "DROP VIEW v2",
        ),
        "a refusal where there is no row": (
            ASK + 'if rows.first() is None:\n    raise RuntimeError("none")\nop.drop_table("t")',
            "DROP TABLE t",
        ),
        "a branch for what is false": (
            ASK + "row = rows.first()\nif row and not row.valid:\n"
            '    op.execute(f"DROP VIEW v{row.id}")',
            "DROP VIEW v1",
        ),
        "values that fit their types": (
            ASK + "for row in rows:\n    row.at.year, row.facts.keys()\n"
            '    op.execute(f"DROP VIEW v{row.at:%Y}")',
            "DROP VIEW v2020",
        ),
        "columns that are typed by SQLAlchemy": (
            't = sa.table("t", sa.column("id", sa.Integer()), sa.column("at", sa.DateTime()))\n'
            "for id, at in op.get_bind().execute(sa.select(t.c.id, t.c.at)):\n"
            '    op.execute(f"DROP VIEW v{id + at.year}")',
            "DROP VIEW v2021",
        ),
        "pages until there are none": (
            "offset = 0\nwhile rows := op.get_bind().exec_driver_sql(\n"
            '    f"SELECT id FROM t ORDER BY id OFFSET {offset}"\n).all():\n'
            '    offset += len(rows)\nop.execute("ANALYZE t")',
            "ANALYZE t",
        ),
        "a count": (
            'if op.get_bind().exec_driver_sql("SELECT count(*) FROM t").scalar():\n'
            '    name = "t"\n    op.execute(f"TRUNCATE {name}")',
            "TRUNCATE t",
        ),
    }.values(),
    ids=lambda value: value[:30].replace("\n", " ") if isinstance(value, str) else "",
)
def test_what_a_revision_does_with_rows_is_sent_too(project, body: str, expected: str) -> None:
    revision = last_of(project, body)
    assert revision.problem is None
    assert expected in sent(revision)
    read_back = [s for source in revision.sources for s in read(source.sql)]
    assert not [s for s in read_back if isinstance(s, NotUnderstood)]


def test_what_rows_lead_to_stands_where_its_line_belongs(project) -> None:
    body = (
        ASK
        + 'if rows.first():\n    op.execute("DROP INDEX ix")\nop.create_index("ix", "t", ["at"])'
    )
    revision = last_of(project, body)
    assert sent(revision)[1:] == ["DROP INDEX ix", "CREATE INDEX ix ON t (at)"]


def test_a_batch_is_sent_once_though_its_lines_are_many(project) -> None:
    body = (
        ASK + "rows.all()\n"
        'with op.batch_alter_table("t") as batch:\n'
        '    batch.alter_column("at", nullable=False)\n'
        '    batch.create_index("ix", ["at"])'
    )
    revision = last_of(project, body)
    assert revision.problem is None
    assert sent(revision)[1:] == [
        "ALTER TABLE t ALTER COLUMN at SET NOT NULL",
        "CREATE INDEX ix ON t (at)",
    ]


def test_a_handler_of_errors_that_rows_may_have_made_is_not_taken(project) -> None:
    body = """
    bind = op.get_bind()
    try:
        for row in bind.exec_driver_sql("SELECT kind FROM t"):
            int(row.kind)
    except ValueError:
        bind.get_transaction().rollback()
    """
    assert sent(last_of(project, body)) == ["SELECT kind FROM t"]


def test_rows_that_are_written_back_are_found(project) -> None:
    body = """
    result = op.get_bind().exec_driver_sql("UPDATE t SET valid = true")
    if op.get_bind().exec_driver_sql("SELECT id FROM t").first() and result.rowcount == 1:
        name = "done"
        op.execute(f"DROP VIEW {name}")
    """
    assert "DROP VIEW done" in sent(last_of(project, body))


def test_a_row_that_is_made_up_declares_no_step(project) -> None:
    body = ASK + 'for row in rows:\n    op.create_index_out_of_band(f"ix_{row.id}", "t", ["at"])'
    revision = last_of(project, body)
    assert not [source for source in revision.sources if source.out_of_band]
    assert revision.problem is not None
    assert "depends on" in revision.problem.reason


def test_a_revision_that_fails_for_another_reason_stays_a_problem(project) -> None:
    body = ASK + "rows.all()\nhelper = int('x')\nop.execute(f'DROP VIEW {helper}')"
    revision = last_of(project, body)
    assert revision.problem is not None
    assert "ValueError" in revision.problem.reason


def test_statements_about_rows_are_no_operations_however_they_get_their_values(project) -> None:
    body = (
        ASK + "for row in rows:\n    if row.kind == 'another':\n"
        '        op.execute(\n            sa.text("UPDATE t SET at = :at")'
        '.bindparams(sa.bindparam("at", row.at))\n        )'
    )
    assert last_of(project, body).problem is None


def test_a_question_is_no_operation_whoever_words_it(project) -> None:
    body = """
    for row in op.get_bind().execute(of(ASKED[-1])):
        for other in op.get_bind().execute(of(row.nobody)):
            op.get_bind().execute(of(other.nobody)).scalar()
    """
    top = "ASKED = ['t']\nof = lambda table: sa.text(f'SELECT * FROM {table}')"
    assert last_of(project, body, top).problem is None


INDEXED = """
from sqlalchemy import inspect

def has(name):
    return name in [index["name"] for index in inspect(op.get_bind()).get_indexes("by_hand")]
"""


def test_of_a_table_that_no_revision_made_both_answers_are_followed(project) -> None:
    body = (
        'if has("ix"):\n    op.drop_index("ix", "by_hand")\nop.create_index("ix", "by_hand", ["a"])'
    )
    revision = last_of(project, body, top=INDEXED)
    assert revision.problem is None
    assert sent(revision) == ["DROP INDEX ix", "CREATE INDEX ix ON by_hand (a)"]


MODELS = """
from sqlalchemy import Column, Integer, MetaData, Table, Text
metadata = MetaData()
columns = Column("id", Integer, primary_key=True), Column("note", Text, index=True)
Table("by_models", metadata, *columns)
"""


def test_a_table_that_create_all_made_is_as_the_models_have_it(project) -> None:
    project.module("models_of_rows", MODELS)
    text = (project.folder / "migrations/env.py").read_text()
    text = text.replace(
        "options = {}",
        "from models_of_rows import metadata\noptions = {'target_metadata': metadata}",
    )
    (project.folder / "migrations/env.py").write_text(text)
    body = """
    table = sa.Table("by_models", sa.MetaData(), autoload_with=op.get_bind())
    op.get_bind().execute(table.update().values(note="x"))
    for index in sorted(index.name for index in table.indexes):
        op.drop_index(index, "by_models")
    """
    revision = last_of(project, body)
    assert revision.problem is None
    assert sent(revision) == ["UPDATE by_models SET note='x'", "DROP INDEX ix_by_models_note"]


def test_a_table_that_nobody_knows_cannot_be_reflected(project) -> None:
    body = """
    table = sa.Table("by_hand", sa.MetaData(), autoload_with=op.get_bind())
    for index in table.indexes:
        op.drop_index(index.name, "by_hand")
    """
    revision = last_of(project, body)
    assert revision.problem is not None
    assert "NoSuchTableError" in revision.problem.reason


def test_the_version_table_is_there(project) -> None:
    body = """
    found = sa.inspect(op.get_bind()).get_pk_constraint("alembic_version")
    if not found["constrained_columns"]:
        op.create_primary_key("pk", "alembic_version", ["version_num"])
    """
    assert sent(last_of(project, body)) == []


def test_a_module_that_exits_when_it_is_imported_is_stood_in_for(project) -> None:
    project.module("exits_without_a_setting", "raise SystemExit('set $SECRET')")
    revision = last_of(project, 'op.execute("ANALYZE t")', top="import exits_without_a_setting")
    assert revision.problem is None
    assert sent(revision) == ["ANALYZE t"]


def test_what_it_could_hold_is_told_by_the_operation_that_takes_null_away(project) -> None:
    body = """
    op.alter_column("a", "x", nullable=False, existing_nullable=False)
    op.alter_column("a", "y", nullable=False)
    """
    told = [source.existing_nullable for source in last_of(project, body).sources]
    assert told == [False, None]
