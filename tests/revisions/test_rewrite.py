"""What a revision's file is after its fixes, comments and formatting included."""

from __future__ import annotations

import libcst as cst
import pytest

from outofband.revisions.rewrite.choose import Edit
from outofband.revisions.rewrite.downgrade import followed
from outofband.revisions.rewrite.edit import edited
from outofband_lint.fix import Fix

HEAD = "from alembic import op\nimport sqlalchemy as sa\n\n\ndef upgrade():\n"
OUT_OF_BAND = 'op.create_index_out_of_band("ix", "t", ["a"])'


def rewritten(body: str, fix: Fix, *, line: int = 6, head: str = HEAD) -> str:
    """Return what becomes of a body of upgrade(), whose first line is line 6."""
    module, made = edited(cst.parse_module(head + body), [Edit(line, fix)])
    module = followed(module, [operation for edit in made for operation in edit.fix.here])
    assert module.code.startswith(head) or head != HEAD
    return module.code.removeprefix(head)


@pytest.mark.parametrize(
    ("body", "fix", "expected"),
    [
        pytest.param(
            '    op.create_index(op.f("ix"), "t", ["a"], unique=False)  # for the search\n',
            Fix((OUT_OF_BAND,)),
            '    op.create_index_out_of_band(op.f("ix"), "t", ["a"], unique=False)'
            "  # for the search\n",
            id="the arguments and the comment stay as they are",
        ),
        pytest.param(
            "    # why\n    op.create_index(\n        'ix',\n        't',\n        ['a'],\n"
            "        postgresql_concurrently=True,\n    )\n",
            Fix((OUT_OF_BAND,)),
            "    # why\n    op.create_index_out_of_band(\n        'ix',\n        't',\n"
            "        ['a'],\n    )\n",
            id="an argument that has no meaning out of band goes, its line too",
        ),
        pytest.param(
            "    with op.get_context().autocommit_block():\n"
            "        op.create_index('ix', 't', ['a'], postgresql_concurrently=True)\n",
            Fix((OUT_OF_BAND,)),
            "    op.create_index_out_of_band('ix', 't', ['a'])\n",
            id="an autocommit block that nothing needs any more goes",
        ),
        pytest.param(
            "    with op.get_context().autocommit_block():\n"
            "        op.create_index('ix', 't', ['a'], postgresql_concurrently=True)\n"
            "        op.execute('VACUUM t')\n",
            Fix((OUT_OF_BAND,)),
            "    with op.get_context().autocommit_block():\n"
            "        op.create_index_out_of_band('ix', 't', ['a'])\n"
            "        op.execute('VACUUM t')\n",
            id="an autocommit block that something needs stays",
        ),
        pytest.param(
            "    op.drop_index('ix', if_exists=True)\n",
            Fix(('op.drop_index_out_of_band("ix", table_name="t")',)),
            "    op.drop_index_out_of_band('ix', table_name=\"t\")\n",
            id="an argument that the out-of-band form needs is added",
        ),
        pytest.param(
            "    op.drop_index('ix', 't')\n",
            Fix(('op.drop_index_out_of_band("ix", table_name="t")',)),
            "    op.drop_index_out_of_band('ix', 't')\n",
            id="an argument that stands by its position is not added again",
        ),
        pytest.param(
            '    op.execute("CREATE INDEX ix ON t (a)")\n',
            Fix((OUT_OF_BAND,)),
            f"    {OUT_OF_BAND}\n",
            id="SQL becomes the operation",
        ),
        pytest.param(
            '    op.execute("REINDEX TABLE t")\n    op.execute("SELECT 1")\n',
            Fix(('op.execute("REINDEX TABLE CONCURRENTLY t")',), autocommit=True),
            "    with op.get_context().autocommit_block():\n"
            '        op.execute("REINDEX TABLE CONCURRENTLY t")\n'
            '    op.execute("SELECT 1")\n',
            id="what may not run in a transaction gets an autocommit block",
        ),
        pytest.param(
            "    op.create_unique_constraint('u', 't', ['a'])\n",
            Fix(
                (
                    'op.create_index_out_of_band("accounts_u_unique", "t", ["a"], unique=True)',
                    'op.create_unique_constraint_out_of_band("u", "t", ["a"], '
                    'using_index="accounts_u_unique")',
                )
            ),
            '    op.create_index_out_of_band("accounts_u_unique", "t", ["a"], unique=True)\n'
            "    op.create_unique_constraint_out_of_band(\n"
            '        "u",\n        "t",\n        ["a"],\n        using_index="accounts_u_unique",\n'
            "    )\n",
            id="one operation becomes two, a long one on several lines",
        ),
        pytest.param(
            "    op.create_foreign_key(None, 't', 'o', ['a'], ['id'])\n",
            Fix(
                (
                    'op.create_foreign_key("t_a_fkey", "t", "o", ["a"], ["id"], '
                    "postgresql_not_valid=True)",
                )
            ),
            "    op.create_foreign_key(None, 't', 'o', ['a'], ['id'], postgresql_not_valid=True)\n",
            id="an option is added to the call that is there",
        ),
        pytest.param(
            "    with op.batch_alter_table('t') as batch_op:\n"
            "        batch_op.add_column(sa.Column('b', sa.Text()))\n"
            "        # for the search\n"
            "        batch_op.create_index('ix', ['a'])\n",
            Fix((OUT_OF_BAND,)),
            "    with op.batch_alter_table('t') as batch_op:\n"
            "        batch_op.add_column(sa.Column('b', sa.Text()))\n"
            f"    # for the search\n    {OUT_OF_BAND}\n",
            id="what a batch's operation becomes stands behind the batch",
        ),
        pytest.param(
            "    with op.batch_alter_table('t') as batch_op:\n"
            "        batch_op.create_index('ix', ['a'])\n",
            Fix((OUT_OF_BAND,)),
            f"    {OUT_OF_BAND}\n",
            id="a batch that nothing is left of goes",
        ),
        pytest.param(
            "    op.execute('VACUUM FULL t')\n",
            Fix(()),
            "    pass\n",
            id="an operation without a successor goes",
        ),
    ],
)
def test_an_operation_is_replaced_and_all_else_stays(body: str, fix: Fix, expected: str) -> None:
    line = 5 + next(n for n, text in enumerate(body.split("\n"), 1) if _sends(text))
    assert rewritten(body, fix, line=line) == expected


