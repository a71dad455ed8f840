"""Revisions without our operations: plain Alembic in their place, and all else as it was."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.operations import Operations

from outofband.revisions.rewrite.eject import PLAIN
from outofband.revisions.rewrite.ejecting import Ejected, ejected
from outofband.revisions.rewrite.source import SourceOdd

HEAD = "from alembic import op\n\n\ndef upgrade():\n"


def eject(*bodies: str, head: str = HEAD) -> list[Ejected]:
    files = {Path(f"{n}.py"): (head + body).encode() for n, body in enumerate(bodies)}
    return list(ejected(files).values())


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"# a\n# b\n# gr\xf6\xdfe\n", "line 3 is not utf-8"),
        (b"def (", "it is no Python, from line 1 on"),
        (b"# coding: nowhere\n", "it is no Python: unknown encoding: nowhere"),
    ],
)
def test_a_file_that_cannot_be_edited_is_named(text: bytes, why: str) -> None:
    with pytest.raises(SourceOdd, match=rf"1\.py was not edited: {why}"):
        ejected({Path("1.py"): text})


def test_latin_1_is_edited_where_it_is_said_to_be() -> None:
    head = "# coding: latin-1\n# größe\n" + HEAD
    text = (head + '    op.create_index_out_of_band("i", "t", ["a"])\n').encode("latin-1")
    (done,) = ejected({Path("1.py"): text}).values()
    assert done.text == text.replace(b"_out_of_band", b"")


def test_every_operation_of_ours_has_a_plain_form() -> None:
    ours = {name for name in dir(Operations) if name.endswith("_out_of_band")}
    assert {*PLAIN} == ours | {"require_step"}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(
            '    # for the search\n    op.create_index_out_of_band(op.f("ix"), "t", ["a"])  # b\n',
            '    # for the search\n    op.create_index(op.f("ix"), "t", ["a"])  # b\n',
            id="an index, with the comments and the spelling that it has",
        ),
        pytest.param(
            '    op.create_index_out_of_band("ix", "t", ["a"], after=["iy"], unique=True)\n',
            '    op.create_index("ix", "t", ["a"], unique=True)\n',
            id="an order that plain operations have by themselves goes",
        ),
        pytest.param(
            '    op.drop_index_out_of_band("ix", "t", schema="s")\n',
            '    op.drop_index("ix", "t", schema="s")\n',
            id="the drop of an index",
        ),
        pytest.param(
            '    op.create_index_out_of_band("u", "t", ["a"], unique=True)\n'
            '    op.create_unique_constraint_out_of_band("k", "t", ["a"], using_index="u")\n',
            '    op.create_unique_constraint("k", "t", ["a"])\n',
            id="an index and its promotion are one constraint",
        ),
        pytest.param(
            "    for t in TABLES:\n"
            "        # no two alike\n"
            '        op.create_index_out_of_band(f"{t}_u", t, ["a"], unique=True,'
            ' postgresql_include=["b"])\n'
            '        op.create_primary_key_out_of_band(f"{t}_k", t, ["a"], using_index=f"{t}_u")\n',
            "    for t in TABLES:\n"
            "        # no two alike\n"
            '        op.create_primary_key(f"{t}_k", t, ["a"], postgresql_include=["b"])\n',
            id="names that are made in a loop stay so, and what the index includes",
        ),
        pytest.param(
            '    op.create_primary_key_out_of_band("k", "t", ["a"], using_index="u")\n',
            '    op.drop_index("u", "t")\n    op.create_primary_key("k", "t", ["a"])\n',
            id="an index of an earlier revision makes way for its constraint's own",
        ),
        pytest.param(
            '    op.create_foreign_key_out_of_band("k", "t", "p", ["a"], ["x"], after=["b"],'
            ' ondelete="CASCADE")\n',
            '    op.create_foreign_key("k", "t", "p", ["a"], ["x"], ondelete="CASCADE")\n',
            id="a foreign key",
        ),
        pytest.param(
            '    op.create_check_constraint_out_of_band("c", "t", "a > 0", schema="s")\n',
            '    op.create_check_constraint("c", "t", "a > 0", schema="s")\n',
            id="a check",
        ),
        pytest.param(
            '    op.set_not_null_out_of_band("n", "t", "a", after=["fill"], schema="s")\n',
            '    op.alter_column("t", "a", schema="s", nullable=False)\n',
            id="a column that is NOT NULL",
        ),
        pytest.param(
            '    op.require_step("ix")\n',
            "    pass\n",
            id="a barrier goes, for there is nothing to wait for",
        ),
        pytest.param(
            '    # every row\n    op.backfill_out_of_band("b", "t", spec="m:b")\n    f()\n',
            "    # every row\n"
            "    # backfill_out_of_band stood here: no plain operation moves data.\n    f()\n",
            id="a backfill goes, and a comment says so",
        ),
        pytest.param(
            "    if yes:\n        op.require_step('a')\n    else:\n        f()\n    # end\n",
            "    if yes:\n        pass\n    else:\n        f()\n    # end\n",
            id="a branch that nothing is left of does nothing",
        ),
    ],
)
def test_an_operation_becomes_plain(body: str, expected: str) -> None:
    (made,) = eject(body)
    assert made.text.decode().removeprefix(HEAD) == expected
    assert [r.gone for r in made.remaining] == [True] * body.count("backfill")


def test_what_one_revision_declares_says_what_anothers_drop_means() -> None:
    made = eject(
        '    op.create_index_out_of_band("u", "t", ["a"], unique=True)\n',
        '    op.create_primary_key_out_of_band("k", "t", ["a"], using_index="u")\n',
        '    op.drop_index_out_of_band("k", "t", schema="s")\n'
        '    op.drop_index_out_of_band("u", "t")\n',
    )
    assert made[2].text.decode().removeprefix(HEAD) == (
        '    op.drop_constraint("k", "t", type_="primary", schema="s")\n'
        '    op.drop_index("u", "t", if_exists=True)\n'
    )


def test_the_files_own_name_for_op_stays() -> None:
    head = HEAD.replace("import op", "import op as o")
    (made,) = eject('    o.create_index_out_of_band("ix", "t", ["a"])\n', head=head)
    assert made.text.decode() == head + '    o.create_index("ix", "t", ["a"])\n'


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("    op.create_index_out_of_band(*ix)\n", "its arguments are not told one by one"),
        ("    op.turn_out_of_band('t')\n", "this outofband knows none"),
        ("    f(op.create_index_out_of_band('i', 't', ['a']))\n", "it is no statement of its own"),
        ("    if a: op.drop_index_out_of_band('i', 't')\n", "it is no statement of its own"),
        ("    kit.create_index_out_of_band('i')\n", "it is not called on op"),
    ],
)
def test_what_cannot_be_rewritten_stays_and_is_told(body: str, why: str) -> None:
    (made,) = eject(body)
    assert made.text.decode() == HEAD + body
    assert [(r.line, r.why, r.gone) for r in made.remaining] == [(5, why, False)]


def test_a_file_without_our_operations_stays_byte_for_byte() -> None:
    body = "    op.create_index('ix',\n  't', ['a'])\r\n    kit.require_step('door')\n"
    (made,) = eject(body)
    assert (made.text, made.made, made.remaining) == ((HEAD + body).encode(), 0, ())
