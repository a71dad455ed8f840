"""The findings that a project had when it began to be judged, kept in a file so that only new ones
are reported.

A line a finding: its fingerprint, which stays the same when files are renamed and lines move, and
behind `#`, for people, the rule and the place that it had.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from outofband_lint.finding import Finding
from outofband_lint.rehearsed import REHEARSED

_HEADER = """\
# Findings that were there already and are not reported. `outofband lint --write-baseline` writes
# its own into this file, and `outofband rehearse --write-baseline` what only a rehearsal finds: run
# them again to take out what is no longer found.
"""
_LINE = re.compile(r"(?P<fingerprint>[0-9a-f]{16})\s*(?:#\s*(?P<rule>\S*).*)?")


class BaselineUnreadable(ValueError):
    """A line of the file is neither a fingerprint nor a comment; the message names it."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Findings against a baseline: the `new` ones, and how many of its lines are `stale`, which
    means that the linter finds nothing for them any more; those of a rehearsal do not count.
    """

    new: tuple[Finding, ...]
    stale: int


def read(text: str) -> dict[str, str]:
    """Return the fingerprints in a file, each with the rule that the line names, which may be none.

    Raises BaselineUnreadable.
    """
    found = {}
    for number, line, match in _entries(text):
        if match is None:
            raise BaselineUnreadable(f"line {number} is no fingerprint: {line[:40]!r}")
        found[match["fingerprint"]] = match["rule"] or ""
    return found


def of_others(text: str, *, rehearsed: bool) -> list[str]:
    """Return the lines of a file that a command keeps which did not find them: all but those of a
    rehearsal where that writes (`rehearsed`), else those. What is no fingerprint goes.
    """
    there = [(line, match["rule"]) for _, line, match in _entries(text) if match is not None]
    return [line for line, rule in there if (rule in REHEARSED) is not rehearsed]


def _entries(text: str) -> Iterator[tuple[int, str, re.Match[str] | None]]:
    for number, line in enumerate(map(str.strip, text.splitlines()), 1):
        if line and not line.startswith("#"):
            yield number, line, _LINE.fullmatch(line)


def written(findings: Iterable[Finding], others: Iterable[str] = ()) -> str:
    """Return the file that holds these findings; their paths should be relative to its folder.

    Sorted by place, a line each, so that a change to the project is a small change to the file; the
    lines of `others` stand behind.
    """
    lines = {f.fingerprint: (_shown(f.path), f.line, f.rule) for f in findings}
    entries = sorted(lines.items(), key=lambda entry: (entry[1], entry[0]))
    told = (f"{print_}  # {rule} {path}:{line}" for print_, (path, line, rule) in entries)
    return _HEADER + "".join(f"{line}\n" for line in (*told, *others))


def compare(findings: Sequence[Finding], known: Mapping[str, str]) -> Comparison:
    """Take out the findings whose fingerprints are known."""
    found = {finding.fingerprint for finding in findings}
    new = tuple(finding for finding in findings if finding.fingerprint not in known)
    of_lint = {fingerprint for fingerprint, rule in known.items() if rule not in REHEARSED}
    return Comparison(new, len(of_lint - found))


def _shown(path: str) -> str:
    return path if path.isprintable() else path.encode("unicode_escape").decode()
