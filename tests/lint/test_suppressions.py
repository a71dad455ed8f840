"""Comments that allow findings: how they are written, what they are about, what they silence."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from outofband_lint.comments import suppressions_in
from outofband_lint.engine import lint
from outofband_lint.rules import all_rules
from outofband_lint.settings import Settings
from outofband_lint.source import Base, Problem, Revision, Source
from outofband_lint.sql_file import revision_from_sql

ALLOW = "# outofband: allow[index-built-in-deploy] because it is tiny"
REVISION = '''\
"""Add an index."""
{top}
from alembic import op

revision = "2"


def upgrade():
    {above}
    op.create_index(  {first}
        "ix",
        "t",  {inside}
        ["a"],
    )  {last}
    {below}

    op.execute("""SELECT 1 {string}""")
'''
PLACES = ("top", "above", "first", "inside", "last", "below", "string")


def python(**comments: str) -> str:
    return REVISION.format(**{place: comments.get(place, "") for place in PLACES})


@pytest.mark.parametrize(
    ("place", "lines"),
    [
        ("top", (1, None)),
        ("above", (10, 14)),
        ("first", (10, 14)),
        ("inside", (10, 14)),
        ("last", (10, 14)),
        ("below", (15, 15)),
    ],
)
def test_a_comment_is_about_the_statement_it_belongs_to(
    place: str, lines: tuple[int, int | None]
) -> None:
    (found,) = suppressions_in(python(**{place: ALLOW}), "2.py")
    assert (found.first, found.last) == lines
    assert found.rules == ("index-built-in-deploy",)
    assert found.reason == "it is tiny"


def test_rows_of_a_copy_hold_no_comments() -> None:
    assert suppressions_in(f"COPY t FROM stdin;\n{SQL}\n\\.\nSELECT 1;", "a.sql") == ()


def test_a_string_that_looks_like_a_comment_is_none() -> None:
    assert suppressions_in(python(string=ALLOW), "2.py") == ()
    assert suppressions_in(f"SELECT '\n-- {ALLOW[2:]}\n'", "a.sql") == ()


SQL = "-- outofband: allow[index-built-in-deploy] because it is tiny"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (f"{SQL}\nCREATE INDEX a ON t (a);", (2, 2)),
        (f"{SQL}\n-- the index\nCREATE INDEX a\n  ON t (a);", (3, 4)),
        (f"{SQL}\n\nCREATE INDEX a ON t (a);", (1, None)),
        (f"SELECT 1;\n{SQL}\nCREATE INDEX a ON t (a);", (3, 3)),
        (f"SELECT 1;\n{SQL}\n\nCREATE INDEX a ON t (a);", (2, 2)),
        (f"SELECT 1; CREATE INDEX a ON\nt (a); {SQL}\nSELECT 2", (1, 2)),
        (f"CREATE INDEX a {SQL}\n  ON t (a);", (1, 2)),
        (f"SELECT 1\n{SQL}", (2, 2)),
    ],
)
def test_a_comment_in_sql_is_about_its_statement_or_at_the_top_about_the_file(
    text: str, lines: tuple[int, int | None]
) -> None:
    (found,) = suppressions_in(text, "a.sql")
    assert (found.first, found.last) == lines


@pytest.mark.parametrize(
    "text", ["-- outofband: step ix_docs", "-- outofband: sql SELECT 1", "/* outofband: x */", ""]
)
def test_what_outofband_writes_itself_and_block_comments_are_no_suppressions(text: str) -> None:
    assert suppressions_in(f"{text}\nSELECT 1;", "a.sql") == ()


@pytest.mark.parametrize("text", ["def upgrade(:\n  '''", "x = (\n", "\tif\n  x\n y", "'"])
def test_a_file_that_is_not_python_or_sql_to_the_end_raises_nothing(text: str) -> None:
    assert len(suppressions_in(f"{ALLOW}\n{text}", "2.py")) <= 1
    assert len(suppressions_in(f"{SQL}\n{text}", "a.sql")) <= 1


@pytest.mark.parametrize(
    ("comment", "rules", "until"),
    [
        ("# outofband: allow[a] because x", ("a",), None),
        ("#outofband:allow[a,b] because: x", ("a", "b"), None),
        ("# noqa: E501  # outofband: allow[ a , b ] because x", ("a", "b"), None),
        ("# outofband: allow[a] until 2027-01-31 because x", ("a",), date(2027, 1, 31)),
        ("# outofband: allow[a] because x until 2027-01-31", ("a",), date(2027, 1, 31)),
        ("# outofband: allow[a] because x, until 2027-01-31.", ("a",), date(2027, 1, 31)),
    ],
)
def test_how_a_suppression_may_be_written(
    comment: str, rules: tuple[str, ...], until: date | None
) -> None:
    (found,) = suppressions_in(f"x = 1  {comment}\n", "2.py")
    assert (found.rules, found.reason, found.until) == (rules, "x", until)
    assert found.holds


CHAIN = (
    Revision(
        "1", "1.py", sources=(Source("CREATE TABLE t (id int PRIMARY KEY, a int)", "1.py", 9),)
    ),
    Revision("2", "2.py", ("1",), sources=(Source("CREATE INDEX ix ON t (a)", "2.py", 10),)),
)


def rules(text: str, **arguments: object) -> list[str]:
    given = {"revisions": CHAIN, "settings": Settings(), **arguments}
    comments = suppressions_in(text, "2.py")
    return [f.rule for f in lint(suppressions=comments, **given)]  # type: ignore[arg-type]


@pytest.mark.parametrize("place", ["top", "above", "first", "inside", "last"])
def test_what_is_allowed_is_not_reported(place: str) -> None:
    assert rules(python(**{place: ALLOW})) == []


@pytest.mark.parametrize("place", ["below", "string"])
def test_what_is_allowed_elsewhere_is_reported(place: str) -> None:
    assert "index-built-in-deploy" in rules(python(**{place: ALLOW}))


def test_a_suppression_that_does_not_hold_allows_nothing() -> None:
    until = ALLOW.replace(" because", " until 2026-11-27 because")
    day = date(2026, 11, 27)
    assert rules(python(above=until), today=day) == []
    assert rules(python(above=until), today=day.replace(day=28)) == [
        "suppression-expired",
        "index-built-in-deploy",
    ]
    assert rules(python(above=ALLOW.partition(" because")[0])) == [
        "suppression-without-reason",
        "index-built-in-deploy",
    ]


def test_comments_of_revisions_that_are_not_judged_are_not_judged_either() -> None:
    assert rules(python(below=ALLOW), judged={"1"}) == []
    assert rules(python(below=ALLOW), settings=Settings(start_after="2")) == []


def test_nothing_is_unused_of_which_nobody_looked_for_a_finding() -> None:
    off = Settings(severity={"index-built-in-deploy": "off"})
    assert rules(python(above=ALLOW), settings=off) == []
    broken = (CHAIN[0], replace(CHAIN[1], sources=(), problem=Problem("it reads rows", 17)))
    assert rules(python(above=ALLOW), revisions=broken) == ["revision-not-rendered"]


def test_a_suppression_of_what_the_base_had_already_is_used() -> None:
    chain = (
        CHAIN[0],
        Revision("2", "2.py", ("1",), sources=(Source("CREATE TABLE u (a int)", "2.py", 10),)),
    )
    text = python(above=ALLOW.replace("index-built-in-deploy", "table-without-index"))
    assert rules(text, revisions=chain, judged=set(), base=Base(chain)) == []
    assert rules(text, revisions=chain) == []


def test_a_name_of_another_linter_is_answered_with_ours() -> None:
    text = python(above=ALLOW.replace("index-built-in-deploy", "AG_001"))
    rules = [replace(rule, aliases=("ag-001",)) if rule.check else rule for rule in all_rules()]
    comments = suppressions_in(text, "2.py")
    found = lint(CHAIN, Settings(), suppressions=comments, rules=rules)
    (unused,) = [f for f in found if f.rule == "suppression-unused"]
    assert "index-built-in-deploy" in unused.help


def test_a_file_of_sql_is_suppressed_too() -> None:
    text = f"CREATE TABLE a (b int PRIMARY KEY);\n{SQL}\nCREATE INDEX ix ON gone (b);"
    revision = revision_from_sql(text, "a.sql")
    assert lint([revision], Settings(), suppressions=suppressions_in(text, "a.sql")) == ()
    (found,) = lint([revision], Settings())
    assert found.rule == "index-built-in-deploy"
