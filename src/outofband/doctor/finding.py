"""What the doctor says: a finding, how much it harms, and which comes first. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "note"]
"""It does harm now; it will, or does some; it is good to know."""

_SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
_READ_BYTES_PER_SECOND = 1 << 30


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is slow or wrong now.

    ``question`` is what was asked, ``what`` a clause that names the cause, ``evidence`` what shows
    it, ``cost`` what it takes, ``do`` the next command, or what else to do. ``of`` is the object
    as SQL, empty for the server. ``harm`` ranks within a severity: seconds of reading, or of
    waiting, that were lost so far.
    """

    question: str
    severity: Severity
    what: str
    evidence: tuple[str, ...] = ()
    cost: str = ""
    do: str = ""
    of: str = ""
    harm: float = 0.0


def reading(read_bytes: float) -> float:
    """Return the seconds that it takes to read so much, at 1 GB/s: from memory, or a fast disk."""
    return read_bytes / _READ_BYTES_PER_SECOND


def ranked(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings, what harms most first."""

    def rank(finding: Finding) -> tuple[int, float, str, str]:
        severity = _SEVERITIES.index(finding.severity)
        return severity, -finding.harm, finding.question, finding.what

    return tuple(sorted(findings, key=rank))


def fails(findings: Iterable[Finding], least: Severity) -> bool:
    """Tell whether one of the findings is at least that severe."""
    severe = _SEVERITIES[: _SEVERITIES.index(least) + 1]
    return any(finding.severity in severe for finding in findings)
