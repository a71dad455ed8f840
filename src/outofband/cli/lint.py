"""``outofband lint``: judge revisions before they are merged; needs no database."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from outofband.cli.options import alembic_options
from outofband.errors import Misuse

if TYPE_CHECKING:
    from outofband.settings import Settings
    from outofband_lint.environment import Environment
    from outofband_lint.rule import Finding
    from outofband_lint.source import Base, Revision


_ABOUT_DOWNGRADES = ("downgrade-missing", "downgrade-loses-data")


class FileUnreadable(Misuse):
    """A file given with ``--sql`` cannot be read as UTF-8 text."""


class StartAfterUnknown(Misuse):
    """The setting ``start-after`` names no revision."""


@dataclass(frozen=True, slots=True)
class _Subject:
    """What is judged: revisions in upgrade order; which of them; which the base has; env.py."""

    revisions: tuple[Revision, ...]
    settings: Settings
    judged: Collection[str] | None = None
    base: Base | None = None
    environment: Environment | None = None


@click.command("lint")
@alembic_options
@click.option(
    "--since",
    metavar="GIT_REF",
    help="Judge only what the branch adds to GIT_REF; the whole chain is still folded.",
)
@click.option(
    "--sql",
    "files",
    multiple=True,
    metavar="FILE",
    help="Judge SQL files instead, each as one revision, in this order; may be repeated.",
)
@click.option(
    "--no-exec",
    is_flag=True,
    help="Run nothing of the project: read the syntax trees only, for pull requests of strangers.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    show_default=True,
    help="How to print findings on stdout.",
)
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning"]),
    default="error",
    show_default=True,
    help="The least severity that makes the exit status 1.",
)
def command(
    configs: tuple[str, ...],
    name: str,
    x: tuple[str, ...],
    since: str | None,
    files: tuple[str, ...],
    no_exec: bool,
    form: str,
    fail_on: str,
) -> None:
    """Judge what each revision would do to a database in production. Connects to none.

    Exits 0 when nothing was found that --fail-on names, else 1.
    """
    if files and since:
        raise click.UsageError("--since goes with revisions, not with --sql")
    subject = _files(files) if files else _revisions(configs, name, x, since, not no_exec)
    findings = _judge(subject)
    sys.stdout.write(_report(findings, subject, form))
    fails = findings if fail_on == "warning" else [f for f in findings if f.severity == "error"]
    sys.exit(1 if fails else 0)


def _revisions(
    configs: tuple[str, ...], name: str, x: tuple[str, ...], since: str | None, executes: bool
) -> _Subject:
    from outofband.revisions import history
    from outofband.revisions.environment import configured
    from outofband.revisions.project import settings_of
    from outofband.revisions.since import base_of

    config = configured(configs, name, x)
    settings = settings_of(config)
    reading = history.Reading(executes=executes, downgrades=_wants_downgrades(settings))
    read = history.read(config, reading)
    if since is None:
        return _Subject(read.revisions, settings, environment=read.environment)
    base = base_of(config, since, reading)
    judged = base.unlike(read.revisions)
    return _Subject(read.revisions, settings, judged, base, read.environment)


def _wants_downgrades(settings: Settings) -> bool:
    """Tell whether a rule about ``downgrade()`` is switched on: rendering it costs as much again."""
    for severity in (settings.severity, *settings.per_path.values()):
        if any(severity.get(rule, "off") != "off" for rule in _ABOUT_DOWNGRADES):
            return True
    return False


def _files(paths: Sequence[str]) -> _Subject:
    from outofband.settings import load
    from outofband_lint.sql_file import revision_from_sql

    revisions = []
    for path in paths:
        try:
            text = Path(path).read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "it is not UTF-8"
            raise FileUnreadable(f"cannot read {path}", why=why, do="Correct it") from None
        revisions.append(revision_from_sql(text, path))
    return _Subject(tuple(revisions), load(Path.cwd()))


def _judge(subject: _Subject) -> tuple[Finding, ...]:
    from outofband_lint.engine import UnknownRevision, lint
    from outofband_lint.settings import Settings

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
            environment=subject.environment,
        )
    except UnknownRevision as error:
        raise StartAfterUnknown(str(error), do="Correct start-after in pyproject.toml") from None
    return tuple(replace(f, path=os.path.relpath(f.path)) for f in found)


def _report(findings: tuple[Finding, ...], subject: _Subject, form: str) -> str:
    from outofband_lint.report import github, json, text

    count = len(subject.revisions) if subject.judged is None else len(subject.judged)
    match form:
        case "json":
            return json.report(findings, revisions=count)
        case "github":
            return github.report(findings, revisions=count)
        case _:
            return text.report(findings, revisions=count, colour=sys.stdout.isatty())
