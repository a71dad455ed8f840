"""Which findings the comments of a project allow, and which comments allow nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date

from outofband_lint.finding import Finding
from outofband_lint.suppression import Suppression


def dated(suppressions: Iterable[Suppression], today: date | None) -> tuple[Suppression, ...]:
    """Return the suppressions knowing whether they are over; without a day none is."""
    return tuple(
        replace(s, expired=s.until is not None and today is not None and s.until < today)
        for s in suppressions
    )


def is_allowed(finding: Finding, suppressions: Iterable[Suppression]) -> bool:
    """Tell whether a comment allows a finding."""
    return any(s.holds and _fits(s, finding.rule, finding) for s in suppressions)


def measured(
    suppressions: Iterable[Suppression],
    findings: Sequence[Finding],
    is_looked_for: Callable[[str, str], bool],
) -> tuple[Suppression, ...]:
    """Return the suppressions knowing which of their rules found nothing for them to allow.

    `findings` are all that there are, those too that no report would name. `is_looked_for` tells
    of a rule's name and a file whether such findings could be among them.
    """
    return tuple(
        replace(
            s,
            unused=tuple(
                rule
                for rule in s.rules
                if is_looked_for(rule, s.path) and not any(_fits(s, rule, f) for f in findings)
            ),
        )
        for s in suppressions
    )


def _fits(suppression: Suppression, rule: str, finding: Finding) -> bool:
    return (
        finding.rule == rule
        and rule in suppression.rules
        and suppression.covers(finding.path, finding.line)
    )
