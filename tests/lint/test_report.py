"""How findings are shown."""

from __future__ import annotations

import json as stdlib_json
import re
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest

from outofband_lint.engine import lint
from outofband_lint.finding import Finding
from outofband_lint.report import github, json, text
from outofband_lint.report.colour import is_wanted
from outofband_lint.settings import Settings
from outofband_lint.source import Revision, Source

SQL = "CREATE INDEX ix_events_kind ON events (kind)"


def findings(path: str) -> tuple[Finding, ...]:
    revision = Revision("a1", path, sources=(Source(SQL, path, 2), Source("FROB", path, 3)))
    return lint([revision], Settings())


def test_the_text_shows_place_rule_source_line_and_help(tmp_path: Path) -> None:
    path = tmp_path / "a1_events.py"
    path.write_text('# first\n    op.create_index("ix_events_kind", "events", ["kind"])\n')
    shown = text.report(findings(str(path)), revisions=1)
    first, second, third, *_ = shown.splitlines()
    assert first == f"{path}:2: error[index-built-in-deploy]"
    assert second == '  2 | op.create_index("ix_events_kind", "events", ["kind"])'
    assert third == "    | ^^^^^^^^^^^^^^^"
    assert "\n  help: Declare it instead" in shown
    assert shown.endswith("2 errors, 0 warnings in 1 revision\n")


def test_the_text_does_without_a_file_that_cannot_be_read() -> None:
    shown = text.report(findings("no/such/file.py"), revisions=1)
    assert " | " not in shown
    assert shown.startswith("no/such/file.py:2: error")


def test_what_stands_nowhere_is_shown_without_a_place() -> None:
    (found, *_) = findings("a1_events.py")
    shown = text.report([replace(found, path="", line=0)], revisions=1)
    assert shown.startswith("error[index-built-in-deploy]\n")


def test_the_text_fits_80_columns() -> None:
    lines = text.report(findings("versions/a1_events.py"), revisions=1).splitlines()
    assert max(map(len, lines)) <= 80


def test_what_the_help_says_of_plain_alembic_is_said_once_a_rule() -> None:
    path = "versions/a1.py"
    sources = [Source(f"CREATE INDEX ix_{n} ON events (kind)", path, n) for n in (1, 2, 3)]
    found = lint([Revision("a1", path, sources=tuple(sources))], Settings())
    shown = " ".join(text.report(found, revisions=1).split())
    assert shown.count("Declare it instead") == 3
    assert shown.count("Without outofband") == 1


@pytest.mark.parametrize(
    ("environ", "is_terminal", "expected"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, True, False),
        ({"TERM": "dumb"}, True, False),
    ],
)
def test_colours_are_for_terminals_that_want_them(
    environ: dict[str, str], is_terminal: bool, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    stream = StringIO()
    monkeypatch.setattr(stream, "isatty", lambda: is_terminal)
    assert is_wanted(stream) is expected


def test_colour_changes_nothing_but_colour() -> None:
    plain = text.report(findings("a.py"), revisions=1)
    coloured = text.report(findings("a.py"), revisions=1, colour=True)
    assert coloured != plain
    assert re.sub(r"\x1b\[\d+m", "", coloured) == plain


def test_no_finding_is_a_summary() -> None:
    assert text.report((), revisions=3) == "0 errors, 0 warnings in 3 revisions\n"


def test_json_has_every_field_of_a_finding_and_a_summary() -> None:
    document = stdlib_json.loads(json.report(findings("a.py"), revisions=1))
    first = document["findings"][0]
    assert set(first) == {
        "rule",
        "severity",
        "revision",
        "path",
        "line",
        "message",
        "help",
        "statement",
        "fingerprint",
    }
    assert (first["rule"], first["line"], first["statement"]) == ("index-built-in-deploy", 2, SQL)
    assert document["summary"] == {"errors": 2, "warnings": 0, "revisions": 1}


def test_github_annotations_are_escaped() -> None:
    finding = Finding("r", "warning", "1", "a,b:c%.py", 7, "50%\nof it", "Do\r\nit: now", "", "f")
    first, last = github.report([finding], revisions=1).splitlines()
    assert first == (
        "::warning file=a%2Cb%3Ac%25.py,line=7,title=r::50%25%0Aof it%0ADo%0D%0Ait: now"
    )
    assert last == "0 errors, 1 warning in 1 revision"
