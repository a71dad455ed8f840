"""Which findings a machine can mend: those whose operation sends their statement and no other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from outofband_lint.finding import Finding
from outofband_lint.fix import Fix
from outofband_lint.source import Revision


@dataclass(frozen=True, slots=True)
class Edit:
    """A fix for the operation that stands at a line of its revision's file."""

    line: int
    fix: Fix


@dataclass(frozen=True, slots=True)
class Choice:
    """What to edit in each revision, by its id, and the findings that stay for a person."""

    edits: dict[str, tuple[Edit, ...]]
    left: tuple[Finding, ...]


def choose(revisions: Iterable[Revision], findings: Sequence[Finding]) -> Choice:
    """Choose one fix a line; the most severe finding decides, then the first by name.

    A loop, a helper or an operation that sends several statements gives its line to all of them,
    and what is right for one may be wrong for the next: these are left.
    """
    senders = {r.id: Counter(source.line for source in r.sources) for r in revisions}
    edits: dict[str, dict[int, Edit]] = {}
    left = []
    for finding in sorted(findings, key=lambda f: (f.severity, f.rule)):
        sent = senders.get(finding.revision, Counter())[finding.line]
        if finding.fix is None or sent != 1:
            left.append(finding)
        else:
            lines = edits.setdefault(finding.revision, {})
            lines.setdefault(finding.line, Edit(finding.line, finding.fix))
    chosen = {revision: tuple(by_line.values()) for revision, by_line in edits.items()}
    return Choice(chosen, tuple(left))
