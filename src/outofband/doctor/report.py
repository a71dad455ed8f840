"""Say what was found: as lines for an operator, as data for programs. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from outofband.doctor.examine import Examination
from outofband.doctor.finding import Finding
from outofband.doctor.words import count


def lines(findings: Sequence[Finding]) -> Iterator[str]:
    """Yield findings as an operator reads them, the first line the worst."""
    for finding in findings:
        yield f"{finding.severity}[{finding.question}] {finding.what}"
        yield from (f"    evidence: {each}" for each in finding.evidence)
        if finding.cost:
            yield f"    cost: {finding.cost}"
        if finding.do:
            yield f"    next: {finding.do}"


def document(examination: Examination) -> dict[str, Any]:
    """Return what was found as ``--format json`` prints it."""
    findings = [_member(finding) for finding in examination.findings]
    return {"findings": findings, "summary": _counts(examination.findings)}


def _member(finding: Finding) -> dict[str, Any]:
    told = asdict(finding)
    told["object"] = told.pop("of") or None
    told["harm_seconds"] = round(told.pop("harm"), 3)
    told["next"] = told.pop("do")
    return {**told, "evidence": list(finding.evidence)}


def summary(examination: Examination, database: str, seconds: float) -> str:
    """Return the sentence that counts them all, and says what was looked at."""
    counts = _counts(examination.findings)
    told = ", ".join(count(number, severity) for severity, number in counts.items())
    standby = ", a standby" if examination.standby else ""
    return (
        f"{told} in {count(examination.tables, 'table')} of {database}{standby}, "
        f"as {examination.role}, in {seconds:.1f} s"
    )


def _counts(findings: Sequence[Finding]) -> dict[str, int]:
    severities = [finding.severity for finding in findings]
    return {each: severities.count(each) for each in ("error", "warning", "note")}
