"""What a transaction keeps locked, and the rules about files of SQL."""

from __future__ import annotations

import pytest

from outofband_lint.engine import lint
from outofband_lint.rules import rule_named
from outofband_lint.settings import Settings
from outofband_lint.source import Revision, Source
from outofband_lint.sql_file import revision_from_sql


def found(rule: str, *revisions: Revision) -> list[str]:
    chosen = rule_named(rule)
    assert chosen is not None
    findings = lint(revisions, Settings(), rules=(chosen,))
    return [f"{finding.line}: {finding.message}" for finding in findings]


def alembic(id_: str, *sources: tuple[str, bool]) -> Revision:
    """Return a revision; each source with whether it is in the transaction."""
    path = f"versions/{id_}.py"
    return Revision(
        id_,
        path,
        sources=tuple(
            Source(sql, path, line, in_transaction=inside)
            for line, (sql, inside) in enumerate(sources, 1)
        ),
    )


TABLES = alembic(
    "1", ("CREATE TABLE a (x int); CREATE TABLE b (x int); CREATE TABLE c (x int)", True)
)


@pytest.mark.parametrize(
    ("sources", "lines"),
    [
        ([("ALTER TABLE a ADD y int", True), ("ALTER TABLE b ADD y int", True)], [2]),
        ([("ALTER TABLE a ADD y int", False), ("ALTER TABLE b ADD y int", False)], []),
        (
            [
                ("ALTER TABLE a ADD y int", True),
                ("SELECT 1", False),
                ("ALTER TABLE b ADD y int", True),
            ],
            [],
        ),
        (
            [
                ("ALTER TABLE a ADD y int", True),
                ("COMMIT", True),
                ("ALTER TABLE b ADD y int", True),
                ("ALTER TABLE c ADD y int", True),
            ],
            [4],
        ),
    ],
)
def test_a_second_table_counts_while_the_first_is_locked(
    sources: list[tuple[str, bool]], lines: list[int]
) -> None:
    messages = found("several-tables-locked", TABLES, alembic("2", *sources))
    assert [int(message.split(":")[0]) for message in messages] == lines


def test_what_takes_long_is_told_once_for_each_table_that_is_shut() -> None:
    revision = alembic(
        "2",
        ("ALTER TABLE a ADD y int", True),
        ("UPDATE b SET x = 1 WHERE x = 2", True),
        ("UPDATE b SET x = 3 WHERE x = 4", True),
        ("ALTER TABLE c ADD y int", True),
        ("UPDATE b SET x = 5 WHERE x = 6", True),
    )
    first, second = found("statements-after-exclusive-lock", TABLES, revision)
    assert first.startswith("2: a is locked ACCESS EXCLUSIVE since line 1")
    assert second.startswith("5: c is locked ACCESS EXCLUSIVE since line 4")


def test_a_file_without_lock_timeout_is_found_once_at_its_first_lock() -> None:
    text = (
        "CREATE TABLE t (a int);\nALTER TABLE t ADD b int;\nALTER TABLE u ADD b int;\nDROP TABLE v;"
    )
    (message,) = found("lock-timeout-missing", revision_from_sql(text, "x.sql"))
    assert message.startswith("3: u is locked ACCESS EXCLUSIVE")


@pytest.mark.parametrize(
    "text",
    [
        "SET lock_timeout = '2s'; ALTER TABLE u ADD b int;",
        "DROP TABLE IF EXISTS t; CREATE TABLE t (a int); ALTER TABLE t ADD b int;",
        "CREATE INDEX ix ON u (a);",
    ],
)
def test_a_file_that_sets_it_or_locks_nothing_in_use_is_silent(text: str) -> None:
    assert found("lock-timeout-missing", revision_from_sql(text, "x.sql")) == []


def test_begin_and_commit_around_a_file_are_how_files_are_written() -> None:
    written = revision_from_sql("BEGIN; ALTER TABLE u ADD b int; COMMIT;", "x.sql")
    assert found("transaction-control-in-migration", written) == []


def test_a_file_that_never_commits_is_found() -> None:
    text = "BEGIN;\nALTER TABLE u ADD b int;"
    (message,) = found("transaction-control-in-migration", revision_from_sql(text, "x.sql"))
    assert "never committed" in message


def test_a_file_that_begins_twice_is_found() -> None:
    text = "BEGIN;\nBEGIN;\nCOMMIT;"
    (message,) = found("transaction-control-in-migration", revision_from_sql(text, "x.sql"))
    assert message.startswith("2: ")
