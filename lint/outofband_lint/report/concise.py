"""Findings for people and for grep: one line each."""

from __future__ import annotations

from collections.abc import Sequence

from outofband_lint.finding import Finding
from outofband_lint.report.colour import harmless, paint
from outofband_lint.report.excerpt import excerpt
from outofband_lint.report.summary import Summary


def report(findings: Sequence[Finding], *, revisions: int, colour: bool = False) -> str:
    """Return `path:line:column: severity[rule] message` a finding, and a line that sums them up."""
    lines = [_line(finding, colour) for finding in findings]
    return "\n".join([*lines, str(Summary.of(findings, revisions))]) + "\n"


def _line(finding: Finding, colour: bool) -> str:
    found = excerpt(finding)
    column = found.column if found else 1
    place = paint(harmless(f"{finding.path}:{finding.line}:{column}"), "place", colour)
    severity = paint(finding.severity, finding.severity, colour)
    return f"{place}: {severity}[{finding.rule}] {harmless(' '.join(finding.message.split()))}"
