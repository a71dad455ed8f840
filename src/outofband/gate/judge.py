"""Findings about a subject, by the project's settings."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import date

from outofband.errors import Misuse
from outofband.gate import past, rules
from outofband.gate.subject import Subject
from outofband_lint import baseline
from outofband_lint.engine import Progress, UnknownRevision, lint
from outofband_lint.finding import Finding
from outofband_lint.own_rules import OwnRuleWrong
from outofband_lint.settings import Settings


class StartAfterUnknown(Misuse):
    """The setting ``start-after`` names no revision."""


class NoRevisions(Misuse):
    """No revision was found, and env.py, which may say where they are, could not be run."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was found, in upgrade order; paths are relative to the working directory.

    ``new`` are the findings that the baseline does not have. ``stale`` counts its lines for which
    nothing is found any more, 0 where not all was judged that it is about. ``is_first`` tells
    whether the project has not said yet what to do about its history.
    """

    findings: tuple[Finding, ...]
    new: tuple[Finding, ...]
    stale: int
    is_first: bool


def judge(
    subject: Subject,
    *,
    stats: str | None = None,
    executes: bool = True,
    with_baseline: bool = True,
    progress: Progress | None = None,
) -> Judgement:
    """Judge a subject; ``stats`` is the stats file to take instead of the one in the settings.

    ``progress`` is brought to the end, for who wants to know more of the way.
    Without ``executes`` the project's own rules do not judge; ``with_baseline`` decides what is
    new.
    Raises what :mod:`.rules` and :mod:`.past` raise, NoRevisions and StartAfterUnknown.
    """
    own = subject.settings
    _require_revisions(subject)
    try:
        found = lint(
            subject.revisions,
            lint_settings(subject, stats),
            progress=_progress(subject, stats) if progress is None else progress,
            judged=subject.judged,
            base=subject.base,
            queries=subject.queries,
            environment=subject.environment,
            rules=rules.rules_for(own, executes=executes),
            suppressions=past.suppressions_of(subject.files),
            today=date.today(),
        )
    except UnknownRevision as error:
        raise StartAfterUnknown(str(error), do="Correct start-after in pyproject.toml") from None
    except OwnRuleWrong as error:
        raise rules.wrong(error) from None
    paths = {path: os.path.relpath(path) for path in {f.path for f in found}}
    findings = tuple(replace(f, path=paths[f.path]) for f in found)
    known = past.known_findings(own) if with_baseline else {}
    compared = baseline.compare(findings, known)
    return Judgement(
        findings,
        compared.new,
        compared.stale if subject.is_whole else 0,
        subject.is_whole and own.start_after is None and not known,
    )


def _require_revisions(subject: Subject) -> None:
    environment = subject.environment
    if environment is None or environment.problem is None or subject.graph:
        return
    raise NoRevisions(
        "there is no revision to judge",
        why=f"{os.path.relpath(environment.path)}, which may say where they are, could not be run:"
        f" {environment.problem.reason}",
        do="Set what env.py reads, and install what it imports",
    )


def _progress(subject: Subject, stats: str | None) -> Progress:
    """Return where to begin; with options that a kept finding knows nothing of, at the start."""
    may_go_on = stats is None and subject.settings.start_after is None
    return subject.rendering.progress if subject.rendering and may_go_on else Progress()


def lint_settings(subject: Subject, stats: str | None) -> Settings:
    """Return the linter's part of the settings; ``stats`` is another stats file than theirs.

    Raises what :mod:`.past` raises.
    """
    own = subject.settings
    return Settings(
        own.large,
        own.small,
        own.deploy,
        own.start_after,
        own.severity,
        own.per_path,
        past.stats_of(stats or own.stats),
        own.inline_max_bytes,
    )
