"""Findings for people, 80 columns wide."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill

from outofband_lint.finding import Finding
from outofband_lint.report.colour import harmless, paint
from outofband_lint.report.excerpt import excerpt
from outofband_lint.report.summary import Summary

_WIDTH = 80
# How the second half of a help begins; once a rule has said it, it need not say it again.
_PLAIN_FORM = ". Without outofband"


def report(findings: Sequence[Finding], *, revisions: int, colour: bool = False) -> str:
    """Return the findings with their source lines, and a line that sums them up.

    What a rule's help says of plain Alembic stands at the first finding of the rule alone.
    """
    told: set[str] = set()
    blocks = []
    for finding in findings:
        blocks.append(_block(finding, colour, in_full=finding.rule not in told))
        told.add(finding.rule)
    return "\n".join([*blocks, str(Summary.of(findings, revisions))]) + "\n"


def _block(finding: Finding, colour: bool, *, in_full: bool) -> str:
    place = harmless(f"{finding.path}:{finding.line}")
    where = f"{paint(place, 'place', colour)}: " if finding.path else ""
    severity = paint(finding.severity, finding.severity, colour)
    lines = [f"{where}{severity}[{finding.rule}]", *_source(finding, colour)]
    lines.append(_wrap(finding.message))
    told = finding.help if in_full else finding.help.partition(_PLAIN_FORM)[0]
    lines.append(_wrap(f"help: {told}").replace("help:", paint("help:", "help", colour), 1))
    return "\n".join(lines) + "\n"


def _source(finding: Finding, colour: bool) -> list[str]:
    found = excerpt(finding)
    if found is None:
        return []
    margin = f"  {finding.line} | "
    caret = paint("^" * min(found.width, _WIDTH - len(margin)), "caret", colour)
    return [f"{margin}{harmless(found.text)}", f"{' ' * (len(margin) - 2)}| {caret}"]


def _wrap(text: str) -> str:
    return fill(
        harmless(text),
        _WIDTH,
        initial_indent="  ",
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
