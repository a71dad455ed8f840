"""``outofband lint``: judge revisions before they are merged; needs no database."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from outofband.cli.options import alembic_options
from outofband.gate.request import Request
from outofband_lint.report import FORMATS, report
from outofband_lint.report.colour import is_wanted

if TYPE_CHECKING:
    from outofband_lint.finding import Finding


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
    type=click.Choice(FORMATS),
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
@click.option(
    "--fix",
    is_flag=True,
    help="Write what can be written into the revisions, then judge what is left.",
)
@click.option(
    "--diff",
    is_flag=True,
    help="Print on stdout what --fix would write, and write nothing.",
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
    fix: bool,
    diff: bool,
) -> None:
    """Judge what each revision would do to a database in production. Connects to none.

    Exits 0 when nothing was found that --fail-on names, else 1.
    """
    if files and since:
        raise click.UsageError("--since goes with revisions, not with --sql")
    if files and (fix or diff):
        raise click.UsageError("--fix and --diff go with revisions, not with --sql")
    if fix and diff:
        raise click.UsageError("--fix writes and --diff does not: give one of them")
    request = Request(configs, name, x, since, files, executes=not no_exec)
    if fix or diff:
        findings = _mended(request, write=fix)
        if diff:
            sys.exit(_status(findings, fail_on))
    from outofband.gate import remember
    from outofband.gate.subject import subject_of
    from outofband.inputs.trace import tracing

    with tracing() as trace, subject_of(request) as subject:
        from outofband.gate.judge import judge  # while the project is rendered

        findings = judge(subject)
        colour = is_wanted(sys.stdout)
        told = report(form, findings, revisions=subject.count, colour=colour)
    status = _status(findings, fail_on)
    sys.stdout.write(told)
    if not fix:
        remember.answer(click.get_current_context().obj, told, status, trace)
    sys.exit(status)


def _mended(request: Request, *, write: bool) -> tuple[Finding, ...]:
    """Write fixes into the revisions, or show what would be written; return what was found."""
    from outofband.cli import fixes
    from outofband.gate.judge import judge
    from outofband.gate.mend import mend
    from outofband.gate.subject import subject_of

    with subject_of(request) as subject:
        findings = judge(subject)
        rewriting = mend(request, subject, findings)
    if write:
        fixes.write(rewriting)
    else:
        fixes.show(rewriting)
    return findings


def _status(findings: Sequence[Finding], fail_on: str) -> int:
    fails = findings if fail_on == "warning" else [f for f in findings if f.severity == "error"]
    return 1 if fails else 0
