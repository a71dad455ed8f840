"""Findings as GitLab's code quality report, which a merge request shows.

Source: GitLab Docs, Code Quality, "Import code quality results from a CI/CD job" (2026).
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from outofband_lint.finding import Finding

_SEVERITIES = {"error": "critical", "warning": "minor"}


def report(findings: Sequence[Finding], *, revisions: int) -> str:
    """Return a JSON array, an object a finding; nothing in it counts the `revisions`."""
    del revisions
    return json.dumps(list(map(_issue, findings)), indent=2, ensure_ascii=False) + "\n"


def _issue(finding: Finding) -> dict[str, object]:
    return {
        "description": f"{finding.message} {finding.help}",
        "check_name": finding.rule,
        "fingerprint": finding.fingerprint,
        "severity": _SEVERITIES[finding.severity],
        "location": {"path": finding.path, "lines": {"begin": finding.line}},
    }
