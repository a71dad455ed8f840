"""``outofband lint``: judge revisions before they are merged; needs no database."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from outofband.cli.options import alembic_options
from outofband.gate.request import Request

if TYPE_CHECKING:
    from outofband_lint.rule import Finding


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
    from outofband.gate import remember
    from outofband.gate.subject import subject_of
    from outofband.inputs.trace import tracing

    request = Request(configs, name, x, since, files, executes=not no_exec)
    with tracing() as trace, subject_of(request) as subject:
        from outofband.gate.judge import judge  # while the project is rendered

        findings = judge(subject)
        report = _report(findings, subject.count, form)
    fails = findings if fail_on == "warning" else [f for f in findings if f.severity == "error"]
    status = 1 if fails else 0
    sys.stdout.write(report)
    remember.answer(click.get_current_context().obj, report, status, trace)
    sys.exit(status)


def _report(findings: Sequence[Finding], revisions: int, form: str) -> str:
    from outofband_lint.report import github, json, text

    match form:
        case "json":
            return json.report(findings, revisions=revisions)
        case "github":
            return github.report(findings, revisions=revisions)
        case _:
            return text.report(findings, revisions=revisions, colour=sys.stdout.isatty())
