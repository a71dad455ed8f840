"""`outofband: allow[rule] because …`: a comment that allows what a rule finds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

FORM = "outofband: allow[rule-name] because …"
"""How a suppression is written, behind `#` or `--`."""

_COMMENT = re.compile(r"(?:#|--)\s*outofband:\s*(?P<text>.*?)\s*$")
_ALLOW = re.compile(
    r"allow\s*\[(?P<rules>[^\]]*)\]\s*(?:until\s+(?P<until>[^\s,;]+))?[\s,;:]*(?P<rest>.*)"
)
_BECAUSE = re.compile(r"because\b[\s:]*(?P<reason>.*)")
_UNTIL = re.compile(r"[\s,;(]*\buntil\s+(?P<until>\d{4}-\d\d-\d\d)[.)]*$")
# What outofband itself writes into offline scripts.
_MARKS = ("step ", "sql ", "require ")


@dataclass(frozen=True, slots=True)
class Suppression:
    """One comment, and the lines of its file whose findings it allows.

    Lines count from 1 and include `first` and `last`; a `last` of None is the end of the file.
    `text` is what was written behind `outofband:`. `until` is the last day on which it holds.
    `malformed` says in words why the text cannot be read, and then nothing is allowed. What the
    engine knows once everything else is judged: `unused` are the rules whose findings were looked
    for and of which there is none to allow, `expired` tells whether `until` is over.
    """

    path: str
    line: int
    first: int
    last: int | None
    text: str
    rules: tuple[str, ...] = ()
    reason: str = ""
    until: date | None = None
    malformed: str = ""
    unused: tuple[str, ...] = ()
    expired: bool = False

    @property
    def holds(self) -> bool:
        """Tell whether it allows anything: without a reason, or after its day, it does not."""
        return bool(self.reason) and not self.malformed and not self.expired

    def covers(self, path: str, line: int) -> bool:
        """Tell whether a line is one of those it is about."""
        return path == self.path and self.first <= line and (self.last is None or line <= self.last)


def parsed(comment: str, path: str, line: int, first: int, last: int | None) -> Suppression | None:
    """Return what a comment, given with its `#` or `--`, allows; None where it is about other
    things.
    """
    found = _COMMENT.search(comment)
    if found is None or found["text"].startswith(_MARKS):
        return None
    text = found["text"]
    place = (path, line, first, last, text)
    allow = _ALLOW.fullmatch(text)
    rules = tuple(filter(None, re.split(r"[\s,]+", allow["rules"]))) if allow else ()
    if allow is None or not rules:
        return Suppression(*place, malformed=f"it is not written as {FORM}")
    because = _BECAUSE.fullmatch(allow["rest"])
    reason = because["reason"] if because else ""
    behind = _UNTIL.search(reason)
    until = allow["until"] or (behind["until"] if behind else None)
    reason = _UNTIL.sub("", reason)
    if until is None:
        return Suppression(*place, rules, reason)
    try:
        return Suppression(*place, rules, reason, date.fromisoformat(until))
    except ValueError:
        return Suppression(*place, rules, malformed=f"{until} is no date such as 2027-01-31")
