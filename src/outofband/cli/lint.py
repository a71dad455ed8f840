"""``outofband lint``: judge revisions before they are merged; needs no database."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from outofband.cli.known import keep
from outofband.cli.options import alembic_options, fail_on_option, stats_option
from outofband.gate.request import Request
from outofband_lint.report import FORMATS, report
from outofband_lint.report.colour import is_wanted

if TYPE_CHECKING:
    from outofband.gate.judge import Judgement
    from outofband.gate.subject import Subject
    from outofband_lint.finding import Finding


@click.command("lint")
@click.argument("revisions", nargs=-1, metavar="[REVISION_FILE]...")
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
    "--all",
    "every",
    is_flag=True,
    help="List every finding, also on the first look at a long history.",
)
@stats_option
@click.option(
    "--write-baseline",
    is_flag=True,
    help="Keep what is found in a file, and report only what is not in it from now on.",
)
@fail_on_option
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
    revisions: tuple[str, ...],
    configs: tuple[str, ...],
    name: str,
    x: tuple[str, ...],
    since: str | None,
    files: tuple[str, ...],
    no_exec: bool,
    form: str,
    every: bool,
    stats: str | None,
    write_baseline: bool,
    fail_on: str,
    fix: bool,
    diff: bool,
) -> None:
    """Judge what each revision would do to a database in production. Connects to none.

    With files named, only what is found in these counts; the whole chain is still folded.

    Exits 0 when nothing was found that --fail-on names, else 1.
    """
    if files and since:
        raise click.UsageError("--since goes with revisions, not with --sql")
    if files and (fix or diff):
        raise click.UsageError("--fix and --diff go with revisions, not with --sql")
    if no_exec and (fix or diff):
        raise click.UsageError("--fix and --diff run the project's env.py: leave --no-exec away")
    if files and revisions:
        raise click.UsageError("name revisions, or SQL files with --sql")
    if write_baseline and (since or fix or diff or revisions):
        raise click.UsageError("--write-baseline keeps what the whole history has: give it alone")
    if fix and diff:
        raise click.UsageError("--fix writes and --diff does not: give one of them")
    request = Request(configs, name, x, since, files, executes=not no_exec)
    if fix or diff:
        judged = _mended(request, revisions, stats, write=fix)
        if diff:
            sys.exit(_status(judged.new, fail_on))
    from outofband.gate import remember
    from outofband.gate.subject import subject_of
    from outofband.inputs.trace import paused, tracing

    with tracing() as trace, subject_of(request) as subject:
        from outofband.gate.judge import judge  # while the project is rendered

        judged = judge(
            subject, stats=stats, executes=request.executes, with_baseline=not write_baseline
        )
        judged = _only(revisions, judged, subject)
        if write_baseline:
            keep(subject.settings, judged.findings)
            return
        with paused():  # it shows lines of files that were read before
            count = len(set(revisions)) or subject.count
            told = _told(judged, subject, form, count, every=every)
    status, notes = _status(judged.new, fail_on), _notes(judged, subject, request)
    sys.stdout.write(told)
    for note in notes:
        click.echo(f"outofband: {note}", err=True)
    inputs = remember.inputs_of(trace)
    if inputs is not None:
        if subject.rendering is not None:
            subject.rendering.keep(inputs, trace.own)
        if not fix and not notes:
            remember.answer(click.get_current_context().obj, told, status, inputs)
    sys.exit(status)


def _told(judged: Judgement, subject: Subject, form: str, count: int, *, every: bool) -> str:
    from outofband_lint.report import overview

    colour = is_wanted(sys.stdout)
    if form == "text" and judged.is_first and not every and len(judged.new) > overview.THRESHOLD:
        return overview.report(judged.new, revisions=count, heads=subject.heads, colour=colour)
    return report(form, judged.new, revisions=count, colour=colour)


def _notes(judged: Judgement, subject: Subject, request: Request) -> list[str]:
    """Return what there is to say besides the findings."""
    notes = []
    if judged.stale:
        notes.append(
            f"{judged.stale} findings of the baseline are gone. Take them out with outofband lint"
            " --write-baseline"
        )
    if subject.settings.rules and not request.executes:
        notes.append("the project's own rules did not judge: --no-exec runs none of its code")
    return notes


def _only(named: tuple[str, ...], judged: Judgement, subject: Subject) -> Judgement:
    """Return what was found in the files named; all where none is."""
    if not named:
        return judged
    known = {os.path.realpath(path) for path in subject.files}
    wanted = {os.path.realpath(name): name for name in named}
    for path, name in wanted.items():
        if path not in known:
            raise click.UsageError(f"{name} is no revision of this project")
    found = tuple(f for f in judged.new if os.path.realpath(f.path) in wanted)
    return replace(judged, new=found)


def _mended(
    request: Request, named: tuple[str, ...], stats: str | None, *, write: bool
) -> Judgement:
    """Write fixes into the revisions, or show what would be written; return what was found."""
    from outofband.cli import fixes
    from outofband.gate.judge import judge
    from outofband.gate.mend import mend
    from outofband.gate.subject import subject_of

    with subject_of(request) as subject:
        judged = judge(subject, stats=stats, executes=request.executes)
        judged = _only(named, judged, subject)
        rewriting = mend(request, subject, judged.new)
    if write:
        fixes.write(rewriting)
    else:
        fixes.show(rewriting)
    return judged


def _status(findings: Sequence[Finding], fail_on: str) -> int:
    fails = findings if fail_on == "warning" else [f for f in findings if f.severity == "error"]
    return 1 if fails else 0
