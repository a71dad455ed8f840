"""The findings that a project had when it began to be judged, kept in a file so that only new ones
are reported.

A line a finding: its fingerprint, which stays the same when files are renamed and lines move, and
behind `#`, for people, the rule and the place that it had.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from outofband_lint.finding import Finding

_HEADER = """\
# Findings that were there already and are not reported. `outofband lint --write-baseline` writes
# this file: run it again to take out what is no longer found.
"""
_LINE = re.compile(r"(?P<fingerprint>[0-9a-f]{16})\s*(?:#.*)?")


class BaselineUnreadable(ValueError):
    """A line of the file is neither a fingerprint nor a comment; the message names it."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Findings against a baseline: the `new` ones, and how many of its lines are `stale`, which
    means that nothing is found for them any more.
    """

    new: tuple[Finding, ...]
    stale: int


def read(text: str) -> frozenset[str]:
    """Return the fingerprints in a file; raises BaselineUnreadable."""
    found = set()
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if line and not line.startswith("#"):
            match = _LINE.fullmatch(line)
            if match is None:
                raise BaselineUnreadable(f"line {number} is no fingerprint: {line[:40]!r}")
            found.add(match["fingerprint"])
    return frozenset(found)


def written(findings: Iterable[Finding]) -> str:
    """Return the file that holds these findings; their paths should be relative to its folder.

    Sorted by place, a line each, so that a change to the project is a small change to the file.
    """
    lines = {f.fingerprint: (_shown(f.path), f.line, f.rule) for f in findings}
    entries = sorted(lines.items(), key=lambda entry: (entry[1], entry[0]))
    return _HEADER + "".join(
        f"{fingerprint}  # {rule} {path}:{line}\n" for fingerprint, (path, line, rule) in entries
    )


def compare(findings: Sequence[Finding], known: Collection[str]) -> Comparison:
    """Take out the findings whose fingerprints are known."""
    found = {finding.fingerprint for finding in findings}
    new = tuple(finding for finding in findings if finding.fingerprint not in known)
    return Comparison(new, len(set(known) - found))


def _shown(path: str) -> str:
    return path if path.isprintable() else path.encode("unicode_escape").decode()
