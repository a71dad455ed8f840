"""``outofband doctor``: what is slow or wrong in a live database now, and why."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from outofband.cli.options import Where, connection_options, fail_on_option, format_option

if TYPE_CHECKING:
    from outofband.doctor.finding import Severity


@click.command("doctor")
@connection_options
@format_option
@fail_on_option
def command(where: Where, form: str, fail_on: Severity) -> None:
    """Say what is slow or wrong in the database now, what harms most first. Reads only.

    Indexes that are declared and missing, large tables that are read sequentially and by which
    queries, foreign keys without an index, indexes that nothing uses, drift from the revisions,
    transactions that a build would wait for, settings that would end it. Each with its evidence,
    its cost and the next command. Needs no superuser, and says which GRANT it lacks.

    Exits 0 when nothing was found that --fail-on names, else 1.
    """
    from outofband.cli.diagnosis import diagnose

    sys.exit(diagnose(where, form, fail_on))
