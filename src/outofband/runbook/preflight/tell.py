"""Say what was found: as lines for an operator, as data for programs."""

from __future__ import annotations

from typing import Any

from outofband.errors import sentence
from outofband.runbook.preflight.finding import Finding, Report


def lines(report: Report) -> list[str]:
    """Return what was found as an operator reads it, what stops first."""
    ordered = sorted(report.findings, key=lambda finding: not finding.stops)
    return [line for finding in ordered for line in _lines(finding)]


def _lines(finding: Finding) -> list[str]:
    whose = f"{finding.step.name}: " if finding.step else ""
    told = [f"{'not now' if finding.stops else 'warning'}: {whose}{finding.what}"]
    return [*told, f"    {sentence(finding.do)}"] if finding.do else told


def document(report: Report) -> list[dict[str, Any]]:
    """Return what was found as ``--format json`` prints it, without the keys of rows."""
    return [
        {
            "severity": "obstacle" if finding.stops else "warning",
            "step": finding.step.name if finding.step else None,
            "message": finding.what,
            "help": finding.do,
        }
        for finding in report.findings
    ]
