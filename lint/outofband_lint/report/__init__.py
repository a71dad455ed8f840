"""Findings as text: one module a format, each returns a string, printing is the caller's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module

from outofband_lint.finding import Finding

FORMATS = ("text", "concise", "json", "sarif", "github", "gitlab", "junit")
"""What `--format` takes; each is the module of that name."""


def report(form: str, findings: Sequence[Finding], *, revisions: int, colour: bool = False) -> str:
    """Return findings in one of the FORMATS, with a line feed at the end.

    `revisions` is how many were judged. `colour` adds terminal escapes to the two formats that are
    for people.
    """
    write: Callable[..., str] = import_module(f"{__name__}.{form}").report
    if form in ("text", "concise"):
        return write(findings, revisions=revisions, colour=colour)
    return write(findings, revisions=revisions)
