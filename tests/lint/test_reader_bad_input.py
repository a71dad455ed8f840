"""Text that is too much, too deep or broken: read in linear time, refused in words."""

from __future__ import annotations

import time

import pytest

from outofband_lint.reader import read
from outofband_lint.statement import Copy, DropTable, NotUnderstood, Query

INSERT = "INSERT INTO t (a, b) VALUES (1, 'it''s');\n"
MANY = 1_000


def seconds(sql: str) -> float:
    """Return the processor time of the faster of two readings."""
    taken = []
    for _ in range(2):
        started = time.process_time()
        read(sql)
        taken.append(time.process_time() - started)
    return min(taken)


@pytest.mark.parametrize(
    ("before", "repeated", "after"),
    [
        ("", INSERT, ""),
        ("INSERT INTO t VALUES (1)", ", (1, 'abc', 2.5)", ""),
        ("SELECT '", "a''", "'"),
        ("SELECT '", "a''", ""),
        ("SELECT E'", r"\n''", ""),
        ('SELECT "', 'a""', ""),
        ("SELECT 1 /*", "a* /", ""),
        ("SELECT 1 ", "/*", ""),
        ("SELECT 1", ", 1 /* /* x */ */", ""),
        ("SELECT $a$", "$b $a ", ""),
        ("SELECT 1", " ", ""),
        ("SELECT ", "(", ""),
        ("CREATE TABLE t (a int CHECK (", "(", ""),
        ("", ";", ""),
        ("", "COPY t FROM stdin;\n1\t'\n\\.\n", ""),
        ("", "\\echo x\n", ""),
        ("", "SELECT 1 \\; ", ""),
        ("CREATE TABLE t (a int", ", b int NOT NULL DEFAULT 0", ")"),
        ("CREATE SCHEMA s ", "CREATE TABLE t (a int) ", ""),
        ("CREATE FUNCTION f() BEGIN ATOMIC ", "SELECT 1;", " END"),
        ("DO $$ BEGIN ", "UPDATE t SET a = 1; ", " END $$"),
        ("WITH a AS (SELECT 1)", ", b AS (UPDATE t SET a = 1 WHERE c)", " SELECT 1"),
    ],
)
def test_reading_takes_time_in_proportion_to_the_text(
    before: str, repeated: str, after: str
) -> None:
    """Ten times the text may take thirty times the time, not a hundred times."""
    short = seconds(before + repeated * MANY + after)
    long = seconds(before + repeated * MANY * 10 + after)
    assert long < 30 * max(short, 0.003)


def test_a_hundred_thousand_parentheses_are_read() -> None:
    nested = "(" * 100_000 + "1" + ")" * 100_000
    assert isinstance(read(f"SELECT {nested}")[0], Query)


@pytest.mark.parametrize(
    "rest", ["SELECT 'x; DROP TABLE b", "/* DROP TABLE b;", 'SELECT "x;', "DO $a$ x; $b$"]
)
def test_what_stands_before_an_open_quote_is_read_and_the_rest_is_refused(rest: str) -> None:
    first, last = read(f"DROP TABLE a;\n{rest}")
    assert isinstance(first, DropTable)
    assert isinstance(last, NotUnderstood)
    assert last.sql == rest
    assert "does not end" in last.reason


def test_do_blocks_within_do_blocks_end_somewhere() -> None:
    sql = "SELECT 1"
    for level in range(200):
        sql = f"DO $x{level}$ BEGIN EXECUTE $y{level}${sql}$y{level}$; END $x{level}$"
    assert any("too deep" in s.reason for s in read(sql) if isinstance(s, NotUnderstood))


@pytest.mark.parametrize("sql", ["SELECT \0", "DROP TABLE a\0", "\0"])
def test_a_nul_character_is_not_understood(sql: str) -> None:
    assert all(isinstance(statement, NotUnderstood) for statement in read(sql))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_kind_of_line_end_ends_comments_data_and_meta_commands(end: str) -> None:
    lines = ["-- a", "COPY t FROM stdin;", "1\t'", "\\.", "\\echo 'x", "DROP TABLE b;"]
    copied, echoed, dropped = read(end.join(lines))
    assert isinstance(copied, Copy)
    assert echoed.sql == "\\echo 'x"
    assert isinstance(dropped, DropTable)
