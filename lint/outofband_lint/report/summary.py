"""How many findings there are, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from outofband_lint.finding import Finding


@dataclass(frozen=True, slots=True)
class Summary:
    """How many findings there are, and in how many revisions was looked."""

    errors: int
    warnings: int
    revisions: int

    @classmethod
    def of(cls, findings: Sequence[Finding], revisions: int) -> Summary:
        """Count the findings."""
        errors = sum(finding.severity == "error" for finding in findings)
        return cls(errors, len(findings) - errors, revisions)

    def __str__(self) -> str:
        """Return the summary in words: `2 errors, 1 warning in 5 revisions`."""
        counts = f"{_count(self.errors, 'error')}, {_count(self.warnings, 'warning')}"
        return f"{counts} in {_count(self.revisions, 'revision')}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
