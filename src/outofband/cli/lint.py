"""``outofband lint``: judge revisions before they are merged; needs no database."""

from __future__ import annotations

import sys

import click

from outofband.cli.options import alembic_options
from outofband.gate.request import Request
from outofband_lint.report import FORMATS, report
from outofband_lint.report.colour import is_wanted


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
    from outofband.gate.judge import judge
    from outofband.gate.subject import subject_of

    request = Request(configs, name, x, since, files, executes=not no_exec)
    subject = subject_of(request)
    findings = judge(subject)
    if fix or diff:
        from outofband.cli import fixes
        from outofband.gate.mend import mend

        rewriting = mend(request, subject, findings)
        if fix:
            fixes.write(rewriting)
            subject = subject_of(request)
            findings = judge(subject)
        else:
            fixes.show(rewriting)
    if not diff:
        colour = is_wanted(sys.stdout)
        sys.stdout.write(report(form, findings, revisions=subject.count, colour=colour))
    fails = findings if fail_on == "warning" else [f for f in findings if f.severity == "error"]
    sys.exit(1 if fails else 0)
