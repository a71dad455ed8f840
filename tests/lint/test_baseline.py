"""The baseline: what is in it is not reported, whatever the files are called meanwhile."""

from __future__ import annotations

from dataclasses import replace

import pytest

from outofband_lint import baseline
from outofband_lint.engine import lint
from outofband_lint.finding import Finding
from outofband_lint.settings import Settings
from outofband_lint.source import Revision, Source
from outofband_lint.sql_file import revision_from_sql

TABLE = "CREATE TABLE t (id int PRIMARY KEY, a int, b int)"


def found(*sql: str, path: str = "versions/2.py", line: int = 10) -> tuple[Finding, ...]:
    sources = tuple(Source(text, path, line + at) for at, text in enumerate(sql))
    revisions = (
        Revision("1", "versions/1.py", sources=(Source(TABLE, "versions/1.py", 9),)),
        Revision("2", path, ("1",), sources=sources),
    )
    return lint(revisions, Settings())


INDEX = "CREATE INDEX ix ON t (a)"
OTHER = "CREATE INDEX other ON t (b)"


@pytest.mark.parametrize(
    "later",
    [
        found(INDEX),
        found(INDEX, path="versions/2_renamed.py"),
        found(INDEX, line=99),
        found("SELECT 1", INDEX),
        found("create  index IX on t(a) -- the index"),
    ],
)
def test_a_fingerprint_survives_renames_line_moves_and_spelling(later: tuple[Finding, ...]) -> None:
    known = baseline.read(baseline.written(found(INDEX)))
    assert baseline.compare(later, known) == baseline.Comparison((), 0)


def test_what_is_new_is_reported_and_what_is_gone_is_counted() -> None:
    known = baseline.read(baseline.written(found(INDEX)))
    now = found(OTHER)
    assert baseline.compare(now, known) == baseline.Comparison(now, 1)


def test_a_second_finding_like_a_known_one_is_new() -> None:
    known = baseline.read(baseline.written(found(INDEX)))
    again = found(INDEX, "DROP INDEX ix", INDEX)
    new = [f.rule for f in baseline.compare(again, known).new]
    assert new.count("index-built-in-deploy") == 1


def test_sql_files_keep_their_findings_when_they_are_renamed() -> None:
    def of(path: str) -> tuple[Finding, ...]:
        return lint([revision_from_sql(INDEX, path)], Settings())

    known = baseline.read(baseline.written(of("a.sql")))
    assert baseline.compare(of("./sql/b.sql"), known).new == ()


def test_what_only_a_rehearsal_finds_is_kept_by_the_linter_and_not_stale_to_it() -> None:
    (finding,) = found(INDEX)
    slow = replace(finding, rule="lock-held-long", fingerprint="0123456789abcdef")
    rehearsed = baseline.written(
        [slow], baseline.of_others(baseline.written([finding]), rehearsed=True)
    )
    linted = baseline.written([finding], baseline.of_others(rehearsed, rehearsed=False))
    assert [*baseline.read(linted)] == [finding.fingerprint, slow.fingerprint]
    assert baseline.compare([finding], baseline.read(linted)) == baseline.Comparison((), 0)


def test_the_file_is_sorted_and_says_rule_and_place_to_people() -> None:
    findings = found(INDEX, OTHER)
    text = baseline.written(reversed(findings))
    assert text == baseline.written(findings)
    entries = [line for line in text.splitlines() if not line.startswith("#")]
    assert [entry.split("  # ")[1] for entry in entries] == [
        "index-built-in-deploy versions/2.py:10",
        "index-built-in-deploy versions/2.py:11",
    ]


def test_a_hostile_path_cannot_write_lines_into_the_file() -> None:
    (finding,) = found(INDEX)
    text = baseline.written([replace(finding, path="a\n0123456789abcdef")])
    assert baseline.read(text) == {finding.fingerprint: finding.rule}


def test_a_line_that_is_no_fingerprint_is_named() -> None:
    with pytest.raises(baseline.BaselineUnreadable, match="line 2 is no fingerprint: 'abc'"):
        baseline.read("# a comment\nabc\n")
