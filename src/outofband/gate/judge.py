"""Findings about a subject, by the project's settings."""

from __future__ import annotations

import os
from dataclasses import replace

from outofband.errors import Misuse
from outofband.gate.subject import Subject
from outofband_lint.engine import UnknownRevision, lint
from outofband_lint.finding import Finding
from outofband_lint.rules import all_rules
from outofband_lint.settings import Settings


class StartAfterUnknown(Misuse):
    """The setting ``start-after`` names no revision."""


def prepare() -> None:
    """Load the rules, which takes as long as judging some hundred revisions."""
    all_rules()


def judge(subject: Subject) -> tuple[Finding, ...]:
    """Return what is found, in upgrade order; paths are relative to the working directory."""
    own = subject.settings
    settings = Settings(
        own.large, own.small, own.deploy, own.start_after, own.severity, own.per_path
    )
    try:
        found = lint(
            subject.revisions,
            settings,
            judged=subject.judged,
            base=subject.base,
            queries=subject.queries,
            environment=subject.environment,
        )
    except UnknownRevision as error:
        raise StartAfterUnknown(str(error), do="Correct start-after in pyproject.toml") from None
    return tuple(replace(f, path=os.path.relpath(f.path)) for f in found)
