"""The first look at a long history: how many findings a rule has, and the setting to add."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from outofband_lint.finding import Finding
from outofband_lint.report.colour import paint
from outofband_lint.report.summary import Summary

THRESHOLD = 50
"""More findings than this are counted and not listed. One takes some ten lines: fifty are what a
person reads through in a sitting, and the revisions that gave hundreds have run long ago.
"""

_RULES = 10


def report(
    findings: Sequence[Finding], *, revisions: int, heads: Sequence[str], colour: bool = False
) -> str:
    """Return at most 20 lines: the rules by how often they were broken, and what to do next.

    `heads` are the last revisions; where there is one, history can end there.
    """
    counts = Counter((finding.rule, finding.severity) for finding in findings)
    order = sorted(counts.items(), key=lambda c: (c[0][1] != "error", -c[1], c[0][0]))
    lines = [f"{Summary.of(findings, revisions)}, by rule:", ""]
    for (rule, severity), count in order[:_RULES]:
        lines.append(f"{count:>7}  {paint(f'{severity:<7}', severity, colour)}  {rule}")
    rest = order[_RULES:]
    if rest:
        lines.append(f"{sum(count for _, count in rest):>7}  of {len(rest)} more rules")
    return "\n".join([*lines, "", *_next(heads)]) + "\n"


def _next(heads: Sequence[str]) -> list[str]:
    listing = "To list them: outofband lint --all, or one a line: --format concise."
    if len(heads) != 1:
        return [
            "To be told of new ones alone, keep these in a file: outofband lint --write-baseline",
            listing,
        ]
    return [
        "If these revisions have run in production, judge what comes after them:",
        "  [tool.outofband]",
        f'  start-after = "{heads[0]}"',
        "or keep these in a file and be told of new ones: outofband lint --write-baseline",
        listing,
    ]
