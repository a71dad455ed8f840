"""Findings for people, 80 columns wide."""

from __future__ import annotations

import linecache
from collections.abc import Sequence
from textwrap import fill

from outofband_lint.report import Summary
from outofband_lint.rule import Finding

_WIDTH = 80
_COLOURS = {"error": "31", "warning": "33", "help": "36", "place": "1"}


def report(findings: Sequence[Finding], *, revisions: int, colour: bool = False) -> str:
    """Return the findings with their source lines, and a line that sums them up.

    `revisions` is how many were judged. `colour` adds terminal escapes; the caller knows whether
    a terminal reads them.
    """
    blocks = [_block(finding, colour) for finding in findings]
    return "\n".join([*blocks, str(Summary.of(findings, revisions))]) + "\n"


def _block(finding: Finding, colour: bool) -> str:
    place = _paint(f"{finding.path}:{finding.line}", "place", colour)
    severity = _paint(finding.severity, finding.severity, colour)
    lines = [f"{place}: {severity}[{finding.rule}]"]
    source = linecache.getline(finding.path, finding.line).rstrip()
    if source.strip():
        lines.append(f"  {finding.line} | {source.strip()}")
    lines.append(_wrap(finding.message))
    lines.append(
        _wrap(f"help: {finding.help}").replace("help:", _paint("help:", "help", colour), 1)
    )
    return "\n".join(lines) + "\n"


def _wrap(text: str) -> str:
    return fill(
        text,
        _WIDTH,
        initial_indent="  ",
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _paint(text: str, what: str, colour: bool) -> str:
    return f"\x1b[{_COLOURS[what]}m{text}\x1b[0m" if colour else text
