"""From a project and its database to the doctor's findings, printed."""

from __future__ import annotations

import time

import click

from outofband.cli.options import Where
from outofband.cli.output import print_json, warn_incomplete
from outofband.cli.project import Project, open_to_look
from outofband.doctor import Subject, examine
from outofband.doctor.finding import Severity, fails
from outofband.doctor.report import document, lines, summary
from outofband.postgres.session import Session
from outofband.revisions import graph, queries
from outofband.revisions.render import render

_END = "heads"


def diagnose(where: Where, form: str, least: Severity) -> int:
    """Examine the database, print what was found, and return the exit status."""
    project = open_to_look(where)
    with Session(project.source) as session:
        subject = subject_of(project, project.heads(session))
        began = time.monotonic()
        found = examine(session, subject)
        seconds = time.monotonic() - began
    if form == "json":
        print_json(document(found))
    else:
        for line in lines(found.findings):
            click.echo(line)
    click.echo(summary(found, project.source.describe(), seconds), err=True)
    warn_incomplete(subject.wanted.incomplete)
    return int(fails(found.findings, least))


def subject_of(project: Project, heads: tuple[str, ...]) -> Subject:
    """Return what a database at these revisions is held against. Raises DatabaseAhead."""
    settings, script = project.settings, project.environment.script
    applied = render(project.environment, graph.applied(script, heads))
    return Subject(
        project.wants.at(heads, None),
        project.wants.at(heads, _END),
        tuple(rendered.revision for rendered in applied),
        queries.read(settings.queries, settings.folder) if settings.queries else (),
        "head" if len(graph.heads(script)) == 1 else _END,
        settings.inline_max_bytes,
    )