def _sends(text: str) -> bool:
    words = text.strip()
    return words.startswith(("op.", "batch_op.create"))


@pytest.mark.parametrize(
    "body",
    [
        "    helper()\n",
        "    for table in TABLES:\n        index(table)\n",
        "    x = op.create_index('ix', 't', ['a'])\n",
        "    other.create_index('ix', 't', ['a'])\n",
        "    op.create_index('ix', 't', ['a']); op.execute('SELECT 1')\n",
    ],
)
def test_what_is_not_one_plain_call_is_left(body: str) -> None:
    module, made = edited(cst.parse_module(HEAD + body), [Edit(6, Fix((OUT_OF_BAND,)))])
    assert (module.code, made) == (HEAD + body, ())


def test_a_helper_beside_upgrade_is_left() -> None:
    text = "from alembic import op\n\n\ndef helper():\n    op.create_index('ix', 't', ['a'])\n"
    module, made = edited(cst.parse_module(text), [Edit(5, Fix((OUT_OF_BAND,)))])
    assert (module.code, made) == (text, ())


def test_the_file_keeps_its_name_for_op_and_gets_the_import_that_it_needs() -> None:
    head = "from alembic import op as operations\n\n\ndef upgrade():\n"
    fix = Fix(('op.create_index_out_of_band("ix", "t", [sa.text("lower(a)")])',))
    body = '    operations.execute("CREATE INDEX ix ON t (lower(a))")\n'
    assert rewritten(body, fix, line=5, head=head) == (
        "from alembic import op as operations\nimport sqlalchemy as sa\n\n\ndef upgrade():\n"
        '    operations.create_index_out_of_band("ix", "t", [sa.text("lower(a)")])\n'
    )


@pytest.mark.parametrize(
    ("undoes", "fix", "expected"),
    [
        (
            "op.drop_index(op.f('ix'), table_name='t')",
            OUT_OF_BAND,
            "op.drop_index_out_of_band(op.f('ix'), table_name='t')",
        ),
        ("op.drop_index('ix')", OUT_OF_BAND, "op.drop_index_out_of_band('ix', table_name=\"t\")"),
        (
            "op.drop_index('ix', 't', postgresql_concurrently=True)",
            OUT_OF_BAND,
            "op.drop_index_out_of_band('ix', 't')",
        ),
        (
            "op.drop_constraint('u', 't', type_='unique')",
            'op.create_unique_constraint_out_of_band("u", "t", ["a"], using_index="i")',
            "op.drop_index_out_of_band('u', 't')",
        ),
        (
            "op.drop_constraint('u', 't', 'unique', schema='s')",
            'op.create_unique_constraint_out_of_band("u", "t", ["a"], using_index="i")',
            "op.drop_index_out_of_band('u', 't', schema='s')",
        ),
        (
            "op.create_index('ix', 't', ['a'], postgresql_concurrently=True)",
            'op.drop_index_out_of_band("ix", table_name="t")',
            "op.create_index_out_of_band('ix', 't', ['a'])",
        ),
        (
            "op.drop_constraint('k', 't', type_='foreignkey')",
            'op.create_foreign_key_out_of_band("k", "t", "p", ["a"], ["x"])',
            "op.drop_constraint('k', 't', type_='foreignkey', if_exists=True)",
        ),
        (
            "op.drop_constraint('c', 't')",
            'op.create_check_constraint_out_of_band("c", "t", "a > 0")',
            "op.drop_constraint('c', 't', if_exists=True)",
        ),
        ("op.drop_index('other', 't')", OUT_OF_BAND, "op.drop_index('other', 't')"),
    ],
)
def test_the_downgrade_follows(undoes: str, fix: str, expected: str) -> None:
    body = f"    op.execute('x')\n\n\ndef downgrade():\n    {undoes}\n"
    assert rewritten(body, Fix((fix,))).endswith(f"def downgrade():\n    {expected}\n")
