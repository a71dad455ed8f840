"""Findings for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from outofband_lint.finding import Finding
from outofband_lint.report.summary import Summary


def report(findings: Sequence[Finding], *, revisions: int) -> str:
    """Return `{"findings": […], "summary": {"errors", "warnings", "revisions"}}`."""
    document = {
        "findings": [as_json(finding) for finding in findings],
        "summary": asdict(Summary.of(findings, revisions)),
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def as_json(finding: Finding) -> dict[str, object]:
    """Return a finding without its fix, whose form may change."""
    told = asdict(finding)
    del told["fix"]
    return told
