"""What the project has said of findings holds for those of a rehearsal as for the linter's: the
severities of its settings, and the comments in the files of revisions and of queries.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from outofband_lint import suppress
from outofband_lint.finding import Finding
from outofband_lint.fingerprint import fingerprint
from outofband_lint.settings import Settings
from outofband_lint.suppression import Suppression

_UNUSED = "suppression-unused"


def told(
    found: Iterable[Finding],
    settings: Settings,
    comments: Sequence[Suppression],
    looked_for: Collection[str],
) -> Iterator[Finding]:
    """Yield the findings that no comment allows, as severe as the settings say.

    Then, what a comment allows of which there is none, where it is in ``looked_for``. Paths of
    findings are relative to the working directory.
    """
    here = [replace(each, path=os.path.relpath(each.path)) for each in comments]
    all_of_them = [*found]
    for finding in all_of_them:
        level = settings.level(finding.rule, os.path.abspath(finding.path))
        if level != "off" and not suppress.is_allowed(finding, here):
            yield finding if level is None else replace(finding, severity=level)

    def is_looked_for(rule: str, path: str) -> bool:
        return rule in looked_for and settings.level(rule, os.path.abspath(path)) != "off"

    for comment in suppress.measured(here, all_of_them, is_looked_for):
        yield from _unused(comment, settings) if comment.holds else ()


def _unused(comment: Suppression, settings: Settings) -> Iterator[Finding]:
    level = settings.level(_UNUSED, os.path.abspath(comment.path))
    if level == "off":
        return
    for rule in comment.unused:
        message = f"The suppression of {rule} allows nothing: there is no such finding."
        key = fingerprint(_UNUSED, "", f"{comment.text}\0{rule}", 1)
        help_ = f"Remove {rule} from the comment"
        severity = level or "warning"
        place = ("", comment.path, comment.line)
        yield Finding(_UNUSED, severity, *place, message, help_, "", key)
