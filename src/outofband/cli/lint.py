"""``outofband lint``: judge revisions before they are merged; needs no database."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from outofband.cli.options import alembic_options
from outofband.gate.request import Request
from outofband_lint.report import FORMATS, report
from outofband_lint.report.colour import is_wanted

if TYPE_CHECKING:
    from outofband.gate.judge import Judgement
    from outofband.gate.subject import Subject


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
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default="text",
    show_default=True,
    help="How to print findings on stdout.",
)
@click.option(
    "--all",
    "every",
    is_flag=True,
    help="List every finding, also on the first look at a long history.",
)
@click.option(
    "--stats",
    metavar="FILE",
    help="Sizes of production's tables, as outofband stats pull writes them.",
)
@click.option(
    "--write-baseline",
    is_flag=True,
    help="Keep what is found in a file, and report only what is not in it from now on.",
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
    form: str,
    every: bool,
    stats: str | None,
    write_baseline: bool,
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
    if write_baseline and (since or fix or diff):
        raise click.UsageError("--write-baseline keeps what the whole history has: give it alone")
    if fix and diff:
        raise click.UsageError("--fix writes and --diff does not: give one of them")
    from outofband.gate.judge import judge
    from outofband.gate.subject import subject_of

    request = Request(configs, name, x, since, files)
    subject = subject_of(request)
    judged = judge(subject, stats=stats, with_baseline=not write_baseline)
    if write_baseline:
        from outofband.gate.past import write_baseline as write

        path = write(subject.settings, judged.findings)
        click.echo(f"outofband: {len(judged.findings)} findings are kept in {path}", err=True)
        sys.exit(0)
    if fix or diff:
        from outofband.cli import fixes
        from outofband.gate.mend import mend

        rewriting = mend(request, subject, judged.new)
        if fix:
            fixes.write(rewriting)
            subject = subject_of(request)
            judged = judge(subject, stats=stats)
        else:
            fixes.show(rewriting)
    if not diff:
        sys.stdout.write(_told(judged, subject, form, every))
    if judged.stale:
        click.echo(
            f"outofband: {judged.stale} findings of the baseline are gone. Take them out with"
            " outofband lint --write-baseline",
            err=True,
        )
    fails = [f for f in judged.new if f.severity == "error" or fail_on == "warning"]
    sys.exit(1 if fails else 0)


def _told(judged: Judgement, subject: Subject, form: str, every: bool) -> str:
    from outofband_lint.report import overview

    colour = is_wanted(sys.stdout)
    if form == "text" and judged.is_first and not every and len(judged.new) > overview.THRESHOLD:
        return overview.report(
            judged.new, revisions=subject.count, heads=subject.heads, colour=colour
        )
    return report(form, judged.new, revisions=subject.count, colour=colour)
