"""Findings as SARIF, which code scanning services show beside the code.

Source: OASIS, Static Analysis Results Interchange Format (SARIF) 2.1.0, errata 01.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from urllib.parse import quote

from outofband_lint.finding import Finding
from outofband_lint.rules import rule_named

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)


def report(findings: Sequence[Finding], *, revisions: int) -> str:
    """Return one run with a result a finding, and the rules that were broken."""
    names = sorted({finding.rule for finding in findings})
    driver = {"name": "outofband", "rules": [_rule(name) for name in names]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, names.index(finding.rule)) for finding in findings],
        "properties": {"revisions": revisions},
    }
    document = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _rule(name: str) -> dict[str, object]:
    """Describe a rule; of one that is a project's own the name is all that is known here."""
    rule = rule_named(name)
    if rule is None:
        return {"id": name}
    return {
        "id": name,
        "shortDescription": {"text": rule.headline},
        "fullDescription": {"text": rule.headline},
        "help": {"text": rule.page, "markdown": rule.page},
        "defaultConfiguration": {"level": rule.severity},
    }


def _result(finding: Finding, index: int) -> dict[str, object]:
    place = {
        "artifactLocation": {"uri": quote(finding.path), "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": finding.line},
    }
    return {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": finding.severity,
        "message": {"text": f"{finding.message}\n{finding.help}"},
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": {"outofband/v1": finding.fingerprint},
    }
