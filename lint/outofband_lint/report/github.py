"""Findings as annotations of a pull request.

Source: GitHub Docs, Workflow commands for GitHub Actions; the escapes are those of the runner's
own toolkit (@actions/core, command.ts).
"""

from __future__ import annotations

from collections.abc import Sequence

from outofband_lint.finding import Finding
from outofband_lint.report.summary import Summary

_IN_DATA = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_IN_PROPERTY = _IN_DATA | {":": "%3A", ",": "%2C"}


def report(findings: Sequence[Finding], *, revisions: int) -> str:
    """Return one workflow command a finding, and a line that sums them up."""
    lines = [_annotation(finding) for finding in findings]
    return "\n".join([*lines, str(Summary.of(findings, revisions))]) + "\n"


def _annotation(finding: Finding) -> str:
    place = (
        f"file={_escape(finding.path, _IN_PROPERTY)},line={finding.line},"
        f"title={_escape(finding.rule, _IN_PROPERTY)}"
    )
    text = _escape(f"{finding.message}\n{finding.help}", _IN_DATA)
    return f"::{finding.severity} {place}::{text}"


def _escape(text: str, escapes: dict[str, str]) -> str:
    return "".join(escapes.get(character, character) for character in text)
